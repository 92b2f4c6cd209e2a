/* cmd/exec/item.h: one job on its way: an entry, or several of -n and -X. */
#ifndef EXEC_ITEM_H
#define EXEC_ITEM_H

#include <sys/resource.h>
#include <sys/types.h>

#include "exec/words.h"
#include "job/item.h"

struct exec_block;
struct exec_output;
struct exec_robin_job;

enum exec_killer {
  EXEC_KILLER_NONE,
  EXEC_KILLER_TIMEOUT,
  EXEC_KILLER_DEADLINE,
  EXEC_KILLER_FAIL_FAST,
  EXEC_KILLER_FIRST, /* --first: enough others succeeded */
  EXEC_KILLER_INTERRUPT,
  EXEC_KILLER_MEMORY
};

/* What came of the last attempt. */
struct exec_end {
  pid_t pid;  /* 0: it never started */
  bool ended; /* the next two are set */
  int status; /* as wait4 has it */
  struct rusage usage;
  enum exec_killer killer;
  int asked;        /* the signal it was sent first; 0: none */
  bool killed;      /* it was sent KILL after that */
  unsigned orphans; /* that it left and that were still alive */
};

/* What a job was given to read, of --pipe. */
struct exec_given {
  uint64_t blocks, bytes; /* 0: there is no --pipe */
  uint64_t unread;        /* of the bytes */
  bool knows_unread;
};

struct exec_item {
  struct job_item item; /* the first entry */
  struct job_entry *more;
  size_t more_count;
  uint64_t first_seq;       /* of item, once it has ended: item.seq counts on */
  struct exec_block *block; /* NULL, or the part of the input of --pipe */
  struct exec_robin_job *robin; /* NULL without --round-robin */
  struct exec_given given;
  int64_t timeout_ns;    /* of one attempt; 0: none */
  unsigned slot;         /* 1 to --jobs, while an attempt runs */
  struct exec_argv argv; /* of the last attempt */
  struct exec_end end;
  struct exec_output *output; /* what the last attempt wrote */
};

#endif
