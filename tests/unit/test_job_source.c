#include <fcntl.h>
#include <sys/stat.h>

#include <jansson.h>

#include "async/buf.h"
#include "async/error.h"
#include "async/loop.h"
#include "async/timer.h"
#include "job/message.h"
#include "job/source.h"
#include "job/source_priv.h"
#include "tap.h"

/* What a source gives, one line an entry: "TEXT", "TEXT key=KEY",
 * "TEXT {FIELDS}" or "TEXT !MESSAGE". */
struct world {
  struct job_source_opts opts;
  struct opt_list inputs;
  char *operands[8];
  struct job_log log;
  struct async_buf seen;
  bool failed;
  uint64_t total;
  int rc;
};

static char folder[] = "/tmp/job-source-XXXXXX";

static void show(struct async_buf *out, const struct job_item *item)
{
  const struct job_entry *entry = &item->entry;
  async_buf_add(out, entry->text, entry->text_len);
  if (entry->key != entry->text)
    async_buf_printf(out, " key=%s", entry->key);
  if (item->error.kind)
    async_buf_printf(out, " !%s",
                     strrchr(item->error.message, '/')
                         ? strrchr(item->error.message, '/') + 1
                         : item->error.message);
  else if (entry->is_record)
    async_buf_add_str(out, " record");
  else if (entry->fields) {
    char *text = json_dumps(entry->fields, JSON_COMPACT | JSON_SORT_KEYS);
    async_buf_printf(out, " %s", text);
    free(text);
  }
  async_buf_add_char(out, '\n');
}

static int read_all(void *arg)
{
  struct world *world = arg;
  struct job_source *source;
  world->rc = job_source_new(&source, &world->opts, &world->log);
  CHECK_INT(world->rc, 0);
  world->total = job_source_total(source);
  for (;;) {
    struct job_item item = { .seq = 0 };
    world->rc = job_source_next(source, &item);
    if (world->rc == 0)
      show(&world->seen, &item);
    job_item_done(&item);
    if (world->rc < 0)
      break;
  }
  world->failed = job_source_failed(source);
  job_source_free(source);
  return 0;
}

static const char *seen(struct world *world)
{
  world->opts.operands = world->operands;
  world->opts.inputs = &world->inputs;
  world->log.fd = open("/dev/null", O_WRONLY);
  CHECK_INT(async_run(read_all, world, NULL), 0);
  close(world->log.fd);
  opt_list_done(&world->inputs);
  const char *text = async_buf_str(&world->seen);
  CHECK(text);
  return text;
}

static void make_file(char *path, size_t size, const char *name,
                      const char *text, size_t len)
{
  snprintf(path, size, "%s/%s", folder, name);
  FILE *file = fopen(path, "wb");
  CHECK(file && fwrite(text, 1, len, file) == len && fclose(file) == 0);
}

static void make_folder(void)
{
  CHECK(mkdtemp(folder));
}

static void drop_folder(const char *path)
{
  if (path)
    CHECK_INT(unlink(path), 0);
  CHECK_INT(rmdir(folder), 0);
}

/* Checks what a list of such a format gives. */
static void check_bytes(enum job_input_format format, const char *text,
                        size_t len, const char *expected)
{
  struct world world = { .opts.format = format };
  char path[128];
  make_folder();
  make_file(path, sizeof(path), "list", text, len);
  CHECK_INT(opt_list_add(&world.inputs, path), 0);
  CHECK_STR(seen(&world), expected);
  CHECK_INT(world.rc, ASYNC_EOF);
  CHECK(!world.failed);
  async_buf_done(&world.seen);
  drop_folder(path);
  memcpy(folder + strlen(folder) - 6, "XXXXXX", 6);
}

static void check(enum job_input_format format, const char *text,
                  const char *expected)
{
  check_bytes(format, text, strlen(text), expected);
}

static void a_list_is_a_line_an_entry(void)
{
  check(JOB_INPUT_AUTO, "a\nb c\n", "a\nb c\n");
  check(JOB_INPUT_LINES, "no newline at the end", "no newline at the end\n");
  check(JOB_INPUT_AUTO, "", "");
}

static void empty_lines_and_comments_are_skipped(void)
{
  check(JOB_INPUT_AUTO, "\n# x\n  \t\na\r\n\r\n#\nb # c\n", "a\nb # c\n");
}

