/* cmd/resolve/choices.h: the shapes of options that only resolve has. */
#ifndef RESOLVE_CHOICES_H
#define RESOLVE_CHOICES_H

#include <stdbool.h>

/* Each reads the whole text into the type that options.h names beside it, and
 * returns 0 or ASYNC_EINVAL. */
int resolve_read_jobs(const char *text, void *field); /* 0: auto */
int resolve_read_rate(const char *text, void *field);
int resolve_read_agree(const char *text, void *field);

/* Words of lists. */
bool resolve_is_type(const char *text);       /* MX, TYPE65280, ANY4 */
bool resolve_is_format(const char *text);     /* of records */
bool resolve_is_name(const char *text);       /* example.com */
bool resolve_is_class(const char *text);      /* IN, CLASS32 */
bool resolve_is_option(const char *text);     /* 10, 10:0011223344556677 */
bool resolve_is_subnet(const char *text);     /* 192.0.2.0/24 */
bool resolve_is_retry_word(const char *text); /* timeout, badreply, SERVFAIL */
bool resolve_is_filter(const char *text); /* NOERROR, nodata, NXDOMAIN&CNAME */
bool resolve_is_fail_word(const char *text); /* nxdomain, nodata */

#endif
