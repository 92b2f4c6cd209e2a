/* A command line, filled: one piece of memory for the arguments and the
 * pointers to them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "async/error.h"
#include "exec/item.h"
#include "exec/options.h"
#include "exec/values.h"
#include "exec/words.h"
#include "exec/words_priv.h"

/* The kernel's limits for one argument with its NUL, and for all of them.
 * Source: execve(2), "Limits on size of arguments and environment". */
static const size_t ARGUMENT_MOST = 128 * 1024, LINE_MOST = 6 * 1024 * 1024;

/* What is left for the program's name, our own variables of the job, a long
 * ASYNCTOOL_KEY among them, and the kernel. */
static const size_t RESERVE = 40 * 1024;

/* How much longer than its text an entry's other values are taken to be when
 * memory is reserved; and the longest number. */
enum { VALUE_GUESS = 24, NUMBER_MOST = 20 };

/* Limits. */

/* The limit is a quarter of that of the stack, which --rlimit may lower. */
static size_t limit_of_stack(const struct exec_opts *opts, size_t most)
{
  for (size_t i = 0; i < opts->rlimits.count; i++)
    if (opts->rlimits.items[i].resource == RLIMIT_STACK &&
        opts->rlimits.items[i].value / 4 < most)
      most = (size_t)(opts->rlimits.items[i].value / 4);
  return most > ARGUMENT_MOST ? most : ARGUMENT_MOST;
}

size_t exec_words_system_bytes(const struct exec_opts *opts)
{
  long max = sysconf(_SC_ARG_MAX);
  size_t most = max > 0 ? (size_t)max : ARGUMENT_MOST, used = RESERVE;
  if (most > LINE_MOST)
    most = LINE_MOST;
  most = limit_of_stack(opts, most);
  for (char **one = environ; *one && !opts->clean_env; one++)
    used += strlen(*one) + 1 + sizeof(char *);
  for (size_t i = 0; i < opts->env.count; i++)
    used += strlen(opts->env.items[i]) + 1 + sizeof(char *);
  return most > used ? most - used : 0;
}

/* Filling. The buffer begins with the table of pointers, which has where each
 * argument begins, until it is known where the buffer will be. */

struct fill {
  struct exec_item *item;
  struct async_buf out;
  size_t count;
};

static void begin_argument(struct fill *fill)
{
  if (!fill->out.err)
    ((char **)(void *)fill->out.data)[fill->count++] =
        (char *)(uintptr_t)fill->out.len;
}

static int refuse_dash(struct exec_item *item, const char *text)
{
  return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                       "'%.100s' would be taken for an option: put -- before "
                       "the placeholder, or say --dash-values",
                       text);
}

static int refuse_length(struct exec_item *item, size_t len)
{
  return job_error_set(&item->item, JOB_ERROR_INPUT, -E2BIG,
                       "an argument of %zu bytes is more than the system "
                       "takes; --stdin record has no such limit",
                       len);
}

/* `len` is without the NUL. */
static int check(const struct exec_word *word, struct exec_item *item,
                 const char *argument, size_t len)
{
  if (len >= ARGUMENT_MOST)
    return refuse_length(item, len);
  if (word->guarded && *argument == '-')
    return refuse_dash(item, argument);
  return 0;
}

static int fill_word(struct fill *fill, const struct exec_word *word,
                     const struct job_entry *entry)
{
  struct async_buf *out = &fill->out;
  size_t start = out->len;
  begin_argument(fill);
  for (size_t i = 0; i < word->pieces.count; i++) {
    const struct exec_piece *piece = &word->pieces.items[i];
    struct exec_value value;
    if (exec_value_get(&value, piece, fill->item, entry) < 0)
      return exec_value_refuse(fill->item, piece, entry);
    async_buf_add(out, value.data, value.len);
  }
  async_buf_add_char(out, '\0');
  if (out->err)
    return 0;
  return check(word, fill->item, out->data + start, out->len - start - 1);
}

