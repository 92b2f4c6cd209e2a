/* Which command: by the program's own name, or by the first word. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "async/error.h"
#include "front.h"
#include "opt/common.h"
#include "opt/nearest.h"

static const struct opt_table top_tables[] = { { .rows = action_rows }, { 0 } };

const struct command *front_find(const struct front *front, const char *name)
{
  for (const struct command *const *c = front->commands; *c; c++)
    if (strcmp((*c)->name, name) == 0)
      return *c;
  return NULL;
}

/* "asynctool-fetch" and "fetch" are both fetch. */
static const struct command *find_by_program(const struct front *front,
                                             const char *program)
{
  static const char prefix[] = "asynctool-";
  const char *slash = strrchr(program, '/');
  const char *name = slash ? slash + 1 : program;
  if (strncmp(name, prefix, sizeof(prefix) - 1) == 0)
    name += sizeof(prefix) - 1;
  return front_find(front, name);
}

static int say_unknown_command(const struct front *front, const char *word)
{
  struct async_buf message = ASYNC_BUF_INIT;
  struct opt_nearest nearest = { .word = word };
  for (const struct command *const *c = front->commands; *c; c++)
    opt_nearest_add(&nearest, "", (*c)->name);
  opt_nearest_add(&nearest, "", "help");
  async_buf_printf(&message, "unknown command '%s'", word);
  opt_nearest_print(&nearest, &message);
  const char *text = async_buf_str(&message);
  int status = text ? front_usage(text) : front_no_memory();
  async_buf_done(&message);
  return status;
}

static int say_no_words(const struct front *front)
{
  struct async_buf text = ASYNC_BUF_INIT;
  async_buf_add_str(&text, "asynctool: say what to do, as in "
                           "'asynctool fetch URL'\n\n");
  front_add_commands(front, &text);
  if (async_buf_str(&text))
    fputs(text.data, stderr);
  async_buf_done(&text);
  return COMMAND_USAGE;
}

/* help [COMMAND] */
static int run_help(const struct front *front, char *const *words,
                    size_t word_count)
{
  struct async_buf text = ASYNC_BUF_INIT;
  if (word_count > 0) {
    const struct command *command = front_find(front, words[0]);
    return command ? front_help(command) : say_unknown_command(front, words[0]);
  }
  front_add_commands(front, &text);
  return front_print(&text);
}

static int run_words(const struct front *front, char *const *words,
                     size_t word_count)
{
  if (word_count == 0)
    return say_no_words(front);
  const struct command *command = front_find(front, words[0]);
  if (command)
    return front_run(front, command, words + 1, word_count - 1);
  if (strcmp(words[0], "help") == 0)
    return run_help(front, words + 1, word_count - 1);
  int status = front_generate(front, words, word_count);
  return status >= 0 ? status : say_unknown_command(front, words[0]);
}

/* The words of `asynctool` itself: its few options, then the command's. */
static int run_top(const struct front *front, char *const *words,
                   size_t word_count)
{
  struct opt_set set;
  struct opt_line line = { 0 };
  struct async_buf message = ASYNC_BUF_INIT;
  int status, err = opt_set_init(&set, top_tables);
  if (err == 0)
    err = opt_line_read(&line, &set, words, word_count, true, &message);
  if (err == ASYNC_EINVAL && async_buf_str(&message))
    status = front_usage(message.data);
  else if (err < 0)
    status = front_no_memory();
  else if (line.action != OPT_ACTION_RUN)
    status = front_act(front, NULL, NULL, &line);
  else
    status = run_words(front, line.operands, line.operand_count);
  async_buf_done(&message);
  opt_line_done(&line);
  opt_set_done(&set);
  return status;
}

/* A full disk may show only now. */
static int close_stdout(int status)
{
  bool failed = ferror(stdout) != 0;
  int err = fclose(stdout) != 0 ? errno : 0;
  if (!failed && !err)
    return status;
  fprintf(stderr, "asynctool: standard output: %s\n",
          err ? async_err_text(-err) : "write error");
  return COMMAND_IO;
}

int command_main(const struct command *const *commands, int argc, char **argv)
{
  struct front front = { commands };
  if (argc < 1)
    return close_stdout(say_no_words(&front));
  size_t word_count = (size_t)argc - 1;
  const struct command *command = find_by_program(&front, argv[0]);
  int status = command ? front_run(&front, command, argv + 1, word_count)
                       : run_top(&front, argv + 1, word_count);
  return close_stdout(status);
}
