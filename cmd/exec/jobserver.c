#include "exec/jobserver.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/buf.h"
#include "async/error.h"
#include "async/stream.h"

struct exec_jobserver {
  struct async_stream *reader;
  int writer;
  struct async_buf tokens; /* that we hold */
  size_t jobs;             /* one more than tokens, if there is a job */
  bool broken;
};

/* Finding it. */

/* What follows the last --jobserver-auth= (or its older name) in MAKEFLAGS. */
static const char *find_auth(const char *flags)
{
  static const char *const names[] = { "--jobserver-auth=",
                                       "--jobserver-fds=" };
  const char *found = NULL;
  for (size_t i = 0; i < 2 && !found; i++)
    for (const char *at = flags; (at = strstr(at, names[i])) != NULL;)
      found = at += strlen(names[i]);
  return found;
}

/* Opened anew, so that ours can be non-blocking without make's being so. */
static int open_again(int fd, int flags)
{
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

static void open_ends(const char *auth, int ends[2])
{
  static const char fifo[] = "fifo:";
  char path[4096];
  int numbers[2];
  ends[0] = ends[1] = -1;
  if (strncmp(auth, fifo, sizeof(fifo) - 1) == 0) {
    auth += sizeof(fifo) - 1;
    snprintf(path, sizeof(path), "%.*s", (int)strcspn(auth, " "), auth);
    ends[0] = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ends[1] = open(path, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  } else if (sscanf(auth, "%d,%d", &numbers[0], &numbers[1]) == 2 &&
             numbers[0] >= 0 && numbers[1] >= 0) {
    ends[0] = open_again(numbers[0], O_RDONLY);
    ends[1] = open_again(numbers[1], O_WRONLY);
  }
}

static void close_ends(const int ends[2])
{
  for (int i = 0; i < 2; i++)
    if (ends[i] >= 0)
      close(ends[i]);
}

static int make_server(struct exec_jobserver **out, const int ends[2])
{
  struct exec_jobserver *server = calloc(1, sizeof(*server));
  if (!server)
    return ASYNC_ENOMEM;
  int err = async_stream_open_fd(&server->reader, ends[0], ASYNC_STREAM_OWN);
  if (err < 0) {
    free(server);
    return err;
  }
  server->writer = ends[1];
  *out = server;
  return 0;
}

int exec_jobserver_open(struct exec_jobserver **out, struct job_log *log)
{
  const char *flags = getenv("MAKEFLAGS");
  const char *auth = flags ? find_auth(flags) : NULL;
  int ends[2];
  if (!auth)
    return 0;
  open_ends(auth, ends);
  if (ends[0] < 0 || ends[1] < 0) {
    close_ends(ends);
    job_say_more(log, 1,
                 "make's jobserver cannot be used: mark the recipe with "
                 "+ to share its jobs");
    return 0;
  }
  int err = make_server(out, ends);
  if (err < 0)
    close_ends(ends);
  return err;
}

/* Tokens. */

int exec_jobserver_take(struct exec_jobserver *server)
{
  char token;
  if (server->jobs == 0 || server->broken) {
    server->jobs++;
    return 0;
  }
  int err = async_buf_reserve(&server->tokens, 1);
  if (err < 0)
    return err;
  ssize_t got = async_stream_read(server->reader, &token, 1);
  if (got == ASYNC_ECANCELED)
    return ASYNC_ECANCELED;
  if (got == 1)
    async_buf_add_char(&server->tokens, token);
  else
    server->broken = true; /* make is gone: nobody counts any more */
  server->jobs++;
  return 0;
}

/* The pipe has room for all the tokens that ever came out of it. */
static void give_one(struct exec_jobserver *server)
{
  size_t last = server->tokens.len - 1;
  char token = server->tokens.data[last];
  server->tokens.len = last;
  while (write(server->writer, &token, 1) < 0 && errno == EINTR)
    ;
}

void exec_jobserver_give(struct exec_jobserver *server)
{
  server->jobs--;
  if (server->tokens.len > 0)
    give_one(server);
}

void exec_jobserver_close(struct exec_jobserver *server)
{
  if (!server)
    return;
  while (server->tokens.len > 0)
    give_one(server);
  async_stream_close(server->reader);
  close(server->writer);
  async_buf_done(&server->tokens);
  free(server);
}
