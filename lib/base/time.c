#include "async/time.h"

#include <stdio.h>
#include <time.h>

static int64_t read_clock(clockid_t id)
{
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * ASYNC_SEC + now.tv_nsec;
}

int64_t async_clock_ns(void)
{
  return read_clock(CLOCK_MONOTONIC);
}

int64_t async_clock_wall_ns(void)
{
  return read_clock(CLOCK_REALTIME);
}

int64_t async_time_add(int64_t a_ns, int64_t b_ns)
{
  int64_t sum;
  if (a_ns == ASYNC_NEVER || b_ns == ASYNC_NEVER)
    return ASYNC_NEVER;
  if (__builtin_add_overflow(a_ns, b_ns, &sum))
    return a_ns > 0 ? ASYNC_NEVER : INT64_MIN;
  return sum;
}

/* Writes `value` as `digits` decimal digits, with leading zeros. */
static char *put_digits(char *out, int64_t value, int digits)
{
  for (int i = digits - 1; i >= 0; i--) {
    out[i] = (char)('0' + value % 10);
    value /= 10;
  }
  return out + digits;
}

void async_time_rfc3339(char *out, int64_t wall_ns)
{
  /* Consecutive records mostly share their second: keep the last date. */
  static _Thread_local int64_t cached_second = INT64_MIN;
  static _Thread_local char cached[20];
  int64_t second = wall_ns / ASYNC_SEC, rest = wall_ns % ASYNC_SEC;
  if (rest < 0) {
    second--;
    rest += ASYNC_SEC;
  }
  if (second != cached_second) {
    struct tm tm;
    time_t t = (time_t)second;
    char *p = cached;
    gmtime_r(&t, &tm);
    p = put_digits(p, (int64_t)tm.tm_year + 1900, 4);
    *p++ = '-';
    p = put_digits(p, tm.tm_mon + 1, 2);
    *p++ = '-';
    p = put_digits(p, tm.tm_mday, 2);
    *p++ = 'T';
    p = put_digits(p, tm.tm_hour, 2);
    *p++ = ':';
    p = put_digits(p, tm.tm_min, 2);
    *p++ = ':';
    put_digits(p, tm.tm_sec, 2);
    cached_second = second;
  }
  for (int i = 0; i < 19; i++)
    out[i] = cached[i];
  out[19] = '.';
  put_digits(out + 20, rest / ASYNC_MS, 3);
  out[23] = 'Z';
  out[24] = '\0';
}
