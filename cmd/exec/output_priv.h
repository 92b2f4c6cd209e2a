/* The parts of a job's output, shared by the files that handle it:
 *
 *   screen.c  what is to become of output, once a run
 *   output.c  an attempt's output, from its beginning to its end
 *   streams.c  what the child gets: pipes, files, ours
 *   pump.c    reading them, and where the bytes go
 *   room.c    room for bytes that have to wait
 *   show.c    standard output and standard error, one job at a time */
#ifndef EXEC_OUTPUT_PRIV_H
#define EXEC_OUTPUT_PRIV_H

#include "async/event.h"
#include "async/semaphore.h"
#include "async/timer.h"
#include "exec/excerpt.h"
#include "exec/output.h"
#include "exec/pool.h"
#include "exec/ready.h"
#include "exec/results.h"
#include "exec/store.h"
#include "job/out.h"

struct exec_screen {
  struct job_run *run;
  const struct exec_opts *opts;
  enum exec_output_mode mode; /* anything but auto */
  bool json;                  /* lines are shown as JSON */
  bool captures[2];
  struct exec_text *tag;       /* NULL: none */
  struct exec_results results; /* text NULL: none */
  const char *dir;             /* for files without a name */
  struct exec_pool pool;
  char *scratch; /* EXEC_CHUNK_BYTES, for what need not be kept; never over a
                    wait */
  struct job_out err;           /* our standard error */
  struct async_task *watch;     /* gives up on it when the run is stopped */
  struct async_sem turn;        /* one job at a time is shown */
  struct async_list reading;    /* outputs whose jobs may still write */
  uint64_t next_seq;            /* with --keep-order: whose turn it is */
  struct exec_output *favoured; /* it may have more than there is room for */
  bool said_no_spill;
};

struct exec_stream {
  int fd;         /* of the pipe; -1: none, or it has ended */
  int child;      /* what the child gets, as struct async_proc_opts takes it */
  bool own_child; /* it is ours to close */
  bool piped;
  bool known;  /* bytes is what was written */
  bool middle; /* what was shown ends within a line */
  uint64_t bytes, lines;
  struct exec_store store;
  struct exec_excerpt excerpt;
  struct exec_kept kept;
  struct async_buf line; /* the beginning of a line that becomes JSON */
};

struct exec_output {
  struct exec_screen *screen;
  struct exec_item *item;
  struct exec_stream streams[2]; /* standard output, standard error */
  struct async_buf tag;
  struct async_list node; /* of screen->reading */
  struct async_timer timer;
  struct async_group *readers;
  struct exec_ready *ready;
  struct async_scope *waiting; /* of the reader, while nothing comes */
  struct async_event over;     /* the reader has ended */
  int64_t deadline_ns;         /* of reading; ASYNC_NEVER: the child lives */
  int64_t waited_ns;           /* for memory, where a file would have done */
  bool has_reader, drained;
  bool impatient; /* it has waited for memory in vain */
  bool has_turn;  /* it is being shown while it comes */
  bool failed;    /* job_error_set was called; the rest is not kept */
};

/* streams.c */

void exec_stream_init(struct exec_output *output, int i);

/* Makes the child's descriptors, and with --results the files. Returns 0, or -1
 * after job_error_set. */
int exec_streams_open(struct exec_output *output);

/* The child has them: closes ours. */
void exec_streams_given(struct exec_output *output);

/* pump.c */

/* Reads once what can be read, and puts it where it belongs. May park.
 * Returns the bytes read; 0: the pipe has ended and is closed; or -EAGAIN. */
ssize_t exec_pump(struct exec_output *output, struct exec_stream *stream);

/* Reads until both pipes have ended, or output->deadline_ns. In a shield. */
void exec_pump_all(struct exec_output *output);

void exec_stream_close(struct exec_output *output, struct exec_stream *stream);

/* room.c */

/* Finds room for what can be read from a stream. May park: the job waits.
 * Returns 0, or -1 after job_error_set: it can not be kept. */
int exec_find_room(struct exec_output *output, struct exec_stream *stream,
                   char **room, size_t *len);

/* show.c */

void exec_turn_enter(struct exec_output *output);
void exec_turn_leave(struct exec_output *output);

/* Shows what a stream has stored but the last `keep` bytes. In its turn. */
void exec_show(struct exec_output *output, struct exec_stream *stream,
               size_t keep);

/* Nothing more will come: what is shown in lines gets its last end of line. */
void exec_show_end(struct exec_output *output, struct exec_stream *stream);

/* Whether what is shown is made of lines. */
bool exec_shows_lines(const struct exec_screen *screen);

/* Says that our part failed; the first time. Returns -1. */
int exec_output_fail(struct exec_output *output, enum job_error_kind kind,
                     int err, const char *what);

#endif
