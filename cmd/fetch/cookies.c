#include "fetch/cookies.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "command.h"

/* As curl: what has a "=" is cookies, anything else a file. */
static bool is_file(const char *text)
{
  return !strchr(text, '=');
}

static bool wants_engine(const struct fetch_opts *opts)
{
  for (size_t i = 0; i < opts->cookies.count; i++)
    if (is_file(opts->cookies.items[i]))
      return true;
  return opts->cookie_jar != NULL;
}

/* One handle reads the files into the share; the others find them there. */
static int read_files(struct fetch_client *client)
{
  const struct opt_list *list = &client->opts->cookies;
  CURL *easy = curl_easy_init();
  if (!easy)
    return COMMAND_IO;
  int status = COMMAND_OK;
  curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
  curl_easy_setopt(easy, CURLOPT_COOKIEFILE, "");
  for (size_t i = 0; i < list->count; i++) {
    const char *path = list->items[i];
    if (!is_file(path) || !*path)
      continue;
    if (access(path, R_OK) < 0) {
      job_say_error(client->log, "--cookie %s: %s", path,
                    async_err_text(-errno));
      status = COMMAND_USAGE;
    }
    curl_easy_setopt(easy, CURLOPT_COOKIEFILE, path);
  }
  curl_easy_setopt(easy, CURLOPT_COOKIELIST, "RELOAD");
  curl_easy_cleanup(easy);
  return status;
}

static int join_texts(struct fetch_client *client)
{
  const struct opt_list *list = &client->opts->cookies;
  struct async_buf text = ASYNC_BUF_INIT;
  for (size_t i = 0; i < list->count; i++) {
    if (is_file(list->items[i]))
      continue;
    if (text.len > 0)
      async_buf_add_str(&text, "; ");
    async_buf_add_str(&text, list->items[i]);
  }
  if (text.len > 0 && async_buf_str(&text))
    client->cookie = text.data;
  else
    async_buf_done(&text);
  return text.err ? COMMAND_IO : COMMAND_OK;
}

/* libcurl writes it at the end, and says nothing if it cannot. */
static int check_jar(const struct fetch_client *client)
{
  const char *path = client->opts->cookie_jar;
  if (!path || client->opts->job.dry_run)
    return COMMAND_OK;
  if (strcmp(path, "-") == 0) {
    job_say_error(client->log, "--cookie-jar -: expected a file, because "
                               "standard output is for records");
    return COMMAND_USAGE;
  }
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd < 0) {
    job_say_error(client->log, "--cookie-jar %s: %s", path,
                  async_err_text(-errno));
    return COMMAND_IO;
  }
  close(fd);
  return COMMAND_OK;
}

int fetch_cookies_open(struct fetch_client *client)
{
  client->share = curl_share_init();
  if (!client->share)
    return COMMAND_IO;
  /* Never CURL_LOCK_DATA_CONNECT: connections belong to their multi handle. */
  curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_DNS);
  int status = check_jar(client);
  if (status == COMMAND_OK)
    status = join_texts(client);
  client->keeps_cookies = wants_engine(client->opts);
  if (status != COMMAND_OK || !client->keeps_cookies)
    return status;
  curl_share_setopt(client->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_COOKIE);
  return read_files(client);
}

void fetch_cookies_close(struct fetch_client *client)
{
  const char *path = client->opts->cookie_jar;
  CURL *easy = path ? curl_easy_init() : NULL;
  if (!easy)
    return;
  curl_easy_setopt(easy, CURLOPT_SHARE, client->share);
  curl_easy_setopt(easy, CURLOPT_COOKIEJAR, path);
  curl_easy_setopt(easy, CURLOPT_COOKIELIST, "FLUSH");
  curl_easy_cleanup(easy);
}
