#include "resolve/trusted.h"

#include "async/error.h"
#include "resolve/inquiry.h"
#include "resolve/judge.h"
#include "resolve/marks.h"

static bool is_trusted(const struct resolve_client *client,
                       const struct resolve_item *item)
{
  int index = item->flight->ask.resolver;
  return index >= 0 &&
         async_dns_fleet_resolver(client->fleet, (size_t)index)->trusted;
}

/* Answers of several servers differ for good reasons; those that have no
 * record, alias or network in common do not come from the same zone. Returns
 * whether they have, or ASYNC_ENOMEM. */
static int have_common(const struct resolve_item *item,
                       const struct resolve_inquiry *inquiry)
{
  struct resolve_marks ours = RESOLVE_MARKS_INIT, theirs = RESOLVE_MARKS_INIT;
  int rc = resolve_marks_add(&ours, &item->message, &item->question);
  if (rc == 0)
    rc = resolve_marks_add(&theirs, &inquiry->message, &item->question);
  if (rc == 0)
    rc = resolve_marks_touch(&ours, &theirs);
  resolve_marks_done(&ours);
  resolve_marks_done(&theirs);
  return rc;
}

static void say_not_confirmed(struct resolve_item *item,
                              const struct resolve_inquiry *inquiry)
{
  struct async_buf text = ASYNC_BUF_INIT;
  enum job_error_kind kind = item->item.error.kind;
  async_buf_add_str(&text, "the answer was not confirmed: ");
  resolve_inquiry_explain(inquiry, &text);
  const char *message = async_buf_str(&text);
  if (message)
    job_error_set(&item->item, kind, item->item.error.code, "%s", message);
  async_buf_done(&text);
}

/* Takes the trusted answer for the question's, be it the same or not. */
static void judge(struct resolve_client *client, struct resolve_item *item,
                  struct async_fan_attempt *attempt,
                  struct resolve_inquiry *inquiry)
{
  const char *first =
      async_dns_fleet_text(client->fleet, (size_t)item->flight->ask.resolver);
  int common = inquiry->rc == 0 ? have_common(item, inquiry) : inquiry->rc;
  struct resolve_flight *flight = inquiry->flight;
  inquiry->flight = NULL;
  /* The reply's bytes stay where they are: the item has the flight now. */
  resolve_item_take(item, flight);
  resolve_judge_end(client, item, attempt,
                    common == ASYNC_ENOMEM ? common : inquiry->rc);
  if (item->item.error.kind) {
    inquiry->flight = flight;
    say_not_confirmed(item, inquiry);
    inquiry->flight = NULL;
  } else {
    item->confirmed = true;
    item->hijacked = !common;
    item->hijacker = item->hijacked ? first : NULL;
  }
}

void resolve_confirm(struct resolve_client *client, struct resolve_item *item,
                     struct async_fan_attempt *attempt)
{
  if (item->result != RESOLVE_ANSWER || !item->flight)
    return;
  item->confirmed = is_trusted(client, item);
  if (item->confirmed)
    return;
  struct resolve_inquiry inquiry = { .question = item->question };
  struct resolve_round round =
      resolve_client_round(client, item->limit.deadline_ns);
  inquiry.question.resolver = ASYNC_DNS_ANY;
  inquiry.question.trusted = true;
  int err = resolve_round_run(&round, &inquiry, 1);
  if (err < 0) {
    resolve_item_take(item, NULL);
    resolve_judge_end(client, item, attempt, err);
  } else {
    judge(client, item, attempt, &inquiry);
  }
  resolve_inquiries_done(&inquiry, 1);
}
