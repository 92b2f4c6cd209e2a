#include "async/error.h"
#include "async/time.h"
#include "job/base64.h"
#include "job/tool.h"
#include "job/utf8.h"
#include "tap.h"

struct item {
  struct job_item job;
  struct job_value value; /* what the field "value" gives */
};

static void get_value(const struct job_item *item, struct job_value *out)
{
  *out = ((const struct item *)item)->value;
}

static void get_dns(const struct job_item *item, struct job_value *out)
{
  (void)item;
  job_value_ms(out, 1500 * ASYNC_US);
}

static void get_total(const struct job_item *item, struct job_value *out)
{
  (void)item;
  job_value_ms(out, 812400 * ASYNC_US);
}

static const struct job_field time_members[] = {
  { .name = "dns", .get = get_dns },
  { .name = "total", .get = get_total },
  { 0 },
};

static const struct job_field fields[] = {
  { .name = "value", .get = get_value },
  { .name = "time", .members = time_members },
  { 0 },
};

static const struct job_tool tool = { .name = "test", .fields = fields };

static struct async_buf made, message;

/* A record in that format; NULL if the format is refused. */
static const char *record(const char *format, const char *names,
                          const struct item *item)
{
  struct opt_list list = { NULL, 0 };
  struct job_writer writer;
  char *copy = strdup(names), *rest = copy;
  for (char *name; (name = strsep(&rest, ",")) != NULL;)
    if (*name)
      CHECK_INT(opt_list_add(&list, name), 0);
  async_buf_clear(&made);
  async_buf_clear(&message);
  int err = job_writer_init(&writer, &tool, format, &list, &message);
  if (err == 0) {
    job_writer_begin(&writer, &made);
    job_writer_add(&writer, &item->job, NULL, &made);
  }
  job_writer_done(&writer);
  opt_list_done(&list);
  free(copy);
  return err < 0 ? NULL : async_buf_str(&made);
}

static void done(void)
{
  async_buf_done(&made);
  async_buf_done(&message);
}

static const char *value_as(const char *format, struct job_value value)
{
  struct item item = { .value = value };
  return record(format, "value", &item);
}

static void check_json(struct job_value value, const char *expected)
{
  char line[512];
  snprintf(line, sizeof(line), "{\"value\":%s}\n", expected);
  CHECK_STR(value_as("ndjson", value), line);
}

static struct job_value bytes(const char *text)
{
  struct job_value value = { .kind = JOB_VALUE_NULL };
  job_value_string(&value, text);
  return value;
}

static struct item example(void)
{
  return (struct item){
    .job = { .entry = { .text = (char *)"http://a/",
                        .text_len = 9,
                        .key = (char *)"k",
                        .key_len = 1 },
             .error = { .kind = JOB_ERROR_HTTP,
                        .code = 503,
                        .message = (char *)"HTTP 503" },
             .outcome = JOB_OUTCOME_FAILED,
             .attempts = 2,
             .seq = 12,
             .start_wall_ns = INT64_C(1700000000123456789),
             .queue_ns = 3100 * ASYNC_US,
             .duration_ns = 812400 * ASYNC_US },
  };
}

static void a_record_has_the_common_fields_first(void)
{
  struct item item = example();
  CHECK_STR(record("ndjson", "", &item),
            "{\"v\":1,\"type\":\"result\",\"tool\":\"test\",\"seq\":12,"
            "\"key\":\"k\",\"input\":\"http://a/\",\"outcome\":\"failed\","
            "\"attempts\":2,\"start\":\"2023-11-14T22:13:20.123Z\","
            "\"queue_ms\":3.1,\"duration_ms\":812.4,\"error\":{\"kind\":"
            "\"http\",\"code\":503,\"message\":\"HTTP 503\"},\"value\":null,"
            "\"time\":{\"dns\":1.5,\"total\":812.4}}\n");
  done();
}

