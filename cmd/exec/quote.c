/* Commands as a person would type them. Source: POSIX, "Shell Command Language",
 * 2.2 Quoting, 2.4 Reserved Words. */
#include <stdio.h>
#include <string.h>

#include "exec/words.h"

static bool is_plain(const char *word)
{
  static const char plain[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "%+,-./:=@_^";
  return *word && word[strspn(word, plain)] == '\0';
}

/* What is an assignment, a job or a keyword where a command begins. */
static bool is_special(const char *command)
{
  static const char *const words[] = {
    "case", "coproc",   "do",      "done",  "elif",  "else",   "esac",
    "fi",   "for",      "foreach", "if",    "in",    "repeat", "select",
    "then", "function", "time",    "until", "while", "end",    "nocorrect",
  };
  if (strchr(command, '=') || *command == '%')
    return true;
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    if (strcmp(command, words[i]) == 0)
      return true;
  return false;
}

static bool is_control(char c)
{
  return ((unsigned char)c < 0x20 && c != '\n' && c != '\t') || c == 0x7f;
}

/* What ends quotation marks, is put there, and begins them again. */
static void add_byte(char c, struct async_buf *out)
{
  char text[32];
  if (c == '\'') {
    async_buf_add_str(out, "'\\''");
  } else if (is_control(c)) {
    snprintf(text, sizeof(text), "'\"$(printf '\\%03o')\"'",
             (unsigned)(unsigned char)c);
    async_buf_add_str(out, text);
  } else {
    async_buf_add_char(out, c);
  }
}

static void add_quoted(const char *word, struct async_buf *out)
{
  async_buf_add_char(out, '\'');
  for (; *word; word++)
    add_byte(*word, out);
  async_buf_add_char(out, '\'');
}

void exec_quote(const char *word, struct async_buf *out)
{
  if (is_plain(word))
    async_buf_add_str(out, word);
  else
    add_quoted(word, out);
}

void exec_argv_quote(const struct exec_argv *argv, struct async_buf *out)
{
  for (size_t i = 0; i < argv->count; i++) {
    if (i > 0)
      async_buf_add_char(out, ' ');
    if (i == 0 && is_special(argv->items[i]))
      add_quoted(argv->items[i], out);
    else
      exec_quote(argv->items[i], out);
  }
}
