/* One job's pipe.
 *
 * A pipe never holds more than about a block, and a job is asked for room in
 * it before the next block is its own: so a slow job has at most one to read
 * and one to come. On Linux a pipe of a single page, for small blocks, has room
 * only when all of it was read. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "async/error.h"
#include "async/scope.h"
#include "exec/feed.h"
#include "exec/robin_priv.h"

enum {
  PIPE_LEAST = 4 * 1024, /* a page, or it becomes one */
  PIPE_USUAL = 64 * 1024 /* larger ones count against a limit of the user */
};

static struct exec_block *block_of(struct async_list *node)
{
  return ASYNC_CONTAINER_OF(node, struct exec_block, node);
}

int exec_robin_job_new(struct exec_robin *robin, struct exec_item *item,
                       struct exec_block *block)
{
  struct exec_robin_job *job = calloc(1, sizeof(*job));
  if (!job)
    return ASYNC_ENOMEM;
  job->robin = robin;
  job->given = &item->given;
  job->fd = -1;
  async_list_init(&job->idle_node);
  async_list_init(&job->held);
  async_event_init(&job->woken);
  async_list_push(&job->held, &block->node);
  job->held_bytes = job->unwritten = block->len;
  item->given = (struct exec_given){
    .blocks = 1, .bytes = block->len, .unread = block->len, .knows_unread = true
  };
  item->robin = job;
  robin->live++;
  return 0;
}

/* What was read. */

/* The kernel still knows when the other end is closed. */
static size_t count_unread(const struct exec_robin_job *job)
{
  int in_pipe = 0;
  if (job->fd < 0 || ioctl(job->fd, FIONREAD, &in_pipe) < 0 || in_pipe < 0)
    in_pipe = 0;
  return (size_t)in_pipe + job->unwritten;
}

static void let_go(struct exec_robin_job *job, struct exec_block *block)
{
  async_list_remove(&block->node);
  job->held_bytes -= block->len;
}

static void drop_read(struct exec_robin_job *job, size_t unread)
{
  while (!async_list_empty(&job->held)) {
    struct exec_block *first = block_of(job->held.next);
    if (job->held_bytes - first->len < unread)
      return;
    let_go(job, first);
    exec_block_free(first);
  }
}

/* From the last one on. Returns the bytes that nobody will read. */
static size_t give_back_unread(struct exec_robin_job *job, size_t unread)
{
  struct exec_given *given = job->given;
  while (given->blocks > 1 && !async_list_empty(&job->held)) {
    struct exec_block *last = block_of(job->held.prev);
    if (last->len > unread)
      break;
    let_go(job, last);
    unread -= last->len;
    given->blocks--;
    given->bytes -= last->len;
    exec_robin_give_back(job->robin, last);
  }
  return unread;
}

/* Nothing more will be read. */
static void settle(struct exec_robin_job *job)
{
  if (job->settled)
    return;
  job->settled = true;
  size_t unread = count_unread(job);
  exec_ready_free(job->ready);
  job->ready = NULL;
  if (job->fd >= 0)
    close(job->fd);
  job->fd = -1;
  if (!exec_robin_is_stopping(job->robin))
    unread = give_back_unread(job, unread);
  drop_read(job, 0);
  job->given->unread = unread;
}

/* Feeding. */

/* Shrinking fails while there is more in it, and is tried again then. */
static void fit(struct exec_robin_job *job, size_t len)
{
#ifdef F_SETPIPE_SZ
  int bytes = PIPE_LEAST;
  while (bytes < PIPE_USUAL && (size_t)bytes * 2 <= len)
    bytes *= 2;
  if (bytes != job->pipe_bytes && fcntl(job->fd, F_SETPIPE_SZ, bytes) >= 0)
    job->pipe_bytes = bytes;
#else
  (void)job;
  (void)len;
#endif
}

/* Returns the bytes written, 0 after waiting for room, or an error. */
static ssize_t write_some(struct exec_robin_job *job, const char *bytes,
                          size_t len)
{
  ssize_t put = write(job->fd, bytes, len);
  if (put >= 0 || errno == EINTR)
    return put < 0 ? 0 : put;
  return errno == EAGAIN ? exec_ready_wait(job->ready) : -errno;
}

static int write_block(struct exec_robin_job *job,
                       const struct exec_block *block)
{
  const char *end = block->bytes + block->len;
  while (job->unwritten > 0) {
    int err = async_checkpoint();
    if (err < 0)
      return err;
    ssize_t put = write_some(job, end - job->unwritten, job->unwritten);
    if (put < 0)
      return (int)put;
    job->unwritten -= (size_t)put;
  }
  return 0;
}

/* Whether there is any cannot be seen by writing: a page of a pipe that has
 * something in it takes some more. */
static int wait_for_room(struct exec_robin_job *job)
{
  size_t unread = count_unread(job);
  int err = unread > 0 ? exec_ready_wait(job->ready) : 0;
  if (err == 0)
    drop_read(job, count_unread(job));
  return err;
}

static int take(struct exec_robin_job *job, struct exec_block **out)
{
  int err = exec_robin_take(job, out);
  if (err < 0)
    return err;
  struct exec_block *block = *out;
  async_list_push(&job->held, &block->node);
  job->held_bytes += block->len;
  job->unwritten = block->len;
  job->given->blocks++;
  job->given->bytes += block->len;
  return 0;
}

/* A reading end in place of ours: the job sees the end of its input, and we
 * still see what it leaves. */
static void close_input(struct exec_robin_job *job)
{
  int look = -1;
#ifdef __linux__
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", job->fd);
  look = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
#endif
  exec_ready_free(job->ready);
  job->ready = NULL;
  close(job->fd);
  job->fd = look;
}

static int feed(void *arg)
{
  struct exec_robin_job *job = arg;
  struct exec_block *block = block_of(job->held.next);
  int err;
  do {
    fit(job, block->len);
    err = write_block(job, block);
    if (err == 0)
      err = wait_for_room(job);
    if (err == 0)
      err = take(job, &block);
  } while (err == 0);
  if (err == ASYNC_EOF)
    close_input(job);
  else
    settle(job);
  return 0;
}

/* Beginning and end. */

static int start_feeder(struct exec_robin_job *job, struct async_group *group)
{
  const int fds[2] = { job->fd, -1 };
  int err = exec_ready_new(&job->ready, fds, EXEC_READY_TO_WRITE);
  if (err == 0)
    err = async_spawn_handle(group, feed, job, &job->feeder);
  return err;
}

int exec_robin_begin(struct exec_robin_job *job, struct async_group *group,
                     int *fd)
{
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0)
    return -errno;
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  job->fd = ends[1];
  job->pipe_bytes = PIPE_USUAL;
  int err = start_feeder(job, group);
  if (err < 0)
    close(ends[0]); /* ours is closed when it leaves */
  else
    *fd = ends[0];
  return err;
}

static void stop_feeder(struct exec_robin_job *job)
{
  struct async_scope shield;
  if (!job->feeder)
    return;
  async_task_cancel(job->feeder);
  async_scope_shield(&shield, ASYNC_NEVER);
  async_join(job->feeder);
  async_scope_leave(&shield, 0);
  job->feeder = NULL;
}

void exec_robin_leave(struct exec_robin_job *job)
{
  if (!job || job->left)
    return;
  job->left = true;
  stop_feeder(job);
  settle(job);
  job->robin->live--;
  exec_robin_look_soon(job->robin);
}

void exec_robin_job_free(struct exec_robin_job *job)
{
  exec_robin_leave(job);
  free(job);
}
