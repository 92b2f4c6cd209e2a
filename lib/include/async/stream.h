/* async/stream.h (io): byte streams over descriptors and memory.
 *
 * Pipes, sockets and terminals are polled; regular files are read and written
 * in place, which measures cheaper than a thread for each call. One task may
 * read while another writes; two readers (or two writers) at once are a bug
 * that is asserted. A descriptor that is owned is made non-blocking; one that
 * is borrowed keeps its flags, because standard input and output share them
 * with other processes. */
#ifndef ASYNC_STREAM_H
#define ASYNC_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct async_stream;

enum {
  ASYNC_STREAM_BORROW = 0, /* the descriptor stays open after close */
  ASYNC_STREAM_OWN = 1     /* close closes it */
};

/* Makes a stream of an open descriptor of any kind.
 *
 * out    on success the stream, to be closed with async_stream_close
 * flags  ASYNC_STREAM_OWN or ASYNC_STREAM_BORROW
 *
 * Returns 0, ASYNC_ENOMEM, or the system's error; then fd is still the
 * caller's.
 */
int async_stream_open_fd(struct async_stream **out, int fd, unsigned flags);

/* Opens a file as open(2) does, close-on-exec; a FIFO without a peer blocks. */
int async_stream_open_file(struct async_stream **out, const char *path,
                           int flags, int mode);

/* Two ends in memory, each with `capacity` bytes of buffer, for tests and for
 * code between tasks. */
int async_stream_open_pair(struct async_stream *ends[2], size_t capacity);

/* Reads what is there, waiting until there is something.
 *
 * Returns 1 to `len` bytes, 0 at the end, or an error; ASYNC_ECANCELED took
 * nothing.
 */
ssize_t async_stream_read(struct async_stream *stream, void *out, size_t len);

/* Reads exactly `len` bytes. Returns len, ASYNC_EOF if the end came before, or
 * an error; bytes read until then stay in the stream's buffer. */
ssize_t async_stream_read_full(struct async_stream *stream, void *out,
                               size_t len);

/* Reads up to and including the next `delimiter`.
 *
 * line  the bytes without the delimiter, not NUL-terminated; valid until the
 *       next read
 * len   their number
 *
 * Returns 0; ASYNC_EOF at the end (a last line without delimiter is a line);
 * ASYNC_ETOOLONG for a line over the limit, of which *line and *len are the
 * first part, and the rest is discarded by the next call; or an error.
 */
int async_stream_read_line(struct async_stream *stream, char delimiter,
                           char **line, size_t *len);

/* The longest line; 1 MiB unless set. */
void async_stream_limit_line(struct async_stream *stream, size_t bytes);

/* Writes all of it.
 *
 * Returns 0 or an error, ASYNC_ECLOSED when nobody reads (never SIGPIPE on
 * sockets). On an error and on ASYNC_ECANCELED part of it may have gone out:
 * async_stream_written tells how much.
 */
int async_stream_write(struct async_stream *stream, const void *bytes,
                       size_t len);

/* Bytes of the last write that went out. */
size_t async_stream_written(const struct async_stream *stream);

/* Says that no more will be written; the end of an owned pipe is closed.
 * Returns 0 or an error. */
int async_stream_shutdown(struct async_stream *stream);

/* The descriptor, or -1 for memory. */
int async_stream_fd(const struct async_stream *stream);

/* Closes and frees it; NULL is fine. Is not cancelled. Returns 0, or the error
 * of close(2), which for a file on a network file system can be that of an
 * earlier write. */
int async_stream_close(struct async_stream *stream);

/* Copies until the end of `from`, or `max` bytes (-1: no limit).
 *
 * Returns the bytes copied, or an error.
 */
int64_t async_stream_copy(struct async_stream *to, struct async_stream *from,
                          int64_t max);

#ifdef __cplusplus
}
#endif
#endif