static void what_never_started_has_nulls(void)
{
  struct item item = { .job.outcome = JOB_OUTCOME_SKIPPED };
  CHECK_STR(record("ndjson", "outcome,start,error,key", &item),
            "{\"outcome\":\"skipped\",\"start\":null,\"error\":null,"
            "\"key\":null}\n");
  done();
}

static void an_error_code_is_a_number_a_name_or_null(void)
{
  struct item item = example();
  CHECK_STR(record("ndjson", "error.code", &item),
            "{\"error\":{\"code\":503}}\n");
  item.job.error.code = ASYNC_ETIMEDOUT;
  CHECK_STR(record("ndjson", "error.code", &item),
            "{\"error\":{\"code\":\"ETIMEDOUT\"}}\n");
  item.job.error.code = 0;
  CHECK_STR(record("ndjson", "error.code", &item),
            "{\"error\":{\"code\":null}}\n");
  done();
}

static void every_kind_of_value_is_json(void)
{
  static const char *const strings[] = { "a", "b\"c" };
  struct job_value value = { .kind = JOB_VALUE_NULL };
  check_json(value, "null");
  job_value_bool(&value, true);
  check_json(value, "true");
  job_value_int(&value, INT64_MIN);
  check_json(value, "-9223372036854775808");
  job_value_uint(&value, UINT64_MAX);
  check_json(value, "18446744073709551615");
  job_value_time(&value, 0);
  check_json(value, "\"1970-01-01T00:00:00.000Z\"");
  job_value_word(&value, "ok");
  check_json(value, "\"ok\"");
  job_value_strings(&value, strings, 2);
  check_json(value, "[\"a\",\"b\\\"c\"]");
  job_value_strings(&value, strings, 0);
  check_json(value, "[]");
  done();
}

static void check_ms(int64_t duration_ns, const char *expected)
{
  struct job_value value = { .kind = JOB_VALUE_NULL };
  job_value_ms(&value, duration_ns);
  check_json(value, expected);
}

static void milliseconds_have_no_more_digits_than_they_need(void)
{
  check_ms(0, "0");
  check_ms(5 * ASYNC_MS, "5");
  check_ms(40 * ASYNC_US, "0.04");
  check_ms(1234567, "1.235");
  check_ms(999999999, "1000");
  check_ms(-1, "null");
  done();
}

static void strings_are_escaped(void)
{
  check_json(bytes(""), "\"\"");
  check_json(bytes("plain text of some length"),
             "\"plain text of some length\"");
  check_json(bytes("say \"hi\"\\"), "\"say \\\"hi\\\"\\\\\"");
  check_json(bytes("a\tb\nc\rd\be\f\x01\x1f\x7f"),
             "\"a\\tb\\nc\\rd\\be\\f\\u0001\\u001f\x7f\"");
  check_json(bytes("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\n"),
             "\"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80\\n\"");
  done();
}

static void bytes_that_are_not_utf8_become_base64(void)
{
  check_json(bytes("\xff"), "{\"bytes\":\"/w==\"}");
  check_json(bytes("ab\xc3"), "{\"bytes\":\"YWLD\"}");
  check_json(bytes("\xc0\x80"), "{\"bytes\":\"wIA=\"}");
  done();
}

static void utf8_has_no_overlong_forms_and_no_surrogates(void)
{
  CHECK(job_is_utf8("\xed\x9f\xbf\xee\x80\x80\xf4\x8f\xbf\xbf", 10));
  CHECK(!job_is_utf8("\xed\xa0\x80", 3));
  CHECK(!job_is_utf8("\xe0\x9f\xbf", 3));
  CHECK(!job_is_utf8("\xf0\x8f\xbf\xbf", 4));
  CHECK(!job_is_utf8("\xf4\x90\x80\x80", 4));
  CHECK(!job_is_utf8("\xf8\x88\x80\x80\x80", 5));
  CHECK(!job_is_utf8("\x80", 1));
  CHECK(!job_is_utf8("\xe2\x82", 2));
}

