/* async/async.h: every header of libasynctool. Those of libasynctool-net,
 * async/http.h and async/dns*.h, are included by name. */
#ifndef ASYNC_ASYNC_H
#define ASYNC_ASYNC_H

/* base */
#include "async/buf.h"
#include "async/error.h"
#include "async/hash.h"
#include "async/heap.h"
#include "async/histogram.h"
#include "async/list.h"
#include "async/rng.h"
#include "async/time.h"

/* policy */
#include "async/backoff.h"
#include "async/breaker.h"
#include "async/bucket.h"
#include "async/budget.h"
#include "async/limit.h"
#include "async/retry.h"

/* core */
#include "async/debug.h"
#include "async/loop.h"
#include "async/op.h"
#include "async/scope.h"
#include "async/shutdown.h"
#include "async/task.h"
#include "async/timer.h"
#include "async/work.h"

/* sync */
#include "async/barrier.h"
#include "async/channel.h"
#include "async/event.h"
#include "async/future.h"
#include "async/gather.h"
#include "async/generator.h"
#include "async/mutex.h"
#include "async/semaphore.h"

/* io */
#include "async/addr.h"
#include "async/listener.h"
#include "async/serve.h"
#include "async/stream.h"
#include "async/tcp.h"
#include "async/udp.h"
#include "async/unix.h"

/* proc */
#include "async/proc.h"

/* fan */
#include "async/fan.h"
#include "async/lane.h"

#endif
