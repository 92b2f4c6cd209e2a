/* Who has the terminal, as shells pass it on: a group in the foreground reads
 * and is sent Ctrl-C and Ctrl-Z; a member of another one that reads is stopped.
 * When Ctrl-Z has stopped the process in the foreground, we are stopped too,
 * so that the shell that started us goes on; and when it continues us, the
 * process gets the terminal again.
 *
 * Source: POSIX.1-2017, XBD 11.1.4; the manual of glibc, "Job Control". */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "async/loop.h"
#include "proc/proc_priv.h"

/* Blocked, SIGTTOU does not stop us where we are no longer in front. */
static void pass(int fd, pid_t group)
{
  sigset_t stop, before;
  sigemptyset(&stop);
  sigaddset(&stop, SIGTTOU);
  pthread_sigmask(SIG_BLOCK, &stop, &before);
  tcsetpgrp(fd, group);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
}

/* If `from` does not have it, neither can it be passed on. */
static void pass_on(pid_t from, pid_t to)
{
  int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (fd < 0)
    return;
  if (tcgetpgrp(fd) == from)
    pass(fd, to);
  close(fd);
}

void asy_terminal_take_back(pid_t group)
{
  pass_on(group, getpgrp());
}

void asy_terminal_check_stop(struct async_proc *proc)
{
  siginfo_t info = { .si_pid = 0 };
  if (waitid(P_PID, (id_t)proc->pid, &info, WSTOPPED | WNOHANG) < 0 ||
      info.si_pid == 0)
    return;
  asy_terminal_take_back(proc->pid);
  async_loop_suspend(SIGTSTP);
  pass_on(getpgrp(), proc->pid);
  async_proc_signal_group(proc, SIGCONT);
}
