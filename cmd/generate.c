/* The hidden commands behind man/ and completions/. */
#include <string.h>

#include "front.h"
#include "opt/generate.h"

static int print_man(const struct front *front, const char *name)
{
  struct async_buf text = ASYNC_BUF_INIT;
  const struct command *command = front_find(front, name);
  if (!command)
    return front_usage("__man: no such command");
  opt_generate_man(&text, command);
  return front_print(&text);
}

static int print_completion(const struct front *front, const char *shell)
{
  struct async_buf text = ASYNC_BUF_INIT;
  if (strcmp(shell, "bash") == 0)
    opt_generate_bash(&text, front->commands);
  else if (strcmp(shell, "zsh") == 0)
    opt_generate_zsh(&text, front->commands);
  else if (strcmp(shell, "fish") == 0)
    opt_generate_fish(&text, front->commands);
  else
    return front_usage("__complete: expected one of bash, zsh, fish");
  return front_print(&text);
}

int front_generate(const struct front *front, char *const *words,
                   size_t word_count)
{
  if (word_count != 2)
    return -1;
  if (strcmp(words[0], "__man") == 0)
    return print_man(front, words[1]);
  if (strcmp(words[0], "__complete") == 0)
    return print_completion(front, words[1]);
  return -1;
}
