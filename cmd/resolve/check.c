/* A fleet of its own asks each resolver two questions, once more if there is no
 * answer. Of what it learns, the next fleet is told who works; the dead ones are
 * taken off, or it finds out. */
#include "resolve/check.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/timer.h"
#include "command.h"
#include "resolve/inquiry.h"

enum { ATTEMPTS = 2, AT_ONCE = 2000, AUTO_MORE_THAN = 4, SAID_MOST = 10 };
enum { LABEL = 20, QUESTIONS = 2, FAILURES = 10 };

struct check {
  struct resolve_client *client;
  struct resolve_resolvers *resolvers;
  struct async_dns_fleet *fleet;
  struct resolve_query query;
  struct resolve_flights flights;
  struct resolve_question known, canary;
  unsigned char known_name[ASYNC_DNS_NAME_MAX];
  unsigned char canary_name[ASYNC_DNS_NAME_MAX];
  struct resolve_inquiry *inquiries; /* QUESTIONS for each */
  size_t asked;                      /* resolvers */
  size_t good, dead, bad, liars;
};

bool resolve_check_wanted(const struct resolve_opts *opts, size_t count)
{
  if (opts->job.dry_run || opts->check_resolvers == RESOLVE_CHECK_OFF)
    return false;
  return opts->check_resolvers != RESOLVE_CHECK_AUTO || count > AUTO_MORE_THAN;
}

/* Questions. */

/* The option's check has accepted the name. */
static void set_known(struct check *check)
{
  const char *text = check->client->opts.check_name;
  int bytes = async_dns_name_parse(text, strlen(text), check->known_name);
  if (bytes < 0)
    bytes = async_dns_name_parse(".", 1, check->known_name);
  check->known = (struct resolve_question){
    .name = check->known_name,
    .name_bytes = (uint8_t)bytes,
    .type = bytes == 1 ? ASYNC_DNS_NS : ASYNC_DNS_A,
    .klass = ASYNC_DNS_IN,
  };
}

/* Source: RFC 6761 section 6.4: nothing exists below "invalid". */
static void set_canary(struct check *check)
{
  static const char below[] = ".invalid";
  char text[LABEL + sizeof(below)];
  resolve_random_fill(&check->query.random, text, LABEL);
  for (size_t i = 0; i < LABEL; i++)
    text[i] = (char)('a' + (unsigned char)text[i] % 26);
  memcpy(text + LABEL, below, sizeof(below));
  int bytes = async_dns_name_parse(text, strlen(text), check->canary_name);
  check->canary = (struct resolve_question){
    .name = check->canary_name,
    .name_bytes = (uint8_t)bytes,
    .type = ASYNC_DNS_A,
    .klass = ASYNC_DNS_IN,
  };
}

/* Nobody has asked for it, so nobody waits long for dead ones. */
static int64_t deadline_of(const struct check *check)
{
  return check->client->opts.check_resolvers == RESOLVE_CHECK_AUTO
             ? async_in(ASYNC_SEC)
             : 0;
}

static int ask(struct check *check)
{
  size_t count = check->asked;
  struct resolve_round round = {
    .flights = &check->flights,
    .retry_on = &check->client->retry_on,
    .attempts = ATTEMPTS,
    .limit = AT_ONCE,
    .deadline_ns = deadline_of(check),
  };
  for (size_t i = 0; i < count; i++) {
    struct resolve_inquiry *both = &check->inquiries[QUESTIONS * i];
    both[0].question = check->known;
    both[1].question = check->canary;
    both[0].question.resolver = both[1].question.resolver = (int)i;
  }
  return resolve_round_run(&round, check->inquiries, QUESTIONS * count);
}

/* Verdicts. */

static bool has_records(const struct resolve_inquiry *inquiry)
{
  return inquiry->rc == 0 && inquiry->message.rcode == ASYNC_DNS_NOERROR &&
         inquiry->message.held[ASYNC_DNS_ANSWER] > 0;
}

static bool is_dead(const struct resolve_inquiry *both)
{
  return both[0].rc < 0;
}

static bool lies(const struct resolve_inquiry *both)
{
  return has_records(&both[1]);
}

static bool is_good(const struct resolve_inquiry *both)
{
  return has_records(&both[0]) && !lies(both);
}

static void say_bad(const struct check *check,
                    const struct resolve_inquiry *both)
{
  struct job_log *log = check->client->run->log;
  struct async_buf text = ASYNC_BUF_INIT;
  if (is_dead(both) || both[0].message.rcode != ASYNC_DNS_NOERROR)
    resolve_inquiry_explain(&both[0], &text);
  else if (lies(both))
    async_buf_printf(&text, "%s lies: it knows a name below 'invalid'",
                     resolve_inquiry_server(&both[0]));
  else
    async_buf_printf(&text, "%s has no record of '%s'",
                     resolve_inquiry_server(&both[0]),
                     check->client->opts.check_name);
  const char *message = async_buf_str(&text);
  job_say(log, "%s", message ? message : async_err_text(ASYNC_ENOMEM));
  async_buf_done(&text);
}

