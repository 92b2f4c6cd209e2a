/* cmd/fetch/shape_priv.h: for the files that build a request. */
#ifndef FETCH_SHAPE_PRIV_H
#define FETCH_SHAPE_PRIV_H

#include "fetch/shape.h"

bool fetch_request_has_header(const struct fetch_request *request,
                              const char *name);

/* Appends a line. Returns 0, ASYNC_ENOMEM, or ASYNC_EINVAL: it is not one. */
int fetch_request_add_header(struct fetch_request *request, const char *line);

/* Fills in what follows from method, headers and body. */
int fetch_request_complete(struct fetch_request *request,
                           const struct fetch_opts *opts);

#endif
