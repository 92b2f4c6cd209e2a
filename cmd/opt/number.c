#include "opt/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "async/error.h"
#include "async/time.h"

/* whole + fraction / scale, as written. */
struct decimal {
  uint64_t whole, fraction, scale;
};

struct unit {
  const char *suffix;
  uint64_t factor;
};

enum { FRACTION_DIGITS = 9 };

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* Reads digits. Returns what follows them, NULL if there are none or too
 * many. */
static const char *read_whole(const char *text, uint64_t *out)
{
  uint64_t value = 0;
  const char *p = text;
  for (; is_digit(*p); p++) {
    uint64_t digit = (uint64_t)(*p - '0');
    if (value > ((uint64_t)INT64_MAX - digit) / 10)
      return NULL;
    value = value * 10 + digit;
  }
  *out = value;
  return p == text ? NULL : p;
}

/* Digits beyond the ninth are checked and dropped. */
static const char *read_fraction(const char *text, struct decimal *out)
{
  const char *p = text;
  for (; is_digit(*p); p++) {
    if (p - text >= FRACTION_DIGITS)
      continue;
    out->fraction = out->fraction * 10 + (uint64_t)(*p - '0');
    out->scale *= 10;
  }
  return p == text ? NULL : p;
}

static const char *read_decimal(const char *text, struct decimal *out)
{
  *out = (struct decimal){ .scale = 1 };
  const char *rest = read_whole(text, &out->whole);
  if (rest && *rest == '.')
    rest = read_fraction(rest + 1, out);
  return rest;
}

static double to_double(const struct decimal *d)
{
  return (double)d->whole + (double)d->fraction / (double)d->scale;
}

/* d x factor, at most INT64_MAX. Below one unit the fraction cannot overflow
 * in long double, and the result is exact for the units we know. */
static int scaled(const struct decimal *d, uint64_t factor, uint64_t *out)
{
  uint64_t part = (uint64_t)((long double)d->fraction * (long double)factor /
                             (long double)d->scale);
  uint64_t value;
  if (__builtin_mul_overflow(d->whole, factor, &value) ||
      __builtin_add_overflow(value, part, &value) || value > INT64_MAX)
    return ASYNC_EINVAL;
  *out = value;
  return 0;
}

static int read_with_unit(const char *text, const struct unit *units,
                          uint64_t *out)
{
  struct decimal number;
  const char *rest = read_decimal(text, &number);
  if (!rest)
    return ASYNC_EINVAL;
  for (const struct unit *u = units; u->suffix; u++)
    if (strcmp(rest, u->suffix) == 0)
      return scaled(&number, u->factor, out);
  return ASYNC_EINVAL;
}

int opt_read_count(const char *text, uint64_t *out)
{
  uint64_t value;
  const char *rest = read_whole(text, &value);
  if (!rest || *rest)
    return ASYNC_EINVAL;
  *out = value;
  return 0;
}

int opt_read_duration(const char *text, int64_t *out_ns)
{
  static const struct unit units[] = {
    { "", (uint64_t)ASYNC_SEC },
    { "ms", (uint64_t)ASYNC_MS },
    { "s", (uint64_t)ASYNC_SEC },
    { "m", (uint64_t)ASYNC_SEC * 60 },
    { "h", (uint64_t)ASYNC_SEC * 3600 },
    { "d", (uint64_t)ASYNC_SEC * 86400 },
    { NULL, 0 },
  };
  uint64_t ns;
  int err = read_with_unit(text, units, &ns);
  if (err == 0)
    *out_ns = (int64_t)ns;
  return err;
}

int opt_read_size(const char *text, uint64_t *out_bytes)
{
  static const struct unit units[] = {
    { "", 1 },        { "k", 1 << 10 }, { "K", 1 << 10 },
    { "M", 1 << 20 }, { "G", 1 << 30 }, { NULL, 0 },
  };
  return read_with_unit(text, units, out_bytes);
}

int opt_read_decimal(const char *text, double *out)
{
  struct decimal number;
  const char *rest = read_decimal(text, &number);
  if (!rest || *rest)
    return ASYNC_EINVAL;
  *out = to_double(&number);
  return 0;
}

int opt_read_percent(const char *text, double *out)
{
  struct decimal number;
  const char *rest = read_decimal(text, &number);
  if (!rest || (*rest && strcmp(rest, "%") != 0) || to_double(&number) > 100)
    return ASYNC_EINVAL;
  *out = to_double(&number);
  return 0;
}

/* "/s", "/m", "/h" or nothing. Returns what follows it. */
static const char *read_per(const char *text, double *seconds)
{
  *seconds = 1;
  if (*text != '/')
    return text;
  switch (text[1]) {
  case 's':
    return text + 2;
  case 'm':
    *seconds = 60;
    return text + 2;
  case 'h':
    *seconds = 3600;
    return text + 2;
  default:
    return NULL;
  }
}

int opt_read_rate(const char *text, struct opt_rate *out)
{
  static const char burst_name[] = ",burst=";
  struct decimal number;
  double seconds, burst = 0;
  const char *rest = read_decimal(text, &number);
  if (rest)
    rest = read_per(rest, &seconds);
  if (!rest)
    return ASYNC_EINVAL;
  if (*rest) {
    size_t len = sizeof(burst_name) - 1;
    if (strncmp(rest, burst_name, len) != 0 ||
        opt_read_decimal(rest + len, &burst) < 0 || burst < 1)
      return ASYNC_EINVAL;
  }
  out->per_s = to_double(&number) / seconds;
  out->burst = burst;
  return 0;
}

int opt_read_quota(const char *text, struct opt_quota *out)
{
  struct opt_quota quota = { 0 };
  size_t len = strlen(text);
  if (len > 0 && text[len - 1] == '%') {
    if (opt_read_percent(text, &quota.share) < 0)
      return ASYNC_EINVAL;
    quota.share /= 100;
  } else if (opt_read_count(text, &quota.count) < 0) {
    return ASYNC_EINVAL;
  }
  *out = quota;
  return 0;
}