static void the_plain_part_ends_at_the_same_byte_at_any_offset(void)
{
  static const unsigned char special[] = { '"', '\\', 0, 0x1f, 0x80, 0xff };
  for (size_t at = 0; at < 24; at++)
    for (size_t i = 0; i < sizeof(special); i++) {
      char text[24];
      memset(text, '~', sizeof(text));
      text[at] = (char)special[i];
      CHECK_INT(job_plain_len(text, sizeof(text)), at);
    }
}

static void base64_comes_back(void)
{
  for (size_t len = 0; len < 9; len++) {
    struct async_buf text = ASYNC_BUF_INIT, back = ASYNC_BUF_INIT;
    job_base64_add(&text, "\x00\xff\x10zy<>?", len);
    CHECK_INT(job_base64_decode(&back, text.data, text.len), 0);
    CHECK_INT(back.len, len);
    CHECK(len == 0 || memcmp(back.data, "\x00\xff\x10zy<>?", len) == 0);
    async_buf_done(&text);
    async_buf_done(&back);
  }
}

static void base64_refuses_what_is_not(void)
{
  static const char *const bad[] = { "a", "ab=c", "====", "a b=", "\xff===" };
  for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
    struct async_buf back = ASYNC_BUF_INIT;
    CHECK_INT(job_base64_decode(&back, bad[i], strlen(bad[i])),
              ASYNC_EENCODING);
    async_buf_done(&back);
  }
}

static void fields_select_and_order(void)
{
  struct item item = example();
  CHECK_STR(record("ndjson", "attempts,seq", &item),
            "{\"attempts\":2,\"seq\":12}\n");
  CHECK_STR(record("text", "attempts,tool,key", &item), "2\ttest\tk\n");
  CHECK_STR(record("tsv", "key,time", &item),
            "key\ttime.dns\ttime.total\nk\t1.5\t812.4\n");
  done();
}

static void members_of_an_object_stand_together(void)
{
  struct item item = example();
  CHECK_STR(record("ndjson", "time.total,seq,time.dns", &item),
            "{\"time\":{\"total\":812.4,\"dns\":1.5},\"seq\":12}\n");
  CHECK_STR(record("ndjson", "seq,time.dns,time.total", &item),
            "{\"seq\":12,\"time\":{\"dns\":1.5,\"total\":812.4}}\n");
  CHECK_STR(record("csv", "time.total,seq,time.dns", &item),
            "time.total,seq,time.dns\n812.4,12,1.5\n");
  done();
}

static void a_name_stands_once_in_an_object(void)
{
  struct item item = example();
  item.job.error = (struct job_error){ .kind = JOB_ERROR_NONE };
  CHECK_STR(record("ndjson", "seq,time.dns,seq,time,time.dns", &item),
            "{\"seq\":12,\"time\":{\"dns\":1.5,\"total\":812.4}}\n");
  CHECK_STR(record("ndjson", "error,error.kind", &item), "{\"error\":null}\n");
  CHECK_STR(record("ndjson", "error.code,error", &item),
            "{\"error\":{\"code\":null,\"kind\":null,\"message\":null}}\n");
  done();
}

static void csv_quotes_what_needs_it(void)
{
  CHECK_STR(value_as("csv", bytes("plain")), "value\nplain\n");
  CHECK_STR(value_as("csv", bytes("a,b")), "value\n\"a,b\"\n");
  CHECK_STR(value_as("csv", bytes("say \"hi\"")),
            "value\n\"say \"\"hi\"\"\"\n");
  CHECK_STR(value_as("csv", bytes("two\nlines")), "value\n\"two\nlines\"\n");
  CHECK_STR(value_as("csv", bytes("\xff")), "value\n\xff\n");
  done();
}

