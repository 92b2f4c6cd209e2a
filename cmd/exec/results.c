#include "exec/results.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "async/error.h"

/* Directories. */

/* Makes every directory in front of the last "/". */
static int make_dirs(char *path)
{
  for (char *p = path + 1; *path && (p = strchr(p, '/')) != NULL; p++) {
    *p = '\0';
    int err = mkdir(path, 0777) < 0 && errno != EEXIST ? -errno : 0;
    *p = '/';
    if (err < 0)
      return err;
  }
  return 0;
}

/* The bytes up to the last "/" before the first placeholder. */
static size_t fixed_part(const struct exec_opts *opts, bool plain)
{
  const char *text = opts->results;
  if (plain)
    return strlen(text);
  size_t end = strcspn(text, "{");
  const char *own = opts->replace ? strstr(text, opts->replace) : NULL;
  if (own && (size_t)(own - text) < end)
    end = (size_t)(own - text);
  while (end > 0 && text[end - 1] != '/')
    end--;
  return end;
}

static int add_number(struct exec_results *results,
                      const struct exec_opts *opts, struct async_buf *message)
{
  char *text;
  if (asprintf(&text, "%s/{#}", opts->results) < 0)
    return ASYNC_ENOMEM;
  exec_text_free(results->text);
  results->text = NULL;
  int err = exec_text_new(&results->text, opts, text, NULL, message);
  free(text);
  return err;
}

static int make_shared_dir(const struct exec_opts *opts, size_t len,
                           struct async_buf *message)
{
  char *dir;
  if (len == 0 || opts->job.dry_run)
    return 0;
  if (asprintf(&dir, "%.*s/", (int)len, opts->results) < 0)
    return ASYNC_ENOMEM;
  int err = make_dirs(dir);
  if (err == 0 && access(dir, W_OK | X_OK) < 0)
    err = -errno;
  if (err < 0)
    async_buf_printf(message, "cannot write to %s: %s", dir,
                     async_err_text(err));
  free(dir);
  return err;
}

int exec_results_init(struct exec_results *results,
                      const struct exec_opts *opts, struct async_buf *message)
{
  *results = (struct exec_results){ .pid = (uint64_t)getpid() };
  if (!*opts->results) {
    async_buf_add_str(message, "--results: expected the name of a directory");
    return ASYNC_EINVAL;
  }
  int err = exec_text_new(&results->text, opts, opts->results, &results->plain,
                          message);
  if (err == 0 && results->plain)
    err = add_number(results, opts, message);
  if (err < 0)
    return err;
  results->fixed = fixed_part(opts, results->plain);
  return make_shared_dir(opts, results->fixed, message);
}

void exec_results_done(struct exec_results *results)
{
  exec_text_free(results->text);
  results->text = NULL;
}

/* A job's directory. */

static bool is_part(const char *part, size_t len, const char *word)
{
  return len == strlen(word) && memcmp(part, word, len) == 0;
}

/* What values make of the path stays below the part that is fixed, and is a
 * directory of its own. */
static bool stays_inside(const struct exec_results *results,
                         const struct async_buf *dir)
{
  const char *path = dir->data, *end = dir->data + dir->len;
  if (memchr(path, '\0', dir->len))
    return false;
  path += results->fixed < dir->len ? results->fixed : dir->len;
  if (results->plain && path < end)
    path++;
  while (path < end) {
    const char *slash = memchr(path, '/', (size_t)(end - path));
    size_t len = (size_t)((slash ? slash : end) - path);
    if (is_part(path, len, "") || is_part(path, len, ".") ||
        is_part(path, len, ".."))
      return false;
    path += len + 1;
  }
  return dir->len > results->fixed;
}

static int no_dir(struct exec_item *item, const struct async_buf *dir, int err)
{
  return job_error_set(&item->item, JOB_ERROR_IO, err, "cannot make %.*s: %s",
                       (int)dir->len, dir->data, async_err_text(err));
}

int exec_results_dir(const struct exec_results *results, struct exec_item *item,
                     struct async_buf *dir)
{
  if (exec_text_add(results->text, item, dir) < 0)
    return -1;
  if (!dir->err && !stays_inside(results, dir))
    return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                         "--results: this entry does not make the name of a "
                         "directory inside the one that was given");
  async_buf_add_char(dir, '/');
  if (!async_buf_str(dir))
    return job_error_set(&item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "%s",
                         async_err_text(ASYNC_ENOMEM));
  int err = make_dirs(dir->data);
  return err < 0 ? no_dir(item, dir, err) : 0;
}

/* Files. */

static int create(struct exec_kept *kept, struct exec_results *results,
                  const struct async_buf *dir, const char *name)
{
  do {
    free(kept->temporary);
    if (asprintf(&kept->temporary, "%.*s.%s.asynctool-%llu-%llu", (int)dir->len,
                 dir->data, name, (unsigned long long)results->pid,
                 (unsigned long long)results->serial++) < 0) {
      kept->temporary = NULL;
      return ASYNC_ENOMEM;
    }
    kept->fd = open(kept->temporary,
                    O_RDWR | O_APPEND | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
  } while (kept->fd < 0 && (errno == EEXIST || errno == EINTR));
  return kept->fd < 0 ? -errno : 0;
}

int exec_kept_open(struct exec_kept *kept, struct exec_results *results,
                   const struct async_buf *dir, const char *name)
{
  if (asprintf(&kept->name, "%.*s%s", (int)dir->len, dir->data, name) < 0) {
    kept->name = NULL;
    return ASYNC_ENOMEM;
  }
  return create(kept, results, dir, name);
}

void exec_kept_add(struct exec_kept *kept, const char *bytes, size_t len)
{
  while (len > 0 && kept->fd >= 0 && !kept->err) {
    ssize_t put = write(kept->fd, bytes, len);
    if (put < 0 && errno == EINTR)
      continue;
    if (put <= 0) {
      kept->err = put < 0 ? -errno : -ENOSPC;
      return;
    }
    bytes += put;
    len -= (size_t)put;
  }
}

/* On network file systems the error of a write can come as late as this. */
int exec_kept_close(struct exec_kept *kept)
{
  if (kept->fd >= 0 && close(kept->fd) < 0 && errno != EINTR && !kept->err)
    kept->err = -errno;
  kept->fd = -1;
  return kept->err;
}

int exec_kept_show(struct exec_kept *kept)
{
  if (!kept->temporary || kept->err)
    return kept->err;
  if (rename(kept->temporary, kept->name) < 0)
    return -errno;
  free(kept->temporary);
  kept->temporary = NULL;
  kept->shown = true;
  return 0;
}

void exec_kept_done(struct exec_kept *kept)
{
  exec_kept_close(kept);
  if (kept->temporary)
    unlink(kept->temporary);
  free(kept->temporary);
  free(kept->name);
  *kept = (struct exec_kept)EXEC_KEPT_INIT;
}
