#include "exec/cut.h"

#include <string.h>

#include "async/error.h"

int exec_cut_init(struct exec_cut *cut, const struct exec_pipe_choice *choice)
{
  *cut = (struct exec_cut){ .choice = choice };
  if (choice->by != EXEC_PIPE_SEP)
    return 0;
  int rc = regcomp(&cut->regex, choice->separator, REG_EXTENDED | REG_NOSUB);
  if (rc != 0)
    cut->choice = NULL; /* there is nothing to free */
  return rc == 0 ? 0 : rc == REG_ESPACE ? ASYNC_ENOMEM : ASYNC_EINVAL;
}

void exec_cut_done(struct exec_cut *cut)
{
  if (cut->choice && cut->choice->by == EXEC_PIPE_SEP)
    regfree(&cut->regex);
}

/* The next block begins from nothing. */
static size_t found(struct exec_cut *cut, size_t len)
{
  cut->scanned = 0;
  cut->lines = 0;
  return len;
}

static size_t find_lines(struct exec_cut *cut, const char *bytes, size_t len)
{
  while (cut->scanned < len) {
    const char *end = memchr(bytes + cut->scanned, '\n', len - cut->scanned);
    if (!end)
      break;
    cut->scanned = (size_t)(end - bytes) + 1;
    if (++cut->lines == cut->choice->lines)
      return found(cut, cut->scanned);
  }
  return 0;
}

/* The last end of a line within the size; a longer line is a block of its own. */
static size_t find_size(struct exec_cut *cut, const char *bytes, size_t len)
{
  size_t most = cut->choice->bytes;
  if (len < most)
    return 0;
  const char *end = memrchr(bytes, '\n', most);
  if (!end) {
    size_t from = cut->scanned > most ? cut->scanned : most;
    end = memchr(bytes + from, '\n', len - from);
    cut->scanned = len;
  }
  return end ? found(cut, (size_t)(end - bytes) + 1) : 0;
}

/* A line's bytes need not end with a NUL, and may have some inside. */
static bool matches(const struct exec_cut *cut, const char *line, size_t len)
{
  regmatch_t where = { .rm_so = 0, .rm_eo = (regoff_t)len };
  return regexec(&cut->regex, line, 1, &where, REG_STARTEND) == 0;
}

/* A block begins at a line that matches; the first one begins with the input.
 * A line has to be whole to be matched. */
static size_t find_separator(struct exec_cut *cut, const char *bytes,
                             size_t len)
{
  for (;;) {
    const char *line = bytes + cut->scanned;
    const char *end = memchr(line, '\n', len - cut->scanned);
    if (!end)
      return 0;
    if (cut->scanned > 0 && matches(cut, line, (size_t)(end - line)))
      return found(cut, cut->scanned);
    cut->scanned = (size_t)(end - bytes) + 1;
  }
}

size_t exec_cut_find(struct exec_cut *cut, const char *bytes, size_t len)
{
  switch (cut->choice->by) {
  case EXEC_PIPE_LINES:
    return find_lines(cut, bytes, len);
  case EXEC_PIPE_SIZE:
    return find_size(cut, bytes, len);
  default:
    return find_separator(cut, bytes, len);
  }
}
