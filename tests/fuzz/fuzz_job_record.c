/* Records. The first byte chooses: the rest is a template, or a list of fields,
 * or a value that must come back out of what was written. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "job/base64.h"
#include "job/record.h"
#include "job/source_priv.h"
#include "job/tool.h"

struct item {
  struct job_item job;
  const char *bytes;
  size_t len;
};

static void get_value(const struct job_item *job, struct job_value *out)
{
  const struct item *item = (const struct item *)job;
  job_value_bytes(out, item->bytes, item->len);
}

static const struct job_field parts[] = { { .name = "a", .get = get_value },
                                          { .name = "b", .get = get_value },
                                          { 0 } };
static const struct job_field fields[] = {
  { .name = "value", .get = get_value },
  { .name = "parts", .members = parts },
  { 0 }
};
static const struct job_tool tool = { .name = "fuzz", .fields = fields };

static void must(bool condition)
{
  if (!condition)
    abort();
}

/* Returns 0 or ASYNC_EINVAL. */
static int write_record(const char *format, const struct opt_list *names,
                        const struct item *item, struct async_buf *out)
{
  struct async_buf message = ASYNC_BUF_INIT;
  struct job_writer writer;
  int err = job_writer_init(&writer, &tool, format, names, &message);
  must(err == 0 || message.len > 0);
  if (err == 0)
    job_writer_add(&writer, &item->job, NULL, out);
  job_writer_done(&writer);
  async_buf_done(&message);
  return err;
}

static void try_template(char *text, struct async_buf *out)
{
  struct item item = { .bytes = "x", .len = 1 };
  struct opt_list names = { NULL, 0 };
  write_record(text, &names, &item, out);
}

static void try_fields(char *text, struct async_buf *out)
{
  struct item item = { .bytes = "x", .len = 1 };
  struct opt_list names = { NULL, 0 };
  for (char *name; (name = strsep(&text, ",")) != NULL;)
    must(opt_list_add(&names, name) == 0);
  if (write_record("ndjson", &names, &item, out) == 0) {
    json_t *back =
        json_loadb(out->data, out->len, JSON_REJECT_DUPLICATES, NULL);
    must(json_is_object(back));
    json_decref(back);
  }
  opt_list_done(&names);
}

static void check_bytes(const char *bytes, size_t len, const struct item *item)
{
  must(len == item->len && (len == 0 || memcmp(bytes, item->bytes, len) == 0));
}

static void check_json(const struct async_buf *text, const struct item *item)
{
  struct async_buf bytes = ASYNC_BUF_INIT;
  json_t *back = json_loadb(text->data, text->len, 0, NULL);
  json_t *value = json_object_get(back, "value");
  json_t *encoded = json_object_get(value, "bytes");
  if (encoded)
    must(job_base64_decode(&bytes, json_string_value(encoded),
                           json_string_length(encoded)) == 0);
  if (encoded)
    check_bytes(bytes.data, bytes.len, item);
  else
    check_bytes(json_string_value(value), json_string_length(value), item);
  async_buf_done(&bytes);
  json_decref(back);
}

static void try_value(const char *format, char *text, struct async_buf *out)
{
  char *name = (char *)"value";
  struct item item = { .bytes = text, .len = strlen(text) };
  struct opt_list names = { &name, 1 }, cells = { NULL, 0 };
  must(write_record(format, &names, &item, out) == 0);
  must(!out->err && out->data[out->len - 1] == '\n');
  if (strcmp(format, "ndjson") == 0) {
    check_json(out, &item);
    return;
  }
  must((strcmp(format, "csv") == 0
            ? job_csv_split(out->data, out->len - 1, &cells)
            : job_tsv_split(out->data, out->len - 1, &cells)) == 0);
  must(cells.count == 1);
  check_bytes(cells.items[0], strlen(cells.items[0]), &item);
  opt_list_done(&cells);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  static const char *const formats[] = { "ndjson", "csv", "tsv" };
  struct async_buf out = ASYNC_BUF_INIT;
  char *text = size ? strndup((const char *)data + 1, size - 1) : NULL;
  if (!text)
    return 0;
  if (data[0] % 5 == 0)
    try_template(text, &out);
  else if (data[0] % 5 == 1)
    try_fields(text, &out);
  else
    try_value(formats[data[0] % 5 - 2], text, &out);
  async_buf_done(&out);
  free(text);
  return 0;
}
