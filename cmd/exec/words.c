/* A command line: words for an argument vector, a script for a shell, or
 * nothing, when the entries are command lines. */
#include "exec/words.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "exec/item.h"
#include "exec/options.h"
#include "exec/pieces.h"
#include "exec/script.h"

/* The kernel's limit for one argument (MAX_ARG_STRLEN of Linux). */
enum { ARGUMENT_MOST = 128 * 1024 };

struct word {
  struct exec_pieces pieces;
  bool of_entry; /* repeated for each entry */
  bool guarded;  /* a value at its beginning must not look like an option */
};

struct exec_words {
  struct word *items;
  size_t count;
};

/* Building. */

static int add_word(struct exec_words *words, const char *text,
                    const char *replace)
{
  struct word *more = realloc(words->items, (words->count + 1) * sizeof(*more));
  if (!more)
    return ASYNC_ENOMEM;
  words->items = more;
  struct word *word = &more[words->count++];
  *word = (struct word){ .pieces = EXEC_PIECES_INIT };
  int err = exec_pieces_read(&word->pieces, text, replace);
  word->of_entry = exec_pieces_are_of_entry(&word->pieces);
  return err;
}

/* A word that is no template. */
static int add_fixed(struct exec_words *words, const char *text)
{
  struct exec_piece piece = { .kind = EXEC_PIECE_TEXT,
                              .text = (char *)(uintptr_t)text,
                              .len = strlen(text) };
  int err = add_word(words, "", NULL);
  return err < 0
             ? err
             : exec_pieces_add(&words->items[words->count - 1].pieces, &piece);
}

static bool is_plain(const struct exec_words *words)
{
  for (size_t i = 0; i < words->count; i++)
    if (!exec_pieces_are_plain(&words->items[i].pieces))
      return false;
  return true;
}

/* The words behind a fixed "--" are no options; nor is the program. */
static void guard(struct exec_words *words, char *const *texts)
{
  for (size_t i = 1; i < words->count; i++) {
    if (i > 1 && strcmp(texts[i - 1], "--") == 0)
      return;
    words->items[i].guarded = true;
  }
}

static int read_argv(struct exec_words *words, const struct exec_opts *opts,
                     char *const *texts, size_t count,
                     struct async_buf *message)
{
  int err = 0;
  if (count == 0) {
    async_buf_add_str(message, "no command to run; to run the entries "
                               "themselves, say --commands");
    return ASYNC_EINVAL;
  }
  for (size_t i = 0; i < count && err == 0; i++)
    err = add_word(words, texts[i], opts->replace);
  if (err == 0 && is_plain(words) && opts->pipe.by == EXEC_PIPE_NONE &&
      opts->stdin_choice.from != EXEC_STDIN_RECORD)
    err = add_word(words, opts->replace ? opts->replace : "{}", opts->replace);
  if (err == 0 && !opts->dash_values)
    guard(words, texts);
  return err;
}

static int read_script(struct exec_words *words, const struct exec_opts *opts,
                       char *const *texts, size_t count,
                       struct async_buf *message)
{
  struct exec_script script = EXEC_SCRIPT_INIT;
  if (count != 1) {
    async_buf_add_str(message,
                      count ? "--shell takes the script as one word: put it "
                              "between quotation marks"
                            : "no script to run");
    return ASYNC_EINVAL;
  }
  int err = exec_script_read(&script, opts, texts[0], message);
  const char *fixed[] = { opts->shell, "-c", async_buf_str(&script.text),
                          opts->shell };
  for (size_t i = 0; i < 4 && err == 0; i++)
    err = fixed[i] ? add_fixed(words, fixed[i]) : ASYNC_ENOMEM;
  for (size_t i = 0; i < script.parameters.count && err == 0; i++) {
    err = add_word(words, "", NULL);
    struct word *word = &words->items[words->count - 1];
    if (err == 0)
      err = exec_pieces_add(&word->pieces, &script.parameters.items[i]);
    word->of_entry = exec_pieces_are_of_entry(&word->pieces);
  }
  exec_script_done(&script);
  return err;
}

static int read_commands(struct exec_words *words, const struct exec_opts *opts,
                         size_t count, struct async_buf *message)
{
  if (count > 0) {
    async_buf_add_str(message, "--commands takes no command: the entries are "
                               "command lines");
    return ASYNC_EINVAL;
  }
  int err = add_fixed(words, opts->shell ? opts->shell : "/bin/sh");
  if (err == 0)
    err = add_fixed(words, "-c");
  return err < 0 ? err : add_word(words, "{}", NULL);
}

int exec_words_new(struct exec_words **out, const struct exec_opts *opts,
                   char *const *texts, size_t count, struct async_buf *message)
{
  struct exec_words *words = calloc(1, sizeof(*words));
  if (!words)
    return ASYNC_ENOMEM;
  int err;
  if (opts->commands)
    err = read_commands(words, opts, count, message);
  else if (opts->shell)
    err = read_script(words, opts, texts, count, message);
  else
    err = read_argv(words, opts, texts, count, message);
  if (err < 0)
    exec_words_free(words);
  else
    *out = words;
  return err;
}

void exec_words_free(struct exec_words *words)
{
  if (!words)
    return;
  for (size_t i = 0; i < words->count; i++)
    exec_pieces_done(&words->items[i].pieces);
  free(words->items);
  free(words);
}

