/* Entries as rows of TSV or CSV.
 *
 * If one of the names in the first row can be the entry's text (url, name,
 * ...), or if the user says so, it is a header, and the columns are fields.
 * Otherwise there is none, and their names are 1, 2, ... The text is the column
 * with such a name, else the first. */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "job/source_priv.h"

enum { ROW_MOST = 1024 * 1024 };

/* Where one stands between two bytes. */
enum csv_state {
  CSV_BEGIN, /* of a cell */
  CSV_PLAIN,
  CSV_QUOTED,
  CSV_QUOTE /* behind a quote in a quoted cell: its end, or doubled */
};

static int add_cell(struct opt_list *cells, const struct async_buf *cell)
{
  if (cell->err)
    return cell->err;
  return opt_list_add_bytes(cells, cell->len ? cell->data : "", cell->len);
}

/* CSV. Source: RFC 4180. */

/* Whether a quote is open at the end of a text; `state` carries over. */
static bool is_quote_open(enum csv_state *state, const char *text, size_t len)
{
  for (size_t i = 0; i < len; i++) {
    bool quote = text[i] == '"';
    if (*state == CSV_QUOTED)
      *state = quote ? CSV_QUOTE : CSV_QUOTED;
    else if (quote && *state != CSV_PLAIN)
      *state = CSV_QUOTED;
    else
      *state = text[i] == ',' ? CSV_BEGIN : CSV_PLAIN;
  }
  return *state == CSV_QUOTED;
}

/* Returns where the cell ends, or NULL if it does not. */
static const char *quoted_cell(const char *at, const char *end,
                               struct async_buf *cell)
{
  for (at++; at < end; at++) {
    if (*at != '"')
      async_buf_add_char(cell, *at);
    else if (at + 1 < end && at[1] == '"')
      async_buf_add_char(cell, *at++);
    else
      return at + 1;
  }
  return NULL;
}

static const char *plain_cell(const char *at, const char *end,
                              struct async_buf *cell)
{
  const char *comma = memchr(at, ',', (size_t)(end - at));
  const char *stop = comma ? comma : end;
  async_buf_add(cell, at, (size_t)(stop - at));
  return stop;
}

int job_csv_split(const char *text, size_t len, struct opt_list *cells)
{
  const char *at = text, *end = text + len;
  struct async_buf cell = ASYNC_BUF_INIT;
  int err = 0;
  for (;;) {
    async_buf_clear(&cell);
    at = at < end && *at == '"' ? quoted_cell(at, end, &cell)
                                : plain_cell(at, end, &cell);
    if (!at || (at < end && *at != ','))
      err = ASYNC_EENCODING;
    else
      err = add_cell(cells, &cell);
    if (err < 0 || at == end)
      break;
    at++;
  }
  async_buf_done(&cell);
  return err;
}

/* TSV: \t, \n, \r and \\ stand for what they stand for. */

static void add_tsv(struct async_buf *cell, const char *at, const char *end)
{
  static const char FROM[] = "tnr\\", TO[] = "\t\n\r\\";
  for (; at < end; at++) {
    const char *hit =
        *at == '\\' && at + 1 < end ? memchr(FROM, at[1], 4) : NULL;
    if (hit)
      at++;
    async_buf_add_char(cell, hit ? TO[hit - FROM] : *at);
  }
}

int job_tsv_split(const char *text, size_t len, struct opt_list *cells)
{
  const char *at = text, *end = text + len;
  struct async_buf cell = ASYNC_BUF_INIT;
  int err = 0;
  for (;;) {
    const char *tab = memchr(at, '\t', (size_t)(end - at));
    async_buf_clear(&cell);
    add_tsv(&cell, at, tab ? tab : end);
    err = add_cell(cells, &cell);
    if (err < 0 || !tab)
      break;
    at = tab + 1;
  }
  async_buf_done(&cell);
  return err;
}

/* Rows. */

static bool has_name(const struct opt_list *cells, const char *name)
{
  for (size_t i = 0; i < cells->count; i++)
    if (strcmp(cells->items[i], name) == 0)
      return true;
  return false;
}

/* Looks at the first row. Returns whether it is a header, and takes it then. */
static bool take_header(struct job_list *list, struct opt_list *cells)
{
  list->header_over = true;
  list->named = list->header_wanted;
  for (const char *const *name = list->entry_fields; *name; name++)
    list->named = list->named || has_name(cells, *name);
  if (!list->named)
    return false;
  list->header = *cells;
  *cells = (struct opt_list){ NULL, 0 };
  list->is_record = has_name(&list->header, "seq") &&
                    has_name(&list->header, "outcome") &&
                    has_name(&list->header, "attempts");
  return true;
}

