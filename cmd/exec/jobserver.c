#include "exec/jobserver.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/buf.h"
#include "async/error.h"
#include "async/scope.h"
#include "async/stream.h"

static const char FIFO[] = "fifo:";

struct exec_jobserver {
  struct job_log *log;
  struct async_stream *reader;
  int writer;
  struct async_buf tokens;     /* that we hold; one job needs none */
  size_t jobs;                 /* that run */
  struct async_scope *waiting; /* around the read of a token, or NULL */
  bool broken, inherited;
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

/* What make left open for us; without a + in the recipe it closes them, and the
 * numbers are those of other files by now. Ours close on exec, so they could
 * not have come from make. */
static bool is_of_make(int fd, int access)
{
  struct stat status;
  int own = fcntl(fd, F_GETFD), flags = fcntl(fd, F_GETFL);
  int mode = flags & O_ACCMODE;
  return own >= 0 && !(own & FD_CLOEXEC) &&
         (mode == access || mode == O_RDWR) && fstat(fd, &status) == 0 &&
         S_ISFIFO(status.st_mode);
}

/* Opened anew, so that ours can be non-blocking without make's being so. */
static int open_again(int fd, int flags)
{
  char path[32];
  snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
  return open(path, flags | O_NONBLOCK | O_CLOEXEC);
}

/* "fifo:PATH", up to a space. */
static void open_fifo(const char *path, int ends[2])
{
  struct async_buf name = ASYNC_BUF_INIT;
  struct stat status;
  async_buf_add(&name, path, strcspn(path, " "));
  const char *text = async_buf_str(&name);
  if (text && stat(text, &status) == 0 && S_ISFIFO(status.st_mode)) {
    ends[0] = open(text, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ends[1] = open(text, O_WRONLY | O_NONBLOCK | O_CLOEXEC);
  }
  async_buf_done(&name);
}

/* "3,4" */
static void open_pipe(const char *numbers, int ends[2])
{
  char *end;
  long reader = strtol(numbers, &end, 10);
  long writer = *end == ',' ? strtol(end + 1, NULL, 10) : -1;
  if (reader < 0 || writer < 0 || reader > INT_MAX || writer > INT_MAX ||
      !is_of_make((int)reader, O_RDONLY) || !is_of_make((int)writer, O_WRONLY))
    return;
  ends[0] = open_again((int)reader, O_RDONLY);
  ends[1] = open_again((int)writer, O_WRONLY);
}

static void open_ends(const char *auth, int ends[2])
{
  ends[0] = ends[1] = -1;
  if (strncmp(auth, FIFO, sizeof(FIFO) - 1) == 0)
    open_fifo(auth + sizeof(FIFO) - 1, ends);
  else
    open_pipe(auth, ends);
}

static void close_ends(const int ends[2])
{
  for (int i = 0; i < 2; i++)
    if (ends[i] >= 0)
      close(ends[i]);
}

static int make_server(struct exec_jobserver **out, struct job_log *log,
                       const int ends[2])
{
  struct exec_jobserver *server = calloc(1, sizeof(*server));
  if (!server)
    return ASYNC_ENOMEM;
  int err = async_stream_open_fd(&server->reader, ends[0], ASYNC_STREAM_OWN);
  if (err < 0) {
    free(server);
    return err;
  }
  server->log = log;
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
  int err = make_server(out, log, ends);
  if (err < 0)
    close_ends(ends);
  else
    (*out)->inherited = strncmp(auth, FIFO, sizeof(FIFO) - 1) != 0;
  return err;
}

bool exec_jobserver_is_inherited(const struct exec_jobserver *server)
{
  return server->inherited;
}

/* Tokens. */

/* Waits for a token, or until we need none because no job of ours is left.
 * Returns 1, ASYNC_ECANCELED, or an error of the pipe. */
static ssize_t read_token(struct exec_jobserver *server, char *token)
{
  struct async_scope scope;
  async_scope_enter(&scope, ASYNC_NEVER);
  server->waiting = &scope;
  ssize_t got = async_stream_read(server->reader, token, 1);
  server->waiting = NULL;
  async_scope_leave(&scope, got < 0 ? (int)got : 0);
  return got;
}

static void give_up(struct exec_jobserver *server, int err)
{
  server->broken = true;
  job_say(server->log, "make's jobserver is gone: %s",
          err < 0 ? async_err_text(err) : "its pipe was closed");
}

int exec_jobserver_take(struct exec_jobserver *server)
{
  while (server->jobs > server->tokens.len && !server->broken) {
    char token;
    int err = async_buf_reserve(&server->tokens, 1);
    if (err < 0)
      return err;
    ssize_t got = read_token(server, &token);
    if (got == 1) {
      async_buf_add_char(&server->tokens, token);
      break;
    }
    err = async_check();
    if (err < 0)
      return err;
    if (got != ASYNC_ECANCELED)
      give_up(server, (int)got);
  }
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
  else if (server->jobs == 0 && server->waiting)
    async_scope_cancel(server->waiting);
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
