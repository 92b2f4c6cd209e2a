/* /store/...: keeps what is PUT, for tests of uploads. MKCOL and DELETE as
 * WebDAV has them; a POST appends. */
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "origin.h"

static int put(struct exchange *x, struct key *key)
{
  char *value = malloc(x->body.len + 1);
  if (!value)
    return ASYNC_ENOMEM;
  if (x->body.len)
    memcpy(value, x->body.data, x->body.len);
  free(key->value);
  key->value = value;
  key->value_len = x->body.len;
  bool is_new = !key->stored;
  key->stored = true;
  return is_new ? reply_text(x, 201, "created\n") : reply(x, 204, NULL, "", 0);
}

static int append(struct exchange *x, struct key *key)
{
  char *value = realloc(key->value, key->value_len + x->body.len + 1);
  if (!value)
    return ASYNC_ENOMEM;
  if (x->body.len)
    memcpy(value + key->value_len, x->body.data, x->body.len);
  key->value = value;
  key->value_len += x->body.len;
  key->stored = true;
  return reply_text(x, 200, "appended\n");
}

static int get(struct exchange *x, const struct key *key)
{
  reply_start(x, 200);
  reply_header(x, "Content-Type", "application/octet-stream");
  reply_end_head(x, (int64_t)key->value_len);
  if (!x->head)
    async_buf_add(&x->out, key->value, key->value_len);
  return reply_flush(x);
}

static int store(struct exchange *x)
{
  const char *method = x->request.method;
  struct key *key = find_key(x->origin, "store", x->request.path);
  if (!key)
    return ASYNC_ENOMEM;
  if (strcmp(method, "PUT") == 0)
    return put(x, key);
  if (strcmp(method, "POST") == 0)
    return append(x, key);
  if (strcmp(method, "MKCOL") == 0)
    return reply_text(x, 201, "made\n");
  if (!key->stored)
    return reply_text(x, 404, "nothing here\n");
  if (strcmp(method, "DELETE") == 0) {
    key->stored = false;
    key->value_len = 0;
    return reply(x, 204, NULL, "", 0);
  }
  return get(x, key);
}

const struct route ROUTES_STORE[] = {
  { "store", store, true },
  { NULL, NULL, false },
};
