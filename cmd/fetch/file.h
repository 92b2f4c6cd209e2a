/* cmd/fetch/file.h: bodies become files, whole or not at all.
 *
 * A body is written under a temporary name in the folder it is meant for, and
 * renamed when it is complete. So nothing that was cut short ever has a final
 * name, whatever kills the process, and nothing is overwritten by accident:
 * whether a name is free is decided by the kernel, at the moment it is taken.
 * That covers files of earlier runs, of other processes, and of two URLs of
 * this run that end in the same name. */
#ifndef FETCH_FILE_H
#define FETCH_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "async/hash.h"
#include "fetch/options.h"

struct fetch_files {
  int dir_fd;
  enum fetch_collision policy;
  uint64_t serial;           /* of temporary names */
  uint64_t pid;              /* asked for once: it is a system call */
  struct async_hash numbers; /* name -> the number to try next */
};

/* Opens the folder that relative names start from, makes it if need be, and
 * proves that it can be written to.
 *
 * dir  NULL: the current one
 *
 * Returns 0 or the system's error; after that there is nothing to close.
 */
int fetch_files_open(struct fetch_files *files, const char *dir,
                     enum fetch_collision policy);
void fetch_files_close(struct fetch_files *files);

/* Whether something has that name already. */
bool fetch_files_have(const struct fetch_files *files, const char *name);

struct fetch_file {
  int fd; /* -1: not open */
  struct async_buf temp;
};

#define FETCH_FILE_INIT                                                        \
  {                                                                            \
    -1, ASYNC_BUF_INIT                                                         \
  }

/* Begins a body that is to be called `name`; makes its folder if need be. */
int fetch_file_open(struct fetch_file *file, struct fetch_files *files,
                    const char *name);

int fetch_file_write(struct fetch_file *file, const char *bytes, size_t len);

/* Gives the body its name, or drops it.
 *
 * name  what it is to be called; on success what it is called: with a number if
 *       the policy is to uniquify
 *
 * Returns 0; -EEXIST, if the policy is error or skip; or another error of the
 * system. In all cases the file is closed.
 */
int fetch_file_keep(struct fetch_file *file, struct fetch_files *files,
                    struct async_buf *name);

/* Removes what was written, if anything was. */
void fetch_file_drop(struct fetch_file *file, struct fetch_files *files);

/* Frees the memory; the file must be closed. */
void fetch_file_done(struct fetch_file *file);

#endif
