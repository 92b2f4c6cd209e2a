/* Names that nobody can have made, and what they get. */
#include "resolve/levels.h"

#include <string.h>

#include "async/error.h"
#include "resolve/client.h"

enum { PROBES = 2, LABEL = 16, RECORDS_MOST = 512 };

/* 80 random bits; nobody has a name of that by accident. */
static size_t write_name(struct resolve_client *client, unsigned char *out,
                         const struct resolve_level *level)
{
  static const char letters[] = "abcdefghijklmnopqrstuvwxyz234567";
  size_t label = LABEL, room = ASYNC_DNS_NAME_MAX - level->name_bytes;
  if (room < label + 1)
    label = room > 0 ? room - 1 : 0;
  if (label == 0)
    return 0;
  out[0] = (unsigned char)label;
  resolve_random_fill(&client->query.random, out + 1, label);
  for (size_t i = 1; i <= label; i++)
    out[i] = (unsigned char)letters[out[i] % 32];
  memcpy(out + 1 + label, level->name, level->name_bytes);
  return 1 + label + level->name_bytes;
}

static bool has_data(const struct resolve_inquiry *inquiry)
{
  return inquiry->rc == 0 && inquiry->message.rcode == ASYNC_DNS_NOERROR &&
         inquiry->message.held[ASYNC_DNS_ANSWER] > 0;
}

static bool has_rcode(const struct resolve_inquiry *inquiry, unsigned rcode)
{
  return inquiry->rc == 0 && inquiry->message.rcode == rcode;
}

/* Adds a probe's answer to those before. */
static int add_answer(struct resolve_level *level,
                      const struct resolve_inquiry *probe, bool first)
{
  struct resolve_marks marks = RESOLVE_MARKS_INIT;
  int err = resolve_marks_add(&marks, &probe->message, &probe->question);
  if (err == 0 && !first)
    level->varies |= marks.records.len != level->marks.records.len ||
                     !resolve_marks_within(&marks, &level->marks, false);
  if (err == 0)
    err = resolve_marks_add(&level->marks, &probe->message, &probe->question);
  resolve_marks_done(&marks);
  return err;
}

/* A name that does not exist is proof, an answer too; SERVFAIL is it only if
 * nothing else came. */
static int learn(struct resolve_level *level,
                 const struct resolve_inquiry *probes)
{
  bool missing = false, failing = false, answered = false;
  int err = 0;
  for (size_t i = 0; i < PROBES && err == 0; i++) {
    if (has_data(&probes[i])) {
      err = add_answer(level, &probes[i], !answered);
      answered = true;
    }
    missing |= has_rcode(&probes[i], ASYNC_DNS_NXDOMAIN) ||
               has_rcode(&probes[i], ASYNC_DNS_NOERROR);
    failing |= has_rcode(&probes[i], ASYNC_DNS_SERVFAIL);
  }
  if (err < 0)
    return err;
  if (!answered && !missing && !failing)
    return probes[0].rc < 0 ? probes[0].rc : ASYNC_EFAIL;
  level->kind = answered  ? RESOLVE_LEVEL_ANSWERS
                : missing ? RESOLVE_LEVEL_NONE
                          : RESOLVE_LEVEL_SERVFAIL;
  level->known = true;
  return 0;
}

/* Returns whether there is one: below very long names there is no room. */
static bool set_probe(struct resolve_client *client,
                      struct resolve_inquiry *probe, unsigned char *name,
                      const struct resolve_level *level)
{
  size_t bytes = write_name(client, name, level);
  probe->question = (struct resolve_question){
    .name = name,
    .name_bytes = (uint8_t)bytes,
    .type = level->type,
    .klass = level->klass,
    .resolver = level->resolver,
    .trusted = true,
  };
  return bytes > 0;
}

int resolve_level_probe(struct resolve_levels *levels,
                        struct resolve_level *level, int64_t deadline_ns)
{
  struct resolve_client *client = levels->client;
  unsigned char names[PROBES][ASYNC_DNS_NAME_MAX];
  struct resolve_inquiry probes[PROBES] = { { .rc = 0 } };
  struct resolve_round round = resolve_client_round(client, deadline_ns);
  for (size_t i = 0; i < PROBES; i++)
    level->known |= !set_probe(client, &probes[i], names[i], level);
  int err = level->known ? 0 : resolve_round_run(&round, probes, PROBES);
  if (err == 0 && !level->known)
    err = learn(level, probes);
  resolve_inquiries_done(probes, PROBES);
  return err;
}

int resolve_level_widen(struct resolve_levels *levels,
                        struct resolve_level *level, int resolver,
                        int64_t deadline_ns)
{
  struct resolve_client *client = levels->client;
  unsigned char name[ASYNC_DNS_NAME_MAX];
  struct resolve_inquiry one = { .rc = 0 };
  struct resolve_round round = resolve_client_round(client, deadline_ns);
  if (level->marks.records.len >= RECORDS_MOST * sizeof(uint64_t) ||
      !set_probe(client, &one, name, level))
    return 0;
  one.question.resolver = resolver;
  int err = resolve_round_run(&round, &one, 1);
  if (err == 0 && one.rc < 0)
    err = one.rc;
  else if (err == 0 && has_data(&one))
    err = add_answer(level, &one, false);
  resolve_inquiries_done(&one, 1);
  return err;
}
