/* Replies: the question, then records made up from it. */
#include <arpa/inet.h>
#include <string.h>

#include "responder.h"

enum {
  TYPE_A = 1,
  TYPE_NS = 2,
  TYPE_CNAME = 5,
  TYPE_SOA = 6,
  TYPE_PTR = 12,
  TYPE_MX = 15,
  TYPE_TXT = 16,
  TYPE_AAAA = 28,
  TYPE_SRV = 33,
  TYPE_OPT = 41,
  TYPE_HTTPS = 65,
  TYPE_CAA = 257
};
enum { NOERROR, FORMERR, SERVFAIL, NXDOMAIN, NOTIMP, REFUSED, BADCOOKIE = 23 };
enum { TTL = 300, EDNS_BYTES = 1232, OPT_BYTES = 11, PLAIN_UDP = 512 };
enum { POINTER = 0xc0, LABEL_MOST = 63 };

/* Queries. */

static uint16_t get16(const unsigned char *at)
{
  return (uint16_t)(at[0] << 8 | at[1]);
}

/* Our clients put it first among the records. */
static void read_opt(struct exchange *x)
{
  const unsigned char *at = x->query + x->question_end;
  x->udp_most = PLAIN_UDP;
  x->edns = x->query_len >= x->question_end + OPT_BYTES && at[0] == 0 &&
            get16(at + 1) == TYPE_OPT;
  if (x->edns && get16(at + 3) > PLAIN_UDP)
    x->udp_most = get16(at + 3);
  if (x->udp_most > UDP_MOST)
    x->udp_most = UDP_MOST;
  if (x->edns)
    find_cookie(x, at + OPT_BYTES, x->query_len - x->question_end - OPT_BYTES);
}

bool read_query(struct exchange *x)
{
  size_t at = HEADER;
  if (x->query_len < HEADER + 5 || x->query_len > REPLY_MOST / 2 ||
      x->query[2] & 0x80 || get16(x->query + 4) != 1)
    return false;
  while (at < x->query_len && x->query[at]) {
    if (x->query[at] > LABEL_MOST)
      return false;
    at += x->query[at] + 1u;
  }
  if (at + 5 > x->query_len || at - HEADER >= NAME_MOST)
    return false;
  x->type = get16(x->query + at + 1);
  x->question_end = at + 5;
  read_opt(x);
  return true;
}

/* Records. */

static void put(struct exchange *x, const void *bytes, size_t len)
{
  if (x->reply_len + len > REPLY_MOST)
    return;
  memcpy(x->reply + x->reply_len, bytes, len);
  x->reply_len += len;
}

static void put8(struct exchange *x, unsigned value)
{
  unsigned char byte = (unsigned char)value;
  put(x, &byte, 1);
}

static void put16(struct exchange *x, unsigned value)
{
  put8(x, value >> 8 & 0xff);
  put8(x, value & 0xff);
}

static void put32(struct exchange *x, uint32_t value)
{
  put16(x, value >> 16);
  put16(x, value & 0xffff);
}

static void put_label(struct exchange *x, const char *text)
{
  put8(x, (unsigned)strlen(text));
  put(x, text, strlen(text));
}

static void put_question_name(struct exchange *x)
{
  put16(x, POINTER << 8 | HEADER);
}

/* A label, and the name that was asked for. */
static void put_below(struct exchange *x, const char *label)
{
  put_label(x, label);
  put_question_name(x);
}

/* Returns where its length is to be put. */
static size_t start_record(struct exchange *x, unsigned type)
{
  uint32_t ttl =
      has_rule(&x->rules, RULE_TTL) ? x->rules.number[RULE_TTL] : TTL;
  put16(x, type);
  put16(x, 1);
  put32(x, ttl);
  put16(x, 0);
  x->reply[7]++;
  x->reply[6] = (unsigned char)(x->reply[6] + (x->reply[7] == 0));
  return x->reply_len;
}

