#include "opt/nearest.h"

#include <stdio.h>
#include <string.h>

enum { WORD_MAX = 64 };

static size_t smaller(size_t a, size_t b)
{
  return a < b ? a : b;
}

size_t opt_edit_distance(const char *a, const char *b)
{
  /* Rows i - 2, i - 1 and i of the table; cell j is the distance between the
   * first i bytes of a and the first j of b. */
  size_t rows[3][WORD_MAX], *older = rows[0], *old = rows[1], *now = rows[2];
  size_t a_len = strnlen(a, WORD_MAX - 1), b_len = strnlen(b, WORD_MAX - 1);
  for (size_t j = 0; j <= b_len; j++)
    older[j] = old[j] = j;
  for (size_t i = 1; i <= a_len; i++) {
    now[0] = i;
    for (size_t j = 1; j <= b_len; j++) {
      size_t replace = old[j - 1] + (a[i - 1] != b[j - 1]);
      now[j] = smaller(smaller(old[j], now[j - 1]) + 1, replace);
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        now[j] = smaller(now[j], older[j - 2] + 1);
    }
    size_t *free_row = older;
    older = old;
    old = now;
    now = free_row;
  }
  return old[b_len];
}

/* Nothing may be abbreviated, so the beginning of a name is as good as the
 * name: it beats a name that merely looks similar. */
static bool begins(const char *typed, const char *candidate)
{
  size_t len = strlen(typed);
  return len >= 3 && strncmp(typed, candidate, len) == 0;
}

/* Whether a word may be a slip for one that is `distance` edits away. */
static bool is_slip(const char *typed, size_t distance)
{
  size_t len = strlen(typed);
  return distance <= 1 + len / 4 && distance < len;
}

void opt_nearest_add(struct opt_nearest *nearest, const char *prefix,
                     const char *name)
{
  char candidate[WORD_MAX];
  snprintf(candidate, sizeof(candidate), "%s%s", prefix, name);
  size_t distance = opt_edit_distance(nearest->word, candidate);
  if (!begins(nearest->word, candidate)) {
    if (!is_slip(nearest->word, distance))
      return;
    distance += WORD_MAX;
  }
  if (nearest->name && nearest->distance <= distance)
    return;
  nearest->prefix = prefix;
  nearest->name = name;
  nearest->distance = distance;
}

void opt_nearest_print(const struct opt_nearest *nearest, struct async_buf *out)
{
  if (nearest->name)
    async_buf_printf(out, " (did you mean '%s%s'?)", nearest->prefix,
                     nearest->name);
}
