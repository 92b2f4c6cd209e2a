#include "exec/needs.h"

#include <stdlib.h>

#include "async/error.h"

static const struct async_proc_limit *limits_of(const struct exec_opts *opts,
                                                struct async_proc_limit *limits)
{
  for (size_t i = 0; i < opts->rlimits.count; i++) {
    uint64_t value = opts->rlimits.items[i].value;
    rlim_t limit = value == UINT64_MAX ? RLIM_INFINITY : (rlim_t)value;
    limits[i] = (struct async_proc_limit){
      .resource = opts->rlimits.items[i].resource,
      .limit = { .rlim_cur = limit, .rlim_max = limit },
    };
  }
  return limits;
}

void exec_needs_done(struct exec_needs *needs)
{
  free(needs->environment);
  free(needs->program);
  async_buf_done(&needs->dir);
}

int exec_no_memory(struct exec_attempt *attempt)
{
  return job_error_set(&attempt->item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM,
                       "%s", async_err_text(ASYNC_ENOMEM));
}

static int find_program(struct exec_attempt *attempt, struct exec_needs *needs)
{
  const struct exec_argv *argv = &attempt->item->argv;
  needs->opts.file = attempt->client->program;
  if (needs->opts.file)
    return 0;
  int err = async_proc_find(&needs->program, argv->items[0], NULL);
  needs->opts.file = needs->program;
  if (err == ASYNC_ENOMEM)
    return exec_no_memory(attempt);
  if (err < 0)
    return job_error_set(&attempt->item->item, JOB_ERROR_SPAWN, err,
                         "cannot start %s: %s", argv->items[0],
                         async_err_text(err));
  return 0;
}

static int find_dir(struct exec_attempt *attempt, struct exec_needs *needs)
{
  if (!attempt->client->dir)
    return 0;
  if (exec_text_add(attempt->client->dir, attempt->item, &needs->dir) < 0)
    return -1;
  needs->opts.dir = async_buf_str(&needs->dir);
  return needs->opts.dir ? 0 : exec_no_memory(attempt);
}

static int make_cgroup(struct exec_attempt *attempt, struct exec_needs *needs)
{
  if (!attempt->client->cgroups)
    return 0;
  int err = exec_cgroup_new(&attempt->cgroup, attempt->client->cgroups);
  if (err < 0)
    return job_error_set(&attempt->item->item, JOB_ERROR_SPAWN, err,
                         "cannot make a cgroup: %s", async_err_text(err));
  needs->opts.cgroup = 1 + exec_cgroup_fd(attempt->cgroup);
  return 0;
}

int exec_needs_gather(struct exec_needs *needs, struct exec_attempt *attempt)
{
  struct exec_client *client = attempt->client;
  struct exec_item *item = attempt->item;
  const struct exec_opts *opts = client->opts;
  if (exec_words_fill(client->words, item, &item->argv) < 0 ||
      find_program(attempt, needs) < 0 || find_dir(attempt, needs) < 0 ||
      exec_environment_fill(&client->environment, item, &needs->environment) <
          0)
    return -1;
  needs->opts.argv = item->argv.items;
  needs->opts.envp = needs->environment;
  needs->opts.nice = (int)opts->nice;
  needs->opts.limits = limits_of(opts, needs->limits);
  needs->opts.limit_count = opts->rlimits.count;
  needs->opts.terminal = opts->tty;
  needs->opts.inherits = exec_gate_is_inherited(attempt->client->gate);
  return make_cgroup(attempt, needs);
}
