#include "opt/setting.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "opt/nearest.h"
#include "opt/value.h"

int opt_settings_add(struct opt_settings *settings, const struct opt_set *set,
                     struct opt_setting setting)
{
  size_t bytes = (settings->count + 1) * sizeof(*settings->items);
  struct opt_setting *items = realloc(settings->items, bytes);
  if (!items)
    return ASYNC_ENOMEM;
  settings->items = items;
  if (setting.row->kind == OPT_KIND_ALIAS)
    setting.row = opt_set_resolve(set, setting.row, &setting.value);
  items[settings->count++] = setting;
  return 0;
}

void opt_settings_done(struct opt_settings *settings)
{
  free(settings->items);
  *settings = (struct opt_settings){ .items = NULL };
}

const char *opt_settings_last(const struct opt_settings *settings,
                              const char *long_name)
{
  for (size_t i = settings->count; i > 0; i--)
    if (strcmp(settings->items[i - 1].row->long_name, long_name) == 0)
      return settings->items[i - 1].value;
  return NULL;
}

void opt_add_origin(const char *file, unsigned line, struct async_buf *out)
{
  if (file)
    async_buf_printf(out, "%s:%u: ", file, line);
}

static void say_bad_value(const struct opt_setting *setting,
                          struct async_buf *message)
{
  opt_add_origin(setting->file, setting->line, message);
  async_buf_printf(message, "option '%s%.*s': bad value '%s', expected ",
                   setting->dashes, (int)setting->name_len, setting->name,
                   setting->value);
  opt_row_add_accepts(setting->row, message);
  if (setting->row->kind != OPT_KIND_CHOICE)
    return;
  struct opt_nearest nearest = { .word = setting->value };
  for (const char *const *word = setting->row->words; *word; word++)
    opt_nearest_add(&nearest, "", *word);
  opt_nearest_print(&nearest, message);
}

int opt_settings_apply(const struct opt_settings *settings, void *opts,
                       struct async_buf *message)
{
  for (size_t i = 0; i < settings->count; i++) {
    const struct opt_setting *setting = &settings->items[i];
    int err = opt_value_set(setting->row, setting->value, opts);
    if (err == ASYNC_EINVAL)
      say_bad_value(setting, message);
    if (err < 0)
      return err;
  }
  return 0;
}
