/* async/error.h (base): one int for every result.
 *
 * 0 or a size on success, negative on failure. The negative numbers are three
 * disjoint families:
 *   -1 ... -9999         -errno of the system (on Unix the same as UV_Exxx)
 *   -10000 ... -10999    our own words, below
 *   -11000 - CURLcode    libcurl's
 *   -12000 - status      c-ares'
 * Numbers differ between systems; records and messages use the names. */
#ifndef ASYNC_ERROR_H
#define ASYNC_ERROR_H

#include <errno.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* System errors that are part of the library's contract. */
#define ASYNC_ECANCELED (-ECANCELED) /* the scope was cancelled */
#define ASYNC_ETIMEDOUT (-ETIMEDOUT) /* a deadline or the kernel's timeout */
#define ASYNC_ENOMEM    (-ENOMEM)
#define ASYNC_EAGAIN    (-EAGAIN)
#define ASYNC_EINVAL    (-EINVAL)
#define ASYNC_ECLOSED   (-EPIPE) /* the other side, or we, closed it */

/* Our own words: name, number, sentence. */
#define ASYNC_ERROR_MAP(X)                                                     \
  X(EOF, 10000, "end of input")                                                \
  X(EFAIL, 10001, "the operation failed")                                      \
  X(EOPEN, 10002, "the circuit breaker is open")                               \
  X(EBUDGET, 10003, "the retry budget is spent")                               \
  X(ESKIPPED, 10004, "skipped, because the run stopped early")                 \
  X(ETOOLONG, 10005, "longer than the limit")                                  \
  X(EENCODING, 10006, "malformed input")

enum async_error {
#define ASYNC_ERROR_ENUM(name, number, text) ASYNC_##name = -(number),
  ASYNC_ERROR_MAP(ASYNC_ERROR_ENUM)
#undef ASYNC_ERROR_ENUM
};

#define ASYNC_ERROR_CURL_BASE         (-11000)
#define ASYNC_ERROR_ARES_BASE         (-12000)
#define ASYNC_ERROR_FROM_CURL(code)   (ASYNC_ERROR_CURL_BASE - (int)(code))
#define ASYNC_ERROR_FROM_ARES(status) (ASYNC_ERROR_ARES_BASE - (int)(status))

/* The stable word for an error, such as "ETIMEDOUT", "EOPEN" or "CURL_28".
 *
 * Returns a static string, or one in a buffer of this thread that the next call
 * overwrites (errors of libcurl and c-ares, numbers nobody knows).
 */
const char *async_err_name(int err);

/* One sentence for people, without a full stop. For libcurl and c-ares the
 * sentence is theirs if libasynctool-net is in the process, else a number.
 *
 * Returns as async_err_name does.
 */
const char *async_err_text(int err);

/* Lets a library that owns a family of numbers say its sentences.
 *
 * base  ASYNC_ERROR_CURL_BASE or ASYNC_ERROR_ARES_BASE
 * text  kept; called with the code as that library knows it (28, not -11028)
 *
 * Thread: before loops run.
 */
void async_err_register(int base, const char *(*text)(int code));

#ifdef __cplusplus
}
#endif
#endif
