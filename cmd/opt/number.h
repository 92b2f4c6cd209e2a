/* cmd/opt/number.h: the quantities that people write in options.
 *
 * Each reader takes the whole text or nothing: 0, or ASYNC_EINVAL with the
 * output untouched. Numbers are decimal with an optional fraction, without
 * sign or exponent, and do not depend on the locale. */
#ifndef OPT_NUMBER_H
#define OPT_NUMBER_H

#include <stdint.h>

/* A limit on starts: `N[/s|m|h][,burst=B]`. */
struct opt_rate {
  double per_s; /* 0: no limit */
  double burst; /* 0: as the limiter sees fit */
};

/* Some of many: `N` or `P%`. Both 0: never reached. */
struct opt_quota {
  uint64_t count;
  double share; /* 0 to 1 */
};

/* "20": a whole number up to INT64_MAX. */
int opt_read_count(const char *text, uint64_t *out);

/* "1.5s": ms, s, m, h, d; a bare number is seconds. Rounds down to 1 ns. */
int opt_read_duration(const char *text, int64_t *out_ns);

/* "1.5M": k, M, G are powers of 1024; a bare number is bytes. */
int opt_read_size(const char *text, uint64_t *out_bytes);

/* "2.5" */
int opt_read_decimal(const char *text, double *out);

/* "20" or "20%", from 0 to 100; 20 comes out as 20.0. */
int opt_read_percent(const char *text, double *out);

int opt_read_rate(const char *text, struct opt_rate *out);
int opt_read_quota(const char *text, struct opt_quota *out);

#endif