static void count(struct check *check, const struct resolve_inquiry *both)
{
  check->good += is_good(both);
  check->dead += is_dead(both);
  check->liars += !is_dead(both) && lies(both);
  check->bad += !is_dead(both) && !lies(both) && !is_good(both);
}

/* A long list of dead ones is not read by anybody. */
static void say_all(struct check *check)
{
  struct job_log *log = check->client->run->log;
  size_t said = 0;
  for (size_t i = 0; i < check->resolvers->count; i++) {
    const struct resolve_inquiry *both = &check->inquiries[QUESTIONS * i];
    count(check, both);
    if (is_good(both))
      job_say_more(log, 1, "%s answers in %.1f ms",
                   resolve_inquiry_server(&both[0]),
                   (double)both[0].flight->ask.rtt_ns / (double)ASYNC_MS);
    else if (said++ < SAID_MOST || log->verbose)
      say_bad(check, both);
  }
  if (said > 0)
    job_say(log,
            "of %zu resolvers %zu are good, %zu do not answer, %zu have no "
            "answer, %zu lie",
            check->resolvers->count, check->good, check->dead, check->bad,
            check->liars);
}

/* What follows. */

/* Need not prove it again. */
static void note_works(struct check *check)
{
  for (size_t i = 0; i < check->resolvers->count; i++)
    check->resolvers->items[i].works =
        is_good(&check->inquiries[QUESTIONS * i]);
}

static void drop(struct check *check)
{
  struct resolve_resolvers *resolvers = check->resolvers;
  size_t kept = 0;
  for (size_t i = 0; i < resolvers->count; i++)
    if (is_good(&check->inquiries[QUESTIONS * i]))
      resolvers->items[kept++] = resolvers->items[i];
  resolvers->count = kept;
}

static void print(struct check *check)
{
  struct job_out *out = check->client->run->out;
  for (size_t i = 0; i < check->resolvers->count; i++) {
    const struct async_dns_resolver *resolver = &check->resolvers->items[i];
    if (!is_good(&check->inquiries[QUESTIONS * i]))
      continue;
    async_buf_add_str(&out->buf, async_dns_fleet_text(check->fleet, i));
    async_buf_add_str(&out->buf, resolver->trusted ? " trusted\n" : "\n");
  }
  job_out_put(out);
}

static int conclude(struct check *check)
{
  enum resolve_check wish = check->client->opts.check_resolvers;
  bool strict = wish == RESOLVE_CHECK_DROP || wish == RESOLVE_CHECK_ONLY;
  say_all(check);
  note_works(check);
  if (strict ? check->good == 0 : check->dead == check->resolvers->count) {
    job_say_error(check->client->run->log, "no usable resolver");
    return COMMAND_IO;
  }
  if (wish == RESOLVE_CHECK_ONLY)
    print(check);
  if (wish == RESOLVE_CHECK_DROP)
    drop(check);
  return COMMAND_OK;
}

/* The whole. */

static int open_all(struct check *check,
                    const struct async_dns_fleet_opts *opts)
{
  struct async_dns_fleet_opts own = *opts;
  own.resolvers = check->resolvers->items;
  own.count = check->asked = check->resolvers->count;
  own.failures = FAILURES; /* each is to have its attempts */
  int err = resolve_query_init(&check->query, &check->client->opts);
  if (err == 0)
    err = async_dns_fleet_open(&check->fleet, &own);
  check->inquiries = calloc(QUESTIONS * own.count, sizeof(*check->inquiries));
  if (err == 0 && !check->inquiries)
    err = ASYNC_ENOMEM;
  resolve_flights_init(&check->flights, check->fleet, &check->query);
  return err;
}

static void close_all(struct check *check)
{
  if (check->inquiries)
    resolve_inquiries_done(check->inquiries, QUESTIONS * check->asked);
  async_dns_fleet_close(check->fleet);
  resolve_flights_done(&check->flights);
  resolve_query_done(&check->query);
  free(check->inquiries);
  free(check);
}

int resolve_check_run(struct resolve_client *client,
                      struct resolve_resolvers *resolvers,
                      const struct async_dns_fleet_opts *opts)
{
  struct check *check = calloc(1, sizeof(*check));
  int err = check ? 0 : ASYNC_ENOMEM, status = COMMAND_IO;
  if (check) {
    check->client = client;
    check->resolvers = resolvers;
    err = open_all(check, opts);
  }
  if (err == 0) {
    set_known(check);
    set_canary(check);
    err = ask(check);
  }
  if (err == 0)
    status = conclude(check);
  else
    job_say_error(client->run->log, "cannot check resolvers: %s",
                  async_err_text(err));
  if (check)
    close_all(check);
  return status;
}
