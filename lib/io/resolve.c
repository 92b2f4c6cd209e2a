#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "async/addr.h"
#include "async/error.h"
#include "async/work.h"

enum { ADDRESSES_MAX = 64 };

struct lookup {
  char *host;
  int rc; /* of getaddrinfo */
  struct addrinfo *found;
};

static void free_lookup(void *arg)
{
  struct lookup *lookup = arg;
  if (lookup->found)
    freeaddrinfo(lookup->found);
  free(lookup->host);
  free(lookup);
}

static void look_up(void *arg)
{
  struct lookup *lookup = arg;
  struct addrinfo hints = { .ai_flags = AI_ADDRCONFIG,
                            .ai_socktype = SOCK_STREAM };
  lookup->rc = getaddrinfo(lookup->host, NULL, &hints, &lookup->found);
}

static int error_of(int rc)
{
  switch (rc) {
  case 0:
    return 0;
  case EAI_MEMORY:
    return ASYNC_ENOMEM;
  case EAI_AGAIN:
  case EAI_SYSTEM:
    return ASYNC_EAGAIN;
  default:
    return -ENOENT;
  }
}

static void set_port(struct async_addr *addr, uint16_t port)
{
  struct sockaddr *any = (struct sockaddr *)&addr->storage;
  void *storage = any;
  if (any->sa_family == AF_INET6)
    ((struct sockaddr_in6 *)storage)->sin6_port = htons(port);
  else
    ((struct sockaddr_in *)storage)->sin_port = htons(port);
}

static size_t keep(const struct addrinfo *found, uint16_t port,
                   struct async_addr *out, size_t most)
{
  size_t count = 0;
  for (; found && count < most; found = found->ai_next) {
    struct async_addr *addr = &out[count];
    if (found->ai_addrlen > sizeof(addr->storage) ||
        (found->ai_family != AF_INET && found->ai_family != AF_INET6))
      continue;
    memset(addr, 0, sizeof(*addr));
    memcpy(&addr->storage, found->ai_addr, found->ai_addrlen);
    addr->len = found->ai_addrlen;
    set_port(addr, port);
    count++;
  }
  return count;
}

static struct lookup *new_lookup(const char *host)
{
  struct lookup *lookup = calloc(1, sizeof(*lookup));
  if (!lookup)
    return NULL;
  lookup->host = strdup(host);
  if (lookup->host)
    return lookup;
  free(lookup);
  return NULL;
}

/* A resolver that hangs cannot be stopped: a cancelled caller leaves it to
 * itself. */
static int look_up_name(const char *host, uint16_t port, struct async_addr *out,
                        size_t *count)
{
  struct lookup *lookup = new_lookup(host);
  if (!lookup)
    return ASYNC_ENOMEM;
  int rc = async_work(look_up, lookup, ASYNC_WORK_ABANDON, free_lookup);
  if (rc < 0)
    return rc;
  rc = error_of(lookup->rc);
  if (rc == 0)
    *count = keep(lookup->found, port, out, ADDRESSES_MAX);
  free_lookup(lookup);
  return rc == 0 && *count == 0 ? -ENOENT : rc;
}

int async_addr_resolve(const char *host, uint16_t port, struct async_addr **out,
                       size_t *count)
{
  struct async_addr *found = calloc(ADDRESSES_MAX, sizeof(*found));
  size_t len = 1;
  if (!found)
    return ASYNC_ENOMEM;
  int rc = async_addr_parse(found, host, port);
  if (rc < 0)
    rc = look_up_name(host, port, found, &len);
  if (rc < 0) {
    free(found);
    return rc;
  }
  *out = found;
  *count = len;
  return 0;
}
