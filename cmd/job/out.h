/* cmd/job/out.h: an output that collects and checks.
 *
 * Bytes gather in a buffer; it is written when it holds 64 KiB, when nothing
 * more is due, and at most 50 ms later. The first error sticks, and all that is
 * written later is dropped. */
#ifndef JOB_OUT_H
#define JOB_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "async/buf.h"
#include "async/event.h"
#include "async/scope.h"
#include "async/semaphore.h"
#include "async/stream.h"

struct job_log;

struct job_out {
  const char *name; /* for messages */
  struct async_stream *stream;
  struct async_buf buf; /* append here: between job_out calls of one task */
  struct async_buf sending;
  struct async_sem turn;   /* one writer at a time */
  struct async_event late; /* something waits in the buffer */
  struct async_scope *writing;
  int64_t limit_ns, flushed_ns;
  struct job_log *screen; /* NULL, or whose progress bar is in the way when this
                             is a terminal */
  int err;
};

/* Opens a descriptor, which stays open, or a file, which is created or
 * emptied. Returns 0 or an error. */
int job_out_open_fd(struct job_out *out, int fd, const char *name);
int job_out_open_file(struct job_out *out, const char *path);

/* Writes the buffer if it is full. May park. Returns 0 or the error that
 * sticks. */
int job_out_put(struct job_out *out);

/* The same when there is a pause: writes it if the last time is 50 ms ago, else
 * leaves it to job_out_flush_late. */
int job_out_pause(struct job_out *out);

/* Writes it all now. */
int job_out_flush(struct job_out *out);

/* Writes bytes of a job as they are, in the order of calls, whole. */
int job_out_write(struct job_out *out, const void *bytes, size_t len);

/* A task's loop: writes what waits for 50 ms. Returns an error. */
int job_out_flush_late(struct job_out *out);

/* Gives up at an instant, also what is being written then. */
void job_out_limit(struct job_out *out, int64_t deadline_ns);

/* Writes the rest and closes. Returns 0 or the first error. */
int job_out_close(struct job_out *out);

#endif
