#include "exec/signals.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "async/error.h"
#include "opt/number.h"

struct named {
  const char *name;
  int number;
};

static const struct named names[] = {
  { "HUP", SIGHUP },       { "INT", SIGINT },   { "QUIT", SIGQUIT },
  { "ILL", SIGILL },       { "TRAP", SIGTRAP }, { "ABRT", SIGABRT },
  { "BUS", SIGBUS },       { "FPE", SIGFPE },   { "KILL", SIGKILL },
  { "USR1", SIGUSR1 },     { "SEGV", SIGSEGV }, { "USR2", SIGUSR2 },
  { "PIPE", SIGPIPE },     { "ALRM", SIGALRM }, { "TERM", SIGTERM },
  { "CHLD", SIGCHLD },     { "CONT", SIGCONT }, { "STOP", SIGSTOP },
  { "TSTP", SIGTSTP },     { "TTIN", SIGTTIN }, { "TTOU", SIGTTOU },
  { "URG", SIGURG },       { "XCPU", SIGXCPU }, { "XFSZ", SIGXFSZ },
  { "VTALRM", SIGVTALRM }, { "PROF", SIGPROF }, { "SYS", SIGSYS },
#ifdef SIGWINCH
  { "WINCH", SIGWINCH },
#endif
#ifdef SIGIO
  { "IO", SIGIO },
#endif
#ifdef SIGPWR
  { "PWR", SIGPWR },
#endif
#ifdef SIGSTKFLT
  { "STKFLT", SIGSTKFLT },
#endif
};

enum { NAMES = sizeof(names) / sizeof(names[0]), HIGHEST = 64 };

const char *exec_signal_name(int number, char *out)
{
  for (size_t i = 0; i < NAMES; i++) {
    if (names[i].number == number) {
      snprintf(out, EXEC_SIGNAL_BYTES, "SIG%s", names[i].name);
      return out;
    }
  }
  snprintf(out, EXEC_SIGNAL_BYTES, "SIG%d", number);
  return out;
}

int exec_signal_number(const char *text)
{
  uint64_t number;
  if (opt_read_count(text, &number) == 0)
    return number > 0 && number <= HIGHEST ? (int)number : ASYNC_EINVAL;
  if (strncasecmp(text, "SIG", 3) == 0)
    text += 3;
  for (size_t i = 0; i < NAMES; i++)
    if (strcasecmp(text, names[i].name) == 0)
      return names[i].number;
  return ASYNC_EINVAL;
}
