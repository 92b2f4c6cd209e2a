/* cmd/exec/feed_pipe.h: a pipe with bytes in it, for a job to read. */
#ifndef EXEC_FEED_PIPE_H
#define EXEC_FEED_PIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "async/buf.h"
#include "async/task.h"

/* What fits is written at once, the rest by a task of the group, which ends
 * when all is written, nobody reads any more, or the group is cancelled.
 *
 * own    the bytes, given in any case; or NULL, and then
 * bytes  outlive the group
 * wide   make the pipe larger, if there is much to write
 * fd     on success the end to read from
 *
 * Returns 0 or an error.
 */
int exec_feed_pipe(struct async_buf *own, const char *bytes, size_t len,
                   bool wide, struct async_group *group, int *fd);

#endif
