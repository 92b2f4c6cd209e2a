/* cmd/fetch/body.h: where the bytes of an answer go. */
#ifndef FETCH_BODY_H
#define FETCH_BODY_H

#include <stddef.h>

#include "fetch/exchange.h"

/* Takes bytes, in libcurl's callback. Returns 0, or an error of ours. */
int fetch_body_write(struct fetch_exchange *exchange, const char *bytes,
                     size_t len);

/* After the last byte: whether the body is as long as it was said to be. Checked
 * here too, because libcurl before 8.0 takes a reset HTTP/2 stream for its end.
 *
 * got, wanted  set if not
 */
bool fetch_body_is_whole(const struct fetch_exchange *exchange, int64_t *got,
                         int64_t *wanted);

/* Gives what was kept its file name. Returns 0, -EEXIST, or another error. */
int fetch_body_keep(struct fetch_exchange *exchange);

/* Drops what was kept. */
void fetch_body_drop(struct fetch_exchange *exchange);

/* Copies the body of an entry that has ended to standard output, whole. */
int fetch_body_print(struct fetch_item *item, struct job_out *out);

#endif
