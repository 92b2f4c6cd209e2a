/* The way of --soa-check:
 *
 *   1. the zone: the owner of the SOA record that answers the name, or that says
 *      why there is none; above an alias, a label at a time
 *   2. its name servers
 *   3. their addresses, of both kinds unless -4 or -6 says otherwise
 *   4. each address is asked for the SOA record
 *   5. all have to answer, with authority, with the same serial */
#include "resolve/soa.h"

#include <ctype.h>
#include <stdlib.h>

#include "async/error.h"
#include "resolve/soa_priv.h"

enum { NAMES_MOST = 32 };

void resolve_servers_free(struct resolve_servers *servers)
{
  if (!servers)
    return;
  resolve_inquiries_done(servers->inquiries, servers->count);
  free(servers->inquiries);
  free(servers->items);
  free(servers->names);
  free(servers);
}

/* Ends. */

bool resolve_soa_fail(struct resolve_soa_check *check, enum job_error_kind kind,
                      int code, const char *message)
{
  job_error_set(&check->item->item, kind, code, "%s", message);
  check->attempt->outcome = ASYNC_FAN_FAILED;
  check->attempt->rc = ASYNC_EFAIL;
  return false;
}

bool resolve_soa_fail_text(struct resolve_soa_check *check,
                           struct async_buf *text)
{
  const char *message = async_buf_str(text);
  resolve_soa_fail(check, JOB_ERROR_DNS, 0,
                   message ? message : async_err_text(ASYNC_ENOMEM));
  async_buf_done(text);
  return false;
}

bool resolve_soa_fail_code(struct resolve_soa_check *check, int err)
{
  resolve_judge_end(check->client, check->item, check->attempt, err);
  return false;
}

/* Asking. */

int resolve_soa_ask(struct resolve_soa_check *check,
                    struct resolve_inquiry *items, size_t count)
{
  struct resolve_round round =
      resolve_client_round(check->client, check->item->limit.deadline_ns);
  return resolve_round_run(&round, items, count);
}

struct resolve_question resolve_soa_question(
    const struct resolve_soa_check *check, unsigned char *name, size_t bytes,
    uint16_t type)
{
  struct resolve_question question = check->item->question;
  question.name = name;
  question.name_bytes = (uint8_t)bytes;
  question.type = type;
  return question;
}

/* Asks one question of resolvers. What is no answer is the end of the check. */
static bool ask_one(struct resolve_soa_check *check,
                    struct resolve_inquiry *inquiry)
{
  int err = resolve_soa_ask(check, inquiry, 1);
  if (err == 0 && inquiry->rc == 0 &&
      inquiry->message.rcode == ASYNC_DNS_NOERROR)
    return true;
  resolve_item_take(check->item, inquiry->flight);
  inquiry->flight = NULL;
  resolve_soa_fail_code(check, err < 0 ? err : inquiry->rc);
  if (check->attempt->outcome == ASYNC_FAN_OK)
    resolve_soa_fail(check, JOB_ERROR_DNS, (int)inquiry->message.rcode,
                     "there is no such name");
  return false;
}

/* 1 */

/* Whether `zone` is the name or above it. Both are names in wire form, so that
 * equal ends are equal labels only if a label begins there. */
static bool is_above(const unsigned char *zone, size_t zone_bytes,
                     const unsigned char *name, size_t bytes)
{
  while (bytes > zone_bytes) {
    bytes -= name[0] + 1u;
    name += name[0] + 1u;
  }
  if (bytes != zone_bytes)
    return false;
  for (size_t i = 0; i < bytes; i++)
    if (tolower(zone[i]) != tolower(name[i]))
      return false;
  return true;
}

static bool find_soa(struct resolve_servers *servers,
                     const struct async_dns_message *message,
                     enum async_dns_section section)
{
  struct async_dns_record record;
  async_dns_record_begin(&record, message, section);
  while (async_dns_record_next(&record))
    if (record.type == ASYNC_DNS_SOA) {
      servers->zone_bytes = async_dns_record_owner(&record, servers->zone);
      return true;
    }
  return false;
}

