/* cmd/fetch/cookies.h: cookies of the whole run, -b and -c. */
#ifndef FETCH_COOKIES_H
#define FETCH_COOKIES_H

#include "fetch/client.h"

/* Makes the object that handles share: libcurl's cache of names, and, if cookies
 * were asked for, those of the files. Returns the exit status. */
int fetch_cookies_open(struct fetch_client *client);

/* Writes them to the file of -c. */
void fetch_cookies_close(struct fetch_client *client);

#endif
