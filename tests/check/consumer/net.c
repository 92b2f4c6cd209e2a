#include <async/http.h>
#include <async/loop.h>

static int open_and_close(void *arg)
{
  struct async_http *http;
  (void)arg;
  int err = async_http_open(&http, NULL);
  if (err == 0)
    async_http_close(http);
  return err;
}

int main(void)
{
  return async_run(open_and_close, NULL, NULL) == 0 ? 0 : 1;
}
