/* cmd/exec/codes.h: sets of exit statuses, and of other ends of a command. */
#ifndef EXEC_CODES_H
#define EXEC_CODES_H

#include <stdbool.h>
#include <stdint.h>

#include "opt/list.h"

struct exec_codes {
  uint64_t exits[4]; /* a bit for each exit status */
  bool timeout, signal, spawn;
};

/* words  that exec_is_code_word or exec_is_retry_word accept */
void exec_codes_init(struct exec_codes *codes, const struct opt_list *words);
bool exec_codes_have(const struct exec_codes *codes, int exit_status);

#endif