static void end_record(struct exchange *x, size_t start)
{
  size_t len = x->reply_len - start;
  x->reply[start - 2] = (unsigned char)(len >> 8);
  x->reply[start - 1] = (unsigned char)len;
}

static void put_address(struct exchange *x, uint32_t number)
{
  if (x->type == TYPE_A) {
    struct in_addr ip = x->responder->answer4;
    ip.s_addr = htonl(ntohl(ip.s_addr) + number);
    put(x, &ip, sizeof(ip));
  } else {
    struct in6_addr ip = x->responder->answer6;
    ip.s6_addr[15] = (unsigned char)(ip.s6_addr[15] + number);
    ip.s6_addr[14] = (unsigned char)(ip.s6_addr[14] + (number >> 8));
    put(x, &ip, sizeof(ip));
  }
}

static void put_text(struct exchange *x, uint32_t number)
{
  char text[128];
  const struct responder *responder = x->responder;
  const char *name = (const char *)x->query + HEADER;
  if (strcmp(name, "\5count\11responder") == 0)
    snprintf(text, sizeof(text), "udp=%llu tcp=%llu answered=%llu dropped=%llu",
             (unsigned long long)responder->udp,
             (unsigned long long)responder->tcp,
             (unsigned long long)responder->answered,
             (unsigned long long)responder->dropped);
  else
    snprintf(text, sizeof(text), "text %u", number);
  put_label(x, text);
}

static void put_service(struct exchange *x)
{
  put16(x, 10); /* priority, weight, port */
  put16(x, 5);
  put16(x, 443);
  put_below(x, "srv");
}

static void put_soa(struct exchange *x)
{
  put_below(x, "ns1");
  put_below(x, "hostmaster");
  put32(x, 2026010101);
  put32(x, 7200);
  put32(x, 3600);
  put32(x, 1209600);
  put32(x, 300);
}

static void put_https(struct exchange *x)
{
  put16(x, 1); /* priority; target "."; alpn=h2 */
  put8(x, 0);
  put16(x, 1);
  put16(x, 3);
  put_label(x, "h2");
}

/* Returns whether there is data of that type. */
static bool put_data(struct exchange *x, uint32_t number)
{
  switch (x->type) {
  case TYPE_A:
  case TYPE_AAAA:
    put_address(x, number);
    return true;
  case TYPE_NS:
    put_below(x, number ? "ns2" : "ns1");
    return true;
  case TYPE_CNAME:
    put_below(x, "target");
    return true;
  case TYPE_PTR:
    put_below(x, "host");
    return true;
  case TYPE_MX:
    put16(x, 10 * (number + 1));
    put_below(x, "mail");
    return true;
  case TYPE_TXT:
    put_text(x, number);
    return true;
  case TYPE_SOA:
    put_soa(x);
    return true;
  case TYPE_SRV:
    put_service(x);
    return true;
  case TYPE_HTTPS:
    put_https(x);
    return true;
  case TYPE_CAA:
    put8(x, 0);
    put_label(x, "issue");
    put(x, "ca.test", 7);
    return true;
  default:
    return false;
  }
}

/* Each name of the chain is a label in front of the last. Leaves at `owner` the
 * place of the one that has the data. */
static void put_chain(struct exchange *x, size_t *owner)
{
  uint32_t links =
      has_rule(&x->rules, RULE_CNAME) ? x->rules.number[RULE_CNAME] : 0;
  for (uint32_t i = 0; i < links && i < 16; i++) {
    char label[16];
    snprintf(label, sizeof(label), "c%u", i + 1);
    put16(x, (unsigned)(POINTER << 8 | *owner));
    size_t start = start_record(x, TYPE_CNAME);
    put_below(x, label);
    end_record(x, start);
    *owner = start;
  }
}

