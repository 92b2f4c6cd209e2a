#include "opt/config.h"

#include <string.h>

#include "async/error.h"
#include "opt/line.h"
#include "opt/nearest.h"
#include "opt/value.h"

enum section { SECTION_NONE, SECTION_ALL, SECTION_OURS, SECTION_OTHER };

struct reader {
  const struct opt_config *config;
  struct opt_settings *settings;
  struct async_buf *message;
  enum section section;
  unsigned line;
};

static bool is_space(char c)
{
  return c == ' ' || c == '\t' || c == '\r';
}

/* Cuts white space off both ends, in place. */
static char *trim(char *text)
{
  while (is_space(*text))
    text++;
  size_t len = strlen(text);
  while (len > 0 && is_space(text[len - 1]))
    len--;
  text[len] = '\0';
  return text;
}

/* The message, with the place already in it. */
static struct async_buf *at_line(const struct reader *r)
{
  opt_add_origin(r->config->path, r->line, r->message);
  return r->message;
}

static int say_unknown_section(const struct reader *r, const char *name)
{
  struct opt_nearest nearest = { .word = name };
  opt_nearest_add(&nearest, "", "all");
  for (const struct command *const *c = r->config->commands; *c; c++)
    opt_nearest_add(&nearest, "", (*c)->name);
  async_buf_printf(at_line(r), "unknown section [%s]", name);
  opt_nearest_print(&nearest, r->message);
  return ASYNC_EINVAL;
}

static bool is_command(const struct opt_config *config, const char *name)
{
  for (const struct command *const *c = config->commands; *c; c++)
    if (strcmp((*c)->name, name) == 0)
      return true;
  return false;
}

/* `text` is "[name]". */
static int take_section(struct reader *r, char *text)
{
  char *end = strchr(text, ']');
  if (!end || end[1] != '\0') {
    async_buf_printf(at_line(r), "bad section '%s', expected [NAME]", text);
    return ASYNC_EINVAL;
  }
  *end = '\0';
  const char *name = trim(text + 1);
  if (strcmp(name, "all") == 0)
    r->section = SECTION_ALL;
  else if (strcmp(name, r->config->command) == 0)
    r->section = SECTION_OURS;
  else if (is_command(r->config, name))
    r->section = SECTION_OTHER;
  else
    return say_unknown_section(r, name);
  return 0;
}

static int say_unknown_name(const struct reader *r, const char *name)
{
  struct opt_nearest nearest = { .word = name };
  opt_set_add_nearest(r->config->set, "", &nearest);
  async_buf_printf(at_line(r), "unknown option '%s'", name);
  opt_nearest_print(&nearest, r->message);
  return ASYNC_EINVAL;
}

/* Without "= value": a flag that is on, or an option that can do without. */
static const char *value_of_bare(const struct opt_row *row, bool on)
{
  if (opt_row_takes_value(row))
    return row->implied;
  return on ? OPT_TRUE : OPT_FALSE;
}

static int say_bad_form(const struct reader *r, const struct opt_row *row,
                        const char *name, bool has_value)
{
  if (has_value) {
    async_buf_printf(at_line(r), "option '%s' takes no value", name);
    return ASYNC_EINVAL;
  }
  async_buf_printf(at_line(r), "option '%s' needs a value: ", name);
  opt_row_add_accepts(row, r->message);
  return ASYNC_EINVAL;
}

/* `no-x = true` would be a riddle, and an alias stands for one value only. */
static int take_known(struct reader *r, const struct opt_row *row, bool on,
                      const char *name, const char *value)
{
  if (row->command_line_only) {
    async_buf_printf(at_line(r), "option '%s' is for the command line only",
                     name);
    return ASYNC_EINVAL;
  }
  bool has_value = value != NULL;
  if (!has_value)
    value = value_of_bare(row, on);
  if (!value || (has_value && (!on || row->kind == OPT_KIND_ALIAS)))
    return say_bad_form(r, row, name, has_value);
  struct opt_setting setting = {
    .row = row,
    .dashes = "",
    .name = name,
    .name_len = strlen(name),
    .value = value,
    .file = r->config->path,
    .line = r->line,
  };
  return opt_settings_add(r->settings, r->config->set, setting);
}

/* `text` is "name = value" or "name". */
static int take_option(struct reader *r, char *text)
{
  char *equals = strchr(text, '=');
  const char *value = NULL;
  bool on;
  if (equals) {
    *equals = '\0';
    value = trim(equals + 1);
  }
  const char *name = trim(text);
  if (r->section == SECTION_NONE) {
    async_buf_printf(at_line(r), "option '%s' comes before any [section]",
                     name);
    return ASYNC_EINVAL;
  }
  if (r->section == SECTION_OTHER)
    return 0;
  size_t len = strlen(name);
  const struct opt_row *row = opt_set_find(r->config->set, name, len, &on);
  if (row)
    return take_known(r, row, on, name, value);
  if (r->section == SECTION_ALL && opt_set_find(r->config->all, name, len, &on))
    return 0;
  return say_unknown_name(r, name);
}

static int take_line(struct reader *r, char *text)
{
  text = trim(text);
  if (*text == '\0' || *text == '#')
    return 0;
  return *text == '[' ? take_section(r, text) : take_option(r, text);
}

int opt_config_read(const struct opt_config *config, char *text, size_t len,
                    struct opt_settings *settings, struct async_buf *message)
{
  struct reader r = { config, settings, message, SECTION_NONE, 0 };
  if (strlen(text) != len) {
    async_buf_printf(message, "%s: not a text file", config->path);
    return ASYNC_EINVAL;
  }
  int err = 0;
  for (char *line = text, *next; line && err == 0; line = next) {
    next = strchr(line, '\n');
    if (next)
      *next++ = '\0';
    r.line++;
    err = take_line(&r, line);
  }
  return err;
}
