/* cmd/exec/spill.h: a file without a name, for bytes that memory has no room
 * for. It is gone when it is closed, and when we are. */
#ifndef EXEC_SPILL_H
#define EXEC_SPILL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct exec_spill {
  int fd;               /* -1: not open */
  uint64_t bytes, done; /* done: the first of them, which have gone out */
};

#define EXEC_SPILL_INIT                                                        \
  {                                                                            \
    -1, 0, 0                                                                   \
  }

/* Opens it, unless it is open. Returns 0 or the system's error. */
int exec_spill_open(struct exec_spill *spill, const char *dir);

/* Appends all, or nothing. Returns 0 or the system's error. */
int exec_spill_add(struct exec_spill *spill, const char *bytes, size_t len);

/* Returns 1 to len bytes, or the system's error. */
ssize_t exec_spill_read(const struct exec_spill *spill, char *out, size_t len,
                        uint64_t offset);

/* Copies what it holds into a file, from the place where that stands, without
 * a way through our memory; as far as the system can. May park. */
void exec_spill_send(struct exec_spill *spill, int fd);

/* Closes it, with what it holds. */
void exec_spill_done(struct exec_spill *spill);

#endif