static bool find_zone(struct resolve_soa_check *check)
{
  struct resolve_servers *servers = check->servers;
  unsigned char *name = check->item->question.name;
  size_t bytes = check->item->question.name_bytes;
  for (;;) {
    struct resolve_inquiry inquiry = {
      .question = resolve_soa_question(check, name, bytes, ASYNC_DNS_SOA),
    };
    bool answered = ask_one(check, &inquiry);
    bool found = answered &&
                 (find_soa(servers, &inquiry.message, ASYNC_DNS_ANSWER) ||
                  find_soa(servers, &inquiry.message, ASYNC_DNS_AUTHORITY)) &&
                 is_above(servers->zone, servers->zone_bytes, name, bytes);
    resolve_inquiries_done(&inquiry, 1);
    if (!answered || found)
      return found;
    if (bytes == 1)
      return resolve_soa_fail(check, JOB_ERROR_DNS, 0,
                              "no SOA record says which zone");
    bytes -= name[0] + 1u;
    name += name[0] + 1u;
  }
}

/* 2 */

static bool read_names(struct resolve_soa_check *check,
                       const struct async_dns_message *message)
{
  struct resolve_servers *servers = check->servers;
  struct async_dns_record record;
  servers->names = calloc(NAMES_MOST, sizeof(*servers->names));
  if (!servers->names)
    return resolve_soa_fail_code(check, ASYNC_ENOMEM);
  async_dns_record_begin(&record, message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record) && servers->name_count < NAMES_MOST)
    if (record.type == ASYNC_DNS_NS &&
        async_dns_record_target(&record, servers->names[servers->name_count]))
      servers->name_count++;
  return servers->name_count > 0 ||
         resolve_soa_fail(check, JOB_ERROR_DNS, 0,
                          "the zone has no name servers");
}

static bool find_names(struct resolve_soa_check *check)
{
  struct resolve_servers *servers = check->servers;
  struct resolve_inquiry inquiry = {
    .question = resolve_soa_question(check, servers->zone, servers->zone_bytes,
                                     ASYNC_DNS_NS),
  };
  bool ok = ask_one(check, &inquiry) && read_names(check, &inquiry.message);
  resolve_inquiries_done(&inquiry, 1);
  return ok;
}

/* 5 */

static bool is_right(const struct resolve_server *server)
{
  return server->has_serial && server->authoritative;
}

static bool fail_server(struct resolve_soa_check *check, size_t i)
{
  const struct resolve_server *server = &check->servers->items[i];
  const struct resolve_inquiry *inquiry = &check->servers->inquiries[i];
  struct async_buf text = ASYNC_BUF_INIT;
  async_dns_name_add(&text, server->name);
  async_buf_add_str(&text, ": ");
  if (!server->replied || inquiry->message.rcode != ASYNC_DNS_NOERROR) {
    resolve_inquiry_explain(inquiry, &text);
  } else {
    async_buf_add_str(&text, server->has_serial ? "no authority at "
                                                : "no SOA record at ");
    async_buf_add_str(&text, resolve_inquiry_server(inquiry));
  }
  return resolve_soa_fail_text(check, &text);
}

static bool fail_serials(struct resolve_soa_check *check, size_t one,
                         size_t other)
{
  const struct resolve_server *items = check->servers->items;
  struct async_buf text = ASYNC_BUF_INIT;
  async_buf_add_str(&text, "the serials differ: ");
  async_buf_printf(&text, "%u at ", (unsigned)items[one].serial);
  async_dns_name_add(&text, items[one].name);
  async_buf_printf(&text, " (%s), %u at ", items[one].address,
                   (unsigned)items[other].serial);
  async_dns_name_add(&text, items[other].name);
  async_buf_printf(&text, " (%s)", items[other].address);
  return resolve_soa_fail_text(check, &text);
}

static void compare(struct resolve_soa_check *check)
{
  struct resolve_servers *servers = check->servers;
  struct resolve_flight *first = servers->inquiries[0].flight;
  for (size_t i = 0; i < servers->count; i++)
    if (!is_right(&servers->items[i])) {
      fail_server(check, i);
      return;
    }
  resolve_item_take(check->item, resolve_flight_ref(first));
  resolve_judge_end(check->client, check->item, check->attempt, 0);
  for (size_t i = 1; i < servers->count; i++)
    if (servers->items[i].serial != servers->items[0].serial) {
      fail_serials(check, 0, i);
      return;
    }
}

void resolve_soa(struct resolve_client *client, struct resolve_item *item,
                 struct async_fan_attempt *attempt)
{
  struct resolve_soa_check check = { client, item, attempt,
                                     calloc(1, sizeof(*check.servers)) };
  item->question.type = ASYNC_DNS_SOA;
  resolve_servers_free(item->servers);
  item->servers = check.servers;
  if (!check.servers) {
    resolve_soa_fail_code(&check, ASYNC_ENOMEM);
    return;
  }
  if (find_zone(&check) && find_names(&check) &&
      resolve_soa_find_addresses(&check) && resolve_soa_ask_serials(&check))
    compare(&check);
}
