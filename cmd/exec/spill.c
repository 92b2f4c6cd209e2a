#include "exec/spill.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#ifdef __linux__
#  include <sys/sendfile.h>
#endif

#include "async/error.h"
#include "async/task.h"

/* Where O_TMPFILE is not to be had, the name exists for a moment. */
static int open_named(const char *dir)
{
  char *path;
  if (asprintf(&path, "%s/.asynctool-XXXXXX", dir) < 0)
    return ASYNC_ENOMEM;
  int fd = mkostemp(path, O_CLOEXEC);
  int err = fd < 0 ? -errno : 0;
  if (fd >= 0)
    unlink(path);
  free(path);
  return err < 0 ? err : fd;
}

int exec_spill_open(struct exec_spill *spill, const char *dir)
{
  if (spill->fd >= 0)
    return 0;
  int fd = -1;
#ifdef O_TMPFILE
  fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
#endif
  if (fd < 0)
    fd = open_named(dir);
  if (fd < 0)
    return fd;
  *spill = (struct exec_spill){ .fd = fd };
  return 0;
}

int exec_spill_add(struct exec_spill *spill, const char *bytes, size_t len)
{
  for (size_t put = 0; put < len;) {
    ssize_t n =
        pwrite(spill->fd, bytes + put, len - put, (off_t)(spill->bytes + put));
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? -errno : -ENOSPC;
    put += (size_t)n;
  }
  spill->bytes += len;
  return 0;
}

ssize_t exec_spill_read(const struct exec_spill *spill, char *out, size_t len,
                        uint64_t offset)
{
  for (;;) {
    ssize_t n = pread(spill->fd, out, len, (off_t)offset);
    if (n > 0)
      return n;
    if (n == 0)
      return -EIO; /* somebody has made it shorter */
    if (errno != EINTR)
      return -errno;
  }
}

void exec_spill_send(struct exec_spill *spill, int fd)
{
#ifdef __linux__
  enum { A_STEP = 1024 * 1024 };
  while (spill->done < spill->bytes) {
    off_t at = (off_t)spill->done;
    uint64_t left = spill->bytes - spill->done;
    ssize_t n = sendfile(fd, spill->fd, &at,
                         left < A_STEP ? (size_t)left : (size_t)A_STEP);
    if (n <= 0)
      return;
    spill->done += (uint64_t)n;
    async_yield();
  }
#else
  (void)spill;
  (void)fd;
#endif
}

void exec_spill_done(struct exec_spill *spill)
{
  if (spill->fd >= 0)
    close(spill->fd);
  *spill = (struct exec_spill)EXEC_SPILL_INIT;
}
