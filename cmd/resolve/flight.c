#include "resolve/flight.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "resolve/question.h"

enum { HEADER = 12, TYPE_AND_CLASS = 4, OPT_LENGTH = 9, OPT_FIXED = 11 };

void resolve_flights_init(struct resolve_flights *flights,
                          struct async_dns_fleet *fleet,
                          struct resolve_query *query)
{
  *flights = (struct resolve_flights){ .fleet = fleet,
                                       .query = query,
                                       .table = ASYNC_HASH_INIT,
                                       .exact_case = query->opts->case_random };
  resolve_cookies_init(&flights->cookies, &query->random, query->opts->tcp);
}

void resolve_flights_done(struct resolve_flights *flights)
{
  while (flights->free) {
    struct resolve_flight *flight = flights->free;
    flights->free = flight->next;
    async_buf_done(&flight->reply);
    free(flight);
  }
  async_hash_done(&flights->table);
  resolve_cookies_done(&flights->cookies);
}

/* The table. */

static uint64_t hash_of(const struct resolve_question *question)
{
  uint64_t seed = (uint64_t)question->type << 48 |
                  (uint64_t)question->klass << 32 |
                  (uint32_t)(question->resolver + 1);
  return async_hash_bytes(question->name, question->name_bytes, seed);
}

static bool is_same(const struct async_hash_node *node, const void *key)
{
  const struct resolve_flight *flight =
      ASYNC_CONTAINER_OF(node, const struct resolve_flight, node);
  const struct resolve_question *a = &flight->question, *b = key;
  return a->type == b->type && a->klass == b->klass &&
         a->resolver == b->resolver && a->trusted == b->trusted &&
         a->authority == b->authority && a->name_bytes == b->name_bytes &&
         memcmp(a->name, b->name, a->name_bytes) == 0;
}

/* Whether it may still wait when we may not. */
static bool outlasts(const struct resolve_flight *flight,
                     const struct resolve_limit *limit)
{
  const struct async_dns_ask *ask = &flight->ask;
  if (limit->deadline_ns)
    return !ask->deadline_ns || ask->deadline_ns > limit->deadline_ns;
  return limit->timeout_ns &&
         (!ask->limit_ns || ask->limit_ns > limit->timeout_ns);
}

/* One that was asked in another way is not the same. */
static struct resolve_flight *find(struct resolve_flights *flights,
                                   const struct resolve_question *question,
                                   uint64_t hash, bool plain,
                                   const struct resolve_limit *limit)
{
  struct async_hash_node *node =
      async_hash_find(&flights->table, hash, is_same, question);
  struct resolve_flight *flight =
      node ? ASYNC_CONTAINER_OF(node, struct resolve_flight, node) : NULL;
  bool fits = flight && flight->plain == plain && !outlasts(flight, limit);
  return fits ? flight : NULL;
}

static void leave_table(struct resolve_flight *flight)
{
  if (flight->in_table)
    async_hash_remove(&flight->all->table, &flight->node);
  flight->in_table = false;
}

/* Their life. */

static struct resolve_flight *get(struct resolve_flights *flights)
{
  struct resolve_flight *flight = flights->free;
  if (flight) {
    flights->free = flight->next;
    async_buf_clear(&flight->reply);
    return flight;
  }
  flight = calloc(1, sizeof(*flight));
  if (!flight)
    return NULL;
  flight->all = flights;
  return flight;
}

struct resolve_flight *resolve_flight_ref(struct resolve_flight *flight)
{
  flight->users++;
  return flight;
}

void resolve_flight_leave(struct resolve_flight *flight)
{
  if (!flight || --flight->users > 0)
    return;
  if (flight->all->exact_case)
    free(flight->question.name);
  flight->next = flight->all->free;
  flight->all->free = flight;
}

/* Asking. */

static void put16(unsigned char *at, size_t value)
{
  at[0] = (unsigned char)(value >> 8);
  at[1] = (unsigned char)value;
}

static bool takes_cookie(const struct resolve_flight *flight)
{
  const struct resolve_opts *opts = flight->all->query->opts;
  return opts->cookie && opts->edns && !flight->plain;
}

/* Adds the resolver's cookie to the OPT record, which is the last. */
static void add_cookie(struct async_dns_ask *ask)
{
  struct resolve_flight *flight = ask->ctx;
  unsigned char *end = flight->query + flight->query_bytes;
  unsigned char *opt =
      flight->query + HEADER + flight->question.name_bytes + TYPE_AND_CLASS;
  size_t bytes =
      resolve_cookie_write(&flight->all->cookies, ask->resolver, end);
  if (flight->cookie_of != ask->resolver)
    flight->bad_cookies = 0;
  flight->cookie_of = ask->resolver;
  flight->has_cookie = bytes > 0;
  put16(opt + OPT_LENGTH, (size_t)(end - opt) - OPT_FIXED + bytes);
  ask->message_bytes = flight->query_bytes + bytes;
}

static enum async_dns_verdict check_cookie(const struct async_dns_ask *ask)
{
  struct resolve_flight *flight = ask->ctx;
  return flight->has_cookie
             ? resolve_cookie_check(&flight->all->cookies, ask->resolver,
                                    &flight->message, ask->tcp,
                                    &flight->bad_cookies)
             : ASYNC_DNS_GOOD;
}

