/* cmd/resolve/failed.h: the file of --failed, to be fed back. */
#ifndef RESOLVE_FAILED_H
#define RESOLVE_FAILED_H

#include "resolve/client.h"

/* Writes an item that has no answer: its entry as it was read, or the question
 * alone where the entry stands for several. */
void resolve_failed_add(struct resolve_client *client,
                        const struct resolve_item *item);

#endif