/* Cells as an object, in their order. Without a header their names are 1, 2,
 * ..., as is that of a column whose name is empty or another's. */
static json_t *make_fields(const struct job_list *list,
                           const struct opt_list *cells)
{
  json_t *fields = json_object();
  for (size_t i = 0; fields && i < cells->count; i++) {
    char number[24];
    snprintf(number, sizeof(number), "%zu", i + 1);
    const char *name = list->named ? list->header.items[i] : number;
    if (!*name || json_object_get(fields, name))
      name = number;
    if (json_object_set_new_nocheck(fields, name,
                                    json_string_nocheck(cells->items[i])) < 0) {
      json_decref(fields);
      return NULL;
    }
  }
  return fields;
}

/* Whether one of the named columns can be the text. */
static bool has_text(const struct job_list *list)
{
  for (const char *const *name = list->entry_fields; *name; name++)
    if (has_name(&list->header, *name))
      return true;
  return false;
}

static int take_row(struct job_list *list, struct job_item *item,
                    const struct opt_list *cells, const char *text, size_t len)
{
  if (list->named && cells->count != list->header.count)
    return job_list_refuse(list, item, text, len,
                           "has %zu columns, the header has %zu", cells->count,
                           list->header.count);
  json_t *fields = make_fields(list, cells);
  if (!fields)
    return ASYNC_ENOMEM;
  item->entry.is_record = list->is_record;
  if (list->named && has_text(list))
    return job_list_fields(list, item, fields, text, len);
  item->entry.fields = fields;
  return job_list_string(list, item, cells->items[0], strlen(cells->items[0]));
}

static bool begins_with_mark(const struct job_list *list, const char *text,
                             size_t len)
{
  return list->line == 1 && len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0;
}

/* Reads a row: a line, or several if a quote is open at its end. Returns 0,
 * ASYNC_EOF (with part of a row, if a quote does not end), ASYNC_ETOOLONG or
 * another error. */
static int read_row(struct job_list *list)
{
  enum csv_state state = CSV_BEGIN;
  struct async_buf *row = &list->row;
  char *text;
  size_t len;
  async_buf_clear(row);
  for (;;) {
    int err = job_list_line(list, '\n', &text, &len);
    if (err < 0 && err != ASYNC_ETOOLONG)
      return err;
    size_t mark = begins_with_mark(list, text, len) ? 3 : 0;
    if (row->len > 0)
      async_buf_add_char(row, '\n');
    async_buf_add(row, text + mark, len - mark);
    if (row->err)
      return row->err;
    if (err < 0 || row->len > ROW_MOST)
      return ASYNC_ETOOLONG;
    if (list->format == JOB_INPUT_TSV ||
        !is_quote_open(&state, text + mark, len - mark))
      return 0;
  }
}

static size_t without_return(const struct async_buf *row)
{
  bool has = row->len > 0 && row->data[row->len - 1] == '\r';
  return has ? row->len - 1 : row->len;
}

static int split(const struct job_list *list, struct opt_list *cells)
{
  const struct async_buf *row = &list->row;
  size_t len = without_return(row);
  if (memchr(row->data, '\0', len))
    return ASYNC_EENCODING;
  return list->format == JOB_INPUT_CSV ? job_csv_split(row->data, len, cells)
                                       : job_tsv_split(row->data, len, cells);
}

static int refuse_row(struct job_list *list, struct job_item *item, int err)
{
  const char *why = err == ASYNC_ETOOLONG ? "longer than 1 MiB"
                    : err == ASYNC_EOF    ? "a quoted column does not end"
                                          : "not a row of columns";
  return job_list_refuse(list, item, list->row.data, list->row.len, "%s", why);
}

int job_list_row(struct job_list *list, struct job_item *item)
{
  struct opt_list cells = { NULL, 0 };
  int err = read_row(list);
  size_t len = without_return(&list->row);
  if (err == 0 && len == 0)
    return ASYNC_EAGAIN; /* an empty line */
  if (err == 0)
    err = split(list, &cells);
  if (err == ASYNC_ETOOLONG || err == ASYNC_EENCODING ||
      (err == ASYNC_EOF && len > 0))
    err = refuse_row(list, item, err);
  else if (err == 0 && !list->header_over && take_header(list, &cells))
    err = ASYNC_EAGAIN;
  else if (err == 0)
    err = take_row(list, item, &cells, list->row.data, len);
  opt_list_done(&cells);
  return err;
}
