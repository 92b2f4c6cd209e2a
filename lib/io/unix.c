#include "async/unix.h"

#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/error.h"
#include "async/listener.h"
#include "io/socket_priv.h"

int async_unix_connect(struct async_stream **out, const char *path)
{
  struct async_addr addr;
  int err = async_addr_unix(&addr, path);
  return err < 0 ? err : asy_socket_connect(out, &addr);
}

/* A server that was killed left its socket behind; connecting is refused. */
static bool nobody_listens(const struct async_addr *addr, const char *path)
{
  struct stat status;
  if (lstat(path, &status) < 0 || !S_ISSOCK(status.st_mode))
    return false;
  int fd = asy_socket_open(AF_UNIX, SOCK_STREAM);
  if (fd < 0)
    return false;
  int rc = connect(fd, (const struct sockaddr *)&addr->storage, addr->len);
  bool refused = rc < 0 && errno == ECONNREFUSED;
  close(fd);
  return refused;
}

int async_unix_listen(struct async_listener **out, const char *path)
{
  struct async_addr addr;
  int err = async_addr_unix(&addr, path);
  if (err < 0)
    return err;
  err = asy_socket_listen(out, &addr);
  if (err != -EADDRINUSE || path[0] == '@' || !nobody_listens(&addr, path))
    return err;
  if (unlink(path) < 0)
    return -errno;
  return asy_socket_listen(out, &addr);
}