static enum async_dns_verdict check(const struct async_dns_ask *ask,
                                    const unsigned char *reply, size_t len)
{
  struct resolve_flight *flight = ask->ctx;
  enum async_dns_verdict verdict;
  async_dns_message_read(&flight->message, reply, len);
  switch (async_dns_message_fit(&flight->message, flight->query,
                                flight->query_bytes, flight->all->exact_case)) {
  case ASYNC_DNS_FITS:
    verdict = check_cookie(ask);
    return verdict == ASYNC_DNS_GOOD ? async_dns_check(ask, reply, len)
                                     : verdict;
  case ASYNC_DNS_SHORT:
  case ASYNC_DNS_DAMAGED:
    return ASYNC_DNS_MALFORMED;
  default:
    return ASYNC_DNS_DROP;
  }
}

int resolve_flight_read(const struct resolve_flight *flight,
                        struct async_dns_message *out)
{
  const struct async_buf *reply = &flight->reply;
  if (flight->message.len != reply->len || flight->message.damaged)
    return async_dns_message_read(out, reply->data, reply->len);
  *out = flight->message; /* that was read where it came in */
  out->bytes = (const unsigned char *)reply->data;
  return 0;
}

static void on_end(struct async_op *op)
{
  struct resolve_flight *flight =
      ASYNC_CONTAINER_OF(op, struct resolve_flight, op);
  struct async_list *node, told;
  leave_table(flight);
  async_list_init(&told);
  async_list_splice(&told, &flight->waiting);
  while ((node = async_list_shift(&told)) != NULL)
    async_op_done(ASYNC_CONTAINER_OF(node, struct async_op, node), op->rc);
  if (flight->all->pace)
    resolve_pace_ended(flight->all->pace);
  resolve_flight_leave(flight);
}

/* The others may still want the reply; and if not, it costs nothing. */
static int stop_waiting(struct async_op *op)
{
  async_list_remove(&op->node);
  return ASYNC_OP_WITHDRAWN;
}

/* What is asked, and how. The question's name is that of the query, but where
 * that has its case mixed. Returns 0 or an error. */
static int write_query(struct resolve_flight *flight,
                       const struct resolve_question *question)
{
  flight->question = *question;
  flight->question.name = flight->query + HEADER;
  int bytes = resolve_query_write(flight->all->query, question, flight->plain,
                                  flight->query);
  if (bytes >= 0)
    flight->query_bytes = (size_t)bytes;
  if (!flight->all->exact_case)
    return bytes < 0 ? bytes : 0;
  flight->question.name = NULL;
  if (bytes < 0)
    return bytes;
  return resolve_question_name(&flight->question, question->name,
                               question->name_bytes);
}

static void take_off(struct resolve_flight *flight, uint64_t hash,
                     const struct resolve_limit *limit)
{
  struct resolve_flights *flights = flight->all;
  flight->ask = (struct async_dns_ask){
    .message = flight->query,
    .message_bytes = flight->query_bytes,
    .check = check,
    .prepare = takes_cookie(flight) ? add_cookie : NULL,
    .ctx = flight,
    .tried = &flight->tried,
    .want = flight->question.resolver,
    .trusted = flight->question.trusted,
    .deadline_ns = limit->deadline_ns,
    .limit_ns = limit->timeout_ns,
    .keep = &flight->reply,
  };
  /* Without room in the table it is asked alone. */
  flight->in_table =
      async_hash_insert(&flights->table, &flight->node, hash) == 0;
  flight->users++;
  async_dns_ask_start(flights->fleet, &flight->ask, &flight->op);
  flight->op.done = on_end;
}

static struct resolve_flight *join(struct resolve_flight *flight,
                                   struct async_op *op)
{
  async_list_push(&flight->waiting, &op->node);
  return resolve_flight_ref(flight);
}

struct resolve_flight *resolve_flight_ask(
    struct resolve_flights *flights, const struct resolve_question *question,
    const struct async_dns_tried *tried, const struct resolve_limit *limit,
    bool plain, struct async_op *op)
{
  uint64_t hash = hash_of(question);
  struct resolve_flight *flight = find(flights, question, hash, plain, limit);
  async_op_start(op, "dns question", stop_waiting);
  if (flight)
    return join(flight, op);
  flight = get(flights);
  if (!flight) {
    async_op_done(op, ASYNC_ENOMEM);
    return NULL;
  }
  flight->plain = plain;
  flight->has_cookie = false;
  flight->bad_cookies = 0;
  flight->tried = *tried;
  flight->ask = (struct async_dns_ask){ .resolver = -1 };
  async_list_init(&flight->waiting);
  int err = write_query(flight, question);
  if (err < 0) {
    async_op_done(op, err);
    return resolve_flight_ref(flight);
  }
  join(flight, op);
  take_off(flight, hash, limit);
  return flight;
}

void resolve_flight_start(struct resolve_flights *flights,
                          struct resolve_item *item, bool plain,
                          struct async_op *op)
{
  item->flight = resolve_flight_ask(flights, &item->question, &item->tried,
                                    &item->limit, plain, op);
}
