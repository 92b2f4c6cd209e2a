#include "fetch/record.h"

#include "command.h"
#include "fetch/body.h"
#include "fetch/client.h"
#include "fetch/item.h"

/* Fields. */

static const struct fetch_item *item_of(const struct job_item *item)
{
  return (const struct fetch_item *)item;
}

static const struct fetch_reply *reply_of(const struct job_item *item)
{
  return &item_of(item)->reply;
}

static void get_url(const struct job_item *item, struct job_value *out)
{
  const char *url = item_of(item)->url.text;
  job_value_string(out, url ? url : item->entry.text);
}

static void get_final_url(const struct job_item *item, struct job_value *out)
{
  const struct fetch_reply *reply = reply_of(item);
  if (reply->final_url)
    job_value_string(out, reply->final_url);
  else if (reply->status)
    get_url(item, out);
}

static void get_method(const struct job_item *item, struct job_value *out)
{
  job_value_word(out, reply_of(item)->method);
}

static void get_status(const struct job_item *item, struct job_value *out)
{
  if (reply_of(item)->status)
    job_value_int(out, reply_of(item)->status);
}

static void get_bytes(const struct job_item *item, struct job_value *out)
{
  job_value_uint(out, reply_of(item)->bytes);
}

static void get_file(const struct job_item *item, struct job_value *out)
{
  job_value_string(out, reply_of(item)->file);
}

static void get_remote_ip(const struct job_item *item, struct job_value *out)
{
  const struct fetch_reply *reply = reply_of(item);
  job_value_word(out, *reply->remote_ip ? reply->remote_ip : NULL);
}

static void get_http_version(const struct job_item *item, struct job_value *out)
{
  job_value_word(out, reply_of(item)->http_version);
}

static void get_conn_reused(const struct job_item *item, struct job_value *out)
{
  if (*reply_of(item)->remote_ip)
    job_value_bool(out, reply_of(item)->conn_reused);
}

static void get_content_type(const struct job_item *item, struct job_value *out)
{
  job_value_string(out, reply_of(item)->content_type);
}

/* A stage that did not happen is null. */
static void put_stage(struct job_value *out, int64_t duration_ns)
{
  job_value_ms(out, duration_ns > 0 ? duration_ns : -1);
}

static void get_dns(const struct job_item *item, struct job_value *out)
{
  put_stage(out, reply_of(item)->dns_ns);
}

static void get_connect(const struct job_item *item, struct job_value *out)
{
  put_stage(out, reply_of(item)->connect_ns);
}

static void get_tls(const struct job_item *item, struct job_value *out)
{
  put_stage(out, reply_of(item)->tls_ns);
}

static void get_ttfb(const struct job_item *item, struct job_value *out)
{
  put_stage(out, reply_of(item)->ttfb_ns);
}

static void get_total(const struct job_item *item, struct job_value *out)
{
  put_stage(out, reply_of(item)->total_ns);
}

static void add_tried(struct async_buf *out, const struct fetch_tried *tried)
{
  const char *kind = job_error_kind_name(tried->kind);
  async_buf_add_str(out, "{\"error\":");
  job_json_string(out, kind ? kind : "");
  async_buf_add_str(out, ",\"status\":");
  if (tried->status)
    async_buf_add_int(out, tried->status);
  else
    async_buf_add_str(out, "null");
  async_buf_add_str(out, ",\"duration_ms\":");
  job_json_ms(out, tried->duration_ns);
  async_buf_add_str(out, ",\"wait_ms\":");
  job_json_ms(out, tried->wait_ns);
  async_buf_add_char(out, '}');
}

static void add_retries(const void *data, struct async_buf *out)
{
  const struct fetch_item *item = data;
  async_buf_add_char(out, '[');
  for (unsigned i = 0; i < item->tried_count; i++) {
    if (i > 0)
      async_buf_add_char(out, ',');
    add_tried(out, &item->tried[i]);
  }
  async_buf_add_char(out, ']');
}

static void get_retries(const struct job_item *item, struct job_value *out)
{
  job_value_json(out, item, add_retries);
}

static const struct job_field time_fields[] = {
  { .name = "dns", .get = get_dns },
  { .name = "connect", .get = get_connect },
  { .name = "tls", .get = get_tls },
  { .name = "ttfb", .get = get_ttfb },
  { .name = "total", .get = get_total },
  { .name = NULL },
};

const struct job_field fetch_fields[] = {
  { .name = "url", .get = get_url },
  { .name = "final_url", .get = get_final_url },
  { .name = "method", .get = get_method },
  { .name = "status", .get = get_status },
  { .name = "bytes", .get = get_bytes },
  { .name = "file", .get = get_file },
  { .name = "remote_ip", .get = get_remote_ip },
  { .name = "http_version", .get = get_http_version },
  { .name = "conn_reused", .get = get_conn_reused },
  { .name = "content_type", .get = get_content_type },
  { .name = "time", .members = time_fields },
  { .name = "retries", .get = get_retries },
  { .name = NULL },
};

/* "200     1234   0.123s  URL -> FILE", or "503        0   0.050s  URL: why". */

static void add_right(struct async_buf *out, uint64_t number, unsigned width)
{
  uint64_t least = 1;
  for (unsigned i = 1; i < width; i++)
    least *= 10;
  for (; least > 1 && number < least; least /= 10)
    async_buf_add_char(out, ' ');
  async_buf_add_uint(out, number);
}

/* Control characters of a URL or a message are not for the terminal. */
static void add_visible(struct async_buf *out, const char *text)
{
  for (; *text; text++)
    async_buf_add_char(
        out, (unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text);
}

void fetch_text(void *ctx, const struct job_item *item, struct async_buf *out)
{
  const struct fetch_client *client = ctx;
  const struct fetch_reply *reply = reply_of(item);
  if (client->sink == FETCH_SINK_STDOUT)
    return;
  if (reply->status)
    async_buf_add_int(out, reply->status);
  else
    async_buf_add_str(out, "---");
  add_right(out, reply->bytes, 10);
  async_buf_add_str(out, "  ");
  async_buf_add_fixed(out, item->duration_ns, ASYNC_SEC, 3);
  async_buf_add_str(out, "s  ");
  add_visible(out, item->entry.text);
  if (reply->file) {
    async_buf_add_str(out, " -> ");
    add_visible(out, reply->file);
  }
  if (item->outcome != JOB_OUTCOME_OK) {
    async_buf_add_str(out, ": ");
    add_visible(out, item->error.kind ? job_error_text(&item->error)
                                      : job_outcome_name(item->outcome));
  }
  async_buf_add_char(out, '\n');
}

/* With -o -, bodies go out one after the other, in the order of the records;
 * what failed is said on standard error. */
void fetch_ended(void *ctx, struct job_item *base,
                 const struct async_fan_result *result)
{
  struct fetch_client *client = ctx;
  struct fetch_item *item = (struct fetch_item *)base;
  (void)result;
  if (client->sink != FETCH_SINK_STDOUT)
    return;
  if (base->outcome != JOB_OUTCOME_OK)
    job_say_error(client->log, "%s: %s", base->entry.text,
                  base->error.kind ? job_error_text(&base->error)
                                   : job_outcome_name(base->outcome));
  if (item->body.len == 0 && !item->spill_fd)
    return;
  if (fetch_body_print(item, client->out) < 0)
    client->own_failure = true;
}

int fetch_status(void *ctx, int status)
{
  const struct fetch_client *client = ctx;
  return client->own_failure ? COMMAND_IO : status;
}
