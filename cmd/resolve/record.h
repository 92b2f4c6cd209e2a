/* cmd/resolve/record.h: what resolve's records have beyond the common fields. */
#ifndef RESOLVE_RECORD_H
#define RESOLVE_RECORD_H

#include "job/record.h"

extern const struct job_field resolve_fields[];
extern const struct job_field resolve_detailed_fields[]; /* --details */

/* Of questions that take more than one query. */
extern const struct job_field resolve_work_fields[];
extern const struct job_field resolve_detailed_work_fields[];

#endif
