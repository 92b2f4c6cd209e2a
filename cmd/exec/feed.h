/* cmd/exec/feed.h: what jobs read on their standard input. */
#ifndef EXEC_FEED_H
#define EXEC_FEED_H

#include "async/task.h"
#include "exec/item.h"
#include "exec/options.h"
#include "job/tool.h"

struct exec_feed;       /* one a run: --stdin */
struct exec_pipe_input; /* one a run: --pipe */

/* Returns 0, or the exit status, after it was said what is wrong. */
int exec_feed_open(struct exec_feed **out, struct job_run *run,
                   const struct exec_opts *opts);
void exec_feed_close(struct exec_feed *feed);

/* Makes the child's standard input.
 *
 * fd      on success as struct async_proc_opts takes it
 * writer  a task of this group writes what does not fit into a pipe at once
 *
 * Returns 0, or -1 after job_error_set: a file that cannot be opened.
 */
int exec_feed_begin(struct exec_feed *feed, struct exec_item *item, int *fd,
                    struct async_group *writer);

/* The child has it, or could not be started: closes ours. */
void exec_feed_given(struct exec_feed *feed, int fd);

/* Blocks of --pipe: cut out of --input files or standard input as bytes, not
 * entries. The item's text is "block N". Memory is bounded: run->window is
 * lowered to what is needed. */
int exec_pipe_open(struct exec_pipe_input **out, struct job_run *run,
                   const struct exec_opts *opts);
int exec_pipe_next(struct exec_pipe_input *input, struct exec_item *item);

/* The next block alone. Returns as exec_pipe_next does. */
int exec_pipe_take(struct exec_pipe_input *input, struct exec_block **out);

/* Makes "WHAT NUMBER" the item's text. Returns 0 or ASYNC_ENOMEM. */
int exec_pipe_name(struct exec_item *item, const char *what, uint64_t number);

void exec_pipe_close(struct exec_pipe_input *input);

/* NULL is fine. */
void exec_block_free(struct exec_block *block);

#endif