static void put_answers(struct exchange *x)
{
  uint32_t count =
      has_rule(&x->rules, RULE_MANY) ? x->rules.number[RULE_MANY] : 1;
  size_t owner = HEADER;
  put_chain(x, &owner);
  for (uint32_t i = 0; i < count && x->reply_len < REPLY_MOST - 256; i++) {
    size_t before = x->reply_len;
    put16(x, (unsigned)(POINTER << 8 | owner));
    size_t start = start_record(x, x->type);
    if (!put_data(x, i)) {
      x->reply_len = before;
      x->reply[7]--;
      return;
    }
    end_record(x, start);
  }
}

/* Replies. */

static int rcode_of(const struct exchange *x)
{
  const struct rules *rules = &x->rules;
  return wants_other_cookie(x)            ? BADCOOKIE
         : has_rule(rules, RULE_SERVFAIL) ? SERVFAIL
         : has_rule(rules, RULE_REFUSED)  ? REFUSED
         : has_rule(rules, RULE_NOTIMP)   ? NOTIMP
         : has_rule(rules, RULE_FORMERR)  ? FORMERR
         : has_rule(rules, RULE_NX)       ? NXDOMAIN
                                          : NOERROR;
}

static void start_reply(struct exchange *x, int rcode)
{
  memcpy(x->reply, x->query, x->question_end);
  x->reply_len = x->question_end;
  x->reply[2] = (unsigned char)(0x80 | (x->query[2] & 1)); /* QR, RD */
  x->reply[3] = (unsigned char)(0x80 | (rcode & 15));      /* RA */
  memset(x->reply + 6, 0, 6);
}

static void put_opt(struct exchange *x, int rcode)
{
  unsigned char cookie[COOKIE_OPTION];
  size_t len = write_cookie(x, cookie);
  put8(x, 0);
  put16(x, TYPE_OPT);
  put16(x, EDNS_BYTES);
  put32(x, (uint32_t)rcode >> 4 << 24);
  put16(x, (unsigned)len);
  put(x, cookie, len);
  x->reply[11] = 1;
}

static void cut(struct exchange *x)
{
  x->reply_len = x->question_end;
  memset(x->reply + 6, 0, 6);
  x->reply[2] |= 2;
}

/* A length is below 64, and so no letter. */
static void lower_question(struct exchange *x)
{
  for (size_t i = HEADER; i < x->question_end - 4; i++)
    if (x->reply[i] >= 'A' && x->reply[i] <= 'Z')
      x->reply[i] |= 0x20;
}

static void spoil(struct exchange *x)
{
  const struct rules *rules = &x->rules;
  if (has_rule(rules, RULE_LOWER))
    lower_question(x);
  if (has_rule(rules, RULE_WRONGID))
    x->reply[0] ^= 0xff;
  if (has_rule(rules, RULE_WRONGNAME) && x->reply[HEADER] > 0)
    x->reply[HEADER + 1] ^= 0x11;
  if (has_rule(rules, RULE_BAD) && x->reply_len > x->question_end)
    x->reply_len -= 3;
  if (has_rule(rules, RULE_SHORT)) {
    x->reply_len = HEADER;
    x->reply[3] = 0x80 | REFUSED;
    memset(x->reply + 4, 0, 8);
  }
}

void build_reply(struct exchange *x)
{
  const struct rules *rules = &x->rules;
  x->reply_len = 0;
  if (has_rule(rules, RULE_DROP))
    return;
  int rcode = rcode_of(x);
  start_reply(x, rcode);
  if (rcode == NOERROR && !has_rule(rules, RULE_NODATA))
    put_answers(x);
  if (x->edns && !has_rule(rules, RULE_BAD))
    put_opt(x, rcode);
  if (!x->tcp && (has_rule(rules, RULE_TC) || x->reply_len > x->udp_most))
    cut(x);
  spoil(x);
}

size_t build_refusal(const struct exchange *x, unsigned char *out)
{
  memcpy(out, x->query, x->question_end);
  out[2] = (unsigned char)(0x80 | (x->query[2] & 1));
  out[3] = 0x80 | REFUSED;
  memset(out + 6, 0, 6);
  return x->question_end;
}
