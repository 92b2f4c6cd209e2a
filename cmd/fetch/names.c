#include "fetch/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <ares.h>

#include "async/buf.h"
#include "async/error.h"
#include "async/timer.h"

enum {
  IDLE_NAMES = 64, /* kept in libcurl's cache */
  GONE_NAMES = 32, /* to be taken out of it, at most */
  TTL_LEAST_S = 5, /* a list asks for the same name again and again */
  TTL_MOST_S = 300,
  ADDRESS_BYTES = 46
};

struct fetch_name {
  struct async_hash_node node;
  struct async_list idle_node;
  size_t users;
  int64_t expires_ns; /* 0: not resolved yet */
  bool known;         /* libcurl has these addresses */
  char *line;         /* "host:port:address,address", what libcurl is told */
  size_t host_len;
  char key[]; /* "host:port" */
};

void fetch_names_init(struct fetch_names *names, struct async_dns *dns,
                      int family, const struct opt_list *pinned)
{
  *names =
      (struct fetch_names){ .dns = dns, .family = family, .pinned = pinned };
  async_list_init(&names->idle);
}

static struct fetch_name *oldest_idle(struct fetch_names *names)
{
  return ASYNC_CONTAINER_OF(names->idle.next, struct fetch_name, idle_node);
}

static void name_free(struct fetch_names *names, struct fetch_name *name)
{
  async_hash_remove(&names->table, &name->node);
  free(name->line);
  free(name);
}

void fetch_names_done(struct fetch_names *names)
{
  while (!async_list_empty(&names->idle)) {
    struct fetch_name *name = oldest_idle(names);
    async_list_remove(&name->idle_node);
    name_free(names, name);
  }
  async_hash_done(&names->table);
  curl_slist_free_all(names->gone);
  names->gone = NULL;
}

/* The table. */

static bool has_key(const struct async_hash_node *node, const void *key)
{
  const struct fetch_name *name =
      ASYNC_CONTAINER_OF(node, struct fetch_name, node);
  return strcmp(name->key, key) == 0;
}

static struct fetch_name *name_new(struct fetch_names *names, const char *key,
                                   size_t host_len, uint64_t hash)
{
  size_t len = strlen(key);
  struct fetch_name *name = calloc(1, sizeof(*name) + len + 1);
  if (!name)
    return NULL;
  memcpy(name->key, key, len + 1);
  name->host_len = host_len;
  async_list_init(&name->idle_node);
  if (async_hash_insert(&names->table, &name->node, hash) < 0) {
    free(name);
    return NULL;
  }
  return name;
}

/* The name of a key, with one user more. */
static struct fetch_name *find(struct fetch_names *names, const char *key,
                               size_t host_len)
{
  uint64_t hash = async_hash_bytes(key, strlen(key), 0);
  struct async_hash_node *node =
      async_hash_find(&names->table, hash, has_key, key);
  struct fetch_name *name =
      node ? ASYNC_CONTAINER_OF(node, struct fetch_name, node)
           : name_new(names, key, host_len, hash);
  if (name && name->users++ == 0 && node) {
    async_list_remove(&name->idle_node);
    names->idle_count--;
  }
  return name;
}

/* libcurl's cache keeps what it was told for ever (DNS_CACHE_TIMEOUT is 0, but
 * such entries are "permanent"); a "-host:port" takes it out again. */
static void drop_oldest(struct fetch_names *names)
{
  struct fetch_name *name = oldest_idle(names);
  async_list_remove(&name->idle_node);
  names->idle_count--;
  if (name->line) {
    struct async_buf text = ASYNC_BUF_INIT;
    async_buf_add_char(&text, '-');
    async_buf_add_str(&text, name->key);
    struct curl_slist *more =
        curl_slist_append(names->gone, async_buf_str(&text));
    if (more) {
      names->gone = more;
      names->gone_count++;
    }
    async_buf_done(&text);
  }
  name_free(names, name);
}

void fetch_names_put(struct fetch_names *names, struct fetch_name *name,
                     bool known)
{
  if (!name)
    return;
  if (known)
    name->known = true;
  if (--name->users > 0)
    return;
  async_list_push(&names->idle, &name->idle_node);
  names->idle_count++;
  if (names->idle_count > IDLE_NAMES)
    drop_oldest(names);
}

