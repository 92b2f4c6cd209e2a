/* What a row says about itself. */
#include "opt/opt.h"

bool opt_row_takes_value(const struct opt_row *row)
{
  switch (row->kind) {
  case OPT_KIND_FLAG:
  case OPT_KIND_TALLY:
  case OPT_KIND_SET:
  case OPT_KIND_ALIAS:
  case OPT_KIND_ACTION:
    return false;
  default:
    return true;
  }
}

static void add_words(const char *const *words, const char *between,
                      struct async_buf *out)
{
  for (size_t i = 0; words[i]; i++) {
    if (i > 0)
      async_buf_add_str(out, between);
    async_buf_add_str(out, words[i]);
  }
}

void opt_row_add_metavar(const struct opt_row *row, struct async_buf *out)
{
  if (row->metavar)
    async_buf_add_str(out, row->metavar);
  else if (row->kind == OPT_KIND_CHOICE)
    add_words(row->words, "|", out);
}

static void add_count_range(const struct opt_row *row, struct async_buf *out)
{
  async_buf_add_str(out, "a whole number");
  if (row->max != INT64_MAX)
    async_buf_printf(out, " from %lld to %lld", (long long)row->min,
                     (long long)row->max);
  else if (row->min > 0)
    async_buf_printf(out, " of at least %lld", (long long)row->min);
}

void opt_row_add_accepts(const struct opt_row *row, struct async_buf *out)
{
  static const char *const texts[] = {
    [OPT_KIND_FLAG] = "true or false",
    [OPT_KIND_TALLY] = "a whole number",
    [OPT_KIND_SET] = "true",
    [OPT_KIND_DURATION] = "a duration such as 500ms, 10s, 1.5m, 2h or 1d",
    [OPT_KIND_SIZE] = "a size such as 4096, 64k, 1.5M or 1G",
    [OPT_KIND_RATE] = "a rate such as 10, 600/m or 10/s,burst=20",
    [OPT_KIND_QUOTA] = "a whole number, or a percentage such as 5%",
    [OPT_KIND_PERCENT] = "a percentage from 0 to 100",
    [OPT_KIND_STRING] = "a text",
    [OPT_KIND_LIST] = "a text",
    [OPT_KIND_WORDS] = "a list such as a,b,c",
  };
  if (row->accepts) {
    async_buf_add_str(out, row->accepts);
  } else if (row->kind == OPT_KIND_COUNT) {
    add_count_range(row, out);
  } else if (row->kind == OPT_KIND_CHOICE) {
    async_buf_add_str(out, "one of ");
    add_words(row->words, ", ", out);
  } else if (row->kind < OPT_KIND_CALL && texts[row->kind]) {
    async_buf_add_str(out, texts[row->kind]);
  }
}
