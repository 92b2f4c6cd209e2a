#include "opt/list.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"

int opt_list_add_bytes(struct opt_list *list, const char *text, size_t len)
{
  char **items = realloc(list->items, (list->count + 1) * sizeof(*items));
  if (!items)
    return ASYNC_ENOMEM;
  list->items = items;
  items[list->count] = strndup(text, len);
  if (!items[list->count])
    return ASYNC_ENOMEM;
  list->count++;
  return 0;
}

int opt_list_add(struct opt_list *list, const char *text)
{
  return opt_list_add_bytes(list, text, strlen(text));
}

void opt_list_done(struct opt_list *list)
{
  for (size_t i = 0; i < list->count; i++)
    free(list->items[i]);
  free(list->items);
  *list = (struct opt_list){ 0 };
}
