#include <string.h>

#include "origin.h"

static const struct route *find_in(const struct route *table, const char *name)
{
  for (; table->name; table++)
    if (strcmp(table->name, name) == 0)
      return table;
  return NULL;
}

const struct route *find_route(const char *name)
{
  static const struct route *const tables[] = {
    ROUTES_PLAIN, ROUTES_BYTES, ROUTES_STATE, ROUTES_BAD, ROUTES_STORE,
  };
  const struct route *route = NULL;
  for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]) && !route; i++)
    route = find_in(tables[i], name);
  return route;
}
