/* The versions that matter in a bug report. Nothing is initialised for it. */
#include <ares.h>
#include <curl/curl.h>
#include <uv.h>

#include "front.h"

void front_add_version(struct async_buf *out)
{
  const curl_version_info_data *curl = curl_version_info(CURLVERSION_NOW);
  async_buf_printf(out, "asynctool %s\n", ASYNCTOOL_VERSION);
  async_buf_printf(out, "libuv %s\n", uv_version_string());
  async_buf_printf(out, "libcurl %s", curl->version);
  if (curl->ssl_version)
    async_buf_printf(out, " %s", curl->ssl_version);
  async_buf_printf(out, "\nc-ares %s\n", ares_version(NULL));
}
