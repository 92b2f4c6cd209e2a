/* cmd/exec/record.h: what exec's records have beyond the common fields. */
#ifndef EXEC_RECORD_H
#define EXEC_RECORD_H

#include "job/record.h"

extern const struct job_field exec_fields[];

#endif
