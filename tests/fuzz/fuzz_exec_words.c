/* Any command line and any value: what words there are does not depend on what
 * the value contains, a script never contains it, and a quoted command is the
 * same words again. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "async/buf.h"
#include "async/error.h"
#include "exec/item.h"
#include "exec/options.h"
#include "exec/words.h"

enum { WORDS_MOST = 16 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
  if (!condition)
    abort();
}

/* A small reader of what exec_quote writes. */

static const char *read_quoted(const char *at, struct async_buf *word)
{
  while (*at && *at != '\'')
    async_buf_add_char(word, *at++);
  must(*at == '\'');
  return at + 1;
}

/* "$(printf '\033')" */
static const char *read_control(const char *at, struct async_buf *word)
{
  static const char begin[] = "\"$(printf '\\", end[] = "')\"";
  must(strncmp(at, begin, sizeof(begin) - 1) == 0);
  at += sizeof(begin) - 1;
  int c = (at[0] - '0') * 64 + (at[1] - '0') * 8 + (at[2] - '0');
  must((c > 0 && c < 0x20) || c == 0x7f);
  async_buf_add_char(word, (char)c);
  must(strncmp(at + 3, end, sizeof(end) - 1) == 0);
  return at + 3 + sizeof(end) - 1;
}

static const char *read_word(const char *at, struct async_buf *word)
{
  while (*at && *at != ' ') {
    if (*at == '\'') {
      at = read_quoted(at + 1, word);
    } else if (*at == '\\') {
      must(at[1] == '\'');
      async_buf_add_char(word, '\'');
      at += 2;
    } else if (*at == '"') {
      at = read_control(at, word);
    } else {
      must(!strchr("\t\n$`|&;<>()*?[#~!{}", *at));
      async_buf_add_char(word, *at++);
    }
  }
  return at;
}

static void check_quoting(const struct exec_argv *argv)
{
  struct async_buf line = ASYNC_BUF_INIT, word = ASYNC_BUF_INIT;
  exec_argv_quote(argv, &line);
  const char *at = async_buf_str(&line);
  for (size_t i = 0; i < argv->count; i++) {
    async_buf_clear(&word);
    at = read_word(at, &word);
    must(strcmp(async_buf_str(&word), argv->items[i]) == 0);
    must(*at == (i + 1 < argv->count ? ' ' : '\0'));
    at += *at == ' ';
  }
  async_buf_done(&line);
  async_buf_done(&word);
}

/* Filling. */

static void fill(const struct exec_words *words, const char *value,
                 struct exec_item *item)
{
  struct job_entry *more = calloc(1, sizeof(*more));
  *item = (struct exec_item){ .slot = 1, .more = more, .more_count = 1 };
  must(more && job_entry_set_text(more, value, strlen(value)) == 0);
  must(job_entry_set_text(&item->item.entry, value, strlen(value)) == 0);
  if (exec_words_fill(words, item, &item->argv) < 0)
    must(item->item.error.kind == JOB_ERROR_INPUT && !item->argv.items);
  else
    check_quoting(&item->argv);
}

static void drop(struct exec_item *item)
{
  exec_argv_done(&item->argv);
  job_entry_done(item->more);
  free(item->more);
  job_item_done(&item->item);
}

static void check_words(const struct exec_words *words,
                        const struct exec_opts *opts, const char *value)
{
  struct exec_item known, other;
  fill(words, "v", &known);
  fill(words, value, &other);
  if (known.argv.items && other.argv.items) {
    must(known.argv.count == other.argv.count);
    if (opts->shell)
      must(strcmp(known.argv.items[2], other.argv.items[2]) == 0);
  }
  /* Only a dash is refused for what it is. */
  if (known.argv.items && opts->dash_values)
    must(other.argv.items != NULL);
  drop(&known);
  drop(&other);
}

static void check_text(const struct exec_opts *opts, const char *text,
                       const char *value)
{
  struct async_buf out = ASYNC_BUF_INIT;
  struct job_entry more = { .text = NULL };
  struct exec_item item = { .more = &more, .more_count = 1 };
  struct exec_text *made;
  bool plain;
  must(job_entry_set_text(&more, value, strlen(value)) == 0);
  must(job_entry_set_text(&item.item.entry, value, strlen(value)) == 0);
  must(exec_text_new(&made, opts, text, &plain, &out) == 0);
  must(exec_text_add(made, &item, &out) == 0 || !plain);
  exec_text_free(made);
  async_buf_done(&out);
  job_entry_done(&more);
  job_item_done(&item.item);
}

static size_t split(char *line, char **words)
{
  size_t count = 0;
  char *word;
  while (count < WORDS_MOST && (word = strsep(&line, "\v")) != NULL)
    words[count++] = word;
  return count;
}

static void check_all(const struct exec_opts *opts, char *line,
                      const char *value)
{
  struct async_buf message = ASYNC_BUF_INIT;
  struct exec_words *made;
  char *words[WORDS_MOST];
  check_text(opts, line, value);
  int err = exec_words_new(&made, opts, words, split(line, words), &message);
  must((err == ASYNC_EINVAL) == (message.len > 0));
  if (err == 0)
    check_words(made, opts, value);
  if (err == 0)
    exec_words_free(made);
  async_buf_done(&message);
}

/* One byte of options, the words with vertical tabs between, a NUL, the
 * value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct exec_opts opts = { .max_args = 2, .max_chars = 1000 };
  if (size == 0)
    return 0;
  char *text = malloc(size);
  must(text != NULL);
  memcpy(text, data + 1, size - 1);
  text[size - 1] = '\0';
  size_t len = strlen(text);
  opts.shell = data[0] & 1 ? text + size - 1 : NULL;
  opts.dash_values = data[0] & 2;
  opts.replace = data[0] & 4 ? (char *)(uintptr_t) "%" : NULL;
  opts.fill = data[0] & 8;
  check_all(&opts, text, len + 1 < size ? text + len + 1 : "");
  free(text);
  return 0;
}
