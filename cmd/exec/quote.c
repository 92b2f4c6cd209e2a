/* Commands as a person would type them. */
#include <string.h>

#include "exec/words.h"

static bool is_safe(const char *text)
{
  static const char safe[] =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
      "%+,-./:=@_^";
  return *text && strspn(text, safe) == strlen(text);
}

static void add_quoted(const char *text, struct async_buf *out)
{
  if (is_safe(text)) {
    async_buf_add_str(out, text);
    return;
  }
  async_buf_add_char(out, '\'');
  for (; *text; text++) {
    if (*text == '\'')
      async_buf_add_str(out, "'\\''");
    else
      async_buf_add_char(out, *text);
  }
  async_buf_add_char(out, '\'');
}

void exec_argv_quote(const struct exec_argv *argv, struct async_buf *out)
{
  for (size_t i = 0; i < argv->count; i++) {
    if (i > 0)
      async_buf_add_char(out, ' ');
    add_quoted(argv->items[i], out);
  }
}
