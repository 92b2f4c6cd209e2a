#include "fetch/choices.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "command.h"

enum {
  BUFFER_LEAST = 16 * 1024, /* libcurl's usual */
  BUFFER_MOST = 256 * 1024,
  BUFFERS_BYTES = 4 * 1024 * 1024 /* all of them together */
};

static int to_slist(struct curl_slist **out, const struct opt_list *list)
{
  for (size_t i = 0; i < list->count; i++) {
    struct curl_slist *longer = curl_slist_append(*out, list->items[i]);
    if (!longer)
      return ASYNC_ENOMEM;
    *out = longer;
  }
  return 0;
}

/* All that libcurl can unpack. */
static void list_encodings(struct fetch_client *client)
{
  static const struct {
    int feature;
    const char *name;
  } all[] = { { CURL_VERSION_LIBZ, "gzip" },
              { CURL_VERSION_BROTLI, "br" },
              { CURL_VERSION_ZSTD, "zstd" } };
  int features = curl_version_info(CURLVERSION_NOW)->features;
  char *end = client->encodings;
  for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
    if (!(features & all[i].feature))
      continue;
    if (end > client->encodings)
      *end++ = ',';
    end = stpcpy(end, all[i].name);
  }
}

static bool has_proxy_in_environment(void)
{
  static const char *const names[] = { "http_proxy", "https_proxy",
                                       "HTTPS_PROXY", "all_proxy",
                                       "ALL_PROXY" };
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const char *value = getenv(names[i]);
    if (value && *value)
      return true;
  }
  return false;
}

/* As the curl command finds it. */
static const char *find_bundle(const struct fetch_opts *opts)
{
  static const char *const names[] = { "CURL_CA_BUNDLE", "SSL_CERT_FILE" };
  if (opts->cacert)
    return opts->cacert;
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
    const char *value = getenv(names[i]);
    if (value && *value)
      return value;
  }
  const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
  const char *built_in = info->cainfo;
  return built_in && access(built_in, R_OK) == 0 ? built_in : NULL;
}

int fetch_choices_check(struct fetch_client *client)
{
  const struct fetch_opts *opts = client->opts;
  const char *bundle = find_bundle(opts);
  if (opts->cacert && access(opts->cacert, R_OK) < 0) {
    job_say_error(client->log, "--cacert %s: %s", opts->cacert,
                  async_err_text(-errno));
    return COMMAND_USAGE;
  }
  client->bundle = bundle ? strdup(bundle) : NULL;
  if ((bundle && !client->bundle) ||
      to_slist(&client->resolve, &opts->resolve) < 0 ||
      to_slist(&client->connect_to, &opts->connect_to) < 0) {
    job_say_error(client->log, "cannot start: %s",
                  async_err_text(ASYNC_ENOMEM));
    return COMMAND_IO;
  }
  client->proxied = opts->proxy ? *opts->proxy : has_proxy_in_environment();
  list_encodings(client);
  return COMMAND_OK;
}

/* Before 8.3 HTTP/2 has bugs that cut bodies short or hang: there only if it is
 * asked for, and never with a body of ours. */
static void choose_http_version(struct fetch_client *client)
{
  bool old = curl_version_info(CURLVERSION_NOW)->version_num < 0x080300;
  enum fetch_http choice = client->opts->http;
  bool two = choice == FETCH_HTTP_2 || (choice == FETCH_HTTP_ANY && !old);
  client->no_http2_bodies = old;
  if (old && client->request.has_body)
    two = false;
  client->http_version = two ? CURL_HTTP_VERSION_2TLS : CURL_HTTP_VERSION_1_1;
}

/* As many as there can be: URLs on the command line have a scheme, lists do
 * not. */
static size_t transfers_at_once(const struct job_run *run)
{
  size_t jobs = run->jobs;
  if (run->opts->inputs.count > 0 || run->operand_count == 0 ||
      run->operand_count > jobs)
    return jobs;
  for (size_t i = 0; i < run->operand_count; i++)
    if (!strstr(run->operands[i], "://"))
      return jobs;
  return run->operand_count;
}

/* A large body goes through a large buffer in half the time; many of them are
 * rarely large. */
static void choose_buffer(struct fetch_client *client,
                          const struct job_run *run)
{
  size_t bytes = BUFFERS_BYTES / transfers_at_once(run);
  if (bytes > BUFFER_MOST)
    bytes = BUFFER_MOST;
  if (bytes < BUFFER_LEAST)
    bytes = BUFFER_LEAST;
  client->buffer_bytes = (long)bytes;
}

void fetch_choices_make(struct fetch_client *client, const struct job_run *run)
{
  choose_http_version(client);
  choose_buffer(client, run);
}
