/* Cutting blocks. The first two bytes choose how; the rest is the input, which
 * arrives in pieces. The blocks are the input, cut at ends of lines, and as
 * long as was asked for. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "exec/cut.h"

static void must(bool condition)
{
  if (!condition)
    abort();
}

static size_t count_lines(const char *bytes, size_t len)
{
  size_t count = 0;
  for (size_t i = 0; i < len; i++)
    count += bytes[i] == '\n';
  return count;
}

/* One that others follow. */
static void check(const struct exec_pipe_choice *choice, const char *bytes,
                  size_t len)
{
  must(bytes[len - 1] == '\n');
  if (choice->by == EXEC_PIPE_LINES)
    must(count_lines(bytes, len) == choice->lines);
  else if (choice->by == EXEC_PIPE_SIZE)
    must(len <= choice->bytes || count_lines(bytes, len) == 1);
}

static struct exec_pipe_choice choose(unsigned way, unsigned size)
{
  static const char *const separators[] = { "^a", "b$", "^$", "(x|y)+z?" };
  struct exec_pipe_choice choice = {
    .by = EXEC_PIPE_LINES + way % 3,
    .lines = 1 + size,
    .bytes = 1 + size,
  };
  const char *separator = separators[size % 4];
  memcpy(choice.separator, separator, strlen(separator) + 1);
  return choice;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct exec_cut cut;
  if (size < 2)
    return 0;
  struct exec_pipe_choice choice = choose(data[0], data[1] & 15);
  size_t step = 1 + (data[1] >> 4), start = 0, seen = 0;
  size_t len = size - 2;
  char *bytes = malloc(len + 1);
  must(bytes != NULL);
  memcpy(bytes, data + 2, len);
  must(exec_cut_init(&cut, &choice) == 0);
  while (start < len) {
    if (seen == start)
      seen = seen + step < len ? seen + step : len;
    size_t end = exec_cut_find(&cut, bytes + start, seen - start, seen == len);
    must(end <= seen - start);
    must(end > 0 || seen < len);
    if (end > 0 && start + end < len)
      check(&choice, bytes + start, end);
    start += end;
    if (end == 0)
      seen = seen + step < len ? seen + step : len;
  }
  exec_cut_done(&cut);
  free(bytes);
  return 0;
}
