/* cmd/fetch/names.h: host names, resolved by us and handed to libcurl.
 *
 * libcurl's own resolver is a thread for each lookup. It gets the addresses
 * with CURLOPT_RESOLVE instead, all of them, and picks one as it always does.
 * What it was told stays in its cache, which is walked at every transfer: so
 * there is one cache, shared by all handles, in which a name is kept while it
 * is in use and a little longer, and then taken out. */
#ifndef FETCH_NAMES_H
#define FETCH_NAMES_H

#include <stdint.h>

#include <curl/curl.h>

#include "async/dns.h"
#include "async/hash.h"
#include "async/list.h"
#include "fetch/url.h"
#include "opt/list.h"

struct fetch_names {
  struct async_dns *dns;
  int family;                    /* AF_UNSPEC, AF_INET, AF_INET6 */
  const struct opt_list *pinned; /* the user's "host:port:address" */
  struct async_hash table;
  struct async_list idle; /* not in use, the longest first */
  size_t idle_count;
  struct curl_slist *gone; /* "-host:port", for the next who sets a list */
  size_t gone_count;
};

/* dns and pinned are borrowed. */
void fetch_names_init(struct fetch_names *names, struct async_dns *dns,
                      int family, const struct opt_list *pinned);

/* No name may be in use. */
void fetch_names_done(struct fetch_names *names);

struct fetch_name;

/* Finds the addresses of a URL's host. May park.
 *
 * out  a name that is given back with fetch_names_put; NULL if libcurl needs no
 *      help: the host is an address, or the user has said what it is
 *
 * Returns 0, ASYNC_ECANCELED, ASYNC_ENOMEM, or c-ares' error.
 */
int fetch_names_get(struct fetch_names *names, const struct fetch_url *url,
                    struct fetch_name **out);

/* Tells libcurl what it does not know yet.
 *
 * list  NULL, or what is to be freed after the transfer
 *
 * Returns 0 or ASYNC_ENOMEM.
 */
int fetch_names_tell(struct fetch_names *names, struct fetch_name *name,
                     CURL *easy, struct curl_slist **list);

/* Gives a name back.
 *
 * known  a transfer that was told of it got a connection
 */
void fetch_names_put(struct fetch_names *names, struct fetch_name *name,
                     bool known);

#endif
