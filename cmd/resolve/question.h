/* cmd/resolve/question.h: from a line of the input to what is asked. */
#ifndef RESOLVE_QUESTION_H
#define RESOLVE_QUESTION_H

#include <stddef.h>
#include <stdint.h>

#include "opt/list.h"
#include "resolve/item.h"

enum { RESOLVE_TYPES = 64 };

struct resolve_types {
  size_t count;
  uint16_t items[RESOLVE_TYPES];
};

/* Appends the types of a word: "MX", "A,AAAA", "ANY4". Returns 0 or
 * ASYNC_EINVAL: one that nobody knows, or too many. */
int resolve_types_add(struct resolve_types *types, const char *word,
                      size_t len);

/* Sets an error of the input: "WHAT: 'TEXT': WHY".
 *
 * why  "" if there is nothing to say
 *
 * Returns -1.
 */
int resolve_refuse(struct job_item *item, const char *what, const char *text,
                   size_t len, const char *why);

/* A line, taken apart; the texts are borrowed from the line. */
struct resolve_line {
  const char *name;
  size_t name_len;
  struct resolve_types types; /* none: those of --type */
  const char *resolver;       /* "@..." without the @, or NULL */
  size_t resolver_len;
};

/* Takes apart "name [type,...]... [@resolver]".
 *
 * Returns 0, or -1 after job_error_set.
 */
int resolve_line_read(struct resolve_line *line, struct job_item *item);

/* Reads a name as people write it: escapes, non-ASCII letters (IDNA 2008).
 *
 * out  ASYNC_DNS_NAME_MAX bytes
 *
 * Returns its length in wire form, or -1 after job_error_set.
 */
int resolve_name_read(struct job_item *item, const char *text, size_t len,
                      unsigned char *out);

/* Sets the name of a question (copied). Returns 0 or ASYNC_ENOMEM. */
int resolve_question_name(struct resolve_question *question,
                          const unsigned char *wire, size_t len);

/* Appends its name, with the final dot if it is absolute, and its type; as text
 * that is read as the same again. */
void resolve_question_name_add(const struct resolve_question *question,
                               struct async_buf *out);
void resolve_question_type_add(const struct resolve_question *question,
                               struct async_buf *out);

void resolve_question_done(struct resolve_question *question);

#endif
