#include "resolve/seen.h"

#include <stdlib.h>

#include "async/error.h"
#include "async/hash.h"

enum { FIRST_SIZE = 1024 };

void resolve_seen_done(struct resolve_seen *seen)
{
  free(seen->items);
  *seen = (struct resolve_seen){ .items = NULL };
}

static uint64_t hash(const struct resolve_question *question, uint64_t seed)
{
  unsigned char lower[ASYNC_DNS_NAME_MAX];
  for (size_t i = 0; i < question->name_bytes; i++) {
    unsigned char c = question->name[i];
    lower[i] = c >= 'A' && c <= 'Z' ? (unsigned char)(c + 'a' - 'A') : c;
  }
  uint64_t rest = (uint64_t)question->relative << 63 |
                  (uint64_t)(uint32_t)(question->resolver + 1) << 32 |
                  (uint64_t)question->type << 16 | question->klass;
  return async_hash_bytes(lower, question->name_bytes,
                          async_hash_bytes(&rest, sizeof(rest), seed));
}

static struct resolve_print *place(const struct resolve_seen *seen,
                                   const struct resolve_print *print)
{
  for (size_t i = print->a & (seen->size - 1);;
       i = (i + 1) & (seen->size - 1)) {
    struct resolve_print *item = &seen->items[i];
    if ((item->a == print->a && item->b == print->b) ||
        (item->a == 0 && item->b == 0))
      return item;
  }
}

static int grow(struct resolve_seen *seen)
{
  struct resolve_seen more = *seen;
  more.size = seen->size ? 2 * seen->size : FIRST_SIZE;
  more.items = calloc(more.size, sizeof(*more.items));
  if (!more.items)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < seen->size; i++)
    if (seen->items[i].a || seen->items[i].b)
      *place(&more, &seen->items[i]) = seen->items[i];
  free(seen->items);
  *seen = more;
  return 0;
}

int resolve_seen_add(struct resolve_seen *seen,
                     const struct resolve_question *question)
{
  struct resolve_print print = { hash(question, 1), hash(question, 2) | 1 };
  if (seen->count >= seen->size / 2 && grow(seen) < 0)
    return ASYNC_ENOMEM;
  struct resolve_print *found = place(seen, &print);
  if (found->b)
    return 1;
  *found = print;
  seen->count++;
  return 0;
}
