#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "proc/launch_priv.h"

static int error_pipe(int ends[2])
{
#ifdef __linux__
  return pipe2(ends, O_CLOEXEC);
#else
  if (pipe(ends) < 0)
    return -1;
  fcntl(ends[0], F_SETFD, FD_CLOEXEC);
  fcntl(ends[1], F_SETFD, FD_CLOEXEC);
  return 0;
#endif
}

/* The pipe ends when the program runs, or brings the errno. */
static int read_error(int fd)
{
  int error = 0;
  ssize_t got;
  do
    got = read(fd, &error, sizeof(error));
  while (got < 0 && errno == EINTR);
  return got == sizeof(error) ? error : 0;
}

int asy_launch_fork(struct asy_child *child, struct asy_born *born)
{
  int ends[2];
  if (error_pipe(ends) < 0)
    return -errno;
  child->has_handlers = true;
  child->report = ends[1];
  born->pidfd = -1;
  born->pid = fork();
  if (born->pid == 0)
    asy_child_run(child);
  int err = born->pid < 0 ? -errno : 0;
  close(ends[1]);
  if (err == 0)
    child->error = read_error(ends[0]);
  close(ends[0]);
  return err;
}
