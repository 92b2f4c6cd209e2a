/* A command line, read: words for an argument vector, a script for a shell, or
 * nothing, when the entries are command lines. fill.c makes arguments of it. */
#include "exec/words.h"

#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "exec/options.h"
#include "exec/script.h"
#include "exec/words_priv.h"

static int refuse(struct async_buf *message, const char *text)
{
  async_buf_add_str(message, text);
  return message->err ? message->err : ASYNC_EINVAL;
}

static bool takes_several(const struct exec_opts *opts)
{
  return opts->max_args > 1 || opts->fill;
}

/* Words. */

static int new_word(struct exec_words *words, struct exec_word **out)
{
  struct exec_word *more =
      realloc(words->items, (words->count + 1) * sizeof(*more));
  if (!more)
    return ASYNC_ENOMEM;
  words->items = more;
  *out = &more[words->count++];
  **out = (struct exec_word){ .pieces = EXEC_PIECES_INIT };
  return 0;
}

static int add_word(struct exec_words *words, const char *text,
                    const struct exec_marks *marks)
{
  struct exec_word *word;
  int err = new_word(words, &word);
  return err < 0 ? err : exec_pieces_read(&word->pieces, text, marks);
}

static int add_piece(struct exec_words *words, const struct exec_piece *piece)
{
  struct exec_word *word;
  int err = new_word(words, &word);
  return err < 0 ? err : exec_pieces_add(&word->pieces, piece);
}

static int add_entry(struct exec_words *words)
{
  return add_piece(words, &(struct exec_piece){ .kind = EXEC_PIECE_ENTRY });
}

static int add_fixed(struct exec_words *words, const char *text)
{
  return add_word(words, text, &(struct exec_marks){ .replace = NULL });
}

/* The words as they are. */

static bool is_plain(const struct exec_words *words)
{
  for (size_t i = 0; i < words->count; i++)
    if (!exec_pieces_are_plain(&words->items[i].pieces))
      return false;
  return true;
}

/* Whether jobs get their entries in some other way. */
static bool is_fed(const struct exec_opts *opts)
{
  return opts->pipe.by != EXEC_PIPE_NONE ||
         opts->stdin_choice.from == EXEC_STDIN_RECORD;
}

/* The words behind a fixed "--" are no options; nor is the program. */
static void guard(struct exec_words *words, char *const *texts)
{
  for (size_t i = 1; i < words->count; i++) {
    if (i > 1 && strcmp(texts[i - 1], "--") == 0)
      return;
    const struct exec_pieces *pieces = &words->items[i].pieces;
    words->items[i].guarded =
        pieces->count > 0 && pieces->items[0].kind != EXEC_PIECE_TEXT;
  }
}

static int read_argv(struct exec_words *words, const struct exec_opts *opts,
                     char *const *texts, size_t count,
                     struct async_buf *message)
{
  struct exec_marks marks = { .replace = opts->replace,
                              .braces = !opts->replace,
                              .several = takes_several(opts) };
  int err = 0;
  if (count == 0)
    return refuse(message, "there is no command to run (to run the entries "
                           "themselves, say --commands)");
  for (size_t i = 0; i < count && err == 0; i++)
    err = add_word(words, texts[i], &marks);
  if (err == 0 && is_plain(words) && !is_fed(opts))
    err = add_entry(words);
  if (err == 0 && !opts->dash_values)
    guard(words, texts);
  return err;
}

/* Scripts. */

/* Shows the words as the one word that they should have been. */
static int refuse_words(struct async_buf *message, char *const *texts,
                        size_t count)
{
  struct async_buf joined = ASYNC_BUF_INIT;
  for (size_t i = 0; i < count; i++) {
    if (i > 0)
      async_buf_add_char(&joined, ' ');
    async_buf_add_str(&joined, texts[i]);
  }
  const char *script = async_buf_str(&joined);
  int err = script ? refuse(message, "the script of --shell is one word, as in "
                                     "--shell ")
                   : ASYNC_ENOMEM;
  if (script)
    exec_quote(script, message);
  async_buf_done(&joined);
  return err;
}

static int read_script(struct exec_words *words, const struct exec_opts *opts,
                       char *const *texts, size_t count,
                       struct async_buf *message)
{
  struct exec_script script = EXEC_SCRIPT_INIT;
  if (count == 0)
    return refuse(message, "there is no script to run");
  if (count > 1)
    return refuse_words(message, texts, count);
  int err = exec_script_read(&script, opts, texts[0], message);
  const char *text = async_buf_str(&script.text);
  const char *fixed[] = { opts->shell, "-c", text ? text : "", opts->shell };
  for (size_t i = 0; i < 4 && err == 0; i++)
    err = add_fixed(words, fixed[i]);
  for (size_t i = 0; i < script.parameters.count && err == 0; i++)
    err = add_piece(words, &script.parameters.items[i]);
  exec_script_done(&script);
  return err;
}

static int read_commands(struct exec_words *words, const struct exec_opts *opts,
                         size_t count, struct async_buf *message)
{
  if (count > 0)
    return refuse(message, "--commands takes no command: the entries are "
                           "command lines");
  if (takes_several(opts))
    return refuse(message, "--commands runs one entry at a time: it does not "
                           "go with --max-args and --fill");
  int err = add_fixed(words, opts->shell ? opts->shell : "/bin/sh");
  if (err == 0)
    err = add_fixed(words, "-c");
  return err < 0 ? err : add_entry(words);
}

/* All. */

static int read_words(struct exec_words *words, const struct exec_opts *opts,
                      char *const *texts, size_t count,
                      struct async_buf *message)
{
  if (opts->commands)
    return read_commands(words, opts, count, message);
  if (opts->shell)
    return read_script(words, opts, texts, count, message);
  return read_argv(words, opts, texts, count, message);
}

/* Sees what is repeated. Without any, -X would give a command all entries and
 * none of them would be in it. */
static int finish(struct exec_words *words, const struct exec_opts *opts,
                  struct async_buf *message)
{
  for (size_t i = 0; i < words->count; i++) {
    struct exec_word *word = &words->items[i];
    word->of_entry = exec_pieces_are_of_entry(&word->pieces);
    words->repeated += word->of_entry;
  }
  words->line_most = opts->fill ? opts->max_chars : 0;
  words->bytes_most = exec_words_system_bytes(opts);
  if (opts->fill && words->repeated == 0)
    return refuse(message, "--fill needs a word with {} in the command");
  return 0;
}

int exec_words_new(struct exec_words **out, const struct exec_opts *opts,
                   char *const *texts, size_t count, struct async_buf *message)
{
  struct exec_words *words = calloc(1, sizeof(*words));
  if (!words)
    return ASYNC_ENOMEM;
  int err = read_words(words, opts, texts, count, message);
  if (err == 0)
    err = finish(words, opts, message);
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
  if (!exec_pieces_are_plain(pieces))
    return NULL;
  return pieces->count > 0 ? pieces->items[0].text : "";
}

const char *exec_words_field(const struct exec_words *words)
{
  for (size_t i = 0; i < words->count; i++) {
    const struct exec_pieces *pieces = &words->items[i].pieces;
    for (size_t k = 0; k < pieces->count; k++)
      if (pieces->items[k].kind == EXEC_PIECE_FIELD)
        return pieces->items[k].text;
  }
  return NULL;
}
