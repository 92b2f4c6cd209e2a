/* cmd/fetch/name.h: file names out of URLs.
 *
 * A template is text with {fields}: what the user wrote is taken as it is, what
 * comes out of a URL is made safe. No component is "." or "..", none has a
 * control character, none is longer than a file system takes; no field but
 * {path} makes a folder. */
#ifndef FETCH_NAME_H
#define FETCH_NAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "fetch/url.h"

/* Bytes of one component: 255 less what ".1", ".2" ... of later files with the
 * same name may need.
 * Source: limits.h NAME_MAX. */
enum { FETCH_NAME_BYTES = 255 - 8 };

/* What the template is when there is none. */
#define FETCH_NAME_TEMPLATE "{name}{ext}"

/* What a template may contain, for messages. */
#define FETCH_NAME_FIELDS                                                      \
  "{host}, {path}, {name}, {ext}, {query}, {index}, {index:5}, {sha256:8}"

/* Whether every {field} is known and closed. */
int fetch_name_check(const char *template);

/* Whether what it makes is inside the directory, and has no control character,
 * also where the template is not a field: for those that are not the user's. */
bool fetch_name_stays(const char *template);

/* Appends the path that a template makes of a URL.
 *
 * template  checked before
 * index     of the entry, from 1
 */
void fetch_name_add(struct async_buf *out, const char *template,
                    const struct fetch_url *url, uint64_t index);

/* Appends `name` with a number: "a/b.tar.gz", 2 becomes "a/b.tar.gz.2". */
void fetch_name_add_numbered(struct async_buf *out, const char *name,
                             uint64_t number);

#endif
