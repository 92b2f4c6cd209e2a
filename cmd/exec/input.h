/* cmd/exec/input.h: what a job is made of: entries of lists, of ::: on the
 * command line, several at once (-n, -X). */
#ifndef EXEC_INPUT_H
#define EXEC_INPUT_H

#include "exec/item.h"
#include "exec/options.h"
#include "job/tool.h"

struct exec_input;

/* Sees how many of run->operands are the command's. Those behind it, from the
 * first ::: on, are left in run->operands.
 *
 * Returns 0, or the exit status, after it was said what is wrong.
 */
int exec_input_split(struct job_run *run, size_t *command_words);

/* Takes the entries behind ::: and :::+ out of run->operands; without any, they
 * come from run->source.
 *
 * words  NULL, or the command line: a field that no entry can have is wrong
 *
 * Returns 0, or the exit status, after it was said what is wrong.
 */
int exec_input_new(struct exec_input **out, struct job_run *run,
                   const struct exec_opts *opts,
                   const struct exec_words *words);
void exec_input_free(struct exec_input *input);

/* The next job's entries. One that is malformed is a job of its own; with -X also
 * one that would make the command fail, and the last ones are spread over
 * run->jobs. Returns as the hook `next` of struct job_tool does. */
int exec_input_next(struct exec_input *input, const struct exec_words *words,
                    struct exec_item *item);

#endif
