#include "async/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>

#include "async/error.h"

static int parse4(struct async_addr *out, const char *text, uint16_t port)
{
  struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(port) };
  if (inet_pton(AF_INET, text, &in.sin_addr) != 1)
    return ASYNC_EINVAL;
  memset(out, 0, sizeof(*out));
  memcpy(&out->storage, &in, sizeof(in));
  out->len = sizeof(in);
  return 0;
}

/* Takes off the brackets and the zone, which inet_pton does not know. */
static int parse6(struct async_addr *out, const char *text, uint16_t port)
{
  struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
                              .sin6_port = htons(port) };
  char bare[INET6_ADDRSTRLEN + IF_NAMESIZE + 1];
  size_t len = strlen(text);
  if (len > 2 && text[0] == '[' && text[len - 1] == ']') {
    text++;
    len -= 2;
  }
  if (len >= sizeof(bare))
    return ASYNC_EINVAL;
  memcpy(bare, text, len);
  bare[len] = '\0';
  char *zone = strchr(bare, '%');
  if (zone) {
    *zone++ = '\0';
    in6.sin6_scope_id = if_nametoindex(zone);
    if (in6.sin6_scope_id == 0)
      return ASYNC_EINVAL;
  }
  if (inet_pton(AF_INET6, bare, &in6.sin6_addr) != 1)
    return ASYNC_EINVAL;
  memset(out, 0, sizeof(*out));
  memcpy(&out->storage, &in6, sizeof(in6));
  out->len = sizeof(in6);
  return 0;
}

int async_addr_parse(struct async_addr *out, const char *text, uint16_t port)
{
  return strchr(text, ':') ? parse6(out, text, port) : parse4(out, text, port);
}

int async_addr_unix(struct async_addr *out, const char *path)
{
  struct sockaddr_un un = { .sun_family = AF_UNIX };
  size_t len = strlen(path);
  if (len == 0 || len >= sizeof(un.sun_path))
    return ASYNC_ETOOLONG;
  memcpy(un.sun_path, path, len);
  size_t used = offsetof(struct sockaddr_un, sun_path) + len;
  if (path[0] == '@')
    un.sun_path[0] = '\0';
  else
    used++;
  memset(out, 0, sizeof(*out));
  memcpy(&out->storage, &un, sizeof(un));
  out->len = (socklen_t)used;
  return 0;
}

uint16_t async_addr_port(const struct async_addr *addr)
{
  const void *storage = &addr->storage;
  if (addr->storage.ss_family == AF_INET)
    return ntohs(((const struct sockaddr_in *)storage)->sin_port);
  if (addr->storage.ss_family == AF_INET6)
    return ntohs(((const struct sockaddr_in6 *)storage)->sin6_port);
  return 0;
}

/* The path may lack a NUL, and an abstract name begins with one. */
static void unix_text(char *out, const struct async_addr *addr)
{
  const void *storage = &addr->storage;
  const char *path = ((const struct sockaddr_un *)storage)->sun_path;
  size_t head = offsetof(struct sockaddr_un, sun_path);
  size_t len = addr->len > head ? addr->len - head : 0;
  bool is_abstract = len > 0 && path[0] == '\0';
  if (!is_abstract)
    len = strnlen(path, len);
  snprintf(out, ASYNC_ADDR_TEXT_BYTES, "unix:%s%.*s", is_abstract ? "@" : "",
           (int)len - is_abstract, path + is_abstract);
}

static void inet6_text(char *out, const struct async_addr *addr)
{
  const void *storage = &addr->storage;
  const struct sockaddr_in6 *in6 = storage;
  char text[INET6_ADDRSTRLEN], zone[IF_NAMESIZE + 1] = "";
  inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
  if (in6->sin6_scope_id && if_indextoname(in6->sin6_scope_id, zone + 1))
    zone[0] = '%';
  snprintf(out, ASYNC_ADDR_TEXT_BYTES, "[%s%s]:%u", text, zone,
           async_addr_port(addr));
}

void async_addr_text(char *out, const struct async_addr *addr)
{
  const void *storage = &addr->storage;
  char text[INET_ADDRSTRLEN];
  switch (addr->storage.ss_family) {
  case AF_INET:
    inet_ntop(AF_INET, &((const struct sockaddr_in *)storage)->sin_addr, text,
              sizeof(text));
    snprintf(out, ASYNC_ADDR_TEXT_BYTES, "%s:%u", text, async_addr_port(addr));
    break;
  case AF_INET6:
    inet6_text(out, addr);
    break;
  case AF_UNIX:
    unix_text(out, addr);
    break;
  default:
    snprintf(out, ASYNC_ADDR_TEXT_BYTES, "unknown");
  }
}
