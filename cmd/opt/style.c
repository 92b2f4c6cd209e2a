/* How text is laid out: width, color, lines. */
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "opt/help.h"

enum { WIDTH_MAX = 80, WIDTH_MIN = 40 };

static size_t terminal_width(void)
{
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
    return WIDTH_MAX;
  if (size.ws_col > WIDTH_MAX)
    return WIDTH_MAX;
  return size.ws_col < WIDTH_MIN ? WIDTH_MIN : size.ws_col;
}

/* Source: no-color.org: set and not empty. */
static bool wants_color(const char *when)
{
  const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
  if (when && strcmp(when, "auto") != 0)
    return strcmp(when, "always") == 0;
  if (no_color && *no_color)
    return false;
  return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

struct opt_style opt_style_of_stdout(const char *when)
{
  return (struct opt_style){ terminal_width(), wants_color(when) };
}

static void add_spaces(struct async_buf *out, size_t count)
{
  while (count-- > 0)
    async_buf_add_char(out, ' ');
}

void opt_wrap(struct async_buf *out, const char *text, size_t column,
              size_t indent, size_t width)
{
  bool at_start = true;
  while (*text) {
    size_t len = strcspn(text, " ");
    if (!at_start && column + 1 + len > width) {
      async_buf_add_char(out, '\n');
      add_spaces(out, indent);
      column = indent;
    } else if (!at_start) {
      async_buf_add_char(out, ' ');
      column++;
    }
    async_buf_add(out, text, len);
    column += len;
    at_start = false;
    text += len + (text[len] == ' ');
  }
  async_buf_add_char(out, '\n');
}
