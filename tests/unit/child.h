/* child.h: what a test expects to die, dies in a process of its own. */
#ifndef CHILD_H
#define CHILD_H

#include "tap.h"

struct child_end {
  int status;      /* as waitpid says */
  char text[4096]; /* what it wrote on standard error; the rest is dropped */
};

static inline void child_read_all(int fd, char *text, size_t size)
{
  char chunk[512];
  size_t len = 0;
  ssize_t count;
  while ((count = read(fd, chunk, sizeof(chunk))) > 0) {
    size_t fits =
        (size_t)count < size - 1 - len ? (size_t)count : size - 1 - len;
    memcpy(text + len, chunk, fits);
    len += fits;
  }
  text[len] = 0;
}

/* Runs `run` in a child, which ends with status 0 if it returns. */
static inline void child_run(void (*run)(void), struct child_end *end)
{
  int ends[2];
  CHECK_INT(pipe(ends), 0);
  fflush(NULL);
  pid_t child = fork();
  CHECK(child >= 0);
  if (child == 0) {
    alarm(TAP_SECONDS / 2);
    dup2(ends[1], STDERR_FILENO);
    run();
    _exit(0);
  }
  close(ends[1]);
  child_read_all(ends[0], end->text, sizeof(end->text));
  close(ends[0]);
  CHECK_INT(waitpid(child, &end->status, 0), child);
}

/* Checks that it aborts, saying `text`. */
static inline void child_check_aborts(void (*run)(void), const char *text)
{
  struct child_end end;
  child_run(run, &end);
  if (!strstr(end.text, text))
    fprintf(stderr, "# it said: %s\n", end.text);
  CHECK(strstr(end.text, text));
  CHECK(WIFSIGNALED(end.status));
  CHECK_INT(WTERMSIG(end.status), SIGABRT);
}

#endif
