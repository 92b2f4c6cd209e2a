#include "proc/low_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Fewer are not worth two system calls. */
enum { LOW_ENOUGH = 32 };

void asy_low_init(struct asy_low *low)
{
  low->null_fd = -1;
  for (int i = 0; i < ASY_CHILD_FDS; i++) {
    low->fds[i] = -1;
    low->lent[i] = false;
  }
}

void asy_low_done(struct asy_low *low)
{
  for (int i = 0; i < ASY_CHILD_FDS; i++)
    if (low->fds[i] >= 0)
      close(low->fds[i]);
  if (low->null_fd >= 0)
    close(low->null_fd);
  asy_low_init(low);
}

static int keep_number(struct asy_low *low, int i)
{
  if (low->fds[i] < 0)
    low->fds[i] = fcntl(low->null_fd, F_DUPFD_CLOEXEC, 3);
  return low->fds[i] < 0 ? -errno : 0;
}

/* Not where the standard ones belong, if we have none. */
static int open_null(struct asy_low *low)
{
  int fd = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  low->null_fd = fcntl(fd, F_DUPFD_CLOEXEC, 3);
  int err = low->null_fd < 0 ? -errno : 0;
  close(fd);
  return err;
}

int asy_low_open(struct asy_low *low)
{
  int err = low->null_fd < 0 ? open_null(low) : 0;
  for (int i = 0; i < ASY_CHILD_FDS && err == 0; i++)
    err = keep_number(low, i);
  return err;
}

#ifdef __linux__

/* With CLOEXEC: other threads may start children, too. */
static int put(struct asy_low *low, int i, int fd)
{
  return dup3(fd, low->fds[i], O_CLOEXEC) < 0 ? -errno : 0;
}

static int lend_one(struct asy_low *low, struct asy_child *child, int i)
{
  int fd = child->given[i];
  child->fds[i] = fd;
  if (fd <= LOW_ENOUGH || fd <= low->fds[i])
    return 0;
  int err = put(low, i, fd);
  if (err < 0)
    return err;
  low->lent[i] = true;
  child->fds[i] = low->fds[i];
  return 0;
}

int asy_low_lend(struct asy_low *low, struct asy_child *child)
{
  child->highest = 2;
  for (int i = 0; i < ASY_CHILD_FDS; i++) {
    int err = lend_one(low, child, i);
    if (err < 0)
      return err;
    if (child->fds[i] > child->highest)
      child->highest = child->fds[i];
  }
  return 0;
}

/* A pipe must not be kept open by us. */
void asy_low_return(struct asy_low *low)
{
  for (int i = 0; i < ASY_CHILD_FDS; i++) {
    if (low->lent[i])
      put(low, i, low->null_fd);
    low->lent[i] = false;
  }
}

#endif
