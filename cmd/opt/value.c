#include "opt/value.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"

static int store_unsigned(const struct opt_row *row, uint64_t value,
                          void *field)
{
  switch (row->width) {
  case sizeof(unsigned):
    if (value > UINT_MAX)
      return ASYNC_EINVAL;
    *(unsigned *)field = (unsigned)value;
    return 0;
  case sizeof(uint64_t):
    *(uint64_t *)field = value;
    return 0;
  default:
    return ASYNC_EINVAL;
  }
}

static int store_limited(const struct opt_row *row, uint64_t value, void *field)
{
  if (value < (uint64_t)row->min || value > (uint64_t)row->max)
    return ASYNC_EINVAL;
  return store_unsigned(row, value, field);
}

static int set_flag(const struct opt_row *row, const char *text, void *field)
{
  (void)row;
  bool on = strcmp(text, OPT_TRUE) == 0;
  if (!on && strcmp(text, OPT_FALSE) != 0)
    return ASYNC_EINVAL;
  *(bool *)field = on;
  return 0;
}

static int set_tally(const struct opt_row *row, const char *text, void *field)
{
  (void)row;
  uint64_t value;
  if (strcmp(text, OPT_MORE) == 0) {
    ++*(unsigned *)field;
    return 0;
  }
  if (strcmp(text, OPT_TRUE) == 0)
    value = 1;
  else if (opt_read_count(text, &value) < 0 || value > UINT_MAX)
    return ASYNC_EINVAL;
  *(unsigned *)field = (unsigned)value;
  return 0;
}

static int set_set(const struct opt_row *row, const char *text, void *field)
{
  if (strcmp(text, OPT_TRUE) != 0)
    return ASYNC_EINVAL;
  return store_unsigned(row, (uint64_t)row->min, field);
}

static int set_count(const struct opt_row *row, const char *text, void *field)
{
  uint64_t value;
  int err = opt_read_count(text, &value);
  return err < 0 ? err : store_limited(row, value, field);
}

static int set_size(const struct opt_row *row, const char *text, void *field)
{
  uint64_t value;
  int err = opt_read_size(text, &value);
  return err < 0 ? err : store_limited(row, value, field);
}

static int set_duration(const struct opt_row *row, const char *text,
                        void *field)
{
  int64_t ns;
  int err = opt_read_duration(text, &ns);
  if (err < 0 || ns < row->min || ns > row->max)
    return ASYNC_EINVAL;
  *(int64_t *)field = ns;
  return 0;
}

static int set_rate(const struct opt_row *row, const char *text, void *field)
{
  (void)row;
  return opt_read_rate(text, field);
}

static int set_quota(const struct opt_row *row, const char *text, void *field)
{
  (void)row;
  return opt_read_quota(text, field);
}

static int set_percent(const struct opt_row *row, const char *text, void *field)
{
  (void)row;
  return opt_read_percent(text, field);
}

static int set_choice(const struct opt_row *row, const char *text, void *field)
{
  for (unsigned i = 0; row->words[i]; i++)
    if (strcmp(text, row->words[i]) == 0)
      return store_unsigned(row, i, field);
  return ASYNC_EINVAL;
}

static int set_string(const struct opt_row *row, const char *text, void *field)
{
  if (row->check && !row->check(text))
    return ASYNC_EINVAL;
  char *copy = strdup(text);
  if (!copy)
    return ASYNC_ENOMEM;
  free(*(char **)field);
  *(char **)field = copy;
  return 0;
}

static int set_list(const struct opt_row *row, const char *text, void *field)
{
  if (row->check && !row->check(text))
    return ASYNC_EINVAL;
  return opt_list_add(field, text);
}

/* Splits at commas; an empty word is a mistake, an empty text an empty list. */
static int split_words(const struct opt_row *row, const char *text,
                       struct opt_list *out)
{
  for (const char *p = text; *text; p += strcspn(p, ",") + 1) {
    size_t len = strcspn(p, ",");
    int err = len ? opt_list_add_bytes(out, p, len) : ASYNC_EINVAL;
    if (err < 0)
      return err;
    if (row->check && !row->check(out->items[out->count - 1]))
      return ASYNC_EINVAL;
    if (!p[len])
      return 0;
  }
  return 0;
}

static int set_words(const struct opt_row *row, const char *text, void *field)
{
  struct opt_list words = { 0 };
  int err = split_words(row, text, &words);
  if (err < 0) {
    opt_list_done(&words);
    return err;
  }
  opt_list_done(field);
  *(struct opt_list *)field = words;
  return 0;
}

static int set_call(const struct opt_row *row, const char *text, void *field)
{
  return row->parse(text, field);
}

int opt_value_set(const struct opt_row *row, const char *text, void *opts)
{
  static int (*const setters[])(const struct opt_row *, const char *,
                                void *) = {
    [OPT_KIND_FLAG] = set_flag,         [OPT_KIND_TALLY] = set_tally,
    [OPT_KIND_SET] = set_set,           [OPT_KIND_COUNT] = set_count,
    [OPT_KIND_DURATION] = set_duration, [OPT_KIND_SIZE] = set_size,
    [OPT_KIND_RATE] = set_rate,         [OPT_KIND_QUOTA] = set_quota,
    [OPT_KIND_PERCENT] = set_percent,   [OPT_KIND_CHOICE] = set_choice,
    [OPT_KIND_STRING] = set_string,     [OPT_KIND_LIST] = set_list,
    [OPT_KIND_WORDS] = set_words,       [OPT_KIND_CALL] = set_call,
  };
  return setters[row->kind](row, text, (char *)opts + row->offset);
}

int opt_values_init(const struct opt_set *set, void *opts)
{
  int err = 0;
  for (size_t i = 0; i < set->count && err == 0; i++)
    if (set->rows[i].initial)
      err = opt_value_set(&set->rows[i], set->rows[i].initial, opts);
  return err;
}

void opt_values_done(const struct opt_set *set, void *opts)
{
  for (size_t i = 0; i < set->count; i++) {
    const struct opt_row *row = &set->rows[i];
    void *field = (char *)opts + row->offset;
    if (row->kind == OPT_KIND_LIST || row->kind == OPT_KIND_WORDS)
      opt_list_done(field);
    if (row->kind == OPT_KIND_STRING) {
      free(*(char **)field);
      *(char **)field = NULL;
    }
  }
}
