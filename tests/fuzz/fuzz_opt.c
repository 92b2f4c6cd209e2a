/* The texts of options: first byte 'c', the rest is a configuration file;
 * 'l', the rest is a command line, words ending at newlines; else the first
 * line names an option of fetch and the rest is its value. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "async/error.h"
#include "fetch/command.h"
#include "fetch/options.h"
#include "opt/config.h"
#include "opt/line.h"
#include "opt/value.h"

enum { WORDS_MAX = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fixture {
  struct opt_set set;
  struct fetch_opts opts;
  struct async_buf message;
};

/* A refusal says why; the values can be read and freed in any case. */
static void check(struct fixture *f, int err)
{
  if (err != 0 && err != ASYNC_EINVAL)
    abort();
  if ((err == ASYNC_EINVAL) != (f->message.len > 0))
    abort();
  if (f->opts.job.jobs < 1 || f->opts.job.jobs > 65535)
    abort();
  if (f->opts.job.backoff.max_ns < f->opts.job.backoff.base_ns)
    abort();
}

static void fuzz_config(struct fixture *f, char *text, size_t len)
{
  static const struct command *const commands[] = { &fetch_command, NULL };
  struct opt_settings settings = { 0 };
  struct opt_config config = { "file", "fetch", commands, &f->set, &f->set };
  int err = opt_config_read(&config, text, len, &settings, &f->message);
  if (err == 0)
    err = opt_settings_apply(&settings, &f->opts, &f->message);
  check(f, err);
  opt_settings_done(&settings);
}

static void fuzz_line(struct fixture *f, char *text)
{
  char *words[WORDS_MAX], *rest = text;
  size_t count = 0;
  struct opt_line line;
  while (rest && count < WORDS_MAX)
    words[count++] = strsep(&rest, "\n");
  int err = opt_line_read(&line, &f->set, words, count, false, &f->message);
  if (err == 0)
    err = opt_settings_apply(&line.settings, &f->opts, &f->message);
  if (line.operand_count > count)
    abort();
  check(f, err);
  opt_line_done(&line);
}

static void fuzz_value(struct fixture *f, char *text)
{
  char *value = text;
  const char *name = strsep(&value, "\n");
  bool on;
  const struct opt_row *row = opt_set_find(&f->set, name, strlen(name), &on);
  if (!row || !value || row->kind >= OPT_KIND_ALIAS)
    return;
  if (opt_value_set(row, value, &f->opts) < 0)
    opt_row_add_accepts(row, &f->message);
  check(f, f->message.len > 0 ? ASYNC_EINVAL : 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct fixture f = { .message = ASYNC_BUF_INIT };
  char *text = malloc(size + 1);
  if (!text || opt_set_init(&f.set, fetch_tables) < 0 ||
      opt_values_init(&f.set, &f.opts) < 0)
    abort();
  memcpy(text, data, size);
  text[size] = '\0';
  if (size > 0 && text[0] == 'c')
    fuzz_config(&f, text + 1, size - 1);
  else if (size > 0 && text[0] == 'l')
    fuzz_line(&f, text + 1);
  else
    fuzz_value(&f, text);
  opt_values_done(&f.set, &f.opts);
  opt_set_done(&f.set);
  async_buf_done(&f.message);
  free(text);
  return 0;
}
