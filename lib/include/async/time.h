/* async/time.h (base): time is int64_t nanoseconds.
 *
 * Instants are read off the monotonic clock; a deadline is an absolute instant,
 * a timeout a duration. Only the option parser knows "1.5s". */
#ifndef ASYNC_TIME_H
#define ASYNC_TIME_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define ASYNC_US    INT64_C(1000)
#define ASYNC_MS    INT64_C(1000000)
#define ASYNC_SEC   INT64_C(1000000000)
#define ASYNC_NEVER INT64_MAX /* the deadline that does not come */

/* The monotonic clock of the machine, in nanoseconds since some fixed point. */
int64_t async_clock_ns(void);

/* The time of day, in nanoseconds since 1970-01-01T00:00:00Z. */
int64_t async_clock_wall_ns(void);

/* a + b, kept within [INT64_MIN, ASYNC_NEVER]. ASYNC_NEVER plus anything is
 * ASYNC_NEVER. */
int64_t async_time_add(int64_t a_ns, int64_t b_ns);

#define ASYNC_TIME_RFC3339_BYTES 25

/* Writes "2026-01-31T23:59:59.123Z" and a NUL.
 *
 * out      ASYNC_TIME_RFC3339_BYTES bytes
 * wall_ns  as async_clock_wall_ns; years 0000 to 9999
 *
 * Source: RFC 3339 section 5.6, with milliseconds.
 */
void async_time_rfc3339(char *out, int64_t wall_ns);

#ifdef __cplusplus
}
#endif
#endif