static int fill_all(struct fill *fill, const struct exec_words *words)
{
  struct exec_item *item = fill->item;
  for (size_t i = 0; i < words->count; i++) {
    const struct exec_word *word = &words->items[i];
    size_t more = word->of_entry ? item->more_count : 0;
    if (fill_word(fill, word, &item->item.entry) < 0)
      return -1;
    for (size_t k = 0; k < more; k++)
      if (fill_word(fill, word, &item->more[k]) < 0)
        return -1;
  }
  return 0;
}

/* Makes room for all of it at once, if nothing unusual is among it. */
static void reserve(struct fill *fill, const struct exec_words *words)
{
  const struct exec_item *item = fill->item;
  size_t count = words->count + words->repeated * item->more_count;
  size_t table = (count + 1) * sizeof(char *);
  size_t bytes =
      table + exec_words_bytes(words, &item->item.entry, true) + VALUE_GUESS;
  for (size_t i = 0; i < item->more_count; i++)
    bytes += exec_words_bytes(words, &item->more[i], false);
  if (async_buf_reserve(&fill->out, bytes) == 0)
    fill->out.len = table;
}

static int check_all(const struct fill *fill, const struct exec_words *words)
{
  size_t bytes = fill->out.len;
  if (fill->out.err)
    return job_error_set(&fill->item->item, JOB_ERROR_INTERNAL, fill->out.err,
                         "%s", async_err_text(fill->out.err));
  if (bytes > words->bytes_most)
    return job_error_set(&fill->item->item, JOB_ERROR_INPUT, -E2BIG,
                         "a command line of %zu bytes is more than the system "
                         "takes%s",
                         bytes,
                         fill->item->more_count ? "; --fill takes care" : "");
  return 0;
}

static void finish(struct fill *fill, struct exec_argv *out)
{
  char *data = fill->out.data;
  char **items = (char **)(void *)data;
  for (size_t i = 0; i < fill->count; i++)
    items[i] = data + (uintptr_t)items[i];
  items[fill->count] = NULL;
  *out = (struct exec_argv){
    .items = items,
    .count = fill->count,
    .bytes = fill->out.len - (fill->count + 1) * sizeof(char *),
  };
}

int exec_words_fill(const struct exec_words *words, struct exec_item *item,
                    struct exec_argv *out)
{
  struct fill fill = { .item = item, .out = ASYNC_BUF_INIT };
  exec_argv_done(out);
  reserve(&fill, words);
  if (fill_all(&fill, words) < 0 || check_all(&fill, words) < 0) {
    async_buf_done(&fill.out);
    return -1;
  }
  finish(&fill, out);
  return 0;
}

void exec_argv_done(struct exec_argv *argv)
{
  free(argv->items);
  *argv = (struct exec_argv){ .items = NULL };
}

/* Measuring. */

static size_t bytes_of(const struct exec_word *word,
                       const struct job_entry *entry)
{
  size_t bytes = 1;
  for (size_t i = 0; i < word->pieces.count; i++) {
    const struct exec_piece *piece = &word->pieces.items[i];
    struct exec_value value;
    switch (piece->kind) {
    case EXEC_PIECE_NUMBER:
    case EXEC_PIECE_SLOT:
    case EXEC_PIECE_TRY:
      bytes += NUMBER_MOST;
      break;
    default:
      if (exec_value_get(&value, piece, NULL, entry) == 0)
        bytes += value.len;
    }
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

bool exec_words_fit(const struct exec_words *words, size_t bytes,
                    size_t entries)
{
  size_t count = words->count + words->repeated * (entries - 1);
  return (words->line_most == 0 || bytes <= words->line_most) &&
         bytes + (count + 1) * sizeof(char *) <= words->bytes_most;
}

/* Whether each word can be made of the entry; what is said if not is said
 * later. */
bool exec_words_take(const struct exec_words *words,
                     const struct job_entry *entry)
{
  for (size_t i = 0; i < words->count; i++) {
    const struct exec_word *word = &words->items[i];
    bool dash = false;
    size_t len = 0;
    for (size_t k = 0; k < word->pieces.count; k++) {
      struct exec_value value;
      if (exec_value_get(&value, &word->pieces.items[k], NULL, entry) < 0)
        return false;
      dash |= len == 0 && value.len > 0 && *value.data == '-';
      len += value.len;
    }
    if (len >= ARGUMENT_MOST || (dash && word->guarded))
      return false;
  }
  return true;
}
