#include <string.h>

#include "async/time.h"
#include "responder.h"

void name_text(const struct exchange *x, char *out)
{
  const unsigned char *at = x->query + HEADER;
  char *end = out;
  for (; *at; at += 1 + *at) {
    for (size_t i = 1; i <= *at; i++) {
      bool plain = at[i] > ' ' && at[i] < 0x7f && at[i] != '"' && at[i] != '\\';
      *end++ = plain ? (char)at[i] : '?';
    }
    *end++ = '.';
  }
  if (end == out)
    *end++ = '.';
  *end = '\0';
}

void log_query(const struct exchange *x, unsigned port)
{
  const struct responder *responder = x->responder;
  char name[4 * NAME_MOST];
  name_text(x, name);
  fprintf(responder->log,
          "{\"ms\":%lld,\"proto\":\"%s\",\"port\":%u,\"name\":\"%s\","
          "\"type\":%u,\"id\":%u,\"rd\":%s,\"edns\":%s,\"udp_bytes\":%zu,"
          "\"reply_bytes\":%zu,\"cookie_bytes\":%zu,\"query\":\"",
          (long long)((async_clock_ns() - responder->start_ns) / ASYNC_MS),
          x->tcp ? "tcp" : "udp", port, name, x->type,
          (unsigned)(x->query[0] << 8 | x->query[1]),
          x->query[2] & 1 ? "true" : "false", x->edns ? "true" : "false",
          x->udp_most, x->reply_len, x->cookie_len);
  for (size_t i = 0; i < x->query_len; i++)
    fprintf(responder->log, "%02x", x->query[i]);
  fputs("\"}\n", responder->log);
  fflush(responder->log);
}
