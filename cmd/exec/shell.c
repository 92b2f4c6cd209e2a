/* Where in a shell script a byte stands. Only as much of the grammar as it takes
 * to know what is quoted:
 *
 *   1. levels that nest: "..." `...` $(...) (...) ${...} $((...)) ((...))
 *   2. '...', $'...' and comments, in which nothing nests
 *   3. here-documents: noted at <<, they begin at the next end of a line
 *
 * In doubt (a pattern of `case` in $(...) looks like its end) it errs to the
 * side of quotation marks as they are counted by twos.
 *
 * Source: POSIX, "Shell Command Language", 2.2, 2.3, 2.6, 2.7.4; bash(1) for
 * $'...', <<< and ((...)). */
#include "exec/shell.h"

#include <string.h>

/* What ends a level, but: arithmetic, and parentheses in it. */
enum { ARITHMETIC = 'A', INNER = 'P' };

static char top_of(const struct exec_shell *shell)
{
  return shell->depth > 0 ? shell->levels[shell->depth - 1] : '\0';
}

static void push(struct exec_shell *shell, char level)
{
  if (shell->depth == EXEC_SHELL_DEEPEST)
    shell->too_deep = 1;
  else
    shell->levels[shell->depth++] = level;
}

static void pop(struct exec_shell *shell)
{
  if (shell->depth > 0)
    shell->depth--;
}

enum exec_place exec_shell_place(const struct exec_shell *shell)
{
  if (shell->too_deep)
    return EXEC_PLACE_DEEP;
  if (shell->quote)
    return shell->quote == '#' ? EXEC_PLACE_COMMENT : EXEC_PLACE_QUOTES;
  if (shell->in_document)
    return EXEC_PLACE_DOCUMENT;
  for (size_t i = shell->depth; i-- > 0;) {
    switch (shell->levels[i]) {
    case '"':
      return EXEC_PLACE_QUOTES;
    case '`':
      return EXEC_PLACE_BACKQUOTES;
    case '}':
      return EXEC_PLACE_EXPANSION;
    case ARITHMETIC:
    case INNER:
      return EXEC_PLACE_ARITHMETIC;
    default:
      break;
    }
  }
  return EXEC_PLACE_CODE;
}

/* Here-documents. */

static size_t word_len(const char *text)
{
  size_t len = 0;
  char quote = '\0';
  for (; text[len] && text[len] != '\n'; len++) {
    if (quote ? text[len] == quote : strchr("'\"", text[len]) != NULL)
      quote = quote ? '\0' : text[len];
    else if (!quote && strchr(" \t;&|<>()", text[len]))
      break;
  }
  return len;
}

static size_t note_document(struct exec_shell *shell)
{
  bool strip = shell->at[2] == '-';
  size_t len = strip ? 3 : 2;
  const char *word = shell->at + len;
  word += strspn(word, " \t");
  if (shell->document_count == EXEC_SHELL_DOCUMENTS)
    shell->too_deep = 1;
  else
    shell->documents[shell->document_count++] = (struct exec_document){
      .word = word, .len = word_len(word), .strip = strip
    };
  return len;
}

/* Whether the line is the word without its quotation marks. */
static bool is_end(const struct exec_document *document, const char *line,
                   size_t len)
{
  size_t at = 0;
  while (document->strip && at < len && line[at] == '\t')
    at++;
  for (size_t i = 0; i < document->len; i++) {
    if (strchr("'\"\\", document->word[i]))
      continue;
    if (at == len || line[at++] != document->word[i])
      return false;
  }
  return at == len;
}

static size_t step_document(struct exec_shell *shell)
{
  const char *at = shell->at;
  size_t len = strcspn(at, "\n");
  if (at[-1] != '\n' || !is_end(&shell->documents[shell->document], at, len))
    return 1;
  if (++shell->document == shell->document_count) {
    shell->in_document = false;
    shell->document_count = 0;
  }
  return len + (at[len] == '\n');
}

/* Code. */

static size_t step_escape(const struct exec_shell *shell)
{
  return shell->at[1] ? 2 : 1;
}

/* In "${x:-it's}" the ' is none. */
static bool is_quote_literal(const struct exec_shell *shell)
{
  size_t i = shell->depth;
  while (i > 0 && shell->levels[i - 1] == '}')
    i--;
  return i > 0 && shell->levels[i - 1] == '"';
}

