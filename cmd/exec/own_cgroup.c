/* Finding it takes two tables of the kernel: /proc/self/cgroup has the path of
 * our group in each hierarchy, as seen from our namespace, and
 * /proc/self/mountinfo where each hierarchy, or a part of it, is mounted. */
#include "exec/own_cgroup.h"

#include <errno.h>
#include <string.h>

#include "async/error.h"
#include "exec/small_file.h"

static bool has_word(const char *list, const char *word)
{
  size_t len = strlen(word);
  for (;;) {
    size_t part = strcspn(list, ",");
    if (part == len && memcmp(list, word, len) == 0)
      return true;
    if (!list[part])
      return false;
    list += part + 1;
  }
}

/* "4:memory:/a/b", and "0::/a/b" for version 2. */
static const char *path_of_line(char *line, const char *controller)
{
  char *list = strchr(line, ':');
  char *path = list ? strchr(list + 1, ':') : NULL;
  if (!path)
    return NULL;
  *list++ = '\0';
  *path++ = '\0';
  bool found = controller ? has_word(list, controller)
                          : strcmp(line, "0") == 0 && !*list;
  return found ? path : NULL;
}

/* Cuts the next word off a line. */
static char *next_word(char **line)
{
  char *word = *line + strspn(*line, " ");
  size_t len = strcspn(word, " ");
  *line = word + len + (word[len] == ' ');
  word[len] = '\0';
  return word;
}

struct mount {
  const char *root; /* the part of the hierarchy that is mounted */
  const char *point;
};

/* "36 35 98:0 /root /point rw,noatime master:1 - cgroup source rw,memory" */
static bool read_mount(char *line, const char *controller, struct mount *mount)
{
  char *rest = strstr(line, " - ");
  if (!rest)
    return false;
  *rest = '\0';
  rest += 3;
  for (int i = 0; i < 3; i++)
    next_word(&line);
  mount->root = next_word(&line);
  mount->point = next_word(&line);
  const char *type = next_word(&rest);
  if (!controller)
    return strcmp(type, "cgroup2") == 0;
  next_word(&rest);
  return strcmp(type, "cgroup") == 0 && has_word(next_word(&rest), controller);
}

/* What of the path is below the mount, or NULL: our group is not in it. */
static const char *path_below(const struct mount *mount, const char *path)
{
  size_t len = strlen(mount->root);
  if (strcmp(mount->root, "/") == 0)
    len = 0;
  else if (strncmp(path, mount->root, len) != 0 ||
           (path[len] && path[len] != '/'))
    return NULL;
  path += len;
  if (strcmp(path, "/") == 0)
    path++;
  return strncmp(path, "/..", 3) == 0 ? NULL : path;
}

static int read_table(const char *root, const char *path, struct async_buf *out)
{
  struct async_buf name = ASYNC_BUF_INIT;
  async_buf_add_str(&name, root);
  async_buf_add_str(&name, path);
  int err =
      async_buf_str(&name) ? exec_file_read(name.data, out) : ASYNC_ENOMEM;
  async_buf_done(&name);
  return err == ASYNC_ENOMEM || err == 0 ? err : -ENOENT;
}

static int find_below(struct exec_own_cgroup *own, const char *root,
                      const char *controller, const char *path, char *mounts)
{
  char *line;
  while ((line = exec_line_next(&mounts)) != NULL) {
    struct mount mount;
    if (!read_mount(line, controller, &mount))
      continue;
    const char *below = path_below(&mount, path);
    if (!below)
      continue;
    async_buf_add_str(&own->dir, root);
    async_buf_add_str(&own->dir, mount.point);
    own->top = own->dir.len;
    async_buf_add_str(&own->dir, below);
    return async_buf_str(&own->dir) ? 0 : ASYNC_ENOMEM;
  }
  return -ENOENT;
}

int exec_own_cgroup_find(struct exec_own_cgroup *own, const char *root,
                         const char *controller)
{
  struct async_buf groups = ASYNC_BUF_INIT, mounts = ASYNC_BUF_INIT;
  const char *path = NULL;
  int err = read_table(root, "/proc/self/cgroup", &groups);
  if (err == 0)
    err = read_table(root, "/proc/self/mountinfo", &mounts);
  for (char *rest = groups.data, *line; err == 0 && !path;) {
    line = exec_line_next(&rest);
    if (!line)
      err = -ENOENT;
    else
      path = path_of_line(line, controller);
  }
  if (err == 0)
    err = find_below(own, root, controller, path, mounts.data);
  async_buf_done(&groups);
  async_buf_done(&mounts);
  return err;
}

void exec_own_cgroup_done(struct exec_own_cgroup *own)
{
  async_buf_done(&own->dir);
}

bool exec_own_cgroup_up(struct exec_own_cgroup *own)
{
  if (own->dir.len <= own->top)
    return false;
  while (own->dir.len > own->top && own->dir.data[own->dir.len - 1] != '/')
    own->dir.len--;
  if (own->dir.len > own->top)
    own->dir.len--;
  return async_buf_str(&own->dir) != NULL;
}

int exec_own_cgroup_read(struct exec_own_cgroup *own, const char *name,
                         struct async_buf *out)
{
  size_t len = own->dir.len;
  async_buf_add_char(&own->dir, '/');
  async_buf_add_str(&own->dir, name);
  const char *path = async_buf_str(&own->dir);
  int err = path ? exec_file_read(path, out) : ASYNC_ENOMEM;
  own->dir.len = len;
  return path && async_buf_str(&own->dir) ? err : ASYNC_ENOMEM;
}

bool exec_own_cgroup_number(struct exec_own_cgroup *own, const char *name,
                            const char *word, uint64_t *out)
{
  struct async_buf text = ASYNC_BUF_INIT;
  bool found = exec_own_cgroup_read(own, name, &text) == 0 &&
               exec_line_number(text.data, word, out);
  async_buf_done(&text);
  return found;
}
