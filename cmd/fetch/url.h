/* cmd/fetch/url.h: the parts of a URL that are needed before libcurl sees it.
 *
 * The destination decides about lanes, resolving and what a redirect may take
 * along; path and query name the file. */
#ifndef FETCH_URL_H
#define FETCH_URL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fetch_span {
  const char *at; /* not NUL-terminated */
  size_t len;
};

struct fetch_url {
  const char *text;         /* for libcurl */
  struct fetch_span origin; /* "https://host:8443"; the default port left out */
  struct fetch_span host;   /* lower case, ASCII, without brackets */
  struct fetch_span path;   /* from its slash; may be empty */
  struct fetch_span query;  /* behind the "?"; may be empty */
  uint16_t port;
  bool https;
  bool literal; /* the host is an address */
  char *owned;  /* NULL, or memory behind text, host and origin */
};

/* Takes a URL apart. One without a scheme is taken as http.
 *
 * text  kept as long as *url
 * why   set if the answer is ASYNC_EINVAL: a static sentence
 *
 * Returns 0, ASYNC_EINVAL, or ASYNC_ENOMEM. fetch_url_done is due in any case.
 */
int fetch_url_parse(struct fetch_url *url, const char *text, const char **why);
void fetch_url_done(struct fetch_url *url);

/* Whether both have scheme, host and port in common. */
bool fetch_url_same_origin(const struct fetch_url *a,
                           const struct fetch_url *b);

#endif
