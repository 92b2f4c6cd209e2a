/* cmd/fetch/accept.h: which texts options and entries may have, where libcurl
 * would ignore the others or say so at each request. */
#ifndef FETCH_ACCEPT_H
#define FETCH_ACCEPT_H

#include <stdbool.h>

/* Source: RFC 9110 section 9.1: a method is a token. */
bool fetch_accept_method(const char *text);

/* "Name: value"; "Name:" and "Name;" are to libcurl what they are to curl. One
 * line: a line break would begin another header, or end them all. */
bool fetch_accept_header(const char *text);

/* "HOST:PORT:ADDR" */
bool fetch_accept_resolve(const char *text);

/* "HOST1:PORT1:HOST2:PORT2"; each may be empty, a host be in brackets. */
bool fetch_accept_connect_to(const char *text);

/* A URL of a scheme that a proxy may have, or no scheme. */
bool fetch_accept_proxy(const char *text);

#endif
