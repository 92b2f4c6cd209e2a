#include "async/error.h"
#include "job/json.h"
#include "resolve/record_priv.h"
#include "resolve/soa.h"
#include "resolve/votes.h"

static const struct resolve_item *item_of(const struct job_item *item)
{
  return (const struct resolve_item *)item;
}

/* Who said what. */

/* "2/3": the votes of the largest group that is an answer. */
static void add_agree(const void *data, struct async_buf *out)
{
  const struct resolve_votes *votes = data;
  size_t most = 0;
  for (size_t i = 0; i < votes->group_count && most == 0; i++)
    if (resolve_votes_of(votes, &votes->groups[i])->rc == 0)
      most = votes->groups[i].count;
  async_buf_add_char(out, '"');
  async_buf_add_uint(out, most);
  async_buf_add_char(out, '/');
  async_buf_add_uint(out, votes->count);
  async_buf_add_char(out, '"');
}

void resolve_get_agree(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->votes && item_of(item)->votes->group_count > 0)
    job_value_json(out, item_of(item)->votes, add_agree);
}

static void add_members(const struct resolve_votes *votes, size_t group,
                        struct async_buf *out)
{
  const char *before = "[";
  for (size_t i = 0; i < votes->count; i++) {
    int resolver = votes->items[i].question.resolver;
    if (votes->group_of[i] != group || resolver < 0)
      continue;
    async_buf_add_str(out, before);
    job_json_string(out, async_dns_fleet_text(votes->fleet, (size_t)resolver));
    before = ",";
  }
  async_buf_add_str(out, *before == '[' ? "[]" : "]");
}

static void add_rcode(unsigned rcode, struct async_buf *out)
{
  char word[ASYNC_DNS_WORD_MAX];
  async_buf_add_str(out, ",\"rcode\":");
  job_json_string(out, async_dns_rcode_name(rcode, word));
}

static void add_error(int rc, struct async_buf *out)
{
  async_buf_add_str(out, ",\"error\":");
  job_json_string(out, async_err_name(rc));
}

static void add_group(const struct resolve_votes *votes, size_t group,
                      struct async_buf *out)
{
  const struct resolve_inquiry *inquiry =
      resolve_votes_of(votes, &votes->groups[group]);
  async_buf_add_str(out, "{\"resolvers\":");
  add_members(votes, group, out);
  if (inquiry->rc < 0) {
    add_error(inquiry->rc, out);
  } else {
    add_rcode(inquiry->message.rcode, out);
    async_buf_add_str(out, ",\"answers\":");
    resolve_record_add_section(&inquiry->message, ASYNC_DNS_ANSWER, out);
  }
  async_buf_add_char(out, '}');
}

/* One in whose place another was asked. */
static void add_lost(const struct resolve_votes *votes,
                     const struct resolve_lost *lost, struct async_buf *out)
{
  async_buf_add_str(out, "{\"resolvers\":[");
  job_json_string(out, async_dns_fleet_text(votes->fleet, lost->resolver));
  async_buf_add_char(out, ']');
  if (lost->rc < 0)
    add_error(lost->rc, out);
  else
    add_rcode(lost->rcode, out);
  async_buf_add_str(out, ",\"replaced\":true}");
}

static void add_votes(const void *data, struct async_buf *out)
{
  const struct resolve_votes *votes = data;
  async_buf_add_char(out, '[');
  for (size_t i = 0; i < votes->group_count; i++) {
    if (i > 0)
      async_buf_add_char(out, ',');
    add_group(votes, i, out);
  }
  for (size_t i = 0; i < votes->lost_count; i++) {
    async_buf_add_char(out, ',');
    add_lost(votes, &votes->lost[i], out);
  }
  async_buf_add_char(out, ']');
}

void resolve_get_votes(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->votes && item_of(item)->votes->group_count > 0)
    job_value_json(out, item_of(item)->votes, add_votes);
}

/* A zone's servers. */

static void add_name(const unsigned char *name, struct async_buf *out)
{
  size_t start = job_json_open(out);
  async_dns_name_add(out, name);
  job_json_close(out, start);
}

static void add_zone(const void *data, struct async_buf *out)
{
  async_dns_name_add(out, ((const struct resolve_servers *)data)->zone);
}

void resolve_get_zone(const struct job_item *item, struct job_value *out)
{
  const struct resolve_servers *servers = item_of(item)->servers;
  if (servers && servers->zone_bytes > 0)
    job_value_text(out, servers, add_zone);
}

static void add_server(const struct resolve_server *server,
                       const struct resolve_inquiry *inquiry,
                       struct async_buf *out)
{
  async_buf_add_str(out, "{\"server\":");
  add_name(server->name, out);
  async_buf_add_str(out, ",\"address\":");
  job_json_string(out, server->address);
  async_buf_add_str(out, ",\"serial\":");
  if (server->has_serial)
    async_buf_add_uint(out, server->serial);
  else
    async_buf_add_str(out, "null");
  if (!server->replied) {
    add_error(inquiry->rc, out);
  } else {
    add_rcode(inquiry->message.rcode, out);
    async_buf_add_str(out, ",\"authoritative\":");
    async_buf_add_str(out, server->authoritative ? "true" : "false");
    async_buf_add_str(out, ",\"rtt_ms\":");
    async_buf_add_fixed(out, inquiry->flight->ask.rtt_ns, ASYNC_MS, 1);
  }
  async_buf_add_char(out, '}');
}

static void add_servers(const void *data, struct async_buf *out)
{
  const struct resolve_servers *servers = data;
  async_buf_add_char(out, '[');
  for (size_t i = 0; i < servers->count; i++) {
    if (i > 0)
      async_buf_add_char(out, ',');
    add_server(&servers->items[i], &servers->inquiries[i], out);
  }
  async_buf_add_char(out, ']');
}

void resolve_get_servers(const struct job_item *item, struct job_value *out)
{
  const struct resolve_servers *servers = item_of(item)->servers;
  if (servers && servers->count > 0)
    job_value_json(out, servers, add_servers);
}

/* Trusted resolvers. */

void resolve_get_hijacked(const struct job_item *item, struct job_value *out)
{
  if (item_of(item)->confirmed)
    job_value_bool(out, item_of(item)->hijacked);
}

void resolve_get_hijacker(const struct job_item *item, struct job_value *out)
{
  job_value_word(out, item_of(item)->hijacker);
}
