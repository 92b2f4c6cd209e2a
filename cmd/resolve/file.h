/* cmd/resolve/file.h: small files, read whole before the start. */
#ifndef RESOLVE_FILE_H
#define RESOLVE_FILE_H

#include "async/buf.h"

/* Appends a file. Returns 0, ASYNC_ENOMEM, or the system's error. */
int resolve_file_read(const char *path, struct async_buf *out);

#endif
