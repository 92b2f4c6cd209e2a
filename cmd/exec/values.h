/* cmd/exec/values.h: what placeholders stand for. */
#ifndef EXEC_VALUES_H
#define EXEC_VALUES_H

#include <stdbool.h>
#include <stddef.h>

#include "async/buf.h"
#include "exec/pieces.h"

struct exec_item;
struct job_entry;

/* Bytes of the entry, or of the piece, or written into `made`. */
struct exec_value {
  const char *data;
  size_t len;
  char made[32];
};

/* What the piece stands for.
 *
 * item   NULL: it is not known yet; numbers are 1, and any of several entries
 *        is `entry`
 * entry  the one of the item's that {} stands for
 *
 * Returns 0, or ASYNC_EINVAL for a field, column or entry that is missing.
 */
int exec_value_get(struct exec_value *value, const struct exec_piece *piece,
                   const struct exec_item *item, const struct job_entry *entry);

/* Says why there is no value. Returns -1. */
int exec_value_refuse(struct exec_item *item, const struct exec_piece *piece,
                      const struct job_entry *entry);

/* Appends a field of an entry: a string as it is, a number or a truth value as
 * JSON has it. Returns whether there is such a field. */
bool exec_field_add(const struct job_entry *entry, const char *name, size_t len,
                    struct async_buf *out);

#endif
