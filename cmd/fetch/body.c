#include "fetch/body.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"

/* A body for standard output waits in memory, and beyond this in a file. */
enum { SPILL_BYTES = 64 * 1024, COPY_BYTES = 4096 };

static bool is_wanted(const struct fetch_exchange *exchange, long status)
{
  const struct fetch_client *client = exchange->client;
  if (client->opts->location && exchange->moved && fetch_redirect_is(status))
    return false;
  return client->opts->fail_with_body ||
         fetch_statuses_have(&client->ok_status, status);
}

static void choose_sink(struct fetch_exchange *exchange)
{
  long status = 0;
  curl_easy_getinfo(exchange->handle->easy, CURLINFO_RESPONSE_CODE, &status);
  exchange->sink_chosen = true;
  exchange->sink = FETCH_SINK_NONE;
  if (is_wanted(exchange, status))
    exchange->sink = exchange->client->sink;
  if (exchange->sink == FETCH_SINK_FILE)
    exchange->io_err =
        fetch_file_open(&exchange->handle->file, &exchange->client->files,
                        async_buf_str(&exchange->handle->name));
}

/* Spilled bodies. */

static int open_spill(void)
{
  const char *dir = getenv("TMPDIR");
  int fd =
      open(dir && *dir ? dir : "/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (fd >= 0)
    return fd;
  char path[] = "/tmp/asynctool.XXXXXX";
  fd = mkostemp(path, O_CLOEXEC);
  if (fd >= 0)
    unlink(path);
  return fd < 0 ? -errno : fd;
}

static int write_all(int fd, const char *bytes, size_t len)
{
  struct fetch_file file = { .fd = fd };
  return fetch_file_write(&file, bytes, len);
}

static int spill(struct fetch_item *item, const char *bytes, size_t len)
{
  int err = 0;
  if (item->body.len + len <= SPILL_BYTES && !item->spill_fd) {
    async_buf_add(&item->body, bytes, len);
    return item->body.err;
  }
  if (!item->spill_fd) {
    int fd = open_spill();
    if (fd < 0)
      return fd;
    item->spill_fd = fd;
    err = write_all(fd, item->body.data, item->body.len);
    async_buf_done(&item->body);
  }
  return err < 0 ? err : write_all(item->spill_fd, bytes, len);
}

static void drop_spill(struct fetch_item *item)
{
  async_buf_done(&item->body);
  if (item->spill_fd)
    close(item->spill_fd);
  item->spill_fd = 0;
}

static int print_spill(struct fetch_item *item, struct job_out *out)
{
  char block[COPY_BYTES];
  ssize_t got = 0;
  int err = lseek(item->spill_fd, 0, SEEK_SET) < 0 ? -errno : 0;
  while (err == 0 && (got = read(item->spill_fd, block, sizeof(block))) > 0)
    err = job_out_write(out, block, (size_t)got);
  return got < 0 ? -errno : err;
}

int fetch_body_print(struct fetch_item *item, struct job_out *out)
{
  int err = item->spill_fd
                ? print_spill(item, out)
                : job_out_write(out, item->body.data, item->body.len);
  drop_spill(item);
  return err;
}

/* All bodies. */

int fetch_body_write(struct fetch_exchange *exchange, const char *bytes,
                     size_t len)
{
  struct fetch_item *item = exchange->item;
  if (!exchange->sink_chosen)
    choose_sink(exchange);
  item->reply.bytes += len;
  item->item.bytes += len;
  if (exchange->io_err == 0 && exchange->sink == FETCH_SINK_FILE)
    exchange->io_err = fetch_file_write(&exchange->handle->file, bytes, len);
  else if (exchange->io_err == 0 && exchange->sink == FETCH_SINK_STDOUT)
    exchange->io_err = spill(item, bytes, len);
  return exchange->io_err;
}

static bool has_no_body(const struct fetch_exchange *exchange)
{
  long status = exchange->status;
  return strcmp(exchange->item->reply.method, "HEAD") == 0 || status == 204 ||
         status == 304 || status < 200;
}

bool fetch_body_is_whole(const struct fetch_exchange *exchange, int64_t *got,
                         int64_t *wanted)
{
  CURL *easy = exchange->handle->easy;
  curl_off_t length = -1, came = 0;
  if (has_no_body(exchange))
    return true;
  curl_easy_getinfo(easy, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
  curl_easy_getinfo(easy, CURLINFO_SIZE_DOWNLOAD_T, &came);
  *got = came;
  *wanted = length;
  return length < 0 || length == came;
}

/* A success without a body is an empty file, unless it says that there is
 * nothing to have. */
static bool is_empty_file(const struct fetch_exchange *exchange)
{
  return exchange->client->sink == FETCH_SINK_FILE && !exchange->sink_chosen &&
         !has_no_body(exchange) && exchange->status < 300 &&
         exchange->status != 205 && is_wanted(exchange, exchange->status);
}

/* As a user names it: from where the program was started. */
static char *visible_name(const char *dir, const char *name)
{
  char *path;
  if (!name || !dir || *name == '/')
    return name ? strdup(name) : NULL;
  const char *slash = dir[strlen(dir) - 1] == '/' ? "" : "/";
  return asprintf(&path, "%s%s%s", dir, slash, name) < 0 ? NULL : path;
}

int fetch_body_keep(struct fetch_exchange *exchange)
{
  struct fetch_client *client = exchange->client;
  if (is_empty_file(exchange))
    choose_sink(exchange);
  if (exchange->io_err < 0)
    return exchange->io_err;
  if (exchange->sink != FETCH_SINK_FILE)
    return 0;
  int err = fetch_file_keep(&exchange->handle->file, &client->files,
                            &exchange->handle->name);
  if (err == 0)
    exchange->item->reply.file =
        visible_name(client->opts->dir, async_buf_str(&exchange->handle->name));
  return err;
}

void fetch_body_drop(struct fetch_exchange *exchange)
{
  fetch_file_drop(&exchange->handle->file, &exchange->client->files);
  drop_spill(exchange->item);
}
