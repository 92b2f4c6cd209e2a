#include "resolve/words.h"

#include <stdlib.h>
#include <string.h>

#include "async/buf.h"
#include "async/error.h"
#include "resolve/file.h"

void resolve_words_done(struct resolve_words *words)
{
  free(words->text);
  free(words->starts);
  *words = (struct resolve_words){ .text = NULL };
}

static size_t length_at(const struct resolve_words *words, size_t start)
{
  size_t len = strcspn(words->text + start, "\n");
  while (len > 0 && strchr(" \t\r", words->text[start + len - 1]))
    len--;
  return len;
}

static int index_words(struct resolve_words *words)
{
  size_t lines = 1;
  for (size_t i = 0; i < words->len; i++)
    lines += words->text[i] == '\n';
  words->starts = calloc(lines, sizeof(*words->starts));
  if (!words->starts)
    return ASYNC_ENOMEM;
  for (size_t at = 0; at < words->len;
       at += strcspn(words->text + at, "\n") + 1)
    if (words->text[at] != '#' && length_at(words, at) > 0)
      words->starts[words->count++] = at;
  return 0;
}

int resolve_words_read(struct resolve_words *words, const char *path)
{
  struct async_buf text = ASYNC_BUF_INIT;
  int err = resolve_file_read(path, &text);
  if (err == 0 && !async_buf_str(&text))
    err = ASYNC_ENOMEM;
  if (err < 0) {
    async_buf_done(&text);
    return err;
  }
  words->text = text.data;
  words->len = text.len;
  return index_words(words);
}

const char *resolve_words_get(const struct resolve_words *words, uint64_t n,
                              size_t *len)
{
  size_t start = words->starts[n];
  *len = length_at(words, start);
  return words->text + start;
}
