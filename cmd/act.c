/* Help, version and the like: text for standard output. */
#include <stdio.h>

#include "async/error.h"
#include "front.h"
#include "opt/generate.h"
#include "opt/help.h"

int front_no_memory(void)
{
  fputs("asynctool: out of memory\n", stderr);
  return COMMAND_IO;
}

int front_usage(const char *message)
{
  fprintf(stderr, "asynctool: %s\nTry 'asynctool --help'.\n", message);
  return COMMAND_USAGE;
}

int front_print(struct async_buf *text)
{
  int status = text->err ? front_no_memory() : COMMAND_OK;
  /* A failure sticks to the stream and is reported when it is closed. */
  if (!text->err && text->len > 0)
    (void)fwrite(text->data, 1, text->len, stdout);
  async_buf_done(text);
  return status;
}

void front_add_commands(const struct front *front, struct async_buf *out)
{
  async_buf_add_str(out, "Usage: asynctool COMMAND [OPTIONS] [WORD]...\n"
                         "Many network and process jobs at once, with one "
                         "record for each.\n\nCommands\n");
  for (const struct command *const *c = front->commands; *c; c++)
    async_buf_printf(out, "  %-9s %s\n", (*c)->name, (*c)->summary);
  async_buf_add_str(out, "  help      Explain a command\n\n"
                         "asynctool COMMAND -h lists a command's options; "
                         "--help explains them.\n");
}

int front_help(const struct command *command)
{
  struct async_buf text = ASYNC_BUF_INIT;
  struct opt_style style = opt_style_of_stdout(NULL);
  struct opt_set set;
  if (opt_set_init(&set, command->tables) < 0)
    return front_no_memory();
  opt_help_long(&text, &style, command, &set);
  opt_set_done(&set);
  return front_print(&text);
}

static void add_help(const struct front *front, const struct command *command,
                     const struct opt_set *set, const struct opt_line *line,
                     struct async_buf *out)
{
  struct opt_style style =
      opt_style_of_stdout(opt_settings_last(&line->settings, "color"));
  if (!command)
    front_add_commands(front, out);
  else if (line->action == OPT_ACTION_HELP_LONG)
    opt_help_long(out, &style, command, set);
  else
    opt_help_short(out, &style, command, set);
}

int front_act(const struct front *front, const struct command *command,
              const struct opt_set *set, const struct opt_line *line)
{
  struct async_buf text = ASYNC_BUF_INIT;
  const struct command *const only[] = { command, NULL };
  switch (line->action) {
  case OPT_ACTION_VERSION:
    front_add_version(&text);
    break;
  case OPT_ACTION_INTROSPECT:
    opt_generate_json(&text, command ? only : front->commands);
    break;
  default:
    add_help(front, command, set, line, &text);
    break;
  }
  return front_print(&text);
}
