#include "resolve/choices.h"

#include <string.h>

#include "async/dns_message.h"
#include "async/error.h"
#include "resolve/options.h"
#include "resolve/question.h"
#include "resolve/text.h"

enum { VOTERS_MOST = 64, JOBS_MOST = 65535 };

int resolve_read_jobs(const char *text, void *field)
{
  uint64_t jobs = 0;
  if (strcmp(text, "auto") != 0 &&
      (opt_read_count(text, &jobs) < 0 || jobs < 1 || jobs > JOBS_MOST))
    return ASYNC_EINVAL;
  *(size_t *)field = jobs;
  return 0;
}

int resolve_read_rate(const char *text, void *field)
{
  struct resolve_rate *rate = field;
  double per_s;
  if (strcmp(text, "auto") == 0) {
    rate->per_s = 0;
    return 0;
  }
  if (opt_read_decimal(text, &per_s) < 0)
    return ASYNC_EINVAL;
  rate->per_s = per_s > 0 ? per_s : -1;
  return 0;
}

/* "2/3" or "2/3:trusted" */
int resolve_read_agree(const char *text, void *field)
{
  struct resolve_agree agree = { .trusted = false };
  char copy[32];
  uint64_t needed, asked;
  if (strlen(text) >= sizeof(copy))
    return ASYNC_EINVAL;
  memcpy(copy, text, strlen(text) + 1);
  char *colon = strchr(copy, ':'), *slash = strchr(copy, '/');
  if (colon && strcmp(colon, ":trusted") != 0)
    return ASYNC_EINVAL;
  agree.trusted = colon != NULL;
  if (colon)
    *colon = '\0';
  if (!slash)
    return ASYNC_EINVAL;
  *slash = '\0';
  if (opt_read_count(copy, &needed) < 0 ||
      opt_read_count(slash + 1, &asked) < 0 || needed < 1 || needed > asked ||
      asked > VOTERS_MOST)
    return ASYNC_EINVAL;
  agree.needed = (unsigned)needed;
  agree.asked = (unsigned)asked;
  *(struct resolve_agree *)field = agree;
  return 0;
}

bool resolve_is_type(const char *text)
{
  struct resolve_types types = { .count = 0 };
  return resolve_types_add(&types, text, strlen(text)) == 0;
}

bool resolve_is_format(const char *text)
{
  static const char *const words[] = { "text", "ndjson", "tsv", "csv" };
  for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
    if (strcmp(text, words[i]) == 0)
      return true;
  return resolve_style_of(text) >= 0 || strchr(text, '{') != NULL;
}

bool resolve_is_name(const char *text)
{
  unsigned char wire[ASYNC_DNS_NAME_MAX];
  return async_dns_name_parse(text, strlen(text), wire) > 0;
}

bool resolve_is_class(const char *text)
{
  return async_dns_class_parse(text, strlen(text)) >= 0;
}

bool resolve_is_option(const char *text)
{
  struct async_buf option = ASYNC_BUF_INIT;
  int err = async_dns_option_add_hex(&option, text);
  async_buf_done(&option);
  return err != ASYNC_EINVAL;
}

bool resolve_is_subnet(const char *text)
{
  struct async_buf option = ASYNC_BUF_INIT;
  int err = async_dns_option_add_subnet(&option, text);
  async_buf_done(&option);
  return err != ASYNC_EINVAL;
}
