#include "fetch/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/error.h"
#include "async/list.h"
#include "fetch/name.h"

static int result(int rc)
{
  return rc < 0 ? -errno : rc;
}

/* Folders. */

/* Makes every folder in front of the last "/". */
static int make_folders(int dir_fd, const char *path)
{
  char *copy = strdup(path);
  if (!copy)
    return ASYNC_ENOMEM;
  int err = 0;
  for (char *p = copy + 1; *copy && err == 0 && (p = strchr(p, '/')); p++) {
    *p = '\0';
    err = result(mkdirat(dir_fd, copy, 0777));
    if (err == -EEXIST)
      err = 0;
    *p = '/';
  }
  free(copy);
  return err;
}

static int open_folder(const char *dir)
{
  int fd = result(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd != -ENOENT)
    return fd;
  char *inside;
  if (asprintf(&inside, "%s/", dir) < 0)
    return ASYNC_ENOMEM;
  int err = make_folders(AT_FDCWD, inside);
  free(inside);
  return err < 0 ? err : result(open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
}

int fetch_files_open(struct fetch_files *files, const char *dir,
                     enum fetch_collision policy)
{
  *files = (struct fetch_files){ .dir_fd = open_folder(dir ? dir : "."),
                                 .policy = policy,
                                 .pid = (uint64_t)getpid() };
  if (files->dir_fd < 0)
    return files->dir_fd;
  /* Permission bits alone do not say it: file systems are read-only, too. */
  struct fetch_file trial = FETCH_FILE_INIT;
  int err = fetch_file_open(&trial, files, "trial");
  fetch_file_drop(&trial, files);
  fetch_file_done(&trial);
  if (err < 0)
    fetch_files_close(files);
  return err;
}

bool fetch_files_have(const struct fetch_files *files, const char *name)
{
  struct stat info;
  return fstatat(files->dir_fd, name, &info, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The body. */

static void write_temp_name(struct async_buf *temp, struct fetch_files *files,
                            const char *name)
{
  const char *slash = strrchr(name, '/');
  async_buf_clear(temp);
  async_buf_add(temp, name, slash ? (size_t)(slash - name) + 1 : 0);
  async_buf_add_str(temp, ".asynctool-");
  async_buf_add_uint(temp, files->pid);
  async_buf_add_char(temp, '-');
  async_buf_add_uint(temp, files->serial++);
  async_buf_add_str(temp, ".part");
}

static int create(struct fetch_file *file, struct fetch_files *files,
                  const char *name)
{
  int fd;
  do {
    write_temp_name(&file->temp, files, name);
    const char *temp = async_buf_str(&file->temp);
    if (!temp)
      return ASYNC_ENOMEM;
    fd = result(openat(files->dir_fd, temp,
                       O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  } while (fd == -EEXIST || fd == -EINTR);
  return fd;
}

int fetch_file_open(struct fetch_file *file, struct fetch_files *files,
                    const char *name)
{
  int fd = create(file, files, name);
  if (fd == -ENOENT && strchr(name, '/')) {
    fd = make_folders(files->dir_fd, name);
    if (fd == 0)
      fd = create(file, files, name);
  }
  file->fd = fd < 0 ? -1 : fd;
  return fd < 0 ? fd : 0;
}

/* Inline, in libcurl's callback: a thread would cost more than the copy into
 * the page cache does. */
int fetch_file_write(struct fetch_file *file, const char *bytes, size_t len)
{
  while (len > 0) {
    ssize_t wrote = write(file->fd, bytes, len);
    if (wrote < 0 && errno == EINTR)
      continue;
    if (wrote < 0)
      return -errno;
    bytes += wrote;
    len -= (size_t)wrote;
  }
  return 0;
}

void fetch_file_drop(struct fetch_file *file, struct fetch_files *files)
{
  if (file->fd < 0)
    return;
  close(file->fd);
  file->fd = -1;
  unlinkat(files->dir_fd, async_buf_str(&file->temp), 0);
}

void fetch_file_done(struct fetch_file *file)
{
  async_buf_done(&file->temp);
}

/* The name. */

struct number {
  struct async_hash_node node;
  uint64_t next;
  char name[];
};

static bool has_name(const struct async_hash_node *node, const void *key)
{
  return strcmp(ASYNC_CONTAINER_OF(node, struct number, node)->name, key) == 0;
}

/* Where to go on after "name.1" ... "name.N": without it the millionth
 * index.html would try a million names. NULL: no memory, then from 1. */
static uint64_t *next_number(struct fetch_files *files, const char *name)
{
  size_t len = strlen(name);
  uint64_t hash = async_hash_bytes(name, len, 0);
  struct async_hash_node *found =
      async_hash_find(&files->numbers, hash, has_name, name);
  if (found)
    return &ASYNC_CONTAINER_OF(found, struct number, node)->next;
  struct number *number = malloc(sizeof(*number) + len + 1);
  if (!number)
    return NULL;
  number->next = 1;
  memcpy(number->name, name, len + 1);
  if (async_hash_insert(&files->numbers, &number->node, hash) < 0) {
    free(number);
    return NULL;
  }
  return &number->next;
}

void fetch_files_close(struct fetch_files *files)
{
  for (size_t i = 0; i < files->numbers.bucket_count; i++) {
    struct async_hash_node *node = files->numbers.buckets[i];
    while (node) {
      struct async_hash_node *next = node->next;
      free(ASYNC_CONTAINER_OF(node, struct number, node));
      node = next;
    }
  }
  async_hash_done(&files->numbers);
  close(files->dir_fd);
}

/* A hard link fails if the name is taken, on every POSIX system; not every file
 * system has it. */
static int link_and_unlink(int dir_fd, const char *from, const char *to)
{
  int err = result(linkat(dir_fd, from, dir_fd, to, 0));
  return err < 0 ? err : result(unlinkat(dir_fd, from, 0));
}

static int rename_if_free(int dir_fd, const char *from, const char *to)
{
#ifdef RENAME_NOREPLACE
  int err = result(renameat2(dir_fd, from, dir_fd, to, RENAME_NOREPLACE));
  if (err != -EINVAL && err != -ENOSYS)
    return err;
#endif
  return link_and_unlink(dir_fd, from, to);
}

/* Files are replaced, devices and the like are not. */
static int rename_over(int dir_fd, const char *from, const char *to)
{
  struct stat info;
  int err = rename_if_free(dir_fd, from, to); /* the usual case */
  if (err != -EEXIST)
    return err;
  if (fstatat(dir_fd, to, &info, 0) == 0 && !S_ISREG(info.st_mode))
    return -EEXIST;
  return result(renameat(dir_fd, from, dir_fd, to));
}

static int rename_numbered(struct fetch_files *files, const char *from,
                           struct async_buf *name)
{
  const char *to = async_buf_str(name);
  int err = to ? rename_if_free(files->dir_fd, from, to) : ASYNC_ENOMEM;
  if (err != -EEXIST || files->policy != FETCH_COLLISION_UNIQUIFY)
    return err;
  struct async_buf numbered = ASYNC_BUF_INIT;
  uint64_t mine = 1, *next = next_number(files, to);
  if (!next)
    next = &mine;
  while (err == -EEXIST) {
    async_buf_clear(&numbered);
    fetch_name_add_numbered(&numbered, to, (*next)++);
    const char *text = async_buf_str(&numbered);
    err = text ? rename_if_free(files->dir_fd, from, text) : ASYNC_ENOMEM;
  }
  if (err == 0) {
    async_buf_done(name);
    *name = numbered;
  } else {
    async_buf_done(&numbered);
  }
  return err;
}

int fetch_file_keep(struct fetch_file *file, struct fetch_files *files,
                    struct async_buf *name)
{
  const char *temp = async_buf_str(&file->temp);
  int err = result(close(file->fd));
  file->fd = -1;
  if (err == 0 && files->policy == FETCH_COLLISION_OVERWRITE) {
    const char *to = async_buf_str(name);
    err = to ? rename_over(files->dir_fd, temp, to) : ASYNC_ENOMEM;
  } else if (err == 0) {
    err = rename_numbered(files, temp, name);
  }
  if (err < 0)
    unlinkat(files->dir_fd, temp, 0);
  return err;
}
