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
#include "command.h"
#include "fetch/command.h"

static const struct command *const commands[] = {
  &fetch_command,
  NULL,
};

int main(int argc, char **argv)
{
  return command_main(commands, argc, argv);
}
