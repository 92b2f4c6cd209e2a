/* cmd/opt/nearest.h: "did you mean ...?" */
#ifndef OPT_NEAREST_H
#define OPT_NEAREST_H

#include <stddef.h>

#include "opt/opt.h"

/* The best candidate so far; begin with { .word = "what was typed" }. */
struct opt_nearest {
  const char *word;
  const char *prefix, *name; /* the candidate's two parts; NULL: none is near */
  size_t distance;           /* of the candidate; smaller is better */
};

/* Considers the candidate prefix + name. */
void opt_nearest_add(struct opt_nearest *nearest, const char *prefix,
                     const char *name);

/* Appends " (did you mean 'X'?)", or nothing if nothing was near. */
void opt_nearest_print(const struct opt_nearest *nearest,
                       struct async_buf *out);

/* Edits (insert, delete, replace, swap neighbours) from one word to the other.
 * Words longer than 63 bytes count as cut there.
 *
 * Source: Damerau, "A technique for computer detection and correction of
 * spelling errors", 1964, in the restricted form (optimal string alignment).
 */
size_t opt_edit_distance(const char *a, const char *b);

#endif
