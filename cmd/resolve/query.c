#include "resolve/query.h"

#include "resolve/cookie.h"

static uint16_t header_flags(const struct resolve_opts *opts)
{
  unsigned flags = 0;
  if (opts->recurse)
    flags |= ASYNC_DNS_FLAG_RD;
  if (opts->cd)
    flags |= ASYNC_DNS_FLAG_CD;
  if (opts->ad)
    flags |= ASYNC_DNS_FLAG_AD;
  return (uint16_t)flags;
}

/* The texts were checked when the options were read. */
static void add_options(struct resolve_query *query)
{
  const struct resolve_opts *opts = query->opts;
  if (opts->nsid)
    async_dns_option_add(&query->options, ASYNC_DNS_OPTION_NSID, NULL, 0);
  if (opts->subnet)
    async_dns_option_add_subnet(&query->options, opts->subnet);
  for (size_t i = 0; i < opts->edns_options.count; i++)
    async_dns_option_add_hex(&query->options, opts->edns_options.items[i]);
}

int resolve_query_init(struct resolve_query *query,
                       const struct resolve_opts *opts)
{
  *query = (struct resolve_query){ .opts = opts,
                                   .flags = header_flags(opts),
                                   .options = ASYNC_BUF_INIT };
  add_options(query);
  return query->options.err;
}

void resolve_query_done(struct resolve_query *query)
{
  async_buf_done(&query->options);
}

int resolve_query_write(struct resolve_query *query,
                        const struct resolve_question *question, bool plain,
                        unsigned char *out)
{
  const struct resolve_opts *opts = query->opts;
  uint64_t case_bits[4];
  struct async_dns_build build = {
    .name = question->name,
    .name_bytes = question->name_bytes,
    .type = question->type,
    .klass = question->klass,
    .flags = question->authority ? (uint16_t)(query->flags & ~ASYNC_DNS_FLAG_RD)
                                 : query->flags,
    .edns = opts->edns && !plain,
    .dnssec_ok = opts->dnssec,
    .udp_bytes = (uint16_t)opts->bufsize,
    .options = (const unsigned char *)query->options.data,
    .options_bytes = query->options.len,
  };
  resolve_random_fill(&query->random, &build.id, sizeof(build.id));
  if (opts->case_random) {
    resolve_random_fill(&query->random, case_bits, sizeof(case_bits));
    build.case_bits = case_bits;
  }
  size_t room = opts->cookie ? ASYNC_DNS_QUERY_MAX - RESOLVE_COOKIE_OPTION
                             : ASYNC_DNS_QUERY_MAX;
  return async_dns_build(&build, out, room);
}
