#include "exec/terminal.h"

#include <errno.h>
#include <signal.h>
#include <termios.h>
#include <unistd.h>

#include "command.h"

int exec_terminal_open(struct job_run *run, const struct exec_opts *opts)
{
  if (!opts->tty)
    return COMMAND_OK;
  if (run->jobs != 1) {
    job_say_error(run->log, "--tty needs -j 1: the terminal can serve one job "
                            "at a time");
    return COMMAND_USAGE;
  }
  if (isatty(STDIN_FILENO))
    return COMMAND_OK;
  job_say_error(run->log, "--tty: standard input is not a terminal");
  return COMMAND_USAGE;
}

/* We are in the background of our own terminal: without the signal blocked, to
 * change that would stop us. */
void exec_terminal_take_back(void)
{
  sigset_t blocked, before;
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTTOU);
  sigprocmask(SIG_BLOCK, &blocked, &before);
  tcsetpgrp(STDIN_FILENO, getpgrp());
  sigprocmask(SIG_SETMASK, &before, NULL);
}
