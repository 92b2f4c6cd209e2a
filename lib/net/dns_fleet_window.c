/* How many queries a resolver is trusted with at once.
 *
 * A burst that is larger than a server's socket buffer (about 250 packets by
 * default) is lost, and each loss costs a second; but a resolver far away, or
 * one that has to ask others, needs thousands in flight. What tells them apart
 * is whether more in flight gets more answers. So, in rounds:
 *
 *  1. start small, and double for as long as that raises the rate by a quarter;
 *  2. where it does not, go back to the size before;
 *     An answer tells of the size at the time of its query, so a try is judged
 *     by the first round that begins a round trip after it;
 *  3. from time to time try a quarter more, and keep it if it pays;
 *  4. where more than 3 % are lost, cut to 0.7, at most once for what was sent
 *     before the cut, and never below what any server's buffer holds.
 *
 * A round in which the window was not full says nothing.
 * Source: the idea of step 2 is that of BBR (Cardwell et al., "BBR:
 * congestion-based congestion control"), start-up. */
#include "net/dns_fleet_priv.h"

enum { LEAST = 64, MEMORY = 512 };
#define ROUND_NS     (20 * ASYNC_MS)
#define PAUSE_NS     ASYNC_SEC
#define PAUSE_MAX_NS (16 * ASYNC_SEC)

static const double PAYS_TWICE = 1.25, PAYS_MORE = 1.10, LOST_SHARE = 0.03,
                    CUT = 0.7;

void asy_fleet_window_init(struct asy_fleet_window *window, unsigned start,
                           unsigned most, int64_t now_ns)
{
  *window = (struct asy_fleet_window){
    .size = start < most ? start : most,
    .most = most,
    .since_ns = now_ns,
    .cut_ns = INT64_MIN,
    .next_ns = now_ns,
    .pause_ns = PAUSE_NS,
  };
}

static void start_round(struct asy_fleet_window *window, int64_t now_ns)
{
  window->since_ns = now_ns;
  window->answered = 0;
  window->peak = 0;
}

static unsigned within(const struct asy_fleet_window *window, double size)
{
  if (size < LEAST)
    size = LEAST;
  return size < window->most ? (unsigned)(size + 0.5) : window->most;
}

static void wait_and_see(struct asy_fleet_window *window, int64_t now_ns)
{
  window->trying = false;
  window->next_ns = now_ns + window->pause_ns;
  window->pause_ns =
      window->pause_ns * 2 < PAUSE_MAX_NS ? window->pause_ns * 2 : PAUSE_MAX_NS;
}

/* Nothing is known yet, or it has paid so far: one step more. */
static void grow(struct asy_fleet_window *window, double factor, int64_t rtt_ns,
                 int64_t now_ns)
{
  window->before = window->size;
  window->size = within(window, window->size * factor);
  window->trying = window->size > window->before;
  window->settled_ns = now_ns + rtt_ns;
}

static void judge_try(struct asy_fleet_window *window, double per_s,
                      int64_t rtt_ns, int64_t now_ns)
{
  bool doubled = window->size >= 2 * window->before;
  if (per_s > window->best_per_s * (doubled ? PAYS_TWICE : PAYS_MORE)) {
    window->best_per_s = per_s;
    window->pause_ns = PAUSE_NS;
    grow(window, doubled ? 2 : 1.25, rtt_ns, now_ns);
    return;
  }
  window->size = window->before;
  wait_and_see(window, now_ns);
}

static void end_round(struct asy_fleet_window *window, int64_t rtt_ns,
                      int64_t now_ns)
{
  double per_s = (double)window->answered * (double)ASYNC_SEC /
                 (double)(now_ns - window->since_ns);
  bool first = window->best_per_s == 0;
  if (window->peak < window->size || window->since_ns < window->settled_ns) {
    start_round(window, now_ns);
    return;
  }
  if (window->trying) {
    judge_try(window, per_s, rtt_ns, now_ns);
  } else if (now_ns >= window->next_ns) {
    window->best_per_s = per_s;
    grow(window, first ? 2 : 1.25, rtt_ns, now_ns);
  }
  start_round(window, now_ns);
}

void asy_fleet_window_answered(struct asy_fleet_window *window,
                               unsigned in_flight, int64_t rtt_ns,
                               int64_t now_ns)
{
  int64_t round_ns = rtt_ns > ROUND_NS ? rtt_ns : ROUND_NS;
  window->answered++;
  window->lost -= window->lost / MEMORY;
  if (in_flight > window->peak)
    window->peak = in_flight;
  if (now_ns - window->since_ns >= round_ns)
    end_round(window, rtt_ns, now_ns);
}

void asy_fleet_window_lost(struct asy_fleet_window *window, int64_t sent_ns,
                           int64_t now_ns)
{
  window->lost += (1 - window->lost) / MEMORY;
  if (sent_ns <= window->cut_ns || window->lost <= LOST_SHARE)
    return;
  window->size = within(window, window->size * CUT);
  window->cut_ns = now_ns;
  window->best_per_s = window->best_per_s > 0 ? window->best_per_s : 1;
  wait_and_see(window, now_ns);
  start_round(window, now_ns);
}

/* There are no descriptors for more: however few that are. */
void asy_fleet_window_full(struct asy_fleet_window *window, unsigned in_flight,
                           int64_t now_ns)
{
  if (in_flight >= window->size)
    return;
  window->size = in_flight > 0 ? in_flight : 1;
  wait_and_see(window, now_ns);
  start_round(window, now_ns);
}
