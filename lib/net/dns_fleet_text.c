/* Resolvers as text, and those of the system. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "net/dns_fleet_priv.h"

enum { PORT = 53, WORD_MOST = 255 };

static const double NO_LIMIT = -1;

static int wrong(const char **why, const char *text)
{
  if (why)
    *why = text;
  return ASYNC_EINVAL;
}

static bool starts(const char **text, const char *prefix)
{
  size_t len = strlen(prefix);
  if (strncmp(*text, prefix, len) != 0)
    return false;
  *text += len;
  return true;
}

/* A decimal number up to `most`, and nothing behind it. */
static bool number(const char *text, unsigned long most, unsigned long *out)
{
  char *end;
  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  *out = strtoul(text, &end, 10);
  return errno == 0 && *end == '\0' && *out <= most;
}

/* Address. */

static int parse_scheme(struct async_dns_resolver *out, const char **text,
                        const char **why)
{
  if (starts(text, "udp://"))
    return 0;
  out->tcp = starts(text, "tcp://");
  if (!out->tcp && strstr(*text, "://"))
    return wrong(why, "only udp:// and tcp:// are known");
  return 0;
}

/* The colon before the port, or NULL; one colon of several belongs to an IPv6
 * address. */
static char *port_of(char *text)
{
  char *end = *text == '[' ? strchr(text, ']') : NULL;
  if (end)
    return end[1] == ':' ? end + 1 : NULL;
  char *colon = strchr(text, ':');
  return colon && !strchr(colon + 1, ':') ? colon : NULL;
}

static int parse_address(struct async_dns_resolver *out, char *word,
                         const char **why)
{
  const char *text = word;
  unsigned long port = PORT;
  int err = parse_scheme(out, &text, why);
  if (err < 0)
    return err;
  char *colon = port_of(word + (text - word));
  if (colon) {
    *colon = '\0';
    if (!number(colon + 1, UINT16_MAX, &port) || port == 0)
      return wrong(why, "the port should be 1 to 65535");
  }
  if (async_addr_parse(&out->addr, text, (uint16_t)port) < 0)
    return wrong(why, "the address should be a numeric one: 192.0.2.1,"
                      " 192.0.2.1:53, 2001:db8::1 or [2001:db8::1]:53");
  return 0;
}

/* Words. */

static int parse_rate(struct async_dns_resolver *out, const char *text,
                      const char **why)
{
  char *end;
  if (strcmp(text, "auto") == 0) {
    out->rate_per_s = 0;
    return 0;
  }
  double per_s = strtod(text, &end);
  if (end == text || (*end != '\0' && strcmp(end, "/s") != 0) ||
      !(per_s >= 0) || per_s > 1e9)
    return wrong(why, "rate= should be queries a second, 0 or auto");
  out->rate_per_s = per_s > 0 ? per_s : NO_LIMIT;
  return 0;
}

static int parse_word(struct async_dns_resolver *out, const char *word,
                      const char **why)
{
  unsigned long value;
  if (strcmp(word, "trusted") == 0) {
    out->trusted = true;
    return 0;
  }
  if (starts(&word, "rate="))
    return parse_rate(out, word, why);
  if (starts(&word, "weight=")) {
    if (!number(word, 1000, &value) || value == 0)
      return wrong(why, "weight= should be 1 to 1000");
    out->weight = (unsigned)value;
    return 0;
  }
  if (starts(&word, "jobs=")) {
    if (!number(word, 1000000, &value) || value == 0)
      return wrong(why, "jobs= should be 1 to 1000000");
    out->jobs = (unsigned)value;
    return 0;
  }
  return wrong(why, "behind the address only rate=, weight=, jobs= and trusted"
                    " are known");
}

/* Copies the next word. Returns its length, 0 at the end, or -1. */
static int next_word(const char **text, char *word)
{
  static const char SPACE[] = " \t\r\n\v\f";
  *text += strspn(*text, SPACE);
  size_t len = strcspn(*text, SPACE);
  if (len > WORD_MOST)
    return -1;
  memcpy(word, *text, len);
  word[len] = '\0';
  *text += len;
  return (int)len;
}

int async_dns_resolver_parse(struct async_dns_resolver *out, const char *text,
                             const char **why)
{
  struct async_dns_resolver found = { .weight = 1 };
  char word[WORD_MOST + 1];
  int len = next_word(&text, word);
  if (len == 0)
    return wrong(why, "there is no address");
  int err = len < 0 ? wrong(why, "too long a word")
                    : parse_address(&found, word, why);
  while (err == 0 && (len = next_word(&text, word)) != 0)
    err =
        len < 0 ? wrong(why, "too long a word") : parse_word(&found, word, why);
  if (err == 0)
    *out = found;
  return err;
}

void async_dns_resolver_text(char *out,
                             const struct async_dns_resolver *resolver)
{
  char addr[ASYNC_ADDR_TEXT_BYTES];
  async_addr_text(addr, &resolver->addr);
  snprintf(out, ASYNC_DNS_RESOLVER_TEXT_BYTES, "%s://%s",
           resolver->tcp ? "tcp" : "udp", addr);
}

/* The system's. */

static void set_addr(struct async_addr *out,
                     const struct ares_addr_port_node *node)
{
  uint16_t port = htons((uint16_t)(node->udp_port ? node->udp_port : PORT));
  memset(out, 0, sizeof(*out));
  if (node->family == AF_INET) {
    struct sockaddr_in *in = (void *)&out->storage;
    in->sin_family = AF_INET;
    in->sin_port = port;
    memcpy(&in->sin_addr, &node->addr.addr4, sizeof(in->sin_addr));
    out->len = sizeof(*in);
    return;
  }
  struct sockaddr_in6 *in6 = (void *)&out->storage;
  in6->sin6_family = AF_INET6;
  in6->sin6_port = port;
  memcpy(&in6->sin6_addr, &node->addr.addr6, sizeof(in6->sin6_addr));
  out->len = sizeof(*in6);
}

static int copy_servers(const struct ares_addr_port_node *servers,
                        struct async_dns_resolver **out, size_t *count)
{
  size_t found = 0;
  for (const struct ares_addr_port_node *node = servers; node;
       node = node->next)
    found++;
  if (found == 0)
    return ASYNC_ERROR_FROM_ARES(ARES_ENODATA);
  struct async_dns_resolver *all = calloc(found, sizeof(*all));
  if (!all)
    return ASYNC_ENOMEM;
  *out = all;
  *count = found;
  for (const struct ares_addr_port_node *node = servers; node;
       node = node->next) {
    set_addr(&all->addr, node);
    all->weight = 1;
    all++;
  }
  return 0;
}

int async_dns_resolvers_system(struct async_dns_resolver **out, size_t *count)
{
  ares_channel channel;
  struct ares_addr_port_node *servers;
  asy_dns_library_init();
  int status = ares_init(&channel);
  if (status != ARES_SUCCESS)
    return asy_dns_error(status);
  status = ares_get_servers_ports(channel, &servers);
  int err = asy_dns_error(status);
  if (err == 0) {
    err = copy_servers(servers, out, count);
    ares_free_data(servers);
  }
  ares_destroy(channel);
  return err;
}