/* Resolving. */

static void add_addresses(struct async_buf *out,
                          const struct async_dns_addresses *addresses)
{
  char text[ADDRESS_BYTES];
  for (size_t i = 0; i < addresses->count; i++) {
    async_buf_add_char(out, i == 0 ? ':' : ',');
    async_buf_add_str(out, async_dns_address_text(&addresses->items[i], text));
  }
}

static int set_addresses(struct fetch_name *name,
                         const struct async_dns_addresses *addresses)
{
  uint32_t ttl_s = addresses->ttl_s;
  struct async_buf line = ASYNC_BUF_INIT;
  async_buf_add_str(&line, name->key);
  add_addresses(&line, addresses);
  if (!async_buf_str(&line))
    return ASYNC_ENOMEM;
  if (name->line && strcmp(name->line, line.data) == 0) {
    async_buf_done(&line);
  } else {
    free(name->line);
    name->line = line.data;
    name->known = false;
  }
  if (ttl_s < TTL_LEAST_S)
    ttl_s = TTL_LEAST_S;
  if (ttl_s > TTL_MOST_S)
    ttl_s = TTL_MOST_S;
  name->expires_ns = async_in(ttl_s * ASYNC_SEC);
  return 0;
}

static int resolve(struct fetch_names *names, struct fetch_name *name)
{
  struct async_dns_addresses addresses;
  char host[256];
  memcpy(host, name->key, name->host_len);
  host[name->host_len] = '\0';
  int err = async_dns_lookup(names->dns, host, names->family, &addresses);
  return err < 0 ? err : set_addresses(name, &addresses);
}

/* "host:port:" and "*:port:" of the user's list; a "+" in front is allowed. */
static bool is_pinned(const struct fetch_names *names, const char *key,
                      const char *port)
{
  size_t key_len = strlen(key), port_len = strlen(port);
  for (size_t i = 0; i < names->pinned->count; i++) {
    const char *item = names->pinned->items[i];
    item += *item == '+';
    if (strncasecmp(item, key, key_len) == 0 && item[key_len] == ':')
      return true;
    if (*item == '*' && strncmp(item + 1, port, port_len) == 0 &&
        item[1 + port_len] == ':')
      return true;
  }
  return false;
}

enum { KEY_BYTES = 255 + sizeof(":65535") };

/* Writes "host:port". Returns where the ":" is, or NULL: too long. */
static char *write_key(char *key, const struct fetch_url *url)
{
  char digits[5];
  unsigned count = 0;
  if (url->host.len > 255)
    return NULL;
  memcpy(key, url->host.at, url->host.len);
  char *colon = key + url->host.len, *p = colon;
  *p++ = ':';
  for (unsigned left = url->port; left > 0; left /= 10)
    digits[count++] = (char)('0' + left % 10);
  while (count > 0)
    *p++ = digits[--count];
  *p = '\0';
  return colon;
}

int fetch_names_get(struct fetch_names *names, const struct fetch_url *url,
                    struct fetch_name **out)
{
  char key[KEY_BYTES];
  *out = NULL;
  if (url->literal)
    return 0;
  const char *port = write_key(key, url);
  if (!port)
    return ASYNC_ERROR_FROM_ARES(ARES_EBADNAME);
  if (names->pinned->count > 0 && is_pinned(names, key, port))
    return 0;
  struct fetch_name *name = find(names, key, url->host.len);
  if (!name)
    return ASYNC_ENOMEM;
  int err = 0;
  if (name->expires_ns <= async_now())
    err = resolve(names, name);
  if (err < 0)
    fetch_names_put(names, name, false);
  else
    *out = name;
  return err;
}

int fetch_names_tell(struct fetch_names *names, struct fetch_name *name,
                     CURL *easy, struct curl_slist **list)
{
  *list = NULL;
  if (!name || (name->known && names->gone_count < GONE_NAMES))
    return 0;
  struct curl_slist *all = curl_slist_append(names->gone, name->line);
  if (!all)
    return ASYNC_ENOMEM;
  names->gone = NULL;
  names->gone_count = 0;
  *list = all;
  curl_easy_setopt(easy, CURLOPT_RESOLVE, all);
  return 0;
}
