/* Faults of a memory pair, for tests of what is built on streams. */
#ifndef ASY_PAIR_PRIV_H
#define ASY_PAIR_PRIV_H

#include <stddef.h>
#include <stdint.h>

struct async_stream;

/* Zero means no fault. */
struct asy_pair_faults {
  int64_t read_delay_ns, write_delay_ns; /* before each call has its effect */
  size_t read_most, write_most;          /* bytes a call: short reads */
  size_t read_bytes, write_bytes;        /* after so many bytes ... */
  int read_error, write_error;           /* ... this error, for ever */
};

/* Sets the faults of one end; the other end does not have them.
 *
 * faults  copied
 */
void asy_pair_set_faults(struct async_stream *end,
                         const struct asy_pair_faults *faults);

#endif