static void tsv_escapes_tabs_and_lines(void)
{
  static const char *const strings[] = { "a", "b" };
  struct job_value value = { .kind = JOB_VALUE_NULL };
  CHECK_STR(value_as("tsv", bytes("a\tb\nc\\d\re")),
            "value\na\\tb\\nc\\\\d\\re\n");
  job_value_strings(&value, strings, 2);
  CHECK_STR(value_as("tsv", value), "value\n[\"a\",\"b\"]\n");
  job_value_time(&value, 0);
  CHECK_STR(value_as("tsv", value), "value\n1970-01-01T00:00:00.000Z\n");
  done();
}

static void a_table_has_no_columns_that_never_change(void)
{
  struct item item = example();
  CHECK_STR(record("tsv", "", &item),
            "seq\tkey\tinput\toutcome\tattempts\tstart\tqueue_ms\tduration_ms"
            "\terror.kind\terror.code\terror.message\tvalue\ttime.dns\t"
            "time.total\n12\tk\thttp://a/\tfailed\t2\t"
            "2023-11-14T22:13:20.123Z\t3.1\t812.4\thttp\t503\tHTTP 503\t\t1.5"
            "\t812.4\n");
  done();
}

static void a_template_puts_fields_into_text(void)
{
  struct item item = example();
  CHECK_STR(record("{seq}: {outcome} {{x}} {time.dns}\\t{value}\\n", "", &item),
            "12: failed {x} 1.5\t-\n");
  CHECK_STR(record("{error.message}", "", &item), "HTTP 503");
  CHECK_STR(record("{start}{key}\\\\", "", &item),
            "2023-11-14T22:13:20.123Zk\\");
  done();
}

static void a_template_that_is_wrong_is_explained(void)
{
  struct item item = example();
  CHECK(!record("{atempts}", "", &item));
  CHECK(strstr(async_buf_str(&message), "did you mean 'attempts'?"));
  CHECK(!record("{seq", "", &item));
  CHECK_STR(async_buf_str(&message), "the template ends inside '{seq'");
  CHECK(!record("{time}", "", &item));
  CHECK(strstr(async_buf_str(&message), "such as 'time.dns'"));
  CHECK(!record("{}", "", &item));
  done();
}

static void an_unknown_field_is_named_with_the_nearest(void)
{
  struct item item = example();
  CHECK(!record("ndjson", "seq,outcom", &item));
  CHECK(strstr(async_buf_str(&message),
               "no field is called 'outcom' (did you mean 'outcome'?); there "
               "are v, type, tool, seq,"));
  CHECK(!record("ndjson", "time.dsn", &item));
  CHECK(strstr(async_buf_str(&message), "did you mean 'time.dns'?"));
  CHECK(!record("ndjson", "seq.x", &item));
  done();
}

static void text_without_a_tools_own_says_outcome_and_why(void)
{
  struct item item = example();
  CHECK_STR(record("text", "", &item), "failed http://a/: HTTP 503\n");
  done();
}

static const struct tap_test tests[] = {
  TEST(a_record_has_the_common_fields_first),
  TEST(what_never_started_has_nulls),
  TEST(an_error_code_is_a_number_a_name_or_null),
  TEST(every_kind_of_value_is_json),
  TEST(milliseconds_have_no_more_digits_than_they_need),
  TEST(strings_are_escaped),
  TEST(bytes_that_are_not_utf8_become_base64),
  TEST(utf8_has_no_overlong_forms_and_no_surrogates),
  TEST(the_plain_part_ends_at_the_same_byte_at_any_offset),
  TEST(base64_comes_back),
  TEST(base64_refuses_what_is_not),
  TEST(fields_select_and_order),
  TEST(members_of_an_object_stand_together),
  TEST(a_name_stands_once_in_an_object),
  TEST(csv_quotes_what_needs_it),
  TEST(tsv_escapes_tabs_and_lines),
  TEST(a_table_has_no_columns_that_never_change),
  TEST(a_template_puts_fields_into_text),
  TEST(a_template_that_is_wrong_is_explained),
  TEST(an_unknown_field_is_named_with_the_nearest),
  TEST(text_without_a_tools_own_says_outcome_and_why),
};

TAP_MAIN(tests)
