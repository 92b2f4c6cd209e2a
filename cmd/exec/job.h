/* cmd/exec/job.h: one job, attempt by attempt. */
#ifndef EXEC_JOB_H
#define EXEC_JOB_H

#include "async/fan.h"
#include "job/tool.h"

/* The hooks of struct job_tool; ctx is a struct exec_client. */
int exec_next(void *ctx, struct job_item *item);
int exec_prepare(void *ctx, struct job_item *item);
size_t exec_more(const struct job_item *item, struct job_entry **entries);
void exec_work(void *ctx, struct job_item *item,
               struct async_fan_attempt *attempt);
void exec_ended(void *ctx, struct job_item *item,
                const struct async_fan_result *result);
void exec_text_of(void *ctx, const struct job_item *item,
                  struct async_buf *out);
void exec_item_done(struct job_item *item);
int exec_status(void *ctx, int status);
void exec_stopping(void *ctx);
void exec_continued(void *ctx);

#endif
