/* Reading requests off a connection. */
#ifndef ORIGIN_CONNECTION_H
#define ORIGIN_CONNECTION_H

#include "origin.h"

struct connection {
  struct exchange x;
  struct async_buf in;   /* what came and is not used yet */
  struct async_buf head; /* the present request's, cut into strings */
};

/* Reads once more, up to `most` bytes. Returns 0, ASYNC_EOF or an error. */
int connection_fill(struct connection *connection, size_t most);

/* Reads the request's body, to keep it or to forget it. Returns 0 or an error;
 * ASYNC_EENCODING for a body that is not framed as it should be. */
int connection_read_body(struct connection *connection, bool keep);

#endif
