#include "exec/small_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"

enum { PIECE_BYTES = 4096 };

static int read_all(int fd, struct async_buf *out)
{
  for (;;) {
    if (async_buf_reserve(out, PIECE_BYTES) < 0)
      return ASYNC_ENOMEM;
    ssize_t got = read(fd, out->data + out->len, out->cap - out->len);
    if (got < 0 && errno != EINTR)
      return -errno;
    if (got == 0)
      return async_buf_str(out) ? 0 : ASYNC_ENOMEM;
    if (got > 0)
      out->len += (size_t)got;
  }
}

int exec_file_read_fd(int fd, struct async_buf *out)
{
  async_buf_clear(out);
  int err = read_all(fd, out);
  if (err < 0)
    async_buf_clear(out);
  return err;
}

int exec_file_read(const char *path, struct async_buf *out)
{
  async_buf_clear(out);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  int err = exec_file_read_fd(fd, out);
  close(fd);
  return err;
}

char *exec_line_next(char **text)
{
  char *line = *text;
  if (!*line)
    return NULL;
  size_t len = strcspn(line, "\n");
  *text = line + len + (line[len] == '\n');
  line[len] = '\0';
  return line;
}

static bool read_number(const char *text, uint64_t *out)
{
  uint64_t number = 0;
  text += strspn(text, " \t");
  if (*text < '0' || *text > '9')
    return false;
  for (; *text >= '0' && *text <= '9'; text++) {
    uint64_t digit = (uint64_t)(*text - '0');
    if (number > (UINT64_MAX - digit) / 10)
      return false;
    number = number * 10 + digit;
  }
  *out = number;
  return true;
}

bool exec_line_number(const char *text, const char *word, uint64_t *out)
{
  size_t len = strlen(word);
  while (text) {
    if (strncmp(text, word, len) == 0)
      return read_number(text + len, out);
    text = strchr(text, '\n');
    text = text ? text + 1 : NULL;
  }
  return false;
}
