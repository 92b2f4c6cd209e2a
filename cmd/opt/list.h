/* cmd/opt/list.h: a growing array of strings, as repeated options fill it. */
#ifndef OPT_LIST_H
#define OPT_LIST_H

#include <stddef.h>

struct opt_list {
  char **items; /* each on the heap, owned */
  size_t count;
};

/* Appends a copy of `text`, or of its first `len` bytes.
 *
 * Returns 0 or ASYNC_ENOMEM; then the list is as before.
 */
int opt_list_add(struct opt_list *list, const char *text);
int opt_list_add_bytes(struct opt_list *list, const char *text, size_t len);

/* Frees the strings; leaves an empty list. */
void opt_list_done(struct opt_list *list);

#endif
