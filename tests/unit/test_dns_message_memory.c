/* Without memory the text ends, and says so. */
#include "async/error.h"
#include "dns_sample.h"
#include "failing_alloc.h"

static struct sample sample;
static struct async_dns_message message;

/* A message whose text and set do not fit the first allocation of a buffer. */
static void prepare(void)
{
  sample_header(&sample, 0x8180, 1, 60, 0, 0);
  sample_question(&sample, ASYNC_DNS_TXT);
  for (int i = 0; i < 60; i += 3) {
    unsigned char string[101];
    memset(string, 100 + i, sizeof(string));
    string[0] = 100;
    sample_record(&sample, ASYNC_DNS_TXT, string, sizeof(string));
    sample_record(&sample, ASYNC_DNS_A, string, 4);
    sample_record(&sample, 65280, string, sizeof(string));
  }
  CHECK_INT(async_dns_message_read(&message, sample.bytes, sample.len), 0);
  CHECK(!message.damaged);
}

static int print(struct async_buf *out)
{
  return async_dns_message_add(out, &message);
}

static int write_set(struct async_buf *out)
{
  return async_dns_message_set(out, &message, 0);
}

static int add_option(struct async_buf *out)
{
  int err = async_dns_option_add_hex(out, "65001:00112233445566778899aabbccdd"
                                          "eeff00112233445566778899aabbccddee"
                                          "ff00112233445566778899aabbccddeeff"
                                          "00112233445566778899aabbccddeeff");
  return out->err < 0 ? out->err : err;
}

static void fails_at_each_allocation(int (*act)(struct async_buf *out))
{
  uint64_t allocations = 1;
  prepare();
  for (uint64_t at = 0; at <= allocations; at++) {
    struct async_buf out = ASYNC_BUF_INIT;
    failing_alloc_start(at);
    int rc = act(&out);
    uint64_t tried = failing_alloc_stop();
    CHECK_INT(rc, at ? ASYNC_ENOMEM : 0);
    if (!at)
      allocations = tried;
    async_buf_done(&out);
  }
  CHECK(allocations > 1);
}

static void printing_fails_without_memory(void)
{
  fails_at_each_allocation(print);
}

static void sets_fail_without_memory(void)
{
  fails_at_each_allocation(write_set);
}

static void options_fail_without_memory(void)
{
  fails_at_each_allocation(add_option);
}

static const struct tap_test tests[] = {
  TEST(printing_fails_without_memory),
  TEST(sets_fail_without_memory),
  TEST(options_fail_without_memory),
};

TAP_MAIN(tests)
