#include "opt/help.h"

#include <string.h>

#include "async/error.h"

enum {
  NAMES_COLUMN = 2,
  HELP_COLUMN = 32,
  LONG_INDENT = 10,
  INITIAL_MAX = 16 /* longer initial values wait for --help */
};

static const char units[] =
    "D is a duration: 500ms, 10s, 1.5m, 2h, 1d; a bare number is seconds.";

static const struct command_status statuses[] = {
  { "0", "every entry is ok" },
  { "1", "some entry failed" },
  { "2", "usage or configuration; nothing was started" },
  { "3", "stopped early; some entries were skipped" },
  { "4", "reading the input or writing the output failed" },
  { NULL, NULL },
};

struct page {
  struct async_buf *out;
  const struct opt_style *style;
  bool full;
};

static void add_spaces(struct async_buf *out, size_t count)
{
  while (count-- > 0)
    async_buf_add_char(out, ' ');
}

static void add_bold(const struct page *page, const char *text)
{
  if (page->style->color)
    async_buf_printf(page->out, "\033[1m%s\033[0m", text);
  else
    async_buf_add_str(page->out, text);
}

static void print_heading(const struct page *page, const char *text)
{
  async_buf_add_char(page->out, '\n');
  add_bold(page, text);
  async_buf_add_str(page->out, "\n");
}

static bool same_group(const struct opt_row *a, const struct opt_row *b)
{
  return !a->hidden && !b->hidden && strcmp(a->group, b->group) == 0;
}

static bool opens_group(const struct opt_set *set, size_t index)
{
  for (size_t i = 0; i < index; i++)
    if (same_group(&set->rows[i], &set->rows[index]))
      return false;
  return !set->rows[index].hidden;
}

void opt_set_visit(const struct opt_set *set, opt_visit_fn *visit, void *ctx)
{
  for (size_t i = 0; i < set->count; i++) {
    if (!opens_group(set, i))
      continue;
    for (size_t k = i; k < set->count; k++)
      if (same_group(&set->rows[i], &set->rows[k]))
        visit(ctx, &set->rows[k], k == i);
  }
}

void opt_help_add_names(const struct opt_row *row, struct async_buf *out)
{
  if (row->short_name)
    async_buf_printf(out, "-%c, ", row->short_name);
  else
    add_spaces(out, 4);
  async_buf_printf(out, "--%s%s", row->negatable ? "[no-]" : "",
                   row->long_name);
  if (!opt_row_takes_value(row))
    return;
  async_buf_add_str(out, row->implied ? "[=" : " ");
  opt_row_add_metavar(row, out);
  if (row->implied)
    async_buf_add_char(out, ']');
}

void opt_help_add_initial(const struct opt_row *row, struct async_buf *out)
{
  const char *initial = row->initial;
  if (!initial || strcmp(initial, "0") == 0 || strcmp(initial, "false") == 0)
    return;
  async_buf_add_str(out, row->kind == OPT_KIND_FLAG ? "on" : initial);
}

void opt_help_add_text(const struct opt_row *row, struct async_buf *out)
{
  async_buf_printf(out, "%s.", row->help);
  if (row->more)
    async_buf_printf(out, " %s", row->more);
  if (row->kind == OPT_KIND_COUNT && row->max != INT64_MAX)
    async_buf_printf(out, " From %lld to %lld.", (long long)row->min,
                     (long long)row->max);
  size_t len = out->len;
  async_buf_add_str(out, " Default: ");
  size_t with_label = out->len;
  opt_help_add_initial(row, out);
  if (out->len == with_label)
    out->len = len;
  else
    async_buf_add_char(out, '.');
}

static void add_short_text(const struct opt_row *row, struct async_buf *text)
{
  async_buf_add_str(text, row->help);
  size_t len = text->len;
  async_buf_add_str(text, " [");
  opt_help_add_initial(row, text);
  size_t initial_len = text->len - len - 2;
  if (initial_len > 0 && initial_len <= INITIAL_MAX)
    async_buf_add_char(text, ']');
  else
    text->len = len;
}

/* Both are NUL-terminated strings, or NULL for want of memory. */
static void print_option(const struct page *page, const char *names,
                         const char *text)
{
  size_t column = NAMES_COLUMN + strlen(names);
  size_t indent = page->full ? LONG_INDENT : HELP_COLUMN;
  add_spaces(page->out, NAMES_COLUMN);
  add_bold(page, names);
  if (page->full || column + 2 > indent) {
    async_buf_add_char(page->out, '\n');
    column = 0;
  }
  add_spaces(page->out, indent - column);
  opt_wrap(page->out, text, indent, indent, page->style->width);
}

static void visit_option(void *ctx, const struct opt_row *row, bool first)
{
  const struct page *page = ctx;
  struct async_buf names = ASYNC_BUF_INIT, text = ASYNC_BUF_INIT;
  if (first)
    print_heading(page, row->group);
  opt_help_add_names(row, &names);
  if (page->full)
    opt_help_add_text(row, &text);
  else
    add_short_text(row, &text);
  if (async_buf_str(&names) && async_buf_str(&text))
    print_option(page, names.data, text.data);
  else
    page->out->err = ASYNC_ENOMEM;
  async_buf_done(&names);
  async_buf_done(&text);
}

static void print_usage(const struct page *page, const struct command *command)
{
  add_bold(page, "Usage:");
  async_buf_printf(page->out, " asynctool %s %s\n", command->name,
                   command->usage);
  async_buf_printf(page->out, "%s.\n", command->summary);
}

static void print_examples(const struct page *page,
                           const struct command *command)
{
  if (!command->examples)
    return;
  print_heading(page, "Examples");
  for (const struct command_example *e = command->examples; e->line; e++)
    async_buf_printf(page->out, "  %s\n      %s.\n", e->line, e->text);
}

static size_t widest_code(const struct command_status *status)
{
  size_t width = 1;
  for (; status && status->code; status++)
    if (strlen(status->code) > width)
      width = strlen(status->code);
  return width;
}

static void print_statuses(const struct page *page,
                           const struct command_status *status, size_t width)
{
  size_t column = NAMES_COLUMN + width + 2;
  for (; status && status->code; status++) {
    add_spaces(page->out, NAMES_COLUMN);
    if (*status->code) {
      async_buf_printf(page->out, "%-*s", (int)width + 2, status->code);
      opt_wrap(page->out, status->text, column, column, page->style->width);
    } else {
      async_buf_printf(page->out, "%s:\n", status->text);
    }
  }
}

void opt_help_short(struct async_buf *out, const struct opt_style *style,
                    const struct command *command, const struct opt_set *set)
{
  struct page page = { out, style, false };
  print_usage(&page, command);
  opt_set_visit(set, visit_option, &page);
  async_buf_printf(out, "\n%s\n", units);
  async_buf_printf(out, "More: asynctool %s --help\n", command->name);
}

void opt_help_long(struct async_buf *out, const struct opt_style *style,
                   const struct command *command, const struct opt_set *set)
{
  struct page page = { out, style, true };
  print_usage(&page, command);
  if (command->description) {
    async_buf_add_char(out, '\n');
    opt_wrap(out, command->description, 0, 0, style->width);
  }
  print_examples(&page, command);
  opt_set_visit(set, visit_option, &page);
  print_heading(&page, "Values");
  add_spaces(out, NAMES_COLUMN);
  opt_wrap(out, units, NAMES_COLUMN, NAMES_COLUMN, style->width);
  print_heading(&page, "Exit status");
  size_t code_width = widest_code(command->statuses);
  print_statuses(&page, statuses, code_width);
  print_statuses(&page, command->statuses, code_width);
}