static void a_byte_order_mark_is_no_part_of_an_entry(void)
{
  check(JOB_INPUT_AUTO,
        "\xef\xbb\xbf"
        "a\n",
        "a\n");
  check(JOB_INPUT_AUTO, "\xef\xbb\xbf{\"url\":\"a\"}\n", "a {\"url\":\"a\"}\n");
  check(JOB_INPUT_CSV, "\xef\xbb\xbfurl\na\n", "a {\"url\":\"a\"}\n");
}

static void bytes_need_not_be_utf8(void)
{
  check(JOB_INPUT_AUTO, "caf\xe9\n", "caf\xe9\n");
}

static void columns_with_names_are_fields(void)
{
  check(JOB_INPUT_LINES, "http://a\tout=x y\ttimeout=2s\n",
        "http://a {\"out\":\"x y\",\"timeout\":\"2s\"}\n");
  check(JOB_INPUT_LINES, "a\tb\nc\tD=1\n", "a\tb\nc\tD=1\n");
}

static void a_nul_byte_in_a_line_is_a_malformed_entry(void)
{
  check_bytes(JOB_INPUT_LINES, "a\nb\0c\nd\n", 8,
              "a\nb !list:2: contains a NUL byte (a list with NULs between "
              "entries needs --null)\nd\n");
}

static void entries_may_end_with_nul(void)
{
  check_bytes(JOB_INPUT_NUL, "a\n\0\0# b\0c", 9, "a\n\n# b\nc\n");
}

static void a_line_over_the_limit_is_a_malformed_entry(void)
{
  size_t len = 3 * 1024 * 1024;
  char *text = malloc(len);
  memset(text, 'x', len);
  memcpy(text, "a\n", 2);
  memcpy(text + len - 3, "\nb\n", 3);
  struct async_buf expected = ASYNC_BUF_INIT;
  async_buf_printf(&expected, "a\n%.256s !list:2: longer than 1 MiB\nb\n",
                   text + 2);
  check_bytes(JOB_INPUT_LINES, text, len, async_buf_str(&expected));
  async_buf_done(&expected);
  free(text);
}

static void a_brace_at_the_beginning_means_ndjson(void)
{
  check(JOB_INPUT_AUTO,
        "\n {\"url\":\"http://a\",\"method\":\"PUT\"}\n\n\"http://b\"\n",
        "http://a {\"method\":\"PUT\",\"url\":\"http://a\"}\nhttp://b\n");
  check(JOB_INPUT_LINES, "{\"url\":\"a\"}\n", "{\"url\":\"a\"}\n");
}

static void an_entry_may_have_an_id(void)
{
  check(JOB_INPUT_NDJSON, "{\"name\":\"a\",\"id\":\"k\"}\n",
        "a key=k {\"id\":\"k\",\"name\":\"a\"}\n");
  check(JOB_INPUT_NDJSON, "{\"name\":\"a\",\"id\":17}\n",
        "a key=17 {\"id\":17,\"name\":\"a\"}\n");
}

static void a_record_is_a_valid_entry(void)
{
  check(JOB_INPUT_AUTO,
        "{\"v\":1,\"type\":\"result\",\"tool\":\"resolve\",\"seq\":0,\"key\":"
        "\"k\",\"name\":\"example.com\",\"timeout\":7}\n"
        "{\"v\":1,\"type\":\"summary\",\"tool\":\"resolve\"}\n",
        "example.com key=k record\n");
  check(JOB_INPUT_CSV, "seq,key,outcome,attempts,url\n0,k,ok,1,http://a\n",
        "http://a key=k record\n");
}

static void of_a_record_the_first_field_that_says_something_is_the_entry(void)
{
  check(JOB_INPUT_NDJSON,
        "{\"v\":1,\"type\":\"result\",\"tool\":\"fetch\",\"url\":null,"
        "\"name\":\"\",\"input\":\"ht tp:\"}\n",
        "ht tp: record\n");
  check(JOB_INPUT_NDJSON, "{\"url\":null,\"name\":\"a\"}\n",
        "a {\"name\":\"a\",\"url\":null}\n");
  check(JOB_INPUT_NDJSON, "{\"url\":null}\n",
        "{\"url\":null} !list:1: the field 'url' is not a string\n");
  check(JOB_INPUT_CSV, "seq,input,outcome,attempts,url\n0,a b,failed,0,\n",
        "a b record\n");
}

