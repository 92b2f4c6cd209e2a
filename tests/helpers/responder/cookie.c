/* DNS cookies (RFC 7873): ours is made from the client's and from when it is. */
#include <string.h>

#include "async/hash.h"
#include "responder.h"

enum { OPTION_COOKIE = 10 };

void find_cookie(struct exchange *x, const unsigned char *options, size_t len)
{
  while (len >= 4) {
    unsigned code = (unsigned)(options[0] << 8 | options[1]);
    size_t bytes = (size_t)(options[2] << 8 | options[3]);
    if (bytes > len - 4)
      return;
    if (code == OPTION_COOKIE && bytes >= COOKIE_BYTES && !x->cookie) {
      x->cookie = options + 4;
      x->cookie_len = bytes;
    }
    options += 4 + bytes;
    len -= 4 + bytes;
  }
}

static void make(const struct exchange *x, unsigned char *out)
{
  const struct responder *responder = x->responder;
  uint64_t each = x->rules.number[RULE_COOKIE];
  uint64_t seed = (uint64_t)responder->start_ns;
  if (each)
    seed += (responder->udp + responder->tcp) / each;
  uint64_t hash = async_hash_bytes(x->cookie, COOKIE_BYTES, seed);
  memcpy(out, &hash, COOKIE_BYTES);
}

bool wants_other_cookie(const struct exchange *x)
{
  unsigned char own[COOKIE_BYTES];
  if (!x->cookie || x->tcp)
    return false;
  if (has_rule(&x->rules, RULE_STALE))
    return true;
  if (!has_rule(&x->rules, RULE_COOKIE))
    return false;
  make(x, own);
  return x->cookie_len != 2 * COOKIE_BYTES ||
         memcmp(x->cookie + COOKIE_BYTES, own, COOKIE_BYTES) != 0;
}

size_t write_cookie(const struct exchange *x, unsigned char *out)
{
  static const unsigned char HEAD[] = { 0, OPTION_COOKIE, 0, 2 * COOKIE_BYTES };
  if (!x->cookie || has_rule(&x->rules, RULE_NOCOOKIE))
    return 0;
  memcpy(out, HEAD, sizeof(HEAD));
  memcpy(out + sizeof(HEAD), x->cookie, COOKIE_BYTES);
  make(x, out + sizeof(HEAD) + COOKIE_BYTES);
  return COOKIE_OPTION;
}

void spoil_cookie(unsigned char *reply, size_t len)
{
  reply[len - 2 * (size_t)COOKIE_BYTES] ^= 0x55;
}
