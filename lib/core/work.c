#include "async/work.h"

#include <stdlib.h>

#include "async/error.h"
#include "core/loop_priv.h"

enum { LIBUV_THREADS = 4, LIBUV_THREADS_MOST = 1024 };

struct job {
  uv_work_t request;
  struct async_op op;
  struct async_list node; /* in the queue, while it waits for a thread */
  void (*fn)(void *arg);
  void *arg;
  void (*free_arg)(void *arg);
  enum async_work_policy policy;
  bool abandoned, ended, left; /* who is last frees it */
};

/* libuv reads the size of its pool once, from the environment; all loops share
 * it. */
static long pool_size(long wanted)
{
  static const char name[] = "UV_THREADPOOL_SIZE";
  const char *set = getenv(name);
  char text[24];
  if (set)
    return strtol(set, NULL, 10);
  if (wanted == 0)
    return LIBUV_THREADS;
  snprintf(text, sizeof(text), "%ld", wanted);
  setenv(name, text, 0);
  return wanted;
}

void asy_workers_init(struct async_loop *loop)
{
  static pthread_mutex_t environment = PTHREAD_MUTEX_INITIALIZER;
  pthread_mutex_lock(&environment); /* two loops may start at once */
  long threads = pool_size((long)loop->opts.pool_threads);
  pthread_mutex_unlock(&environment);
  if (threads > LIBUV_THREADS_MOST)
    threads = LIBUV_THREADS_MOST;
  async_list_init(&loop->workers.queue);
  loop->workers.most = threads > 1 ? (size_t)threads - 1 : 1;
}

static void on_thread(uv_work_t *request)
{
  struct job *job = request->data;
  job->fn(job->arg);
}

static void free_job(struct job *job, bool with_arg)
{
  if (with_arg && job->policy == ASYNC_WORK_ABANDON && job->free_arg)
    job->free_arg(job->arg);
  free(job);
}

static void start_next(struct async_loop *loop);

static void on_ended(uv_work_t *request, int status)
{
  struct job *job = request->data;
  asy_loop->workers.running--;
  async_loop_release();
  start_next(asy_loop);
  job->ended = true;
  if (!job->abandoned)
    async_op_done(&job->op, status == UV_ECANCELED ? ASYNC_ECANCELED : 0);
  else if (job->left)
    free_job(job, true);
}

static void start_next(struct async_loop *loop)
{
  struct asy_workers *workers = &loop->workers;
  while (workers->running < workers->most) {
    struct async_list *node = async_list_shift(&workers->queue);
    if (!node)
      return;
    struct job *job = ASYNC_CONTAINER_OF(node, struct job, node);
    workers->running++;
    async_loop_hold();
    job->request.data = job;
    /* Fails only without a callback, which there is. */
    uv_queue_work(&loop->uv, &job->request, on_thread, on_ended);
  }
}

static int job_abort(struct async_op *op)
{
  struct job *job = ASYNC_CONTAINER_OF(op, struct job, op);
  if (!async_list_empty(&job->node)) {
    async_list_remove(&job->node);
    return ASYNC_OP_WITHDRAWN;
  }
  /* Not yet taken by a thread: on_ended still comes, at once. */
  if (uv_cancel((uv_req_t *)&job->request) == 0 ||
      job->policy == ASYNC_WORK_WAIT)
    return ASYNC_OP_PENDING;
  job->abandoned = true;
  return ASYNC_OP_WITHDRAWN;
}

int async_work(void (*fn)(void *arg), void *arg, enum async_work_policy policy,
               void (*free_arg)(void *arg))
{
  struct job *job = calloc(1, sizeof(*job));
  int rc = job ? async_check() : ASYNC_ENOMEM;
  if (rc < 0) {
    if (policy == ASYNC_WORK_ABANDON && free_arg)
      free_arg(arg);
    free(job);
    return rc;
  }
  job->fn = fn;
  job->arg = arg;
  job->free_arg = free_arg;
  job->policy = policy;
  async_op_start(&job->op, "thread pool", job_abort);
  async_list_push(&asy_loop->workers.queue, &job->node);
  start_next(asy_loop);
  rc = async_await(&job->op);
  job->left = true;
  if (!job->abandoned || job->ended)
    free_job(job, rc < 0);
  return rc;
}
