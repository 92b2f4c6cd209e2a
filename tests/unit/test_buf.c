#include "async/buf.h"

#include "async/error.h"
#include "async/rng.h"
#include "tap.h"

static void check_and_free(struct async_buf *buf, const char *text)
{
  CHECK_INT(buf->err, 0);
  CHECK_INT(buf->len, strlen(text));
  CHECK_STR(async_buf_str(buf), text);
  async_buf_done(buf);
}

static void an_empty_buffer_is_an_empty_string(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add(&buf, NULL, 0);
  async_buf_add_str(&buf, "");
  async_buf_drop(&buf, 0);
  async_buf_clear(&buf);
  check_and_free(&buf, "");
  async_buf_done(&buf);
}

static void appends_come_one_after_another(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add(&buf, "ab", 2);
  async_buf_add_char(&buf, 'c');
  async_buf_add_str(&buf, "def");
  async_buf_printf(&buf, "-%d-%s", 7, "x");
  check_and_free(&buf, "abcdef-7-x");
}

static void it_grows_and_keeps_what_it_has(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  for (int i = 0; i < 100000; i++)
    async_buf_add_char(&buf, (char)('a' + i % 26));
  CHECK_INT(buf.len, 100000);
  for (int i = 0; i < 100000; i++)
    CHECK_INT(buf.data[i], 'a' + i % 26);
  async_buf_done(&buf);
}

static void bytes_may_be_nul(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add(&buf, "a\0b", 3);
  async_buf_add_char(&buf, '\0');
  CHECK_INT(buf.len, 4);
  CHECK(memcmp(async_buf_str(&buf), "a\0b\0", 5) == 0);
  async_buf_done(&buf);
}

static void numbers_are_decimal_from_end_to_end(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add_uint(&buf, 0);
  async_buf_add_char(&buf, ' ');
  async_buf_add_uint(&buf, UINT64_MAX);
  async_buf_add_char(&buf, ' ');
  async_buf_add_int(&buf, INT64_MIN);
  async_buf_add_char(&buf, ' ');
  async_buf_add_int(&buf, INT64_MAX);
  async_buf_add_char(&buf, ' ');
  async_buf_add_int(&buf, -5);
  check_and_free(&buf, "0 18446744073709551615 -9223372036854775808 "
                       "9223372036854775807 -5");
}

static void check_fixed(int64_t value, int64_t scale, unsigned digits,
                        const char *text)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add_fixed(&buf, value, scale, digits);
  check_and_free(&buf, text);
}

static void fixed_numbers_are_rounded_to_nearest(void)
{
  check_fixed(1234567, 1000000, 3, "1.235");
  check_fixed(1234499, 1000000, 3, "1.234");
  check_fixed(1234500, 1000000, 3, "1.235");
  check_fixed(0, 1000, 3, "0.000");
  check_fixed(5, 1000, 2, "0.01");
  check_fixed(4, 1000, 2, "0.00");
  check_fixed(1, 3, 9, "0.333333333");
  check_fixed(2, 3, 9, "0.666666667");
}

static void fixed_numbers_carry_into_the_whole(void)
{
  check_fixed(999999999, 1000000, 3, "1000.000");
  check_fixed(19999, 10000, 1, "2.0");
  check_fixed(15, 10, 0, "2");
  check_fixed(14, 10, 0, "1");
}

static void fixed_numbers_may_be_large(void)
{
  check_fixed(INT64_MAX, 1, 9, "9223372036854775807.000000000");
  check_fixed(INT64_MAX, 1000000000, 9, "9223372036.854775807");
  check_fixed(INT64_MAX, INT64_MAX, 9, "1.000000000");
  check_fixed(INT64_MAX / 2, INT64_MAX, 9, "0.500000000");
  check_fixed(INT64_MAX - 1, INT64_MAX, 3, "1.000");
}

/* Exact where printf with a long double is: small values. */
static void fixed_numbers_agree_with_printf(void)
{
  struct async_rng rng;
  async_rng_init(&rng, 4);
  for (int i = 0; i < 20000; i++) {
    int64_t value = (int64_t)async_rng_below(&rng, UINT64_C(1) << 40);
    struct async_buf buf = ASYNC_BUF_INIT;
    char text[64];
    /* An odd divisor has no ties, on which printf rounds to even. */
    snprintf(text, sizeof(text), "%.4Lf", (long double)value / 30031);
    async_buf_add_fixed(&buf, value, 30031, 4);
    check_and_free(&buf, text);
  }
}

static void printf_may_be_longer_than_the_room(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_printf(&buf, "%0500d", 1);
  async_buf_printf(&buf, "%s", "");
  CHECK_INT(buf.len, 500);
  CHECK_INT(buf.data[499], '1');
  async_buf_done(&buf);
}

static void drop_takes_from_the_front(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add_str(&buf, "0123456789");
  async_buf_drop(&buf, 3);
  CHECK_STR(async_buf_str(&buf), "3456789");
  async_buf_drop(&buf, 7);
  async_buf_add_str(&buf, "x");
  check_and_free(&buf, "x");
}

static void clear_keeps_the_memory(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add_str(&buf, "0123456789");
  char *data = buf.data;
  async_buf_clear(&buf);
  async_buf_add_str(&buf, "abc");
  CHECK(buf.data == data);
  check_and_free(&buf, "abc");
}

static void a_failed_append_sticks_until_cleared(void)
{
  struct async_buf buf = ASYNC_BUF_INIT;
  async_buf_add_str(&buf, "abc");
  CHECK_INT(async_buf_reserve(&buf, SIZE_MAX), ASYNC_ENOMEM);
  async_buf_add_char(&buf, 'd');
  async_buf_add_str(&buf, "e");
  async_buf_add_uint(&buf, 1);
  async_buf_printf(&buf, "%d", 2);
  CHECK_INT(buf.err, ASYNC_ENOMEM);
  CHECK_INT(buf.len, 3);
  CHECK(!async_buf_str(&buf));
  async_buf_drop(&buf, 2);
  async_buf_add_char(&buf, 'd');
  CHECK_INT(buf.len, 1);
  async_buf_clear(&buf);
  async_buf_add_str(&buf, "again");
  check_and_free(&buf, "again");
}

static const struct tap_test tests[] = {
  TEST(an_empty_buffer_is_an_empty_string),
  TEST(appends_come_one_after_another),
  TEST(it_grows_and_keeps_what_it_has),
  TEST(bytes_may_be_nul),
  TEST(numbers_are_decimal_from_end_to_end),
  TEST(fixed_numbers_are_rounded_to_nearest),
  TEST(fixed_numbers_carry_into_the_whole),
  TEST(fixed_numbers_may_be_large),
  TEST(fixed_numbers_agree_with_printf),
  TEST(printf_may_be_longer_than_the_room),
  TEST(drop_takes_from_the_front),
  TEST(clear_keeps_the_memory),
  TEST(a_failed_append_sticks_until_cleared),
};

TAP_MAIN(tests)
