#include "resolve/votes.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"

enum { GROUPS_SAID = 4, DATA_SAID = 60 };

struct resolve_votes *resolve_votes_new(struct async_dns_fleet *fleet,
                                        const struct resolve_question *question,
                                        size_t count)
{
  struct resolve_votes *votes = calloc(1, sizeof(*votes));
  if (!votes)
    return NULL;
  votes->fleet = fleet;
  votes->items = calloc(count, sizeof(*votes->items));
  votes->group_of = calloc(count, sizeof(*votes->group_of));
  votes->groups = calloc(count, sizeof(*votes->groups));
  if (!votes->items || !votes->group_of || !votes->groups) {
    resolve_votes_free(votes);
    return NULL;
  }
  votes->count = count;
  for (size_t i = 0; i < count; i++)
    votes->items[i].question = *question;
  return votes;
}

void resolve_votes_free(struct resolve_votes *votes)
{
  if (!votes)
    return;
  resolve_inquiries_done(votes->items, votes->count);
  free(votes->items);
  free(votes->group_of);
  free(votes->groups);
  free(votes);
}

void resolve_votes_lose(struct resolve_votes *votes,
                        const struct resolve_inquiry *inquiry)
{
  if (votes->lost_count == RESOLVE_LOST)
    return;
  votes->lost[votes->lost_count++] = (struct resolve_lost){
    .resolver = (uint16_t)inquiry->question.resolver,
    .rc = inquiry->rc,
    .rcode = inquiry->rc == 0 ? inquiry->message.rcode : 0,
  };
}

/* Groups. */

static int compare_groups(const void *a, const void *b)
{
  const struct resolve_group *one = a, *two = b;
  if (one->count != two->count)
    return one->count > two->count ? -1 : 1;
  return one->first < two->first ? -1 : one->first > two->first;
}

/* The sets of all groups so far, one behind another. */
struct sets {
  struct async_buf bytes, one;
  size_t *starts; /* one more than there are groups */
};

static bool is_same(const struct resolve_votes *votes, const struct sets *sets,
                    size_t group, const struct resolve_inquiry *inquiry)
{
  const struct resolve_inquiry *other =
      &votes->items[votes->groups[group].first];
  size_t start = sets->starts[group], len = sets->starts[group + 1] - start;
  if (inquiry->rc != other->rc)
    return false;
  return inquiry->rc < 0 ||
         (inquiry->message.rcode == other->message.rcode &&
          sets->one.len == len &&
          (len == 0 ||
           memcmp(sets->one.data, sets->bytes.data + start, len) == 0));
}

static int place(struct resolve_votes *votes, struct sets *sets, size_t i)
{
  const struct resolve_inquiry *inquiry = &votes->items[i];
  size_t group = 0;
  async_buf_clear(&sets->one);
  int err = inquiry->rc < 0
                ? 0
                : async_dns_message_set(&sets->one, &inquiry->message,
                                        ASYNC_DNS_SET_NO_RRSIG);
  while (group < votes->group_count && !is_same(votes, sets, group, inquiry))
    group++;
  votes->group_of[i] = group;
  if (group == votes->group_count) {
    async_buf_add(&sets->bytes, sets->one.data, sets->one.len);
    votes->groups[votes->group_count++] = (struct resolve_group){ .first = i };
    sets->starts[group + 1] = sets->bytes.len;
  }
  votes->groups[group].count++;
  return err < 0 ? err : sets->bytes.err;
}

/* After the groups were sorted. */
static void renumber(struct resolve_votes *votes, size_t *places)
{
  for (size_t i = 0; i < votes->group_count; i++)
    places[votes->group_of[votes->groups[i].first]] = i;
  for (size_t i = 0; i < votes->count; i++)
    votes->group_of[i] = places[votes->group_of[i]];
}

/* One reply of each group is enough for what follows. */
static void drop_replies(struct resolve_votes *votes)
{
  for (size_t i = 0; i < votes->count; i++) {
    if (votes->groups[votes->group_of[i]].first == i)
      continue;
    resolve_flight_leave(votes->items[i].flight);
    votes->items[i].flight = NULL;
  }
}

int resolve_votes_count(struct resolve_votes *votes)
{
  struct sets sets = { ASYNC_BUF_INIT, ASYNC_BUF_INIT, NULL };
  sets.starts = calloc(votes->count + 1, sizeof(*sets.starts));
  int err = sets.starts ? 0 : ASYNC_ENOMEM;
  votes->group_count = 0;
  for (size_t i = 0; i < votes->count && err == 0; i++)
    err = place(votes, &sets, i);
  if (err == 0) {
    qsort(votes->groups, votes->group_count, sizeof(*votes->groups),
          compare_groups);
    renumber(votes, sets.starts);
    drop_replies(votes);
  }
  async_buf_done(&sets.bytes);
  async_buf_done(&sets.one);
  free(sets.starts);
  return err;
}

struct resolve_inquiry *resolve_votes_of(const struct resolve_votes *votes,
                                         const struct resolve_group *group)
{
  return &votes->items[group->first];
}

/* For people. */

static void add_answer(const struct async_dns_message *message,
                       struct async_buf *out)
{
  struct async_dns_record record;
  size_t count = 0, before = out->len;
  async_dns_record_begin(&record, message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record)) {
    if (count++ > 0)
      async_buf_add_str(out, " ");
    async_dns_record_data_add(out, &record);
  }
  if (count == 0) {
    async_buf_add_str(out, "that there are no such records");
  } else if (out->len - before > DATA_SAID) {
    out->len = before;
    async_buf_printf(out, "%zu records", count);
  }
}

static void add_opinion(const struct resolve_inquiry *inquiry,
                        struct async_buf *out)
{
  char word[ASYNC_DNS_WORD_MAX];
  if (inquiry->rc == ASYNC_ETIMEDOUT)
    async_buf_add_str(out, "nothing");
  else if (inquiry->rc < 0)
    async_buf_printf(out, "nothing (%s)", async_err_name(inquiry->rc));
  else if (inquiry->message.rcode != ASYNC_DNS_NOERROR)
    async_buf_add_str(out, async_dns_rcode_name(inquiry->message.rcode, word));
  else
    add_answer(&inquiry->message, out);
}

void resolve_votes_explain(const struct resolve_votes *votes,
                           struct async_buf *out)
{
  for (size_t i = 0; i < votes->group_count && i < GROUPS_SAID; i++) {
    const struct resolve_group *group = &votes->groups[i];
    async_buf_printf(out, "%s%zu %s ", i ? ", " : "", group->count,
                     group->count == 1 ? "says" : "say");
    add_opinion(resolve_votes_of(votes, group), out);
  }
  if (votes->group_count > GROUPS_SAID)
    async_buf_printf(out, ", and %zu other opinions",
                     votes->group_count - GROUPS_SAID);
}
