/* The way of a vote:
 *
 *   1. draw as many resolvers as are to be asked, those that are well first
 *      (--compare: take all)
 *   2. ask them; for one that does not answer draw another, while one is left,
 *      then ask it again (--compare: at once)
 *   3. put equal answers together
 *   4. --agree: the largest group, if it is large enough, is the answer
 *      --compare: there may only be one group */
#include "resolve/vote.h"

#include <stdio.h>

#include "async/error.h"
#include "command.h"
#include "resolve/judge.h"
#include "resolve/votes.h"

enum { DRAWS = 16 };

int resolve_vote_check(struct resolve_client *client)
{
  const struct resolve_agree *agree = &client->opts.agree;
  size_t able = 0;
  for (size_t i = 0; i < client->resolvers; i++)
    able +=
        !agree->trusted || async_dns_fleet_resolver(client->fleet, i)->trusted;
  if (agree->asked <= able)
    return COMMAND_OK;
  job_say_error(client->run->log,
                "--agree %u/%u: there are only %zu%s resolvers", agree->needed,
                agree->asked, able, agree->trusted ? " trusted" : "");
  return COMMAND_USAGE;
}

/* Drawing. */

static bool has_vote(const struct resolve_votes *votes, size_t resolver)
{
  for (size_t i = 0; i < votes->count; i++)
    if (votes->items[i].question.resolver == (int)resolver)
      return true;
  for (size_t i = 0; i < votes->lost_count; i++)
    if (votes->lost[i].resolver == resolver)
      return true;
  return false;
}

static bool is_able(const struct resolve_client *client,
                    const struct resolve_votes *votes, size_t resolver,
                    bool well)
{
  struct async_dns_resolver_stats stats;
  if (has_vote(votes, resolver))
    return false;
  if (client->opts.agree.trusted &&
      !async_dns_fleet_resolver(client->fleet, resolver)->trusted)
    return false;
  async_dns_fleet_stats(client->fleet, resolver, &stats);
  return !well || stats.breaker == ASYNC_BREAKER_CLOSED;
}

/* One that has no vote yet. Drawn at random, because neighbours in a list are
 * often one operator's. Returns ASYNC_DNS_ANY when none is left. */
static int draw(struct resolve_client *client,
                const struct resolve_votes *votes)
{
  uint32_t number = 0;
  for (int i = 0; i < DRAWS; i++) {
    resolve_random_fill(&client->query.random, &number, sizeof(number));
    if (is_able(client, votes, number % client->resolvers, true))
      return (int)(number % client->resolvers);
  }
  for (int ill = 0; ill <= 1; ill++)
    for (size_t i = 0; i < client->resolvers; i++) {
      size_t resolver = (number + i) % client->resolvers;
      if (is_able(client, votes, resolver, !ill))
        return (int)resolver;
    }
  return ASYNC_DNS_ANY;
}

/* 1. A resolver that the entry names is among them. */

static void draw_all(struct resolve_client *client, struct resolve_item *item,
                     struct resolve_votes *votes)
{
  int named = item->question.resolver;
  for (size_t i = 0; i < votes->count; i++)
    votes->items[i].question.resolver = ASYNC_DNS_ANY;
  for (size_t i = 0; i < votes->count; i++)
    votes->items[i].question.resolver =
        i == 0 && named >= 0 ? named : draw(client, votes);
}

static void take_all(struct resolve_client *client, struct resolve_item *item,
                     struct resolve_votes *votes)
{
  int named = item->question.resolver;
  for (size_t i = 0; i < votes->count; i++)
    votes->items[i].question.resolver = i < client->resolvers ? (int)i : named;
}

static struct resolve_votes *new_votes(struct resolve_client *client,
                                       struct resolve_item *item)
{
  bool stranger = item->question.resolver >= (int)client->resolvers;
  size_t count = client->opts.compare ? client->resolvers + stranger
                                      : client->opts.agree.asked;
  resolve_votes_free(item->votes);
  item->votes = resolve_votes_new(client->fleet, &item->question, count);
  if (item->votes && client->opts.compare)
    take_all(client, item, item->votes);
  else if (item->votes)
    draw_all(client, item, item->votes);
  return item->votes;
}

/* 2 */

struct poll {
  struct resolve_client *client;
  struct resolve_votes *votes;
  size_t refused; /* replies that were not taken for an answer */
};

/* One that is well may just have lost a datagram. */
static bool asks_again(const struct resolve_round *round,
                       const struct resolve_inquiry *inquiry)
{
  const struct poll *poll = round->ctx;
  struct async_dns_resolver_stats stats;
  async_dns_fleet_stats(poll->client->fleet, (size_t)inquiry->question.resolver,
                        &stats);
  return inquiry->rc < 0 && stats.breaker == ASYNC_BREAKER_CLOSED &&
         inquiry->attempts < round->attempts;
}

