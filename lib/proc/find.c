#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/buf.h"
#include "async/error.h"
#include "async/proc.h"

/* Returns 0, or why it cannot be executed. */
static int is_program(const char *path)
{
  struct stat status;
  if (stat(path, &status) < 0)
    return -errno;
  if (S_ISDIR(status.st_mode))
    return -EISDIR;
  return access(path, X_OK) < 0 ? -errno : 0;
}

/* Of several that cannot be executed the one without permission is told of;
 * a directory in the path hides nothing. */
static int worse(int err, int other)
{
  return err == -EACCES || other == -EACCES ? -EACCES : -ENOENT;
}

/* An empty directory is the working one. */
static const char *join(struct async_buf *out, const char *dir, size_t len,
                        const char *name)
{
  async_buf_clear(out);
  async_buf_add(out, len ? dir : ".", len ? len : 1);
  async_buf_add_char(out, '/');
  async_buf_add_str(out, name);
  return async_buf_str(out);
}

/* Leaves in `file` what it found. */
static int search(struct async_buf *file, const char *name, const char *path)
{
  int err = -ENOENT;
  for (;;) {
    size_t len = strcspn(path, ":");
    const char *candidate = join(file, path, len, name);
    int here = candidate ? is_program(candidate) : ASYNC_ENOMEM;
    if (here == 0 || here == ASYNC_ENOMEM)
      return here;
    err = worse(err, here);
    path += len;
    if (*path++ == '\0')
      return err;
  }
}

static int copy(char **out, const char *text)
{
  char *made = strdup(text);
  if (!made)
    return ASYNC_ENOMEM;
  *out = made;
  return 0;
}

/* The system's default path, made by confstr. */
static int search_default(struct async_buf *file, const char *name)
{
  char path[256];
  size_t len = confstr(_CS_PATH, path, sizeof(path));
  return search(file, name,
                len > 0 && len <= sizeof(path) ? path : "/bin:/usr/bin");
}

int async_proc_find(char **out, const char *name, const char *path)
{
  struct async_buf file = ASYNC_BUF_INIT;
  if (name[0] == '\0')
    return -ENOENT;
  if (strchr(name, '/')) {
    int err = is_program(name);
    return err < 0 ? err : copy(out, name);
  }
  if (!path)
    path = getenv("PATH");
  int err = path ? search(&file, name, path) : search_default(&file, name);
  if (err == 0)
    err = copy(out, async_buf_str(&file));
  async_buf_done(&file);
  return err;
}
