#include "exec/terminal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "async/error.h"
#include "command.h"

static int refuse(struct job_run *run, const char *text)
{
  job_say_error(run->log, "--tty: %s", text);
  return COMMAND_USAGE;
}

int exec_terminal_open(struct exec_terminal *terminal, struct job_run *run,
                       const struct exec_opts *opts)
{
  *terminal = (struct exec_terminal)EXEC_TERMINAL_INIT;
  if (!opts->tty)
    return COMMAND_OK;
  if (run->jobs != 1)
    return refuse(run, "needs -j 1: the terminal can serve one job at a time");
  if (opts->pipe.by != EXEC_PIPE_NONE)
    return refuse(run, "jobs of --pipe read their block, not the terminal");
  terminal->fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal->fd < 0 || tcgetattr(terminal->fd, &terminal->modes) < 0) {
    exec_terminal_close(terminal);
    return refuse(run, "there is no terminal");
  }
  return COMMAND_OK;
}

void exec_terminal_close(struct exec_terminal *terminal)
{
  if (terminal->fd >= 0)
    close(terminal->fd);
  terminal->fd = -1;
}

/* A shell that was killed may have had a job of its own in front, which is gone
 * now. If somebody is there, we are in the background, and stay there. */
static bool is_ours(int fd)
{
  pid_t front = tcgetpgrp(fd);
  if (front > 1 && front != getpgrp() && kill(-front, 0) < 0 && errno == ESRCH)
    tcsetpgrp(fd, getpgrp());
  return tcgetpgrp(fd) == getpgrp();
}

void exec_terminal_take_back(struct exec_terminal *terminal, bool died)
{
  sigset_t blocked, before;
  if (terminal->fd < 0)
    return;
  /* To change it from the background would stop us. */
  sigemptyset(&blocked);
  sigaddset(&blocked, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &blocked, &before);
  if (is_ours(terminal->fd)) {
    if (died)
      tcsetattr(terminal->fd, TCSADRAIN, &terminal->modes);
    else
      tcgetattr(terminal->fd, &terminal->modes);
  }
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}
