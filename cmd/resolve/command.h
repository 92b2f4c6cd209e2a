/* cmd/resolve/command.h: the row of `asynctool resolve`. */
#ifndef RESOLVE_COMMAND_H
#define RESOLVE_COMMAND_H

#include "../command.h"

extern const struct command resolve_command;

#endif
