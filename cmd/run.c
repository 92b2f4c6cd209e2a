/* One command, from its words to its exit status:
 *
 *   1. split the words into settings and operands
 *   2. help, version: print and end
 *   3. initial values, then the configuration file, then the settings
 *   4. run */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "async/error.h"
#include "front.h"
#include "opt/common.h"
#include "opt/config.h"
#include "opt/value.h"

struct run {
  const struct front *front;
  const struct command *command;
  struct opt_set set;
  struct opt_line line;
  void *opts;
  struct async_buf message;
};

/* The options of [all] that this command may lack. */
static int init_all_set(struct opt_set *all)
{
  static const struct opt_table tables[] = { { .rows = job_rows }, { 0 } };
  return opt_set_init(all, tables);
}

static int apply_text(struct run *run, const char *path, struct async_buf *text)
{
  struct opt_set all;
  struct opt_settings settings = { 0 };
  int err = init_all_set(&all);
  if (err < 0)
    return err;
  if (!async_buf_str(text)) {
    err = ASYNC_ENOMEM;
    goto out;
  }
  struct opt_config config = { path, run->command->name, run->front->commands,
                               &run->set, &all };
  err =
      opt_config_read(&config, text->data, text->len, &settings, &run->message);
  if (err == 0)
    err = opt_settings_apply(&settings, run->opts, &run->message);
out:
  opt_settings_done(&settings);
  opt_set_done(&all);
  return err;
}

static int apply_file(struct run *run, const char *path, bool must)
{
  struct async_buf text = ASYNC_BUF_INIT;
  int err = opt_config_load(path, &text);
  if (err == 0) {
    err = apply_text(run, path, &text);
  } else if (!must && (err == -ENOENT || err == -ENOTDIR)) {
    err = 0;
  } else if (err != ASYNC_ENOMEM) {
    async_buf_printf(&run->message, "%s: %s", path, async_err_text(err));
    err = ASYNC_EINVAL;
  }
  async_buf_done(&text);
  return err;
}

static int apply_config(struct run *run)
{
  struct async_buf path = ASYNC_BUF_INIT;
  bool must;
  int err = opt_config_path(&run->line.settings, &path, &must);
  if (err == 0 && path.len > 0)
    err =
        async_buf_str(&path) ? apply_file(run, path.data, must) : ASYNC_ENOMEM;
  async_buf_done(&path);
  return err;
}

static int load_options(struct run *run)
{
  run->opts = calloc(1, run->command->opts_bytes);
  if (!run->opts)
    return ASYNC_ENOMEM;
  int err = opt_values_init(&run->set, run->opts);
  if (err == 0)
    err = apply_config(run);
  if (err == 0)
    err = opt_settings_apply(&run->line.settings, run->opts, &run->message);
  return err;
}

static int say(struct run *run, int err)
{
  const char *text = async_buf_str(&run->message);
  if (err == ASYNC_EINVAL && text)
    return command_usage(run->command, "%s", text);
  return front_no_memory();
}

/* A wrong table is a mistake of ours, and shows at the first run. */
static void check_table(struct run *run)
{
#ifndef NDEBUG
  if (opt_set_check(&run->set, run->command->opts_bytes, &run->message) == 0)
    return;
  fprintf(stderr, "asynctool %s: %s", run->command->name,
          async_buf_str(&run->message));
  abort();
#else
  (void)run;
#endif
}

static int read_and_run(struct run *run, char *const *words, size_t word_count)
{
  const struct command *command = run->command;
  int err = opt_line_read(&run->line, &run->set, words, word_count,
                          command->stop_at_operand, &run->message);
  if (err == 0 && run->line.action != OPT_ACTION_RUN)
    return front_act(run->front, command, &run->set, &run->line);
  if (err == 0)
    err = load_options(run);
  if (err < 0)
    return say(run, err);
  return command->run(run->opts, run->line.operands, run->line.operand_count);
}

int front_run(const struct front *front, const struct command *command,
              char *const *words, size_t word_count)
{
  struct run run = { .front = front, .command = command };
  if (opt_set_init(&run.set, command->tables) < 0)
    return front_no_memory();
  check_table(&run);
  int status = read_and_run(&run, words, word_count);
  if (run.opts)
    opt_values_done(&run.set, run.opts);
  free(run.opts);
  opt_line_done(&run.line);
  opt_set_done(&run.set);
  async_buf_done(&run.message);
  return status;
}
