/* cmd/exec/signals.h: names of signals. */
#ifndef EXEC_SIGNALS_H
#define EXEC_SIGNALS_H

enum { EXEC_SIGNAL_BYTES = 16 };

/* "SIGTERM"; "SIG40" for one without a name. out  EXEC_SIGNAL_BYTES bytes.
 * Returns out. */
const char *exec_signal_name(int number, char *out);

/* "TERM", "SIGTERM", "15". Returns the number, or ASYNC_EINVAL. */
int exec_signal_number(const char *text);

#endif
