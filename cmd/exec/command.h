/* cmd/exec/command.h: the row of `asynctool exec`. */
#ifndef EXEC_COMMAND_H
#define EXEC_COMMAND_H

#include "../command.h"

extern const struct command exec_command;

#endif
