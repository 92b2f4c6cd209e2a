/* What the bench of exec starts, by the name it is started with:
 *
 *   empty  nothing; with the argument "w" it waits until it is ended
 *   line   prints a line
 *   fill   writes 100 MiB
 *
 * Static, so that the figures are of the one who starts it, not of a dynamic
 * loader. */
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024, PIECES = 1600 };

static char piece[PIECE];

static int fill(void)
{
  for (int i = 0; i < PIECES; i++) {
    for (size_t at = 0; at < PIECE;) {
      ssize_t n = write(STDOUT_FILENO, piece + at, PIECE - at);
      if (n <= 0)
        return 1;
      at += (size_t)n;
    }
  }
  return 0;
}

int main(int argc, char **argv)
{
  const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
  const char *name = slash ? slash + 1 : "empty";
  if (strcmp(name, "line") == 0)
    return write(STDOUT_FILENO, "one line\n", 9) != 9;
  if (strcmp(name, "fill") == 0)
    return fill();
  if (argc > 1 && strcmp(argv[argc - 1], "w") == 0)
    pause();
  return 0;
}
