/* Any URL and any template make a path of safe components. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fetch/name.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
  if (!condition)
    abort();
}

static void check_component(const char *text, size_t len)
{
  must(len > 0 && len <= FETCH_NAME_BYTES);
  must(!(len == 1 && text[0] == '.'));
  must(!(len == 2 && text[0] == '.' && text[1] == '.'));
  for (size_t i = 0; i < len; i++)
    must((unsigned char)text[i] >= 0x20 && text[i] != 0x7f);
}

static void check_path(const char *path)
{
  for (;;) {
    size_t len = strcspn(path, "/");
    check_component(path, len);
    if (!path[len])
      return;
    path += len + 1;
  }
}

/* Whether all that is not a field is harmless, so that all harm is ours. */
static bool is_harmless(const char *template)
{
  bool inside = false;
  for (const char *p = template; *p; p++) {
    inside = *p == '{' || (inside && *p != '}');
    if (!inside && !strchr("}/-x", *p))
      return false;
  }
  return *template != '/' && !strstr(template, "//") && !strstr(template, "{{");
}

/* The first line is the template, the rest the URL. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  char *text = malloc(size + 1);
  must(text != NULL);
  memcpy(text, data, size);
  text[size] = '\0';
  char *end = strchr(text, '\n');
  struct fetch_url url;
  const char *why;
  if (end) {
    *end = '\0';
    if (fetch_url_parse(&url, end + 1, &why) == 0 &&
        fetch_name_check(text) == 0) {
      struct async_buf out = ASYNC_BUF_INIT;
      fetch_name_add(&out, text, &url, 12);
      must(out.len > 0);
      if (is_harmless(text))
        check_path(async_buf_str(&out));
      async_buf_done(&out);
    }
    fetch_url_done(&url);
  }
  free(text);
  return 0;
}
