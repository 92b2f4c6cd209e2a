/* Names of an address: in the hosts file, and if they are not there, by asking.
 * ares_gethostbyaddr() can do both, but says that there is no name when there
 * was no answer. */
#include <arpa/inet.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

#include "async/dns_message.h"
#include "async/error.h"
#include "async/task.h"
#include "net/dns_priv.h"

struct search {
  struct asy_dns_lookup lookup;
  struct async_buf names; /* a NUL behind each */
  uint32_t ttl_s;
};

/* Where a waiter wants it. */
struct wanted {
  struct async_buf *names;
  uint32_t ttl_s;
};

static void land(struct search *search, int status)
{
  if (status == ARES_SUCCESS && search->names.err)
    status = ARES_ENOMEM;
  if (status == ARES_SUCCESS && search->names.len == 0)
    status = ARES_ENODATA;
  asy_dns_land(&search->lookup.base, asy_dns_error(status));
}

static int give_names(struct asy_dns_lookup *lookup, void *out)
{
  struct search *search = ASYNC_CONTAINER_OF(lookup, struct search, lookup);
  struct wanted *wanted = out;
  async_buf_add(wanted->names, search->names.data, search->names.len);
  wanted->ttl_s = search->ttl_s;
  return wanted->names->err;
}

static void free_names(struct asy_dns_lookup *lookup)
{
  async_buf_done(&ASYNC_CONTAINER_OF(lookup, struct search, lookup)->names);
}

/* The hosts file. */

static void add_name(struct async_buf *out, const char *name)
{
  if (name && *name)
    async_buf_add(out, name, strlen(name) + 1);
}

static void on_host(void *arg, int status, int timeouts, struct hostent *host)
{
  struct search *search = arg;
  (void)timeouts;
  if (status == ARES_SUCCESS && host) {
    add_name(&search->names, host->h_name);
    for (char **alias = host->h_aliases; alias && *alias; alias++)
      add_name(&search->names, *alias);
  }
  land(search, status);
}

static void send_to_hosts(struct asy_dns_flight *base)
{
  struct search *search = ASYNC_CONTAINER_OF(base, struct search, lookup.base);
  int family = search->lookup.family;
  unsigned char bytes[16];
  inet_pton(family, search->lookup.text, bytes);
  ares_gethostbyaddr(base->channel->ares, bytes, family == AF_INET ? 4 : 16,
                     family, on_host, search);
}

static const struct asy_dns_lookup_kind in_hosts = {
  .name = "dns hosts lookup",
  .pool = ASY_DNS_HOSTS,
  .bytes = sizeof(struct search),
  .send = send_to_hosts,
  .give = give_names,
  .done = free_names,
};

/* PTR records. */

/* Whatever name they have: it may be an alias (RFC 2317). */
static void take_records(struct search *search, const unsigned char *reply,
                         size_t len)
{
  struct async_dns_message message;
  struct async_dns_record record;
  struct async_buf *names = &search->names;
  async_dns_message_read(&message, reply, len);
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record)) {
    unsigned char wire[ASYNC_DNS_NAME_MAX];
    if (record.type != ASYNC_DNS_PTR || !async_dns_record_target(&record, wire))
      continue;
    if (names->len == 0 || record.ttl < search->ttl_s)
      search->ttl_s = record.ttl;
    async_dns_name_add(names, wire);
    if (!names->err)
      names->data[names->len - 1] = '\0'; /* in place of the final dot */
  }
}

static void on_reply(void *arg, int status, int timeouts, unsigned char *reply,
                     int reply_bytes)
{
  struct search *search = arg;
  (void)timeouts;
  if (status == ARES_SUCCESS && reply && reply_bytes > 0)
    take_records(search, reply, (size_t)reply_bytes);
  land(search, status);
}

static void send_query(struct asy_dns_flight *base)
{
  struct search *search = ASYNC_CONTAINER_OF(base, struct search, lookup.base);
  struct async_dns_address address = { .family = search->lookup.family };
  char name[ASYNC_DNS_REVERSE_TEXT];
  inet_pton(address.family, search->lookup.text, address.bytes);
  async_dns_name_reverse(&address, name);
  ares_query(base->channel->ares, name, ASYNC_DNS_IN, ASYNC_DNS_PTR, on_reply,
             search);
}

static const struct asy_dns_lookup_kind in_dns = {
  .name = "dns reverse lookup",
  .pool = ASY_DNS_LOOKUPS,
  .bytes = sizeof(struct search),
  .send = send_query,
  .give = give_names,
  .done = free_names,
};

int async_dns_reverse(struct async_dns *dns,
                      const struct async_dns_address *address,
                      struct async_buf *out, uint32_t *ttl_s)
{
  char text[INET6_ADDRSTRLEN];
  struct wanted wanted = { .names = out };
  int err = async_checkpoint();
  if (err < 0)
    return err;
  async_dns_address_text(address, text);
  err = asy_dns_look_up(dns, &in_hosts, text, address->family, &wanted);
  if (err == ASYNC_ERROR_FROM_ARES(ARES_ENOTFOUND))
    err = asy_dns_look_up(dns, &in_dns, text, address->family, &wanted);
  if (err == 0 && ttl_s)
    *ttl_s = wanted.ttl_s;
  return err;
}
