#include <stdlib.h>

#include "async/error.h"
#include "core/loop_priv.h"

struct posted {
  struct async_list node;
  void (*fn)(void *arg);
  void *arg;
};

/* Moves all that was posted so far. */
static void take_all(struct asy_post *post, struct async_list *taken)
{
  async_list_init(taken);
  pthread_mutex_lock(&post->lock);
  async_list_splice(taken, &post->queue);
  pthread_mutex_unlock(&post->lock);
}

static struct posted *next(struct async_list *taken)
{
  struct async_list *node = async_list_shift(taken);
  return node ? ASYNC_CONTAINER_OF(node, struct posted, node) : NULL;
}

/* What is posted meanwhile wakes us again, after timers and tasks. */
static void on_wake(uv_async_t *wake)
{
  struct async_list taken;
  struct posted *posted;
  take_all(wake->data, &taken);
  while ((posted = next(&taken)) != NULL) {
    posted->fn(posted->arg);
    free(posted);
  }
}

int asy_post_init(struct async_loop *loop)
{
  struct asy_post *post = &loop->post;
  async_list_init(&post->queue);
  pthread_mutex_init(&post->lock, NULL);
  int err = uv_async_init(&loop->uv, &post->wake, on_wake);
  post->wake.data = post;
  if (err == 0)
    uv_unref((uv_handle_t *)&post->wake);
  return err;
}

void asy_post_done(struct async_loop *loop)
{
  struct async_list taken;
  struct posted *posted;
  take_all(&loop->post, &taken);
  while ((posted = next(&taken)) != NULL)
    free(posted);
  pthread_mutex_destroy(&loop->post.lock);
}

int async_post(struct async_loop *loop, void (*fn)(void *arg), void *arg)
{
  struct posted *posted = malloc(sizeof(*posted));
  if (!posted)
    return ASYNC_ENOMEM;
  posted->fn = fn;
  posted->arg = arg;
  pthread_mutex_lock(&loop->post.lock);
  async_list_push(&loop->post.queue, &posted->node);
  /* Inside the lock: the loop cannot end between the two. */
  uv_async_send(&loop->post.wake);
  pthread_mutex_unlock(&loop->post.lock);
  return 0;
}
