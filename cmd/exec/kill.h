/* cmd/exec/kill.h: the end of a job that does not end by itself. */
#ifndef EXEC_KILL_H
#define EXEC_KILL_H

#include "exec/attempt.h"

/* Ends a process: --signal, time to obey it, KILL. It has ended on return. No
 * cancel reaches it; a second Ctrl-C makes it short. */
void exec_kill(struct exec_attempt *attempt);

/* Ends what the process left behind, in its group, and when it was killed also
 * outside. It has to have ended. */
void exec_kill_orphans(struct exec_attempt *attempt);

/* Until exec_kill_rest: now and then reaps orphans that ended by themselves. */
void exec_reap_orphans(struct exec_client *client);

/* At the end of the run: nobody is left. */
void exec_kill_rest(struct exec_client *client);

#endif
