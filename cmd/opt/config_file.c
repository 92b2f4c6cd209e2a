/* Which configuration file, and its bytes. */
#include "opt/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "async/error.h"

enum { CONFIG_BYTES_MAX = 1 << 20, READ_BYTES = 4096 };

static const char file_name[] = "/asynctool/config";

/* An empty variable counts as unset, and XDG_CONFIG_HOME must be absolute.
 * Source: XDG Base Directory Specification 0.8. */
static void add_default_path(struct async_buf *path)
{
  const char *base = getenv("XDG_CONFIG_HOME");
  const char *home = getenv("HOME");
  if (base && base[0] == '/')
    async_buf_printf(path, "%s%s", base, file_name);
  else if (home && home[0])
    async_buf_printf(path, "%s/.config%s", home, file_name);
}

int opt_config_path(const struct opt_settings *line, struct async_buf *path,
                    bool *must)
{
  const char *named = opt_settings_last(line, "config");
  *must = named != NULL;
  if (opt_settings_last(line, "no-config"))
    return 0;
  if (named)
    async_buf_add_str(path, named);
  else
    add_default_path(path);
  return path->err;
}

static int read_all(int fd, struct async_buf *text)
{
  for (;;) {
    int err = async_buf_reserve(text, READ_BYTES);
    if (err < 0)
      return err;
    ssize_t n = read(fd, text->data + text->len, READ_BYTES);
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return n < 0 ? -errno : 0;
    text->len += (size_t)n;
    if (text->len > CONFIG_BYTES_MAX)
      return ASYNC_ETOOLONG;
  }
}

int opt_config_load(const char *path, struct async_buf *text)
{
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int err = read_all(fd, text);
  close(fd);
  return err;
}
