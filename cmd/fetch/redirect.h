/* cmd/fetch/redirect.h: what a redirect may do, and what it takes along.
 *
 * We follow redirects ourselves, not libcurl: so every hop is resolved by our
 * resolver, and the rules are these on every libcurl. */
#ifndef FETCH_REDIRECT_H
#define FETCH_REDIRECT_H

#include <stdbool.h>

#include "fetch/url.h"

struct fetch_redirect_rules {
  unsigned most;        /* in a row */
  bool allow_downgrade; /* from https to http */
};

/* Whether a status asks for it; 304 does not. */
bool fetch_redirect_is(long status);

/* Why the redirect is not followed: a sentence, or NULL if it is.
 *
 * followed  redirects of this entry so far
 */
const char *fetch_redirect_refusal(const struct fetch_redirect_rules *rules,
                                   unsigned followed,
                                   const struct fetch_url *from,
                                   const struct fetch_url *to);

/* Whether the request goes on as GET without a body.
 *
 * Source: RFC 9110 sections 15.4.2 to 15.4.4.
 */
bool fetch_redirect_becomes_get(long status, const char *method);

/* Whether a header line is for the first destination only. */
bool fetch_redirect_is_private(const char *header);

#endif
