#include "fetch/client.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "async/error.h"
#include "command.h"
#include "fetch/choices.h"
#include "fetch/cookies.h"
#include "fetch/handle.h"
#include "fetch/name.h"

static int usage(struct job_log *log, const char *text)
{
  job_say_error(log, "%s", text);
  return COMMAND_USAGE;
}

static int failure(struct job_log *log, const char *what, int err)
{
  job_say_error(log, "%s: %s", what, async_err_text(err));
  return COMMAND_IO;
}

/* What becomes of bodies. */

static bool is_text_format(const struct job_opts *opts)
{
  return !opts->format || strcmp(opts->format, "text") == 0;
}

static int choose_sink(struct fetch_client *client)
{
  const struct fetch_opts *opts = client->opts;
  const char *output = opts->output;
  bool to_stdout = output && (strcmp(output, "-") == 0 ||
                              strcmp(output, "/dev/stdout") == 0);
  client->template = output ? output : FETCH_NAME_TEMPLATE;
  client->sink = to_stdout ? FETCH_SINK_STDOUT : FETCH_SINK_FILE;
  /* To rename a file over a device would be the end of the device. */
  if (opts->discard || strcmp(client->request.method, "HEAD") == 0 ||
      strcmp(client->template, "/dev/null") == 0)
    client->sink = FETCH_SINK_NONE;
  if (to_stdout && !is_text_format(&opts->job))
    return usage(client->log, "--output - puts bodies on standard output, "
                              "where the records of --format would go: use "
                              "--records FILE for these");
  if (fetch_name_check(client->template) == 0)
    return COMMAND_OK;
  job_say_error(client->log,
                "--output '%s': expected text with " FETCH_NAME_FIELDS,
                client->template);
  return COMMAND_USAGE;
}

static int open_files(struct fetch_client *client)
{
  const struct fetch_opts *opts = client->opts;
  if (client->sink != FETCH_SINK_FILE || opts->job.dry_run)
    return COMMAND_OK;
  int err = fetch_files_open(&client->files, opts->dir, opts->on_collision);
  client->files_open = err == 0;
  if (err == 0)
    return COMMAND_OK;
  job_say_error(client->log, "cannot write files to %s: %s",
                opts->dir ? opts->dir : "the current directory",
                async_err_text(err));
  return COMMAND_IO;
}

/* What is read beforehand. */

/* As headers, and not as libcurl's options of that name: it prints those twice
 * for each request, a character at a time. */
static int add_usual_headers(struct fetch_client *client)
{
  const struct fetch_opts *opts = client->opts;
  const char *agent =
      opts->user_agent ? opts->user_agent : "asynctool/" ASYNCTOOL_VERSION;
  int err = fetch_request_add_usual(&client->request, "User-Agent", agent);
  if (err == 0 && opts->compressed)
    err = fetch_request_add_usual(&client->request, "Accept-Encoding",
                                  client->encodings);
  return err;
}

static int read_request(struct fetch_client *client)
{
  struct async_buf message = ASYNC_BUF_INIT;
  int err = fetch_request_init(&client->request, client->opts, &message);
  if (err == 0)
    err = add_usual_headers(client);
  const char *text = message.len > 0 ? async_buf_str(&message) : NULL;
  int status = COMMAND_OK;
  if (err == ASYNC_EINVAL && !text)
    status = usage(client->log, "--header: expected lines like 'Name: value'");
  else if (err < 0)
    status = usage(client->log, text ? text : async_err_text(err));
  async_buf_done(&message);
  return status;
}

static int read_lists(struct fetch_client *client)
{
  const struct fetch_opts *opts = client->opts;
  /* The option table has checked every word. */
  fetch_retry_on_parse(&client->retry_on, &opts->job.retry_on);
  fetch_statuses_parse(&client->ok_status, &opts->ok_status);
  client->redirects =
      (struct fetch_redirect_rules){ .most = opts->max_redirs,
                                     .allow_downgrade = opts->allow_downgrade };
  client->limits_ns[0] = opts->connect_timeout_ns;
  client->limits_ns[1] = opts->first_byte_timeout_ns;
  client->limits_ns[2] = opts->stall_timeout_ns;
  return COMMAND_OK;
}

/* IDN: libcurl turns host names to ASCII out of the locale's encoding, and ours
 * are UTF-8, whatever the locale. */
static void read_names_as_utf8(void)
{
  if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
    setlocale(LC_CTYPE, "C.UTF-8");
}

/* The network. */

static int open_network(struct fetch_client *client)
{
  static const int families[] = { [FETCH_IP_ANY] = AF_UNSPEC,
                                  [FETCH_IP_V4] = AF_INET,
                                  [FETCH_IP_V6] = AF_INET6 };
  const struct fetch_opts *opts = client->opts;
  struct async_http_opts http = { .transfers = client->jobs,
                                  .per_multi = client->per_multi };
  client->resolves =
      !client->proxied && !opts->unix_socket && opts->connect_to.count == 0;
  int err = async_http_open(&client->http, &http);
  if (err == 0)
    err = async_dns_open(&client->dns, NULL);
  if (err < 0)
    return failure(client->log, "cannot start", err);
  fetch_names_init(&client->names, client->dns, families[opts->ip],
                   &opts->resolve);
  return COMMAND_OK;
}

static void close_all(struct fetch_client *client)
{
  while (!async_list_empty(&client->idle))
    fetch_handle_free(ASYNC_CONTAINER_OF(async_list_shift(&client->idle),
                                         struct fetch_handle, node));
  async_http_close(client->http);
  if (client->dns)
    fetch_names_done(&client->names);
  async_dns_close(client->dns);
  curl_share_cleanup(client->share);
  if (client->files_open)
    fetch_files_close(&client->files);
  fetch_request_done(&client->request);
  curl_slist_free_all(client->resolve);
  curl_slist_free_all(client->connect_to);
  free(client->bundle);
  free(client->cookie);
  free(client);
  curl_global_cleanup();
}

int fetch_client_open(struct job_run *run, void **ctx)
{
  int (*const steps[])(struct fetch_client *) = {
    fetch_choices_check, read_request,       read_lists,   choose_sink,
    open_files,          fetch_cookies_open, open_network,
  };
  struct fetch_client *client = calloc(1, sizeof(*client));
  if (!client || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
    free(client);
    return failure(run->log, "cannot start", ASYNC_ENOMEM);
  }
  client->opts = run->tool_opts;
  client->log = run->log;
  client->out = run->out;
  client->jobs = run->jobs;
  /* One handle for all of them keeps the fewest connections besides. */
  client->per_multi = run->few_descriptors ? run->jobs : 0;
  async_list_init(&client->idle);
  read_names_as_utf8();
  run->retry_after_max_ns = client->opts->retry_after_max_ns;
  int status = COMMAND_OK;
  for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
    if ((status = steps[i](client)) != COMMAND_OK) {
      close_all(client);
      return status;
    }
  fetch_choices_make(client, run);
  *ctx = client;
  return COMMAND_OK;
}

void fetch_client_close(void *ctx)
{
  struct fetch_client *client = ctx;
  fetch_cookies_close(client);
  close_all(client);
}
