/* async/bucket.h (policy): a token bucket that takes reservations.
 *
 * A caller reserves at once and is told when it may proceed; the bucket goes
 * into debt. Callers are therefore served in the order in which they asked,
 * without a queue. In any interval of length w at most burst + rate * w tokens
 * pass, to the nanosecond, as long as nobody reserves more than `burst` at a
 * time.
 *
 * A hold (a server said 429) stops the bucket's clock: whoever was waiting
 * waits that much longer, in the same order and at the same distances, and
 * there is no rush when it ends. That is why a waiter looks again when it
 * wakes:
 *
 *   struct async_bucket_slot slot;
 *   int64_t at_ns = async_bucket_reserve(&bucket, 1, now_ns, &slot);
 *   while (at_ns > now_ns) {
 *     ... sleep until at_ns; if cancelled, async_bucket_return() ...
 *     at_ns = async_bucket_due(&bucket, &slot);
 *   }
 *
 * Source: ITU-T I.371 (GCRA, virtual scheduling); the reservations are those of
 * golang.org/x/time/rate. */
#ifndef ASYNC_BUCKET_H
#define ASYNC_BUCKET_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Nanoseconds and their 2^-32 parts, so that 3 per second stays 3. */
struct async_bucket_time {
  int64_t ns;
  uint32_t fraction;
};

/* A zeroed bucket lets everybody pass. */
struct async_bucket {
  struct async_bucket_time step;  /* from one token to the next */
  struct async_bucket_time slack; /* (burst - 1) steps, and what is tolerated */
  struct async_bucket_time due;   /* of the next token, by the bucket's clock */
  int64_t held_ns; /* how long the clock stood still, all holds together */
  int64_t held_until_ns; /* end of the last hold */
};

/* A reservation: copy it, forget it, or give it back. */
struct async_bucket_slot {
  struct async_bucket_time at; /* by the bucket's clock: async_bucket_due */
  unsigned tokens;
};

/* Makes the bucket full.
 *
 * per_s  tokens a second; 0 or less: no limit (holds still work)
 * burst  tokens that may pass at once, rounded down; below 1 means 1
 */
void async_bucket_init(struct async_bucket *bucket, double per_s, double burst,
                       int64_t now_ns);

/* Lets whoever comes late, by up to that much, have what was missed meanwhile.
 * Timers are coarse: if each wake-up lost its lateness, a rate above one a
 * millisecond would never be reached. In any interval of length w at most
 * burst + rate * (w + late_ns) tokens pass. Once, after async_bucket_init. */
void async_bucket_tolerate(struct async_bucket *bucket, int64_t late_ns);

/* Takes tokens, possibly on credit.
 *
 * slot  NULL, or where to keep the reservation
 *
 * Returns the instant at which the caller may proceed, now_ns or later.
 */
int64_t async_bucket_reserve(struct async_bucket *bucket, unsigned tokens,
                             int64_t now_ns, struct async_bucket_slot *slot);

/* Returns what async_bucket_reserve would for one token, without taking it. */
int64_t async_bucket_peek(const struct async_bucket *bucket, int64_t now_ns);

/* Whether it is as good as new: it has all its tokens, and no hold. */
bool async_bucket_full(const struct async_bucket *bucket, int64_t now_ns);

/* Returns the instant at which a reservation may proceed, which holds since it
 * was made have moved. */
int64_t async_bucket_due(const struct async_bucket *bucket,
                         const struct async_bucket_slot *slot);

/* Gives back a reservation that was not used. One that is past its instant is
 * lost, and so is as much of one as others have reserved behind it: their
 * instants stand, and nobody may pass beside them.
 *
 * Source: golang.org/x/time/rate, Reservation.CancelAt.
 */
void async_bucket_return(struct async_bucket *bucket,
                         const struct async_bucket_slot *slot, int64_t now_ns);

/* Lets nobody pass before an instant. Holds do not add up: the latest end
 * counts. A hold cannot be lifted. */
void async_bucket_hold(struct async_bucket *bucket, int64_t until_ns,
                       int64_t now_ns);

#ifdef __cplusplus
}
#endif
#endif
