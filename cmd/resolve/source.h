/* cmd/resolve/source.h: from entries to questions: several types of a name,
 * the addresses of a network, words in front of names. */
#ifndef RESOLVE_SOURCE_H
#define RESOLVE_SOURCE_H

#include "resolve/item.h"

struct resolve_client;
struct resolve_source;

/* Returns 0, or the exit status, after it was said what is wrong: a file of
 * words that cannot be read. */
int resolve_source_open(struct resolve_source **out,
                        struct resolve_client *client);
void resolve_source_close(struct resolve_source *source);

/* The next question. Returns as the hook `next` of struct job_tool does. */
int resolve_source_next(struct resolve_source *source,
                        struct resolve_item *item);

#endif
