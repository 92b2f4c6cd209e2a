#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "async/loop.h"
#include "net/dns_priv.h"

enum {
  DEFAULT_TIMEOUT_MS = 500,
  DEFAULT_TRIES = 4,
  DEFAULT_PER_CHANNEL = 256,
  DEFAULT_CHANNELS = 4,
  TICK_MS = 50
};

/* ares_timeout() would say when it is needed, but walks all queries to know. */
static void on_tick(uv_timer_t *tick)
{
  struct async_dns *dns = tick->data;
  for (size_t i = 0; i < ASY_DNS_POOLS; i++) {
    struct asy_dns_pool *pool = &dns->pools[i];
    for (size_t k = 0; k < pool->count; k++)
      if (pool->channels[k]->in_flight > 0)
        asy_dns_channel_run(pool->channels[k], ARES_SOCKET_BAD,
                            ARES_SOCKET_BAD);
  }
  if (dns->in_flight == 0)
    uv_timer_stop(tick);
}

/* A timer of libuv and not of ours: c-ares has a clock of its own, which goes
 * on in simulated time. */
void asy_dns_tick_start(struct async_dns *dns)
{
  if (!uv_is_active((uv_handle_t *)&dns->tick))
    uv_timer_start(&dns->tick, on_tick, TICK_MS, TICK_MS);
}

void asy_dns_wait(struct async_dns *dns)
{
  async_loop_hold();
  if (dns->waiting++ == 0)
    uv_ref((uv_handle_t *)&dns->tick);
}

void asy_dns_wait_over(struct async_dns *dns)
{
  async_loop_release();
  if (--dns->waiting == 0)
    uv_unref((uv_handle_t *)&dns->tick);
}

static const char *ares_text(int code)
{
  return ares_strerror(code);
}

/* Neither is safe to call from several threads. */
static void library_init(void)
{
  ares_library_init(ARES_LIB_INIT_ALL);
  async_err_register(ASYNC_ERROR_ARES_BASE, ares_text);
}

void asy_dns_library_init(void)
{
  static uv_once_t once = UV_ONCE_INIT;
  uv_once(&once, library_init);
}

static struct async_dns_opts with_defaults(const struct async_dns_opts *given)
{
  struct async_dns_opts opts = ASYNC_DNS_OPTS_INIT;
  if (given)
    opts = *given;
  if (!opts.timeout_ns)
    opts.timeout_ns = DEFAULT_TIMEOUT_MS * ASYNC_MS;
  if (!opts.tries)
    opts.tries = DEFAULT_TRIES;
  if (!opts.per_channel)
    opts.per_channel = DEFAULT_PER_CHANNEL;
  if (!opts.channels)
    opts.channels = DEFAULT_CHANNELS;
  return opts;
}

static void pool_init(struct async_dns *dns, size_t which, int flags)
{
  struct asy_dns_pool *pool = &dns->pools[which];
  pool->dns = dns;
  pool->flags = flags;
  pool->most = dns->opts.channels;
  async_list_init(&pool->queue);
}

static void init(struct async_dns *dns)
{
  async_list_init(&dns->landed);
  async_list_init(&dns->stranded);
  /* Lookups: a new source port for each burst, because one that lasts is
   * easier to spoof (RFC 5452), and another server if one cannot answer. Raw
   * queries: speed, and the reply whatever it says. */
  pool_init(dns, ASY_DNS_LOOKUPS, 0);
  pool_init(dns, ASY_DNS_QUERIES,
            ARES_FLAG_STAYOPEN | ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH);
  pool_init(dns, ASY_DNS_HOSTS, 0);
  dns->pools[ASY_DNS_HOSTS].sources = "f";
  uv_timer_init(async_loop_uv(), &dns->tick);
  uv_unref((uv_handle_t *)&dns->tick);
  dns->tick.data = dns;
}

static int copy_texts(struct async_dns *dns)
{
  char **copies[] = { &dns->servers, &dns->source4, &dns->source6,
                      &dns->interface };
  const char *texts[] = { dns->opts.servers, dns->opts.source4,
                          dns->opts.source6, dns->opts.interface };
  for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
    *copies[i] = texts[i] ? strdup(texts[i]) : NULL;
    if (texts[i] && !*copies[i])
      return ASYNC_ENOMEM;
  }
  return 0;
}

int async_dns_open(struct async_dns **out, const struct async_dns_opts *opts)
{
  asy_dns_library_init();
  struct async_dns *dns = calloc(1, sizeof(*dns));
  if (!dns)
    return ASYNC_ENOMEM;
  dns->opts = with_defaults(opts);
  init(dns);
  int err = copy_texts(dns);
  if (err == 0) /* now, so that bad servers are told to who gave them */
    err = asy_dns_channel_open(&dns->pools[ASY_DNS_LOOKUPS]);
  if (err < 0) {
    async_dns_close(dns);
    return err;
  }
  *out = dns;
  return 0;
}

static void tick_closed(uv_handle_t *handle)
{
  free(handle->data);
}

void async_dns_close(struct async_dns *dns)
{
  if (!dns)
    return;
  dns->closing = true;
  for (size_t i = 0; i < ASY_DNS_POOLS; i++)
    asy_dns_pool_done(&dns->pools[i]);
  while (!async_list_empty(&dns->landed) || !async_list_empty(&dns->stranded))
    asy_dns_end_landed(dns);
  async_timer_clear(&dns->soon);
  async_hash_done(&dns->lookups);
  free(dns->servers);
  free(dns->source4);
  free(dns->source6);
  free(dns->interface);
  uv_close((uv_handle_t *)&dns->tick, tick_closed);
}
