/* cmd/fetch/choices.h: what we choose where libcurl and the user leave it to
 * us: certificates, encodings, the version of HTTP, the size of buffers. */
#ifndef FETCH_CHOICES_H
#define FETCH_CHOICES_H

#include "fetch/client.h"

/* What does not depend on the request. Returns the exit status, after
 * job_say_error. */
int fetch_choices_check(struct fetch_client *client);

/* What does. */
void fetch_choices_make(struct fetch_client *client, const struct job_run *run);

#endif