static size_t step_dollar(struct exec_shell *shell)
{
  char next = shell->at[1];
  if (next == '{') {
    push(shell, '}');
  } else if (next == '(') {
    bool arithmetic = shell->at[2] == '(';
    push(shell, arithmetic ? ARITHMETIC : ')');
    return arithmetic ? 3 : 2;
  } else if (next == '\'' && !is_quote_literal(shell)) {
    shell->quote = '$';
  } else if (!next || !strchr("$#@*?!-", next)) {
    return 1;
  }
  return 2;
}

static size_t step_open(struct exec_shell *shell)
{
  bool arithmetic = shell->at[1] == '(';
  push(shell, arithmetic ? ARITHMETIC : ')');
  return arithmetic ? 2 : 1;
}

static void step_backquote(struct exec_shell *shell)
{
  if (top_of(shell) == '`')
    pop(shell);
  else
    push(shell, '`');
}

static bool begins_comment(const struct exec_shell *shell)
{
  return shell->at == shell->text || strchr(" \t\n;&|()`", shell->at[-1]);
}

static size_t step_less(struct exec_shell *shell)
{
  if (shell->at[1] != '<')
    return 1;
  return shell->at[2] == '<' ? 3 : note_document(shell);
}

static size_t step_code(struct exec_shell *shell)
{
  switch (*shell->at) {
  case '\'':
    shell->quote = '\'';
    return 1;
  case '"':
    push(shell, '"');
    return 1;
  case '(':
    return step_open(shell);
  case ')':
    if (top_of(shell) == ')')
      pop(shell);
    return 1;
  case '#':
    if (begins_comment(shell))
      shell->quote = '#';
    return 1;
  case '<':
    return step_less(shell);
  case '\n':
    shell->in_document = shell->document_count > 0;
    shell->document = 0;
    return 1;
  default:
    return 1;
  }
}

/* Other levels. */

static size_t step_expansion(struct exec_shell *shell)
{
  switch (*shell->at) {
  case '}':
    pop(shell);
    break;
  case '"':
    push(shell, '"');
    break;
  case '\'':
    if (!is_quote_literal(shell))
      shell->quote = '\'';
    break;
  default:
    break;
  }
  return 1;
}

/* $((a) | b) is no arithmetic after all. */
static size_t step_arithmetic(struct exec_shell *shell)
{
  switch (*shell->at) {
  case '(':
    push(shell, INNER);
    return 1;
  case ')':
    if (top_of(shell) == INNER || shell->at[1] == ')') {
      size_t len = top_of(shell) == INNER ? 1 : 2;
      pop(shell);
      return len;
    }
    shell->levels[shell->depth - 1] = ')';
    return 1;
  case '"':
    push(shell, '"');
    return 1;
  case '\'':
    shell->quote = '\'';
    return 1;
  default:
    return 1;
  }
}

static size_t step_level(struct exec_shell *shell)
{
  char c = *shell->at;
  if (c == '\\')
    return step_escape(shell);
  if (c == '$')
    return step_dollar(shell);
  if (c == '`') {
    step_backquote(shell);
    return 1;
  }
  switch (top_of(shell)) {
  case '"':
    if (c == '"')
      pop(shell);
    return 1;
  case '}':
    return step_expansion(shell);
  case ARITHMETIC:
  case INNER:
    return step_arithmetic(shell);
  default:
    return step_code(shell);
  }
}

static size_t step_quote(struct exec_shell *shell)
{
  char c = *shell->at;
  bool comment = shell->quote == '#';
  if (comment && (c == '\n' || (c == '`' && top_of(shell) == '`'))) {
    shell->quote = '\0';
    return step_level(shell);
  }
  if (shell->quote == '$' && c == '\\')
    return step_escape(shell);
  if (!comment && c == '\'')
    shell->quote = '\0';
  return 1;
}

void exec_shell_step(struct exec_shell *shell)
{
  size_t len;
  if (shell->quote)
    len = step_quote(shell);
  else if (shell->in_document)
    len = step_document(shell);
  else
    len = step_level(shell);
  shell->at += len;
}
