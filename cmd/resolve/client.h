/* cmd/resolve/client.h: what all questions of a run share. */
#ifndef RESOLVE_CLIENT_H
#define RESOLVE_CLIENT_H

#include "async/dns_fleet.h"
#include "async/semaphore.h"
#include "job/tool.h"
#include "resolve/filter.h"
#include "resolve/flight.h"
#include "resolve/levels.h"
#include "resolve/options.h"
#include "resolve/query.h"
#include "resolve/question.h"
#include "resolve/source.h"
#include "resolve/text.h"

/* Each takes some 2 KiB until it is counted. */
enum { RESOLVE_VOTES_MOST = 16384 };

struct resolve_client {
  struct job_run *run;
  struct resolve_opts opts;   /* with what the operands say, in dig's manner */
  struct resolve_types types; /* for lines that name none */
  bool types_given;           /* by an option or an operand */
  uint16_t klass;
  struct async_dns *dns; /* --system; there is no fleet, then */
  struct async_dns_fleet *fleet;
  size_t resolvers;  /* the first of the fleet's; others are of single lines */
  unsigned attempts; /* at one question, with --retries */
  struct resolve_query query;
  struct resolve_flights flights;
  struct resolve_pace pace;
  struct resolve_levels levels; /* --wildcard */
  struct async_sem votes;       /* that can be asked for at once */
  struct resolve_source *source;
  struct resolve_codes retry_on;
  struct resolve_filter only, not ;
  bool fails_nxdomain, fails_nodata; /* --fail-on */
  enum resolve_style style;
  char **operands;       /* those that are entries */
  struct job_out failed; /* --failed */
};

int resolve_client_open(struct job_run *run, void **ctx);
void resolve_client_close(void *ctx);

/* Questions that belong to one item, under its limits. */
struct resolve_round resolve_client_round(struct resolve_client *client,
                                          int64_t deadline_ns);

/* The hook `status`: closes --failed. */
int resolve_status(void *ctx, int status);

#endif
