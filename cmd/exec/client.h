/* cmd/exec/client.h: what all jobs of a run share. */
#ifndef EXEC_CLIENT_H
#define EXEC_CLIENT_H

#include "async/timer.h"
#include "exec/cgroup.h"
#include "exec/codes.h"
#include "exec/environment.h"
#include "exec/feed.h"
#include "exec/gate.h"
#include "exec/input.h"
#include "exec/options.h"
#include "exec/output.h"
#include "exec/robin.h"
#include "exec/slots.h"
#include "exec/terminal.h"
#include "exec/words.h"
#include "job/tool.h"

struct exec_client {
  struct job_run *run;
  const struct exec_opts *opts;
  struct exec_words *words;
  struct exec_text *dir; /* --chdir */
  char *program;         /* NULL: it depends on the entry */
  struct exec_environment environment;
  struct exec_input *input;
  struct exec_pipe_input *pipe; /* NULL without --pipe */
  struct exec_robin *robin;     /* NULL without --round-robin */
  struct exec_screen *screen;
  struct exec_feed *feed;
  struct exec_gate *gate;
  struct exec_cgroups *cgroups; /* NULL if none are needed */
  struct exec_terminal terminal;
  struct exec_codes ok, retry_on;
  struct exec_slots slots;
  bool adopts;                  /* orphans come to us */
  const char *mark;             /* of those; NULL: all are ours */
  struct async_timer sweep;     /* reaps them now and then */
  int first_status, max_status; /* for --exit-with; 0: none has failed */
};

int exec_client_open(struct job_run *run, void **ctx);
void exec_client_close(void *ctx);

/* Finds a program and says why it cannot be run. Returns 0, 126 or 127. */
int exec_client_find(struct exec_client *client, const char *name, char **out);

#endif