static bool goes_elsewhere(struct resolve_round *round,
                           struct resolve_inquiry *inquiry)
{
  struct poll *poll = round->ctx;
  if (inquiry->rc == 0 && poll->refused++ >= poll->client->opts.job.retries)
    return false;
  if (poll->votes->lost_count == RESOLVE_LOST)
    return false;
  int resolver = draw(poll->client, poll->votes);
  if (resolver < 0)
    return asks_again(round, inquiry);
  resolve_votes_lose(poll->votes, inquiry);
  inquiry->question.resolver = resolver;
  return true;
}

static int ask(struct resolve_client *client, struct resolve_item *item)
{
  struct resolve_votes *votes = item->votes;
  struct poll poll = { .client = client, .votes = votes };
  struct resolve_round round =
      resolve_client_round(client, item->limit.deadline_ns);
  round.again = client->opts.compare ? NULL : goes_elsewhere;
  round.ctx = &poll;
  int err = resolve_round_run(&round, votes->items, votes->count);
  return err < 0 ? err : resolve_votes_count(votes);
}

/* Many questions to long lists of resolvers would take all memory. */
static int ask_in_turn(struct resolve_client *client, struct resolve_item *item)
{
  size_t count = item->votes->count;
  size_t permits = count < RESOLVE_VOTES_MOST ? count : RESOLVE_VOTES_MOST;
  int err = async_sem_acquire(&client->votes, permits);
  if (err < 0)
    return err;
  err = ask(client, item);
  async_sem_release(&client->votes, permits);
  return err;
}

/* 4 */

static void fail(struct resolve_item *item, struct async_fan_attempt *attempt,
                 const char *what)
{
  struct async_buf text = ASYNC_BUF_INIT;
  async_buf_add_str(&text, what);
  resolve_votes_explain(item->votes, &text);
  const char *message = async_buf_str(&text);
  job_error_set(&item->item, JOB_ERROR_DNS, 0, "%s", message ? message : what);
  async_buf_done(&text);
  attempt->outcome = ASYNC_FAN_FAILED;
  attempt->rc = ASYNC_EFAIL;
}

/* Takes a group's answer for the question's. */
static void take(struct resolve_client *client, struct resolve_item *item,
                 struct async_fan_attempt *attempt,
                 const struct resolve_group *group)
{
  struct resolve_inquiry *inquiry = resolve_votes_of(item->votes, group);
  struct resolve_flight *flight =
      inquiry->flight ? resolve_flight_ref(inquiry->flight) : NULL;
  resolve_item_take(item, flight);
  resolve_judge_end(client, item, attempt, inquiry->rc);
}

/* An rcode that is worth another attempt is no answer. */
static bool is_answer(const struct resolve_client *client,
                      const struct resolve_inquiry *inquiry)
{
  return inquiry->rc == 0 &&
         (inquiry->message.rcode == ASYNC_DNS_NOERROR ||
          inquiry->message.rcode == ASYNC_DNS_NXDOMAIN ||
          !resolve_codes_have(&client->retry_on, inquiry->message.rcode));
}

static const struct resolve_group *find_winner(
    const struct resolve_client *client, const struct resolve_votes *votes)
{
  for (size_t i = 0; i < votes->group_count; i++)
    if (is_answer(client, resolve_votes_of(votes, &votes->groups[i])))
      return &votes->groups[i];
  return NULL;
}

static void judge_agree(struct resolve_client *client,
                        struct resolve_item *item,
                        struct async_fan_attempt *attempt)
{
  char what[64];
  const struct resolve_agree *agree = &client->opts.agree;
  const struct resolve_group *winner = find_winner(client, item->votes);
  snprintf(what, sizeof(what), "%u of %u have to agree: ", agree->needed,
           agree->asked);
  if (winner && winner->count >= agree->needed)
    take(client, item, attempt, winner);
  else if (!winner && item->votes->group_count == 1)
    take(client, item, attempt, &item->votes->groups[0]);
  else
    fail(item, attempt, what);
}

static void judge_compare(struct resolve_client *client,
                          struct resolve_item *item,
                          struct async_fan_attempt *attempt)
{
  const struct resolve_group *most = find_winner(client, item->votes);
  take(client, item, attempt, most ? most : &item->votes->groups[0]);
  if (item->votes->group_count > 1)
    fail(item, attempt, "the answers differ: ");
}

void resolve_vote(struct resolve_client *client, struct resolve_item *item,
                  struct async_fan_attempt *attempt)
{
  int err = ASYNC_ENOMEM;
  if (new_votes(client, item))
    err = ask_in_turn(client, item);
  if (err < 0)
    resolve_judge_end(client, item, attempt, err);
  else if (client->opts.compare)
    judge_compare(client, item, attempt);
  else
    judge_agree(client, item, attempt);
}
