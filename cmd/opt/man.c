/* The OPTIONS section of a manual page. */
#include <string.h>

#include "async/error.h"
#include "opt/generate.h"

struct page {
  struct async_buf *out;
  bool open; /* a list has begun */
};

/* One word for a macro line: not taken for a macro, with real hyphens. */
static void add_word(struct async_buf *out, const char *word)
{
  async_buf_add_str(out, "\\&");
  opt_add_escaped(out, word, "-\\");
}

/* Each sentence on a line of its own, as mdoc wants it. */
static void add_sentences(struct async_buf *out, const char *text)
{
  for (bool at_start = true; *text; text++) {
    if (at_start && (*text == '.' || *text == '\''))
      async_buf_add_str(out, "\\&");
    at_start = false;
    if (*text == '\\' || *text == '-')
      async_buf_add_char(out, '\\');
    if (*text == ' ' && text[-1] == '.') {
      async_buf_add_char(out, '\n');
      at_start = true;
    } else {
      async_buf_add_char(out, *text == '\\' ? 'e' : *text);
    }
  }
  async_buf_add_char(out, '\n');
}

static void add_long(struct async_buf *out, const char *prefix,
                     const char *name)
{
  async_buf_add_str(out, " Fl Fl ");
  opt_add_escaped(out, prefix, "-");
  opt_add_escaped(out, name, "-");
}

static void add_value(struct async_buf *out, const struct opt_row *row)
{
  struct async_buf metavar = ASYNC_BUF_INIT;
  opt_row_add_metavar(row, &metavar);
  const char *text = async_buf_str(&metavar);
  async_buf_add_str(out, row->implied ? " Ns Oo = Ns Ar " : " Ns = Ns Ar ");
  if (text)
    add_word(out, text);
  else
    out->err = ASYNC_ENOMEM;
  if (row->implied)
    async_buf_add_str(out, " Oc");
  async_buf_done(&metavar);
}

/* .It Fl j , Fl Fl jobs Ns = Ns Ar N */
static void add_item(struct async_buf *out, const struct opt_row *row)
{
  async_buf_add_str(out, ".It");
  if (row->short_name)
    async_buf_printf(out, " Fl %c ,", row->short_name);
  add_long(out, "", row->long_name);
  if (row->negatable) {
    async_buf_add_str(out, " ,");
    add_long(out, "no-", row->long_name);
  }
  if (opt_row_takes_value(row))
    add_value(out, row);
  async_buf_add_char(out, '\n');
}

static void visit(void *ctx, const struct opt_row *row, bool first)
{
  struct page *page = ctx;
  struct async_buf text = ASYNC_BUF_INIT;
  if (first && page->open)
    async_buf_add_str(page->out, ".El\n");
  if (first)
    async_buf_printf(page->out, ".Ss %s\n.Bl -tag -width Ds\n", row->group);
  page->open = true;
  add_item(page->out, row);
  opt_help_add_text(row, &text);
  if (async_buf_str(&text))
    add_sentences(page->out, text.data);
  else
    page->out->err = ASYNC_ENOMEM;
  async_buf_done(&text);
}

void opt_generate_man(struct async_buf *out, const struct command *command)
{
  struct page page = { .out = out };
  opt_visit_command(command, out, visit, &page);
  if (page.open)
    async_buf_add_str(out, ".El\n");
}
