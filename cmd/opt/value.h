/* cmd/opt/value.h: from text to a field of the options struct. */
#ifndef OPT_VALUE_H
#define OPT_VALUE_H

#include "opt/opt.h"

/* What a flag's value is written as, and what one more -v is. */
#define OPT_TRUE  "true"
#define OPT_FALSE "false"
#define OPT_MORE  "+1"

/* Stores a value.
 *
 * row   any but an alias or an action
 * opts  the struct that the row's offset counts from
 *
 * Returns 0, ASYNC_EINVAL (not acceptable: see opt_row_add_accepts) or
 * ASYNC_ENOMEM; on failure the field is as it was.
 */
int opt_value_set(const struct opt_row *row, const char *text, void *opts);

/* Gives every field its initial value.
 *
 * opts  zeroed
 *
 * Returns as opt_value_set does. In both cases opt_values_done is due.
 */
int opt_values_init(const struct opt_set *set, void *opts);

/* Frees what the fields own. */
void opt_values_done(const struct opt_set *set, void *opts);

#endif
