#include "exec/cut.h"

#include <string.h>

#include "async/error.h"

/* "\\1" is an extension of some systems that can take for ever. */
static bool refers_back(const char *regex)
{
  for (; *regex; regex++) {
    if (*regex != '\\')
      continue;
    regex++;
    if (*regex >= '1' && *regex <= '9')
      return true;
    if (!*regex)
      break;
  }
  return false;
}

int exec_cut_init(struct exec_cut *cut, const struct exec_pipe_choice *choice)
{
  *cut = (struct exec_cut){ .line = ASYNC_BUF_INIT };
  if (choice->by == EXEC_PIPE_SEP) {
    if (refers_back(choice->separator))
      return ASYNC_EINVAL;
    int rc = regcomp(&cut->regex, choice->separator, REG_EXTENDED | REG_NOSUB);
    if (rc != 0)
      return rc == REG_ESPACE ? ASYNC_ENOMEM : ASYNC_EINVAL;
  }
  cut->choice = choice;
  return 0;
}

/* Without a choice it was never made. */
void exec_cut_done(struct exec_cut *cut)
{
  if (cut->choice && cut->choice->by == EXEC_PIPE_SEP)
    regfree(&cut->regex);
  async_buf_done(&cut->line);
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

/* A line does not end with a NUL, and may have some inside; not every system
 * can be told how long it is, and some tools want a NUL all the same. */
static bool matches(struct exec_cut *cut, const char *line, size_t len)
{
  regmatch_t where = { .rm_so = 0, .rm_eo = (regoff_t)len };
  int flags = 0;
#ifdef REG_STARTEND
  flags = REG_STARTEND;
#endif
  async_buf_clear(&cut->line);
  async_buf_add(&cut->line, line, len);
  const char *text = async_buf_str(&cut->line);
  return text && regexec(&cut->regex, text, 1, &where, flags) == 0;
}

/* A block begins at a line that matches; the first one begins with the input.
 * A line has to be whole to be matched. */
static size_t find_separator(struct exec_cut *cut, const char *bytes,
                             size_t len, bool last)
{
  while (cut->scanned < len) {
    const char *line = bytes + cut->scanned;
    const char *end = memchr(line, '\n', len - cut->scanned);
    if (!end && !last)
      return 0;
    if (!end)
      end = bytes + len;
    if (cut->scanned > 0 && matches(cut, line, (size_t)(end - line)))
      return found(cut, cut->scanned);
    cut->scanned = (size_t)(end - bytes) + 1;
  }
  return 0;
}

size_t exec_cut_find(struct exec_cut *cut, const char *bytes, size_t len,
                     bool last)
{
  size_t end;
  if (cut->choice->by == EXEC_PIPE_LINES)
    end = find_lines(cut, bytes, len);
  else if (cut->choice->by == EXEC_PIPE_SIZE)
    end = find_size(cut, bytes, len);
  else
    end = find_separator(cut, bytes, len, last);
  return end == 0 && last ? found(cut, len) : end;
}

size_t exec_cut_wants(const struct exec_cut *cut, size_t len)
{
  bool knows = cut->choice->by == EXEC_PIPE_SIZE && len < cut->choice->bytes;
  return knows ? cut->choice->bytes : 0;
}
