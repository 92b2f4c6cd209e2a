/* cmd/exec/words.h: the command line as a template.
 *
 *   {}         the entry             {#}      its number in the input, from 1
 *   {.}        without its extension {%}      the slot, from 1 to --jobs
 *   {/}        the last part         {try}    the attempt, from 1
 *   {//}       what is before that   {key}    its key
 *   {/.}       both                  {name}   a field of the entry
 *   {1} {2}    columns; with -n, the first, second, ... entry
 *   {1.} {1/} {1//} {1/.}            the same parts of those
 *   {{         {
 *
 * A name is [A-Za-z_][A-Za-z0-9_.-]*, without two dots in a row. All other
 * braces stay as they are: {"a":1}, { print $1 }, {a,b}, {1..9}, ${HOME}, and
 * {{...}} of Go's templates. {print} looks like a field, and is an error of every entry
 * that has none of this name; {{print} is {print}.
 *
 * -I STR: STR is the entry, and nothing in braces is special, as for xargs. In
 * the templates of options (--tag, --results, ...) both are.
 *
 * A value is always inside one argument. A word with {} or its kin is repeated
 * for each of several entries (-n, -X). A command without any placeholder gets
 * {} as its last word, unless its jobs read their entries (--pipe, --stdin
 * record).
 *
 * An argument that begins with a value must not begin with "-", if no word "--"
 * is before it, and it is not a script's (--shell): the entry fails. */
#ifndef EXEC_WORDS_H
#define EXEC_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"

struct exec_item;
struct exec_opts;
struct job_entry;
struct exec_words; /* a command line */
struct exec_text;  /* a single text: of --chdir, --tag, --results, ... */

/* Arguments for a process. */
struct exec_argv {
  char **items; /* ends with NULL */
  size_t count;
  size_t bytes; /* with the NULs */
};

/* Reads the command line as the options say: argv, --shell (the words are one
 * script), or --commands (no words).
 *
 * words    kept
 * message  for people, without a newline, if it is not acceptable
 *
 * Returns 0, ASYNC_EINVAL with a message, or ASYNC_ENOMEM.
 */
int exec_words_new(struct exec_words **out, const struct exec_opts *opts,
                   char *const *words, size_t count, struct async_buf *message);
void exec_words_free(struct exec_words *words);

/* The program's name as it stands in the command line, or NULL if it depends
 * on the entry. */
const char *exec_words_program(const struct exec_words *words);

/* A field that the command line asks for by name, or NULL. */
const char *exec_words_field(const struct exec_words *words);

/* Makes the arguments for an item (its entries, number, slot, attempt).
 *
 * out  on success to be freed with exec_argv_done; what it held before is freed
 *
 * Returns 0, or -1 after job_error_set: a field that is missing, a value that
 * would be taken for an option, more than the system takes.
 */
int exec_words_fill(const struct exec_words *words, struct exec_item *item,
                    struct exec_argv *out);
void exec_argv_done(struct exec_argv *argv);

/* The bytes that an entry adds to the command line, for -X. Never too few.
 *
 * first  with those of the words that do not depend on entries
 */
size_t exec_words_bytes(const struct exec_words *words,
                        const struct job_entry *entry, bool first);

/* Whether a command line of so many bytes for so many entries is within
 * --max-chars (-X) and what the system takes. */
bool exec_words_fit(const struct exec_words *words, size_t bytes,
                    size_t entries);

/* Whether arguments can be made of this entry. If not, and it makes no difference
 * which entries go together, it should be a job of its own, so that it takes no
 * others with it when it fails. */
bool exec_words_take(const struct exec_words *words,
                     const struct job_entry *entry);

/* Appends the command as a person would type it into a shell: pasted into any
 * POSIX shell it is the same words again. Control characters but newlines and
 * tabs are not written as such. */
void exec_argv_quote(const struct exec_argv *argv, struct async_buf *out);
void exec_quote(const char *word, struct async_buf *out);

/* The same for a text. `plain`, if not NULL, is set if it has no placeholder. A
 * placeholder stands for the values of all entries with blanks between. */
int exec_text_new(struct exec_text **out, const struct exec_opts *opts,
                  const char *text, bool *plain, struct async_buf *message);
void exec_text_free(struct exec_text *text);
int exec_text_add(const struct exec_text *text, struct exec_item *item,
                  struct async_buf *out);

#endif
