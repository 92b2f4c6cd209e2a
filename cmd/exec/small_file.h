/* cmd/exec/small_file.h: files of the kernel that are read in one piece. */
#ifndef EXEC_SMALL_FILE_H
#define EXEC_SMALL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"

/* Reads all of a file, and a NUL behind it. Returns 0 or an error; then `out` is
 * empty. */
int exec_file_read(const char *path, struct async_buf *out);
int exec_file_read_fd(int fd, struct async_buf *out);

/* The lines of a text that ends with a NUL, one after the other: each call cuts
 * one off. Returns it, or NULL. */
char *exec_line_next(char **text);

/* The number behind `word` at the start of one of the lines.
 *
 * text  ends with a NUL
 * word  "inactive_file "; "": the first line
 *
 * Returns whether there is one; "max" and what is below 0 is none.
 */
bool exec_line_number(const char *text, const char *word, uint64_t *out);

#endif
