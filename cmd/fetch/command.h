/* cmd/fetch/command.h: the row of `asynctool fetch`. */
#ifndef FETCH_COMMAND_H
#define FETCH_COMMAND_H

#include "../command.h"

extern const struct command fetch_command;

#endif
