/* The table of commands.
 *
 * To add a subcommand:
 *   1. cmd/NAME/options.{h,c}: a struct NAME_opts that embeds a struct
 *      job_opts, and its tables (see opt/opt.h); take job_rows and action_rows
 *      and say what differs.
 *   2. cmd/NAME/command.{h,c}: `const struct command NAME_command`, whose `run`
 *      gets the options read and merged.
 *   3. A line in the table below, in the order in which help lists them.
 *   4. man/asynctool-NAME.1 with the two markers of the generated part, then
 *      tests/check/regenerate.sh, which also brings the completions up to date.
 *   5. tests/cli/NAME*.bats; the checks of all tables run by themselves.
 *   6. CHANGELOG.md, and the table of commands in README.md. */
#include <fcntl.h>
#include <stdlib.h> /* says whether this is glibc */
#include <unistd.h>
#ifdef __GLIBC__
#  include <malloc.h>
#endif

#include "command.h"
#include "exec/command.h"
#include "fetch/command.h"
#include "resolve/command.h"

static const struct command *const commands[] = {
  &fetch_command,
  &resolve_command,
  &exec_command,
  NULL,
};

/* libcurl takes and gives back a buffer for each transfer: glibc would return
 * the memory to the system and fetch it again, once for every other request. */
static void keep_freed_memory(void)
{
#ifdef M_TRIM_THRESHOLD
  mallopt(M_TRIM_THRESHOLD, 8 * 1024 * 1024);
  mallopt(M_MMAP_THRESHOLD, 1024 * 1024);
#endif
}

/* If one of them is closed, the next file that is opened must not take its
 * place. What is opened here cannot be read as input, nor written as output. */
static void open_standard_streams(void)
{
  static const int modes[] = { O_WRONLY, O_RDONLY, O_RDONLY };
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", modes[fd]) != fd)
      exit(COMMAND_IO);
}

int main(int argc, char **argv)
{
  open_standard_streams();
  keep_freed_memory();
  return command_main(commands, argc, argv);
}
