/* Descendants that lost their parent and came to us. The kernel lists the
 * children of a thread, and gives orphans to the first thread of a process;
 * where it has no such list, all of /proc is looked through.
 *
 * A shell may have had children before it became this program, such as the
 * other end of >(tee log). They are strangers: nobody signals them, and nobody
 * reaps them either, so that their numbers stay theirs. */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "async/error.h"
#include "proc/proc_priv.h"

#ifdef __linux__

#  include <dirent.h>
#  include <fcntl.h>
#  include <stdio.h>
#  include <string.h>
#  include <sys/prctl.h>

enum { CHUNK = 4096 };

struct sweep {
  struct asy_procs *procs; /* NULL: none of ours lives */
  const char *mark;
  int number;
  size_t count;
};

typedef void child_fn(struct sweep *sweep, pid_t pid);

/* Finding children. */

static bool is_stranger(const struct asy_procs *procs, pid_t pid)
{
  for (size_t i = 0; i < procs->stranger_count; i++)
    if (procs->strangers[i] == pid)
      return true;
  return false;
}

static void found(struct sweep *sweep, child_fn *fn, pid_t pid)
{
  struct asy_procs *procs = sweep->procs;
  if (!procs || (!asy_procs_find(procs, pid) && !is_stranger(procs, pid)))
    fn(sweep, pid);
}

/* "12 345 ", in pieces. */
static int each_listed(struct sweep *sweep, child_fn *fn)
{
  char path[64], piece[CHUNK];
  long pid = 0;
  ssize_t got;
  snprintf(path, sizeof(path), "/proc/self/task/%ld/children", (long)getpid());
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -errno;
  while ((got = read(fd, piece, sizeof(piece))) > 0) {
    for (ssize_t i = 0; i < got; i++) {
      if (piece[i] >= '0' && piece[i] <= '9') {
        pid = pid * 10 + (piece[i] - '0');
        continue;
      }
      if (pid > 0)
        found(sweep, fn, (pid_t)pid);
      pid = 0;
    }
  }
  close(fd);
  return 0;
}

/* Source: proc(5), /proc/pid/stat: "pid (name) state ppid ...", where the name
 * may have any character. */
static pid_t parent_of(long pid)
{
  char path[64], text[CHUNK];
  snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return -1;
  ssize_t got = read(fd, text, sizeof(text) - 1);
  close(fd);
  text[got > 0 ? got : 0] = '\0';
  const char *end = strrchr(text, ')');
  return end && strlen(end) > 4 ? (pid_t)strtol(end + 4, NULL, 10) : -1;
}

static void each_searched(struct sweep *sweep, child_fn *fn)
{
  DIR *all = opendir("/proc");
  struct dirent *entry;
  pid_t self = getpid();
  while (all && (entry = readdir(all)) != NULL) {
    long pid = strtol(entry->d_name, NULL, 10);
    if (pid > 0 && parent_of(pid) == self)
      found(sweep, fn, (pid_t)pid);
  }
  if (all)
    closedir(all);
}

static void each_child(struct sweep *sweep, child_fn *fn)
{
  if (each_listed(sweep, fn) < 0)
    each_searched(sweep, fn);
}

/* Strangers. */

static void count_one(struct sweep *sweep, pid_t pid)
{
  (void)pid;
  sweep->count++;
}

static void note_stranger(struct sweep *sweep, pid_t pid)
{
  struct asy_procs *procs = sweep->procs;
  if (procs->stranger_count < sweep->count)
    procs->strangers[procs->stranger_count++] = pid;
}

/* No child is born while we look. */
static int note_strangers(struct asy_procs *procs)
{
  struct sweep sweep = { procs, NULL, 0, 0 };
  each_child(&sweep, count_one);
  if (sweep.count == 0)
    return 0;
  procs->strangers = calloc(sweep.count, sizeof(*procs->strangers));
  if (!procs->strangers)
    return ASYNC_ENOMEM;
  each_child(&sweep, note_stranger);
  return 0;
}

int async_proc_adopt_orphans(void)
{
  struct asy_procs *procs;
  int err = asy_procs_get(&procs);
  if (err == 0 && !procs->adopts)
    err = note_strangers(procs);
  if (err < 0)
    return err;
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
    return -errno;
  procs->adopts = true;
  return (int)procs->stranger_count;
}

/* Marks. */

struct match {
  const char *mark;
  size_t at; /* how much of it matches so far */
  bool failed;
};

/* Whether this byte ends a variable that is the mark. */
static bool match_byte(struct match *match, char byte)
{
  bool matches = !match->failed && match->mark[match->at] == byte;
  if (byte == '\0') {
    match->at = 0;
    match->failed = false;
    return matches;
  }
  match->failed = !matches;
  match->at += matches;
  return false;
}

static bool has_mark(pid_t pid, const char *mark)
{
  struct match match = { mark, 0, false };
  char path[64], piece[CHUNK];
  bool has = false;
  ssize_t got;
  snprintf(path, sizeof(path), "/proc/%ld/environ", (long)pid);
  int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  while (!has && (got = read(fd, piece, sizeof(piece))) > 0)
    for (ssize_t i = 0; i < got && !has; i++)
      has = match_byte(&match, piece[i]);
  close(fd);
  return has;
}

/* Sweeping. */

static void reap(struct sweep *sweep, pid_t pid)
{
  sweep->count += waitpid(pid, NULL, WNOHANG) == pid;
}

static void signal_orphan(struct sweep *sweep, pid_t pid)
{
  if (sweep->mark && !has_mark(pid, sweep->mark))
    return;
  sweep->count++;
  if (sweep->number == 0)
    return;
  if (getpgid(pid) == pid)
    kill(-pid, sweep->number);
  kill(pid, sweep->number);
}

/* Those that have ended go first: while the list is read nobody may leave it,
 * or the kernel would pass over others. */
size_t async_proc_sweep(int number, const char *mark)
{
  struct sweep sweep = { asy_procs_this(), mark, number, 0 };
  int adopts = 0;
  if (prctl(PR_GET_CHILD_SUBREAPER, &adopts) < 0 || !adopts)
    return 0;
  do {
    sweep.count = 0;
    each_child(&sweep, reap);
  } while (sweep.count > 0);
  each_child(&sweep, signal_orphan);
  return sweep.count;
}

#else

int async_proc_adopt_orphans(void)
{
  return -ENOSYS;
}

size_t async_proc_sweep(int number, const char *mark)
{
  (void)number, (void)mark;
  return 0;
}

#endif
