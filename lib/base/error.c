#include "async/error.h"

#include <stdio.h>
#include <string.h>

#include <uv.h>

static const char *(*curl_text)(int);
static const char *(*ares_text)(int);

void async_err_register(int base, const char *(*text)(int code))
{
  if (base == ASYNC_ERROR_CURL_BASE)
    curl_text = text;
  else
    ares_text = text;
}

/* Splits a foreign error into its family's base and its code; 0 if own. */
static int family(int err, int *code)
{
  int base = 0;
  if (err <= ASYNC_ERROR_ARES_BASE)
    base = ASYNC_ERROR_ARES_BASE;
  else if (err <= ASYNC_ERROR_CURL_BASE)
    base = ASYNC_ERROR_CURL_BASE;
  *code = base - err;
  return base;
}

static _Thread_local char number[32];

/* libuv does not know every errno; then the number has to do as a word. */
static const char *system_name(int err)
{
  uv_err_name_r(err, number, sizeof(number));
  if (strncmp(number, "Unknown", 7) == 0)
    snprintf(number, sizeof(number), "ERRNO_%d", -err);
  return number;
}

const char *async_err_name(int err)
{
  int code;
  int base = family(err, &code);

  if (err >= 0)
    return "OK";
  if (base) {
    snprintf(number, sizeof(number), "%s_%d",
             base == ASYNC_ERROR_CURL_BASE ? "CURL" : "ARES", code);
    return number;
  }
  switch (err) {
#define NAME(name, n, text)                                                    \
  case ASYNC_##name:                                                           \
    return #name;
    ASYNC_ERROR_MAP(NAME)
#undef NAME
  default:
    return system_name(err);
  }
}

const char *async_err_text(int err)
{
  static _Thread_local char sentence[96];
  int code;
  int base = family(err, &code);
  const char *(*text)(int) =
      base == ASYNC_ERROR_CURL_BASE ? curl_text : ares_text;

  if (err >= 0)
    return "success";
  if (base && text)
    return text(code);
  if (base) {
    snprintf(sentence, sizeof(sentence), "error %d of %s", code,
             base == ASYNC_ERROR_CURL_BASE ? "libcurl" : "c-ares");
    return sentence;
  }
  switch (err) {
#define TEXT(name, n, words)                                                   \
  case ASYNC_##name:                                                           \
    return words;
    ASYNC_ERROR_MAP(TEXT)
#undef TEXT
  default:
    return uv_strerror_r(err, sentence, sizeof(sentence));
  }
}