/* What was no entry then is none now, whatever its text would be as a line. */
static void of_a_record_of_a_malformed_object_that_is_read_again(void)
{
#define MALFORMED                                                              \
  "{\"v\":1,\"type\":\"result\",\"tool\":\"fetch\",\"url\":null,"              \
  "\"error\":{\"kind\":\"input\"},\"input\":"
  check(JOB_INPUT_NDJSON, MALFORMED "\"{\\\"url\\\":5}\"}\n",
        "{\"url\":5} !list:1: the field 'url' is not a string\n");
  check(JOB_INPUT_NDJSON, MALFORMED "\"{broken\"}\n",
        "{broken !list:1: invalid JSON at column 7: string or '}' expected\n");
  check(JOB_INPUT_NDJSON, MALFORMED "\"{\\\"url\\\":\\\"a\\\"}\"}\n",
        "a {\"url\":\"a\"}\n");
}

static void bytes_in_base64_are_an_entry(void)
{
  check(JOB_INPUT_NDJSON, "{\"file\":{\"bytes\":\"Y2Fm6Q==\"}}\n",
        "caf\xe9 {\"file\":{\"bytes\":\"Y2Fm6Q==\"}}\n");
  check(JOB_INPUT_NDJSON, "{\"file\":{\"bytes\":\"AA==\"}}\n",
        "{\"file\":{\"bytes\":\"AA==\"}} !list:1: the field 'file' is not a "
        "string\n");
}

static void malformed_json_is_recorded_and_the_rest_goes_on(void)
{
  check(JOB_INPUT_NDJSON,
        "{\"url\":\"a\"}\n{\"url\":\n{\"x\":1}\n{\"url\":5}\n[1]\n"
        "{\"url\":\"b\"}{\n{\"url\":\"\\u0000\"}\n{\"url\":\"c\"}\n",
        "a {\"url\":\"a\"}\n"
        "{\"url\": !list:2: invalid JSON at column 7: unexpected token\n"
        "{\"x\":1} !list:3: has no field 'url'\n"
        "{\"url\":5} !list:4: the field 'url' is not a string\n"
        "[1] !list:5: neither an object nor a string\n"
        "{\"url\":\"b\"}{ !list:6: invalid JSON at column 12: end of file "
        "expected\n"
        "{\"url\":\"\\u0000\"} !list:7: invalid JSON at column 15: \\u0000 is "
        "not allowed without JSON_ALLOW_NUL\n"
        "c {\"url\":\"c\"}\n");
}

static void deep_json_does_not_take_the_stack(void)
{
  size_t len = 900000;
  char *text = malloc(len + 1);
  memset(text, '[', len);
  memcpy(text, "{\"a\":", 5);
  text[len] = '\n';
  struct async_buf expected = ASYNC_BUF_INIT;
  async_buf_printf(&expected, "%.256s !list:1: nested too deeply\n", text);
  check_bytes(JOB_INPUT_NDJSON, text, len + 1, async_buf_str(&expected));
  async_buf_done(&expected);
  free(text);
  check(JOB_INPUT_NDJSON, "{\"url\":\"[[{{\\\"\",\"a\":[[]]}\n",
        "[[{{\" {\"a\":[[]],\"url\":\"[[{{\\\"\"}\n");
}

static void csv_has_a_header_if_it_names_the_entry(void)
{
  check(JOB_INPUT_CSV,
        "method,url\r\nPUT,\"http://a/,\"\r\n\r\nGET,\"say \"\"x\"\"\nhi\"\n",
        "http://a/, {\"method\":\"PUT\",\"url\":\"http://a/,\"}\n"
        "say \"x\"\nhi {\"method\":\"GET\",\"url\":\"say \\\"x\\\"\\nhi\"}\n");
  check(JOB_INPUT_CSV, "http://a,x\n,\n",
        "http://a {\"1\":\"http://a\",\"2\":\"x\"}\n {\"1\":\"\",\"2\":\"\"}"
        "\n");
}

static void rows_that_do_not_fit_are_malformed_entries(void)
{
  check(JOB_INPUT_CSV, "url,a\nx\n\"y\"z,1\nok,1\nw,\"open\n\n",
        "x !list:2: has 1 columns, the header has 2\n"
        "\"y\"z,1 !list:3: not a row of columns\n"
        "ok {\"a\":\"1\",\"url\":\"ok\"}\n"
        "w,\"open\n !list:6: a quoted column does not end\n");
}

static void tsv_has_escapes(void)
{
  check(JOB_INPUT_TSV, "name\tx\na\\tb\\\\\\n\t1\n",
        "a\tb\\\n {\"name\":\"a\\tb\\\\\\n\",\"x\":\"1\"}\n");
}

