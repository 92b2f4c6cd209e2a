#include "exec/environment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "async/error.h"
#include "async/rng.h"
#include "async/time.h"
#include "exec/values.h"
#include "exec/words.h"

/* Longer ones are left out: the kernel would refuse to start the command. */
enum { KEY_MOST = 32 * 1024 };

struct exec_variable {
  const char *name; /* with the "=", not NUL-terminated */
  size_t name_len;
  struct exec_text *value;
};

/* What all jobs have. */

static bool has_name(const char *variable, const char *name, size_t len)
{
  return strncmp(variable, name, len) == 0 && variable[len] == '=';
}

/* What a job is given stands alone: most programs take the first of two. */
static bool is_given(const struct exec_opts *opts, const char *variable)
{
  static const char ours[] = "ASYNCTOOL_";
  if (strncmp(variable, ours, sizeof(ours) - 1) == 0)
    return true;
  for (size_t i = 0; i < opts->env.count; i++)
    if (has_name(variable, opts->env.items[i],
                 strcspn(opts->env.items[i], "=")))
      return true;
  for (size_t i = 0; i < opts->env_from.count; i++)
    if (has_name(variable, opts->env_from.items[i],
                 strlen(opts->env_from.items[i])))
      return true;
  return false;
}

static int init_base(struct exec_environment *environment,
                     const struct exec_opts *opts, char *const *inherited)
{
  size_t count = 0;
  while (inherited[count])
    count++;
  environment->base = calloc(count + 2, sizeof(*environment->base));
  if (!environment->base)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < count && !opts->clean_env; i++)
    if (!is_given(opts, inherited[i]))
      environment->base[environment->base_count++] = inherited[i];
  environment->base[environment->base_count++] = environment->run;
  return 0;
}

static int init_own(struct exec_environment *environment,
                    const struct exec_opts *opts, struct async_buf *message)
{
  size_t count = opts->env.count;
  environment->own = calloc(count ? count : 1, sizeof(*environment->own));
  if (!environment->own)
    return ASYNC_ENOMEM;
  for (size_t i = 0; i < count; i++) {
    struct exec_variable *variable = &environment->own[i];
    variable->name = opts->env.items[i];
    variable->name_len = strcspn(variable->name, "=") + 1;
    int err = exec_text_new(&variable->value, opts,
                            variable->name + variable->name_len, NULL, message);
    if (err < 0)
      return err;
    environment->own_count++;
  }
  return 0;
}

static const char RUN[] = "ASYNCTOOL_RUN=", JOB[] = "ASYNCTOOL_JOB=";

static void name_run(char *out, size_t size)
{
  struct async_rng rng;
  async_rng_init(&rng, (uint64_t)async_clock_wall_ns() ^ (uint64_t)getpid()
                                                             << 48);
  snprintf(out, size, "%s%016llx", RUN,
           (unsigned long long)async_rng_next(&rng));
}

int exec_environment_init(struct exec_environment *environment,
                          const struct exec_opts *opts, char *const *inherited,
                          struct async_buf *message)
{
  *environment = (struct exec_environment){ .fields = &opts->env_from };
  name_run(environment->run, sizeof(environment->run));
  int err = init_base(environment, opts, inherited);
  return err < 0 ? err : init_own(environment, opts, message);
}

void exec_environment_done(struct exec_environment *environment)
{
  for (size_t i = 0; i < environment->own_count; i++)
    exec_text_free(environment->own[i].value);
  free(environment->own);
  free(environment->base);
}

/* What one attempt has. */

static void add_mark(const struct exec_environment *environment,
                     const struct exec_item *item, struct async_buf *out)
{
  async_buf_add_str(out, JOB);
  async_buf_add_str(out, environment->run + sizeof(RUN) - 1);
  async_buf_add_char(out, '.');
  async_buf_add_uint(out, item->item.seq + 1);
  async_buf_add_char(out, '.');
  async_buf_add_uint(out, item->item.attempts);
  async_buf_add_char(out, '\0');
}

void exec_environment_mark(const struct exec_environment *environment,
                           const struct exec_item *item, struct async_buf *out)
{
  async_buf_clear(out);
  add_mark(environment, item, out);
}

static void add_number(const char *name, uint64_t number, struct async_buf *out)
{
  async_buf_add_str(out, name);
  async_buf_add_uint(out, number);
  async_buf_add_char(out, '\0');
}

static void add_ours(const struct exec_environment *environment,
                     const struct exec_item *item, struct async_buf *out)
{
  const struct job_entry *entry = &item->item.entry;
  add_mark(environment, item, out);
  add_number("ASYNCTOOL_SEQ=", item->item.seq + 1, out);
  add_number("ASYNCTOOL_SLOT=", item->slot, out);
  add_number("ASYNCTOOL_TRY=", item->item.attempts, out);
  if (entry->key && entry->key_len <= KEY_MOST) {
    async_buf_add_str(out, "ASYNCTOOL_KEY=");
    async_buf_add(out, entry->key, entry->key_len + 1);
  }
}

static int add_own(const struct exec_environment *environment,
                   struct exec_item *item, struct async_buf *out)
{
  for (size_t i = 0; i < environment->own_count; i++) {
    const struct exec_variable *variable = &environment->own[i];
    async_buf_add(out, variable->name, variable->name_len);
    if (exec_text_add(variable->value, item, out) < 0)
      return -1;
    async_buf_add_char(out, '\0');
  }
  return 0;
}

/* A field that is not there is no variable. */
static void add_fields(const struct exec_environment *environment,
                       const struct exec_item *item, struct async_buf *out)
{
  for (size_t i = 0; i < environment->fields->count; i++) {
    const char *name = environment->fields->items[i];
    size_t start = out->len;
    async_buf_add_str(out, name);
    async_buf_add_char(out, '=');
    if (exec_field_add(&item->item.entry, name, strlen(name), out))
      async_buf_add_char(out, '\0');
    else
      out->len = start;
  }
}

/* The pointers and the texts they point at, in one piece of memory. */
static int join(const struct exec_environment *environment,
                const struct async_buf *texts, char ***out)
{
  size_t count = environment->base_count, own = 0;
  for (size_t i = 0; i < texts->len; i++)
    own += texts->data[i] == '\0';
  size_t pointers = (count + own + 1) * sizeof(char *);
  char **items = malloc(pointers + texts->len);
  if (!items)
    return ASYNC_ENOMEM;
  char *text = (char *)items + pointers, *end = text + texts->len;
  memcpy(items, environment->base, count * sizeof(char *));
  memcpy(text, texts->data, texts->len);
  for (; text < end; text += strlen(text) + 1)
    items[count++] = text;
  items[count] = NULL;
  *out = items;
  return 0;
}

int exec_environment_fill(const struct exec_environment *environment,
                          struct exec_item *item, char ***out)
{
  struct async_buf texts = ASYNC_BUF_INIT;
  add_ours(environment, item, &texts);
  add_fields(environment, item, &texts);
  int err = add_own(environment, item, &texts);
  if (err == 0 && (texts.err || join(environment, &texts, out) < 0))
    err = job_error_set(&item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "%s",
                        async_err_text(ASYNC_ENOMEM));
  async_buf_done(&texts);
  return err;
}
