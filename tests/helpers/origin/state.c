#include <stdlib.h>
#include <string.h>

#include "origin.h"

/* Tests use few keys: a list will do. */
struct key *find_key(struct origin *origin, const char *kind, const char *name)
{
  char full[512];
  snprintf(full, sizeof(full), "%s %s", kind, name);
  for (struct key *key = origin->keys; key; key = key->next)
    if (strcmp(key->name, full) == 0)
      return key;
  struct key *key = calloc(1, sizeof(*key));
  if (!key)
    return NULL;
  key->name = strdup(full);
  if (!key->name) {
    free(key);
    return NULL;
  }
  key->next = origin->keys;
  origin->keys = key;
  return key;
}

void free_keys(struct origin *origin)
{
  while (origin->keys) {
    struct key *key = origin->keys;
    origin->keys = key->next;
    free(key->name);
    free(key->value);
    free(key);
  }
}
