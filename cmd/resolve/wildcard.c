/* A wildcard's records are given for every name that does not exist, at any
 * depth below it. So:
 *
 *   1. ask for names that nobody has made, beside the one in question
 *   2. if they do not exist, no wildcard can have made this one either
 *   3. if they get what it got, it was the wildcard
 *   4. else the resolver that answered may see another part of it: it is asked
 *      for one more such name
 *   5. or its loads are balanced: a level up the same wildcard shows more of
 *      what it has; down to the second label from the right, because the levels
 *      above belong to somebody else
 *
 * Source: RFC 4592 sections 2.1.1 and 3.3. */
#include "resolve/wildcard.h"

#include "async/error.h"
#include "resolve/levels.h"
#include "resolve/marks.h"

enum { FEWEST_LABELS = 2 };

static size_t labels_of(const unsigned char *name)
{
  size_t count = 0;
  for (; *name; name += *name + 1u)
    count++;
  return count;
}

/* Returns 1 if the level explains what came, 0 if nothing can, ASYNC_EAGAIN if
 * the next level may. */
static int compare(const struct resolve_level *level,
                   const struct resolve_item *item,
                   const struct resolve_marks *marks)
{
  bool failed = item->message.rcode == ASYNC_DNS_SERVFAIL;
  if (level->kind == RESOLVE_LEVEL_SERVFAIL)
    return failed;
  if (level->kind == RESOLVE_LEVEL_NONE || failed)
    return 0;
  return resolve_marks_within(marks, &level->marks, level->varies)
             ? 1
             : ASYNC_EAGAIN;
}

static int look_at(struct resolve_client *client,
                   const struct resolve_item *item,
                   const struct resolve_marks *marks,
                   struct resolve_level *level)
{
  int found = compare(level, item, marks), err = 0;
  bool first = level->name_bytes + item->question.name[0] + 1 ==
               item->question.name_bytes;
  if (found != ASYNC_EAGAIN || !first)
    return found;
  err = resolve_level_widen(&client->levels, level, item->flight->ask.resolver,
                            item->limit.deadline_ns);
  return err < 0 ? err : compare(level, item, marks);
}

/* Goes up. Returns whether it is a wildcard, or an error. */
static int look(struct resolve_client *client, const struct resolve_item *item,
                const struct resolve_marks *marks)
{
  const struct resolve_question *question = &item->question;
  const unsigned char *name = question->name;
  size_t bytes = question->name_bytes;
  int found = ASYNC_EAGAIN;
  while (found == ASYNC_EAGAIN) {
    struct resolve_level *level;
    bytes -= name[0] + 1u;
    name += name[0] + 1u;
    int err = resolve_level_get(&client->levels, name, bytes, question,
                                item->limit.deadline_ns, &level);
    if (err < 0)
      return err;
    found = look_at(client, item, marks, level);
    resolve_level_leave(level);
    if (labels_of(name) <= FEWEST_LABELS)
      break;
  }
  return found == ASYNC_EAGAIN ? 0 : found;
}

/* What came of it. */

static void fail(struct resolve_item *item, struct async_fan_attempt *attempt,
                 int err)
{
  attempt->outcome = ASYNC_FAN_FAILED;
  attempt->rc = err;
  job_error_set(
      &item->item, err == ASYNC_ETIMEDOUT ? JOB_ERROR_TIMEOUT : JOB_ERROR_DNS,
      err, "cannot find out whether it is a wildcard: %s", async_err_text(err));
}

/* It does not exist, and nobody is to take its records for the name's. */
static void filter(struct resolve_item *item)
{
  item->result = RESOLVE_NXDOMAIN;
  item->message.rcode = ASYNC_DNS_NXDOMAIN;
  item->message.held[ASYNC_DNS_ANSWER] = 0;
}

/* found  whether it is one, or an error */
static void judge_answer(struct resolve_client *client,
                         struct resolve_item *item,
                         struct async_fan_attempt *attempt, int found)
{
  bool filters = client->opts.wildcard == RESOLVE_WILDCARD_FILTER;
  item->wildcard = found == 1;
  item->wildcard_known = found >= 0;
  if (found == ASYNC_ECANCELED || found == ASYNC_ENOMEM ||
      (found < 0 && filters))
    fail(item, attempt, found);
  else if (item->wildcard && filters)
    filter(item);
}

static void check_answer(struct resolve_client *client,
                         struct resolve_item *item,
                         struct async_fan_attempt *attempt)
{
  struct resolve_marks marks = RESOLVE_MARKS_INIT;
  int found = resolve_marks_add(&marks, &item->message, &item->question);
  if (found == 0)
    found = look(client, item, &marks);
  resolve_marks_done(&marks);
  judge_answer(client, item, attempt, found);
}

/* That everything beside it fails does not say that the name does not exist,
 * only that there is no point in trying again. Before the last attempt nobody
 * is asked about it, but what is known already counts. */
static void check_failure(struct resolve_client *client,
                          struct resolve_item *item,
                          struct async_fan_attempt *attempt)
{
  struct resolve_marks none = RESOLVE_MARKS_INIT;
  const struct resolve_question *question = &item->question;
  size_t label = question->name[0] + 1u;
  if (attempt->outcome == ASYNC_FAN_RETRY && !attempt->last) {
    item->wildcard =
        resolve_level_is_failing(&client->levels, question->name + label,
                                 question->name_bytes - label, question);
    item->wildcard_known = item->wildcard;
  } else {
    int found = look(client, item, &none);
    item->wildcard = found == 1;
    item->wildcard_known = found >= 0;
  }
  if (item->wildcard)
    attempt->outcome = ASYNC_FAN_FAILED;
}

/* The root has no name beside it, and below it there is no wildcard. */
static bool is_below_others(const struct resolve_item *item)
{
  const unsigned char *name = item->question.name;
  return name[0] > 0 && name[name[0] + 1] > 0;
}

void resolve_wildcard(struct resolve_client *client, struct resolve_item *item,
                      struct async_fan_attempt *attempt)
{
  if (!item->replied || !is_below_others(item))
    return;
  if (item->result == RESOLVE_ANSWER && attempt->outcome == ASYNC_FAN_OK)
    check_answer(client, item, attempt);
  else if (item->message.rcode == ASYNC_DNS_SERVFAIL &&
           attempt->outcome != ASYNC_FAN_OK)
    check_failure(client, item, attempt);
}
