#include <string.h>

#include "async/hash.h"
#include "responder.h"

static const struct {
  const char *name;
  bool counts; /* a number follows; else one may, for other names */
} WORDS[RULE_COUNT] = {
  [RULE_NX] = { "nx", false },
  [RULE_NODATA] = { "nodata", false },
  [RULE_SERVFAIL] = { "servfail", false },
  [RULE_REFUSED] = { "refused", false },
  [RULE_NOTIMP] = { "notimp", false },
  [RULE_FORMERR] = { "formerr", false },
  [RULE_DROP] = { "drop", false },
  [RULE_FLAKY] = { "flaky", true },
  [RULE_SICK] = { "sick", true },
  [RULE_TC] = { "tc", false },
  [RULE_WRONGID] = { "wrongid", false },
  [RULE_WRONGNAME] = { "wrongname", false },
  [RULE_LOWER] = { "lower", false },
  [RULE_LIE] = { "lie", false },
  [RULE_SPOOF] = { "spoof", false },
  [RULE_FORGED] = { "forged", false },
  [RULE_SHORT] = { "short", false },
  [RULE_BAD] = { "bad", false },
  [RULE_TWICE] = { "twice", false },
  [RULE_CLOSE] = { "close", false },
  [RULE_LAST] = { "last", false },
  [RULE_MANY] = { "many", true },
  [RULE_CNAME] = { "cname", true },
  [RULE_DELAY] = { "delay", true },
  [RULE_BUSY] = { "busy", true },
  [RULE_COOKIE] = { "cookie", false },
  [RULE_STALE] = { "stale", false },
  [RULE_NOCOOKIE] = { "nocookie", false },
  [RULE_IMPOSTOR] = { "impostor", false },
  [RULE_TTL] = { "ttl", true },
};

static char lower(char c)
{
  return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static bool begins(const char *text, size_t len, const char *word)
{
  for (; *word; word++, text++, len--)
    if (len == 0 || lower(*text) != *word)
      return false;
  return true;
}

static bool take_number(const char *text, size_t len, uint32_t *number)
{
  uint32_t value = 0;
  if (len == 0 || len > 8)
    return false;
  for (size_t i = 0; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return false;
    value = value * 10 + (uint32_t)(text[i] - '0');
  }
  *number = value;
  return true;
}

bool parse_rule(const char *text, size_t len, enum rule *rule, uint32_t *number)
{
  *number = 0;
  for (size_t i = 0; i < RULE_COUNT; i++) {
    size_t word = strlen(WORDS[i].name);
    if (!begins(text, len, WORDS[i].name))
      continue;
    bool numbered = take_number(text + word, len - word, number);
    if (!numbered && (WORDS[i].counts || len > word))
      continue;
    *rule = (enum rule)i;
    return true;
  }
  return false;
}

static void add(struct rules *rules, enum rule rule, uint32_t number)
{
  rules->set |= 1u << rule;
  rules->number[rule] = number;
}

/* The words of the first label; one that is none ends them, so that a name may
 * look like anything. */
static void read_label(struct exchange *x)
{
  size_t len = x->query[HEADER];
  const char *at = (const char *)x->query + HEADER + 1;
  while (len > 0) {
    const char *dash = memchr(at, '-', len);
    size_t word = dash ? (size_t)(dash - at) : len;
    enum rule rule;
    uint32_t number;
    if (!parse_rule(at, word, &rule, &number))
      return;
    add(&x->rules, rule, number);
    word += dash != NULL;
    at += word;
    len -= word;
  }
}

/* Whether the name is below that label. */
static bool is_below(const char *first, const char *label)
{
  size_t len = strlen(label);
  for (const char *at = first; *at; at += 1 + *at)
    if ((size_t)*at == len && begins(at + 1, len, label))
      return at > first;
  return false;
}

/* Below a label "strict" there are only www, mail and api; below "invalid"
 * nothing, unless it lies. */
static void read_zone(struct exchange *x)
{
  static const char *const NAMES[] = { "www", "mail", "api" };
  const char *first = (const char *)x->query + HEADER;
  if (is_below(first, "invalid") && !has_rule(&x->rules, RULE_LIE)) {
    add(&x->rules, RULE_NX, 0);
    return;
  }
  if (!is_below(first, "strict"))
    return;
  for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++)
    if ((size_t)*first == strlen(NAMES[i]) &&
        begins(first + 1, (size_t)*first, NAMES[i]))
      return;
  add(&x->rules, RULE_NX, 0);
}

/* How many times this was asked before. */
static uint16_t times(struct exchange *x)
{
  uint64_t hash =
      async_hash_bytes(x->query + HEADER, x->question_end - (size_t)HEADER, 0);
  uint16_t *count = &x->responder->times[hash % STATES];
  return *count < UINT16_MAX ? (*count)++ : *count;
}

static void apply_state(struct exchange *x)
{
  struct rules *rules = &x->rules;
  if (has_rule(rules, RULE_BUSY) &&
      x->responder->late_count >= rules->number[RULE_BUSY])
    add(rules, RULE_DROP, 0);
  if (!has_rule(rules, RULE_FLAKY) && !has_rule(rules, RULE_SICK))
    return;
  uint16_t before = times(x);
  if (has_rule(rules, RULE_FLAKY) && before < rules->number[RULE_FLAKY])
    add(rules, RULE_DROP, 0);
  if (has_rule(rules, RULE_SICK) && before < rules->number[RULE_SICK])
    add(rules, RULE_SERVFAIL, 0);
}

void find_rules(struct exchange *x)
{
  const struct responder *responder = x->responder;
  uint64_t count = responder->udp + responder->tcp;
  x->rules = responder->always;
  read_label(x);
  read_zone(x);
  apply_state(x);
  for (size_t i = 0; i < RULE_COUNT; i++)
    if (responder->every[i] && count % responder->every[i] == 0)
      add(&x->rules, (enum rule)i, responder->always.number[i]);
}
