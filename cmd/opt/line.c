#include "opt/line.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "opt/nearest.h"
#include "opt/value.h"

struct reader {
  struct opt_line *line;
  const struct opt_set *set;
  char *const *words; /* those that are left */
  size_t word_count;
  struct async_buf *message;
};

static const char *take_word(struct reader *r)
{
  r->word_count--;
  return *r->words++;
}

void opt_set_add_nearest(const struct opt_set *set, const char *dashes,
                         struct opt_nearest *nearest)
{
  for (size_t i = 0; i < set->count; i++) {
    const struct opt_row *row = &set->rows[i];
    if (row->hidden)
      continue;
    opt_nearest_add(nearest, dashes, row->long_name);
    if (row->negatable)
      opt_nearest_add(nearest, *dashes ? "--no-" : "no-", row->long_name);
  }
}

static int say_unknown_long(const struct reader *r, const char *word)
{
  struct async_buf name = ASYNC_BUF_INIT;
  async_buf_add(&name, word, strcspn(word, "="));
  const char *text = async_buf_str(&name);
  if (text) {
    struct opt_nearest nearest = { .word = text };
    opt_set_add_nearest(r->set, "--", &nearest);
    async_buf_printf(r->message, "unknown option '%s'", text);
    opt_nearest_print(&nearest, r->message);
  }
  async_buf_done(&name);
  return text ? ASYNC_EINVAL : ASYNC_ENOMEM;
}

/* "-verbose": somebody who writes one dash where two belong. */
static int say_unknown_short(const struct reader *r, const char *word, char c)
{
  bool on;
  async_buf_printf(r->message, "unknown option '-%c'", c);
  if (word[2] == '\0')
    return ASYNC_EINVAL;
  async_buf_printf(r->message, " in '%s'", word);
  size_t len = strcspn(word + 1, "=");
  if (opt_set_find(r->set, word + 1, len, &on))
    async_buf_printf(r->message, " (did you mean '-%.*s'?)", (int)(len + 1),
                     word);
  return ASYNC_EINVAL;
}

static int say_value_missing(const struct reader *r,
                             const struct opt_setting *setting)
{
  async_buf_printf(r->message,
                   "option '%s%.*s' needs a value: ", setting->dashes,
                   (int)setting->name_len, setting->name);
  opt_row_add_accepts(setting->row, r->message);
  return ASYNC_EINVAL;
}

static int say_value_unwanted(const struct reader *r,
                              const struct opt_setting *setting)
{
  async_buf_printf(r->message, "option '--%.*s' takes no value, not '%s'",
                   (int)setting->name_len, setting->name, setting->value);
  return ASYNC_EINVAL;
}

static int take_action(struct reader *r, const struct opt_setting *setting)
{
  enum opt_action action = (enum opt_action)setting->row->min;
  bool is_long = setting->dashes[1] == '-';
  if (action == OPT_ACTION_HELP)
    action = is_long ? OPT_ACTION_HELP_LONG : OPT_ACTION_HELP_SHORT;
  r->line->action = action;
  return 0;
}

/* `setting` has a value if one was written in the same word. */
static int take_setting(struct reader *r, struct opt_setting setting, bool on)
{
  const struct opt_row *row = setting.row;
  if (!opt_row_takes_value(row)) {
    if (setting.value)
      return say_value_unwanted(r, &setting);
    if (row->kind == OPT_KIND_ACTION)
      return take_action(r, &setting);
    setting.value = row->kind == OPT_KIND_TALLY ? OPT_MORE
                    : on                        ? OPT_TRUE
                                                : OPT_FALSE;
  } else if (!setting.value) {
    setting.value = row->implied        ? row->implied
                    : r->word_count > 0 ? take_word(r)
                                        : NULL;
    if (!setting.value)
      return say_value_missing(r, &setting);
  }
  return opt_settings_add(&r->line->settings, r->set, setting);
}

/* --name, --no-name, --name=value */
static int take_long(struct reader *r, const char *word)
{
  const char *name = word + 2;
  size_t len = strcspn(name, "=");
  struct opt_setting setting = { .dashes = "--",
                                 .name = name,
                                 .name_len = len };
  bool on;
  setting.row = opt_set_find(r->set, name, len, &on);
  if (!setting.row)
    return say_unknown_long(r, word);
  if (name[len])
    setting.value = name + len + 1;
  return take_setting(r, setting, on);
}

/* -a, -ab, -avalue */
static int take_shorts(struct reader *r, const char *word)
{
  for (const char *p = word + 1; *p; p++) {
    struct opt_setting setting = { .dashes = "-", .name = p, .name_len = 1 };
    setting.row = opt_set_find_short(r->set, *p);
    if (!setting.row)
      return say_unknown_short(r, word, *p);
    bool takes_value = opt_row_takes_value(setting.row);
    if (takes_value && p[1])
      setting.value = p + 1;
    int err = take_setting(r, setting, true);
    if (err < 0 || takes_value || r->line->action != OPT_ACTION_RUN)
      return err;
  }
  return 0;
}

static int take_rest_as_operands(struct reader *r)
{
  while (r->word_count > 0) {
    r->line->operands[r->line->operand_count++] = *r->words++;
    r->word_count--;
  }
  return 0;
}

static int take_operand_or_option(struct reader *r, bool stop_at_operand)
{
  const char *word = *r->words;
  bool is_option = word[0] == '-' && word[1] != '\0';
  if (!is_option && stop_at_operand)
    return take_rest_as_operands(r);
  if (!is_option) {
    r->line->operands[r->line->operand_count++] = *r->words;
    take_word(r);
    return 0;
  }
  take_word(r);
  if (strcmp(word, "--") == 0)
    return take_rest_as_operands(r);
  return word[1] == '-' ? take_long(r, word) : take_shorts(r, word);
}

int opt_line_read(struct opt_line *line, const struct opt_set *set,
                  char *const *words, size_t word_count, bool stop_at_operand,
                  struct async_buf *message)
{
  struct reader r = { line, set, words, word_count, message };
  *line = (struct opt_line){ .action = OPT_ACTION_RUN };
  line->operands = calloc(word_count + 1, sizeof(*line->operands));
  if (!line->operands)
    return ASYNC_ENOMEM;
  int err = 0;
  while (r.word_count > 0 && err == 0 && line->action == OPT_ACTION_RUN)
    err = take_operand_or_option(&r, stop_at_operand);
  return err;
}

void opt_line_done(struct opt_line *line)
{
  opt_settings_done(&line->settings);
  free(line->operands);
  *line = (struct opt_line){ .operands = NULL };
}
