/* cmd/exec/input.h: what a job is made of: entries of lists, of ::: on the
 * command line, several at once (-n, -X). */
#ifndef EXEC_INPUT_H
#define EXEC_INPUT_H

#include "exec/item.h"
#include "exec/options.h"
#include "job/tool.h"

struct exec_input;

/* Takes the entries behind ::: and :::+ out of run->operands, whose rest is the
 * command.
 *
 * words  NULL, or where -X learns how much fits; borrowed
 *
 * Returns 0, or the exit status, after it was said what is wrong.
 */
int exec_input_split(struct job_run *run, size_t *command_words);
int exec_input_new(struct exec_input **out, struct job_run *run,
                   const struct exec_opts *opts);
void exec_input_free(struct exec_input *input);

/* The next job's entries. Returns as the hook `next` of struct job_tool does. */
int exec_input_next(struct exec_input *input, const struct exec_words *words,
                    struct exec_item *item);

#endif
