/* Lists of entries in every format; the first byte chooses. Whatever comes in,
 * what comes out are entries without NUL bytes, and records that are JSON. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "async/loop.h"
#include "job/record.h"
#include "job/source_priv.h"
#include "job/tool.h"
#include "job/utf8.h"
#include "opt/list.h"

struct input {
  enum job_input_format format;
  const uint8_t *data;
  size_t size;
};

static void must(bool condition)
{
  if (!condition)
    abort();
}

static void read_fields(struct job_item *item)
{
  struct opt_list list = { NULL, 0 };
  const char *text = "";
  uint64_t number = 0;
  int64_t duration_ns = 0;
  bool flag = false;
  struct job_error before = item->error;
  item->error = (struct job_error){ .kind = JOB_ERROR_NONE };
  job_entry_string(item, "method", &text);
  job_entry_uint(item, "n", &number);
  job_entry_duration(item, "timeout", &duration_ns);
  job_entry_bool(item, "flag", &flag);
  job_entry_list(item, "headers", ": ", &list);
  must(duration_ns >= 0);
  opt_list_done(&list);
  job_error_clear(&item->error);
  item->error = before;
}

static void check_record(struct job_writer *writer, const struct job_item *item)
{
  struct async_buf text = ASYNC_BUF_INIT;
  job_writer_add(writer, item, NULL, &text);
  must(!text.err && text.len > 0 && text.data[text.len - 1] == '\n');
  must(job_is_utf8(text.data, text.len));
  json_t *back = json_loadb(text.data, text.len, 0, NULL);
  must(json_is_object(back));
  json_decref(back);
  async_buf_done(&text);
}

static void check(struct job_writer *writer, struct job_item *item)
{
  const struct job_entry *entry = &item->entry;
  must(strlen(entry->text) == entry->text_len);
  must(strlen(entry->key) == entry->key_len);
  read_fields(item);
  check_record(writer, item);
}

static int read_list(void *arg)
{
  static const struct job_tool tool = { .name = "fuzz" };
  const struct input *input = arg;
  struct job_list list = { .format = input->format,
                           .entry_fields = job_usual_fields };
  struct async_buf message = ASYNC_BUF_INIT;
  struct async_stream *ends[2];
  struct job_writer writer;
  int err = 0;
  must(job_writer_init(&writer, &tool, "ndjson", NULL, &message) == 0);
  must(async_stream_open_pair(ends, input->size + 1) == 0);
  must(async_stream_write(ends[0], input->data, input->size) == 0);
  must(async_stream_shutdown(ends[0]) == 0);
  must(job_list_open(&list, "list", ends[1]) == 0);
  while (err == 0) {
    struct job_item item = { .seq = 0 };
    err = job_list_next(&list, &item);
    if (err == 0)
      check(&writer, &item);
    job_item_done(&item);
  }
  must(err == ASYNC_EOF);
  job_list_close(&list);
  async_stream_close(ends[0]);
  job_writer_done(&writer);
  async_buf_done(&message);
  return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct async_run_opts opts = { .virtual_time = true };
  if (size == 0)
    return 0;
  struct input input = {
    .format = (enum job_input_format)(data[0] % (JOB_INPUT_NDJSON + 1)),
    .data = data + 1,
    .size = size - 1,
  };
  must(async_run(read_list, &input, &opts) == 0);
  return 0;
}