static void operands_are_entries_or_lists(void)
{
  struct world world = { .opts.operand_count = 3 };
  char path[128];
  make_folder();
  make_file(path, sizeof(path), "list", "x\ny\n", 4);
  world.operands[0] = (char *)"http://a";
  world.operands[1] = path;
  world.operands[2] = (char *)"no-such-file";
  CHECK_STR(seen(&world), "http://a\nx\ny\nno-such-file\n");
  CHECK_INT(world.total, 0);
  async_buf_done(&world.seen);
  drop_folder(path);
}

static void operands_alone_are_a_known_number(void)
{
  struct world world = { .opts.operand_count = 2 };
  world.operands[0] = (char *)"http://a";
  world.operands[1] = (char *)"/";
  CHECK_STR(seen(&world), "http://a\n/\n");
  CHECK_INT(world.total, 2);
  async_buf_done(&world.seen);
}

static void a_list_that_cannot_be_read_does_not_stop_the_others(void)
{
  struct world world = { .opts.operand_count = 1 };
  char path[128];
  make_folder();
  make_file(path, sizeof(path), "list", "x\n", 2);
  world.operands[0] = (char *)"http://a";
  CHECK_INT(opt_list_add(&world.inputs, "/no/such/list"), 0);
  CHECK_INT(opt_list_add(&world.inputs, "/"), 0);
  CHECK_INT(opt_list_add(&world.inputs, path), 0);
  CHECK_STR(seen(&world), "http://a\nx\n");
  CHECK(world.failed);
  async_buf_done(&world.seen);
  drop_folder(path);
}

static void standard_input_is_read_when_nothing_else_is_named(void)
{
  struct world world = { .opts.stdin_too = true };
  int ends[2];
  CHECK_INT(pipe(ends), 0);
  CHECK_INT(write(ends[1], "a\nb\n", 4), 4);
  close(ends[1]);
  world.opts.stdin_fd = ends[0];
  CHECK_STR(seen(&world), "a\nb\n");
  close(ends[0]);
  async_buf_done(&world.seen);

  struct world other = { .opts = { .stdin_too = true, .operand_count = 1 } };
  other.operands[0] = (char *)"http://a";
  other.opts.stdin_fd = -1;
  CHECK_STR(seen(&other), "http://a\n");
  async_buf_done(&other.seen);
}

static void a_named_pipe_waits_for_its_writer(void)
{
  struct world world = { .opts.operand_count = 1 };
  char path[128];
  make_folder();
  snprintf(path, sizeof(path), "%s/pipe", folder);
  CHECK_INT(mkfifo(path, 0600), 0);
  pid_t writer = fork();
  if (writer == 0) {
    int fd = open(path, O_WRONLY);
    _exit(write(fd, "late\n", 5) == 5 ? 0 : 1);
  }
  world.operands[0] = path;
  CHECK_STR(seen(&world), "late\n");
  CHECK_INT(waitpid(writer, NULL, 0), writer);
  async_buf_done(&world.seen);
  drop_folder(path);
}

static int read_cancelled(void *arg)
{
  struct async_scope scope;
  async_scope_enter(&scope, async_in(ASYNC_MS));
  read_all(arg);
  return async_scope_leave(&scope, 0);
}

static void waiting_for_input_can_be_cancelled(void)
{
  struct world world = { .opts.stdin_too = true };
  int ends[2];
  CHECK_INT(pipe(ends), 0);
  world.opts.stdin_fd = ends[0];
  world.opts.inputs = &world.inputs;
  CHECK_INT(async_run(read_cancelled, &world, NULL), 0);
  CHECK_INT(world.rc, ASYNC_ECANCELED);
  close(ends[0]);
  close(ends[1]);
}

/* Fields. */

static struct job_item with_fields(const char *json)
{
  struct job_item item = { .seq = 0 };
  item.entry.fields = json_loads(json, 0, NULL);
  CHECK(item.entry.fields);
  return item;
}

static void fields_are_read_with_their_types(void)
{
  struct job_item item =
      with_fields("{\"s\":\"x\",\"n\":5,\"t\":true,\"d\":1.5,\"e\":\"200ms\","
                  "\"z\":null,\"c\":\"\"}");
  const char *text = NULL;
  uint64_t number = 0;
  bool flag = false;
  int64_t duration_ns = 0;
  CHECK_INT(job_entry_string(&item, "s", &text), 0);
  CHECK_STR(text, "x");
  CHECK_INT(job_entry_uint(&item, "n", &number), 0);
  CHECK_INT(number, 5);
  CHECK_INT(job_entry_bool(&item, "t", &flag), 0);
  CHECK(flag);
  CHECK_INT(job_entry_duration(&item, "d", &duration_ns), 0);
  CHECK_INT(duration_ns, 1500 * ASYNC_MS);
  CHECK_INT(job_entry_duration(&item, "e", &duration_ns), 0);
  CHECK_INT(duration_ns, 200 * ASYNC_MS);
  CHECK_INT(job_entry_duration(&item, "n", &duration_ns), 0);
  CHECK_INT(duration_ns, 5 * ASYNC_SEC);
  CHECK_INT(job_entry_uint(&item, "z", &number), 0);
  CHECK_INT(job_entry_uint(&item, "c", &number), 0);
  CHECK_INT(job_entry_uint(&item, "missing", &number), 0);
  CHECK_INT(number, 5);
  job_item_done(&item);
}

