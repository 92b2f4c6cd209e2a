/* cmd/exec/robin_priv.h: what robin.c and robin_job.c share. */
#ifndef EXEC_ROBIN_PRIV_H
#define EXEC_ROBIN_PRIV_H

#include "async/event.h"
#include "async/op.h"
#include "async/timer.h"
#include "exec/block.h"
#include "exec/ready.h"
#include "exec/robin.h"

struct exec_robin {
  struct job_run *run;
  struct exec_pipe_input *input;
  struct async_task *reader;  /* NULL before the first job, and in the end */
  struct async_list blocks;   /* that wait, the next one first */
  struct async_list idle;     /* jobs that wait for one, the longest first */
  struct async_event wanted;  /* for the reader: no block waits */
  struct async_event changed; /* for exec_robin_next */
  struct async_timer look;    /* due at once */
  struct async_op shutdown;
  uint64_t count; /* jobs so far */
  size_t live;    /* of those, that have not left */
  bool over;      /* the input */
  int err;        /* why, if not at its end */
};

struct exec_robin_job {
  struct exec_robin *robin;
  struct exec_given *given;
  struct async_list idle_node;
  struct async_event woken;
  struct exec_block *handed; /* what woke it; NULL: the end */
  struct async_list held;    /* blocks that may be unread, as they were given */
  size_t held_bytes;
  size_t unwritten; /* of the last of them */
  struct async_task *feeder;
  struct exec_ready *ready;
  int fd;         /* the pipe; -1: none */
  int pipe_bytes; /* it holds so much */
  bool settled, left;
};

/* Makes the job that an item stands for, with its first block. Returns 0 or
 * ASYNC_ENOMEM. */
int exec_robin_job_new(struct exec_robin *robin, struct exec_item *item,
                       struct exec_block *block);

/* Waits for the next block. Returns 0, ASYNC_EOF, or ASYNC_ECANCELED. */
int exec_robin_take(struct exec_robin_job *job, struct exec_block **out);

/* Nobody has read a byte of it: it is the next one again. */
void exec_robin_give_back(struct exec_robin *robin, struct exec_block *block);

/* Whether the run ends before its input: then blocks stay where they are. */
bool exec_robin_is_stopping(const struct exec_robin *robin);

/* On the loop's next turn, sees who can go on: by then it is decided whether
 * the end of a job ends the run. */
void exec_robin_look_soon(struct exec_robin *robin);

#endif
