#include "async/error.h"
#include "async/time.h"
#include "opt/number.h"
#include "tap.h"

static void check_duration(const char *text, int64_t ns)
{
  int64_t out = -1;
  CHECK_INT(opt_read_duration(text, &out), 0);
  CHECK_INT(out, ns);
}

static void refuse_duration(const char *text)
{
  int64_t out = -1;
  CHECK_INT(opt_read_duration(text, &out), ASYNC_EINVAL);
  CHECK_INT(out, -1);
}

static void a_duration_has_a_unit_or_is_seconds(void)
{
  check_duration("0", 0);
  check_duration("10", 10 * ASYNC_SEC);
  check_duration("1.5s", 1500 * ASYNC_MS);
  check_duration("250ms", 250 * ASYNC_MS);
  check_duration("2m", 120 * ASYNC_SEC);
  check_duration("1.5h", 5400 * ASYNC_SEC);
  check_duration("1d", 86400 * ASYNC_SEC);
  check_duration("0.000000001", 1);
  check_duration("0.1ms", 100000);
  check_duration("106751d", INT64_C(106751) * 86400 * ASYNC_SEC);
}

static void a_duration_is_refused_whole(void)
{
  static const char *const texts[] = { "",
                                       " 1",
                                       "1 ",
                                       "-1",
                                       "+1",
                                       "1e3",
                                       "s",
                                       ".5",
                                       "5.",
                                       "1S",
                                       "1us",
                                       "1m30s",
                                       "inf",
                                       "nan",
                                       "0x10",
                                       "106752d",
                                       "99999999999999999999" };
  for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
    refuse_duration(texts[i]);
}

static void sizes_are_powers_of_1024(void)
{
  uint64_t out;
  CHECK_INT(opt_read_size("4096", &out), 0);
  CHECK_INT(out, 4096);
  CHECK_INT(opt_read_size("64k", &out), 0);
  CHECK_INT(out, 65536);
  CHECK_INT(opt_read_size("1.5M", &out), 0);
  CHECK_INT(out, 1572864);
  CHECK_INT(opt_read_size("8G", &out), 0);
  CHECK_INT(out, INT64_C(8) << 30);
  CHECK_INT(opt_read_size("1m", &out), ASYNC_EINVAL);
  CHECK_INT(opt_read_size("9999999999G", &out), ASYNC_EINVAL);
}

static void counts_stop_at_int64_max(void)
{
  uint64_t out;
  CHECK_INT(opt_read_count("9223372036854775807", &out), 0);
  CHECK_INT(opt_read_count("9223372036854775808", &out), ASYNC_EINVAL);
  CHECK_INT(opt_read_count("1.0", &out), ASYNC_EINVAL);
  CHECK_INT(opt_read_count("", &out), ASYNC_EINVAL);
}

static void check_rate(const char *text, double per_s, double burst)
{
  struct opt_rate rate;
  CHECK_INT(opt_read_rate(text, &rate), 0);
  CHECK(rate.per_s > per_s * 0.999999 && rate.per_s < per_s * 1.000001);
  CHECK(rate.burst >= burst && rate.burst <= burst);
}

static void a_rate_has_a_unit_and_a_burst(void)
{
  struct opt_rate rate;
  check_rate("10", 10, 0);
  check_rate("10/s", 10, 0);
  check_rate("90/m", 1.5, 0);
  check_rate("1800/h,burst=20", 0.5, 20);
  check_rate("0.5,burst=1", 0.5, 1);
  CHECK_INT(opt_read_rate("10/d", &rate), ASYNC_EINVAL);
  CHECK_INT(opt_read_rate("10/", &rate), ASYNC_EINVAL);
  CHECK_INT(opt_read_rate("10,", &rate), ASYNC_EINVAL);
  CHECK_INT(opt_read_rate("10,burst=", &rate), ASYNC_EINVAL);
  CHECK_INT(opt_read_rate("10,burst=0.5", &rate), ASYNC_EINVAL);
  CHECK_INT(opt_read_rate("10/s,burst=2,", &rate), ASYNC_EINVAL);
}

static void a_quota_is_a_count_or_a_share(void)
{
  struct opt_quota quota;
  CHECK_INT(opt_read_quota("12", &quota), 0);
  CHECK_INT(quota.count, 12);
  CHECK_INT((int)(quota.share * 1000), 0);
  CHECK_INT(opt_read_quota("2.5%", &quota), 0);
  CHECK_INT(quota.count, 0);
  CHECK_INT((int)(quota.share * 1000), 25);
  CHECK_INT(opt_read_quota("100%", &quota), 0);
  CHECK_INT(opt_read_quota("101%", &quota), ASYNC_EINVAL);
  CHECK_INT(opt_read_quota("%", &quota), ASYNC_EINVAL);
  CHECK_INT(opt_read_quota("1.5", &quota), ASYNC_EINVAL);
}

static void a_percentage_may_say_so(void)
{
  double out;
  CHECK_INT(opt_read_percent("20", &out), 0);
  CHECK_INT((int)out, 20);
  CHECK_INT(opt_read_percent("20%", &out), 0);
  CHECK_INT((int)out, 20);
  CHECK_INT(opt_read_percent("100.1", &out), ASYNC_EINVAL);
  CHECK_INT(opt_read_percent("20%%", &out), ASYNC_EINVAL);
}

static const struct tap_test tests[] = {
  TEST(a_duration_has_a_unit_or_is_seconds),
  TEST(a_duration_is_refused_whole),
  TEST(sizes_are_powers_of_1024),
  TEST(counts_stop_at_int64_max),
  TEST(a_rate_has_a_unit_and_a_burst),
  TEST(a_quota_is_a_count_or_a_share),
  TEST(a_percentage_may_say_so),
};

TAP_MAIN(tests)
