/* A resolver's rate. An adaptive one begins at its ceiling, goes down by a
 * third when more than a tenth of a second's queries were lost or refused, and
 * up again by a twentieth of the ceiling a second.
 * Source: Chiu and Jain, "Analysis of the Increase and Decrease Algorithms". */
#include "net/dns_fleet_priv.h"

enum { ENOUGH = 10, LEAST_PER_S = 2 };
#define ROUND_NS ASYNC_SEC
#define LATE_NS  (5 * ASYNC_MS)

static const double FAILED_SHARE = 0.1, CUT = 0.7, STEP = 0.05, BURST = 0.02;

/* The bucket anew, without a burst that was not earned. */
static void set(struct asy_fleet_rate *rate, double per_s, int64_t now_ns)
{
  int64_t next_ns = async_bucket_peek(&rate->bucket, now_ns);
  double burst = per_s * BURST;
  rate->per_s = per_s;
  async_bucket_init(&rate->bucket, per_s, burst, now_ns);
  async_bucket_tolerate(&rate->bucket, LATE_NS);
  if (next_ns > now_ns)
    async_bucket_hold(&rate->bucket, next_ns, now_ns);
}

void asy_fleet_rate_init(struct asy_fleet_rate *rate, double per_s, bool fixed,
                         int64_t now_ns)
{
  *rate = (struct asy_fleet_rate){ .fixed = fixed, .since_ns = now_ns };
  if (per_s <= 0)
    return;
  rate->most_per_s = per_s;
  set(rate, per_s, now_ns);
}

static void end_round(struct asy_fleet_rate *rate, int64_t now_ns)
{
  double all = (double)rate->answered + rate->failed;
  double per_s = rate->per_s;
  if (rate->failed >= 2 && rate->failed > FAILED_SHARE * all)
    per_s *= CUT;
  else
    per_s += STEP * rate->most_per_s;
  if (per_s < LEAST_PER_S)
    per_s = LEAST_PER_S;
  if (per_s > rate->most_per_s)
    per_s = rate->most_per_s;
  if (per_s < rate->per_s || per_s > rate->per_s)
    set(rate, per_s, now_ns);
  rate->answered = 0;
  rate->failed = 0;
  rate->since_ns = now_ns;
}

void asy_fleet_rate_learn(struct asy_fleet_rate *rate, bool failed,
                          int64_t now_ns)
{
  if (rate->fixed || rate->most_per_s <= 0)
    return;
  rate->failed += failed;
  rate->answered += !failed;
  if (now_ns - rate->since_ns >= ROUND_NS &&
      rate->answered + rate->failed >= ENOUGH)
    end_round(rate, now_ns);
}