static void a_field_of_another_type_is_an_error(void)
{
  struct job_item item = with_fields("{\"s\":5,\"n\":-1,\"t\":\"x\",\"d\":[]}");
  const char *text = NULL;
  uint64_t number = 0;
  bool flag = false;
  int64_t duration_ns = 0;
  CHECK_INT(job_entry_string(&item, "s", &text), -1);
  CHECK_STR(job_error_text(&item.error), "the field 's' is not a string");
  CHECK_INT(item.error.kind, JOB_ERROR_INPUT);
  CHECK_INT(job_entry_uint(&item, "n", &number), -1);
  CHECK_INT(job_entry_bool(&item, "t", &flag), -1);
  CHECK_INT(job_entry_duration(&item, "d", &duration_ns), -1);
  job_item_done(&item);
}

static void headers_come_as_a_string_an_array_or_an_object(void)
{
  struct job_item item = with_fields(
      "{\"a\":\"A: 1\",\"b\":[\"B: 1\",\"B: 2\"],\"c\":{\"C\":\"1\"}"
      ",\"d\":[5],\"e\":7}");
  struct opt_list list = { NULL, 0 };
  CHECK_INT(job_entry_list(&item, "a", ": ", &list), 0);
  CHECK_INT(job_entry_list(&item, "b", ": ", &list), 0);
  CHECK_INT(job_entry_list(&item, "c", ": ", &list), 0);
  CHECK_INT(list.count, 4);
  CHECK_STR(list.items[2], "B: 2");
  CHECK_STR(list.items[3], "C: 1");
  CHECK_INT(job_entry_list(&item, "d", ": ", &list), -1);
  CHECK_INT(job_entry_list(&item, "e", ": ", &list), -1);
  opt_list_done(&list);
  job_item_done(&item);
}

static void the_fields_of_a_record_are_not_options(void)
{
  struct job_item item = with_fields("{\"timeout\":\"x\"}");
  int64_t duration_ns = 7;
  item.entry.is_record = true;
  CHECK_INT(job_entry_duration(&item, "timeout", &duration_ns), 0);
  CHECK_INT(duration_ns, 7);
  job_item_done(&item);
}

static const struct tap_test tests[] = {
  TEST(a_list_is_a_line_an_entry),
  TEST(empty_lines_and_comments_are_skipped),
  TEST(a_byte_order_mark_is_no_part_of_an_entry),
  TEST(bytes_need_not_be_utf8),
  TEST(columns_with_names_are_fields),
  TEST(a_nul_byte_in_a_line_is_a_malformed_entry),
  TEST(entries_may_end_with_nul),
  TEST(a_line_over_the_limit_is_a_malformed_entry),
  TEST(a_brace_at_the_beginning_means_ndjson),
  TEST(an_entry_may_have_an_id),
  TEST(a_record_is_a_valid_entry),
  TEST(of_a_record_the_first_field_that_says_something_is_the_entry),
  TEST(of_a_record_of_a_malformed_object_that_is_read_again),
  TEST(bytes_in_base64_are_an_entry),
  TEST(malformed_json_is_recorded_and_the_rest_goes_on),
  TEST(deep_json_does_not_take_the_stack),
  TEST(csv_has_a_header_if_it_names_the_entry),
  TEST(rows_that_do_not_fit_are_malformed_entries),
  TEST(tsv_has_escapes),
  TEST(operands_are_entries_or_lists),
  TEST(operands_alone_are_a_known_number),
  TEST(a_list_that_cannot_be_read_does_not_stop_the_others),
  TEST(standard_input_is_read_when_nothing_else_is_named),
  TEST(a_named_pipe_waits_for_its_writer),
  TEST(waiting_for_input_can_be_cancelled),
  TEST(fields_are_read_with_their_types),
  TEST(a_field_of_another_type_is_an_error),
  TEST(headers_come_as_a_string_an_array_or_an_object),
  TEST(the_fields_of_a_record_are_not_options),
};

TAP_MAIN(tests)