const char *exec_words_program(const struct exec_words *words)
{
  const struct exec_pieces *pieces = &words->items[0].pieces;
  return pieces->count == 1 && exec_pieces_are_plain(pieces)
             ? pieces->items[0].text
             : NULL;
}

/* Filling. */

static int refuse_dash(struct exec_item *item, const char *text)
{
  return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                       "'%.100s' would be taken for an option: put -- before "
                       "the placeholder, or say --dash-values",
                       text);
}

/* Checks an argument that begins at `start` and ends with the buffer. */
static int check(const struct word *word, struct exec_item *item,
                 struct async_buf *out, size_t start)
{
  size_t len = out->len - start;
  if (out->err)
    return job_error_set(&item->item, JOB_ERROR_INTERNAL, out->err, "%s",
                         async_err_text(out->err));
  if (len > ARGUMENT_MOST)
    return job_error_set(&item->item, JOB_ERROR_INPUT, -E2BIG,
                         "an argument of %zu bytes is more than the system "
                         "takes; --stdin record has no such limit",
                         len - 1);
  if (word->guarded && word->pieces.items[0].kind != EXEC_PIECE_TEXT &&
      out->data[start] == '-')
    return refuse_dash(item, out->data + start);
  return 0;
}

static int fill_word(const struct word *word, struct exec_item *item,
                     const struct job_entry *entry, struct async_buf *out)
{
  size_t start = out->len;
  if (exec_pieces_fill(&word->pieces, item, entry, out) < 0)
    return -1;
  async_buf_add_char(out, '\0');
  return word->pieces.count > 0 ? check(word, item, out, start) : 0;
}

static int fill_all(const struct exec_words *words, struct exec_item *item,
                    struct async_buf *out, size_t *count)
{
  for (size_t i = 0; i < words->count; i++) {
    const struct word *word = &words->items[i];
    size_t more = word->of_entry ? item->more_count : 0;
    if (fill_word(word, item, &item->item.entry, out) < 0)
      return -1;
    for (size_t k = 0; k < more; k++)
      if (fill_word(word, item, &item->more[k], out) < 0)
        return -1;
    *count += 1 + more;
  }
  return 0;
}

/* The pointers and the texts in one piece of memory. */
static int join(const struct async_buf *texts, size_t count,
                struct exec_argv *out)
{
  size_t pointers = (count + 1) * sizeof(char *);
  char **items = malloc(pointers + texts->len);
  if (!items)
    return ASYNC_ENOMEM;
  char *text = (char *)items + pointers;
  memcpy(text, texts->data, texts->len);
  for (size_t i = 0; i < count; i++) {
    items[i] = text;
    text += strlen(text) + 1;
  }
  items[count] = NULL;
  *out =
      (struct exec_argv){ .items = items, .count = count, .bytes = texts->len };
  return 0;
}

int exec_words_fill(const struct exec_words *words, struct exec_item *item,
                    struct exec_argv *out)
{
  struct async_buf texts = ASYNC_BUF_INIT;
  size_t count = 0;
  exec_argv_done(out);
  int err = fill_all(words, item, &texts, &count);
  if (err == 0 && join(&texts, count, out) < 0)
    err = job_error_set(&item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "%s",
                        async_err_text(ASYNC_ENOMEM));
  async_buf_done(&texts);
  return err;
}

void exec_argv_done(struct exec_argv *argv)
{
  free(argv->items);
  *argv = (struct exec_argv){ .items = NULL };
}

/* Measuring, for -X. */

static size_t bytes_of(const struct word *word, const struct job_entry *entry)
{
  size_t bytes = 1;
  for (size_t i = 0; i < word->pieces.count; i++) {
    const struct exec_piece *piece = &word->pieces.items[i];
    bytes += piece->kind == EXEC_PIECE_TEXT  ? piece->len
             : exec_piece_is_of_entry(piece) ? entry->text_len + 1
                                             : 20;
  }
  return bytes;
}

size_t exec_words_bytes(const struct exec_words *words,
                        const struct job_entry *entry, bool first)
{
  size_t bytes = 0;
  for (size_t i = 0; i < words->count; i++)
    if (first || words->items[i].of_entry)
      bytes += bytes_of(&words->items[i], entry);
  return bytes;
}

/* Single texts. */

struct exec_text {
  struct exec_pieces pieces;
};

int exec_text_new(struct exec_text **out, const struct exec_opts *opts,
                  const char *text, bool *plain, struct async_buf *message)
{
  struct exec_text *made = calloc(1, sizeof(*made));
  (void)message;
  if (!made)
    return ASYNC_ENOMEM;
  int err = exec_pieces_read(&made->pieces, text, opts->replace);
  if (err < 0) {
    exec_text_free(made);
    return err;
  }
  if (plain)
    *plain = exec_pieces_are_plain(&made->pieces);
  *out = made;
  return 0;
}

void exec_text_free(struct exec_text *text)
{
  if (text)
    exec_pieces_done(&text->pieces);
  free(text);
}

int exec_text_add(const struct exec_text *text, struct exec_item *item,
                  struct async_buf *out)
{
  size_t more = exec_pieces_are_of_entry(&text->pieces) ? item->more_count : 0;
  if (exec_pieces_fill(&text->pieces, item, &item->item.entry, out) < 0)
    return -1;
  for (size_t i = 0; i < more; i++) {
    async_buf_add_char(out, ' ');
    if (exec_pieces_fill(&text->pieces, item, &item->more[i], out) < 0)
      return -1;
  }
  return 0;
}
