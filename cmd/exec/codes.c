#include "exec/codes.h"

#include <string.h>

#include "exec/choices.h"
#include "opt/number.h"

enum { HIGHEST = 255 };

/* "3" or "1-125". Returns whether it is one. */
static bool read_range(const char *text, unsigned *first, unsigned *last)
{
  uint64_t low, high;
  char part[8];
  size_t len = strcspn(text, "-");
  if (len >= sizeof(part))
    return false;
  memcpy(part, text, len);
  part[len] = '\0';
  if (opt_read_count(part, &low) < 0)
    return false;
  high = low;
  if (text[len] && opt_read_count(text + len + 1, &high) < 0)
    return false;
  if (low > high || high > HIGHEST)
    return false;
  *first = (unsigned)low;
  *last = (unsigned)high;
  return true;
}

bool exec_is_code_word(const char *text)
{
  unsigned first, last;
  return read_range(text, &first, &last);
}

bool exec_is_retry_word(const char *text)
{
  static const char *const words[] = { "timeout", "signal", "spawn", "any" };
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    if (strcmp(text, words[i]) == 0)
      return true;
  return exec_is_code_word(text);
}

static void add(struct exec_codes *codes, unsigned first, unsigned last)
{
  for (unsigned code = first; code <= last; code++)
    codes->exits[code / 64] |= UINT64_C(1) << code % 64;
}

static void add_word(struct exec_codes *codes, const char *word)
{
  unsigned first, last;
  bool any = strcmp(word, "any") == 0;
  if (any || strcmp(word, "timeout") == 0)
    codes->timeout = true;
  if (any || strcmp(word, "signal") == 0)
    codes->signal = true;
  if (any || strcmp(word, "spawn") == 0)
    codes->spawn = true;
  if (any)
    add(codes, 0, HIGHEST);
  else if (read_range(word, &first, &last))
    add(codes, first, last);
}

void exec_codes_init(struct exec_codes *codes, const struct opt_list *words)
{
  *codes = (struct exec_codes){ .timeout = false };
  for (size_t i = 0; i < words->count; i++)
    add_word(codes, words->items[i]);
}

bool exec_codes_have(const struct exec_codes *codes, int exit_status)
{
  unsigned code = (unsigned)exit_status & HIGHEST;
  return (codes->exits[code / 64] >> code % 64 & 1) != 0;
}
