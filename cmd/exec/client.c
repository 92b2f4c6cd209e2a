#include "exec/client.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/proc.h"
#include "command.h"
#include "exec/kill.h"

extern char **environ;

/* Says why a part could not be made of the options. Returns the exit status. */
static int say(struct exec_client *client, int err, struct async_buf *message)
{
  const char *text = async_buf_str(message);
  int status = err == ASYNC_EINVAL ? COMMAND_USAGE : COMMAND_IO;
  if (err < 0)
    job_say_error(client->run->log, "%s",
                  err == ASYNC_EINVAL && text ? text : async_err_text(err));
  async_buf_done(message);
  return err < 0 ? status : COMMAND_OK;
}

int exec_client_find(struct exec_client *client, const char *name, char **out)
{
  int err = async_proc_find(out, name, NULL);
  if (err == 0)
    return COMMAND_OK;
  if (err == -ENOENT)
    job_say_error(client->run->log, "there is no command '%s'%s", name,
                  strchr(name, ' ') ? "; a whole command line needs --shell"
                                    : "");
  else
    job_say_error(client->run->log, "cannot run '%s': %s", name,
                  async_err_text(err));
  return err == -ENOENT        ? COMMAND_NOT_FOUND
         : err == ASYNC_ENOMEM ? COMMAND_IO
                               : COMMAND_CANNOT_RUN;
}

/* The command line. */

static int open_words(struct exec_client *client, char *const *words,
                      size_t count)
{
  struct async_buf message = ASYNC_BUF_INIT;
  const struct exec_opts *opts = client->opts;
  int err = exec_words_new(&client->words, opts, words, count, &message);
  if (err == 0 && opts->chdir)
    err = exec_text_new(&client->dir, opts, opts->chdir, NULL, &message);
  if (err == 0)
    err = exec_environment_init(&client->environment, opts, environ, &message);
  return say(client, err, &message);
}

/* A program that is named relative to a directory is looked for there. */
static int find_program(struct exec_client *client)
{
  const char *name = exec_words_program(client->words);
  if (!name || (client->opts->chdir && strchr(name, '/') && *name != '/'))
    return COMMAND_OK;
  return exec_client_find(client, name, &client->program);
}

static int open_command(struct exec_client *client)
{
  struct job_run *run = client->run;
  char *const *words = run->operands;
  size_t count;
  int status = exec_input_split(run, &count);
  if (status == COMMAND_OK)
    status = open_words(client, words, count);
  return status == COMMAND_OK ? find_program(client) : status;
}

/* Input and output. */

static int open_input(struct exec_client *client)
{
  struct job_run *run = client->run;
  const struct exec_opts *opts = client->opts;
  int status = COMMAND_OK;
  if (opts->pipe.by != EXEC_PIPE_NONE)
    status = exec_pipe_open(&client->pipe, run, opts);
  if (status == COMMAND_OK && opts->round_robin)
    return exec_robin_open(&client->robin, run, opts, client->pipe);
  if (status != COMMAND_OK || client->pipe)
    return status;
  return exec_input_new(&client->input, run, opts, client->words);
}

static int open_parts(struct exec_client *client)
{
  struct job_run *run = client->run;
  const struct exec_opts *opts = client->opts;
  int status = exec_terminal_open(&client->terminal, run, opts);
  if (status == COMMAND_OK)
    status = exec_cgroups_open(&client->cgroups, run, opts);
  if (status == COMMAND_OK)
    status = exec_screen_open(&client->screen, run, opts);
  if (status == COMMAND_OK)
    status = exec_feed_open(&client->feed, run, opts);
  if (status == COMMAND_OK)
    status = exec_gate_open(&client->gate, run, opts);
  return status == COMMAND_OK ? open_input(client) : status;
}

/* We may have children already: those of a shell that became us, as in
 * "exec asynctool ... > >(tee log)". They have orphans of their own. */
static void adopt_orphans(struct exec_client *client)
{
  int strangers = async_proc_adopt_orphans();
  client->adopts = strangers >= 0;
  client->mark = strangers > 0 ? client->environment.run : NULL;
}

static int open_rest(struct exec_client *client)
{
  const struct exec_opts *opts = client->opts;
  exec_codes_init(&client->ok, &opts->ok_codes);
  exec_codes_init(&client->retry_on, &opts->job.retry_on);
  if (opts->orphans == EXEC_ORPHANS_KILL)
    adopt_orphans(client);
  if (exec_slots_init(&client->slots, client->run->jobs) < 0) {
    job_say_error(client->run->log, "%s", async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  return COMMAND_OK;
}

/* Frees what was opened. */
static void free_client(struct exec_client *client)
{
  exec_robin_close(client->robin);
  exec_pipe_close(client->pipe);
  exec_input_free(client->input);
  exec_gate_close(client->gate);
  exec_feed_close(client->feed);
  exec_screen_close(client->screen);
  exec_cgroups_close(client->cgroups);
  exec_terminal_close(&client->terminal);
  exec_slots_done(&client->slots);
  exec_environment_done(&client->environment);
  exec_text_free(client->dir);
  exec_words_free(client->words);
  free(client->program);
  free(client);
}

int exec_client_open(struct job_run *run, void **ctx)
{
  struct exec_client *client = calloc(1, sizeof(*client));
  if (!client) {
    job_say_error(run->log, "%s", async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  client->run = run;
  client->terminal = (struct exec_terminal)EXEC_TERMINAL_INIT;
  client->opts = run->tool_opts;
  run->header = client->opts->header;
  int status = open_command(client);
  if (status == COMMAND_OK)
    status = open_parts(client);
  if (status == COMMAND_OK)
    status = open_rest(client);
  if (status == COMMAND_OK) {
    exec_reap_orphans(client);
    *ctx = client;
  } else {
    free_client(client);
  }
  return status;
}

void exec_client_close(void *ctx)
{
  struct exec_client *client = ctx;
  exec_kill_rest(client);
  free_client(client);
}
