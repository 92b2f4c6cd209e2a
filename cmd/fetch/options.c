#include "fetch/options.h"

#include <string.h>

#define REQUEST    "Request"
#define IDENTITY   "Login and cookies"
#define REDIRECTS  "Redirects"
#define CONNECTION "Connection"
#define TIMES      "Time"
#define RETRIES    "Retries"
#define FILES      "Files"

static const char *const collision_words[] = { "uniquify", "error", "overwrite",
                                               "skip", NULL };

static bool is_digit(char c)
{
  return c >= '0' && c <= '9';
}

/* "404" or "4xx". */
static bool is_status(const char *text, size_t len)
{
  if (len != 3 || text[0] < '1' || text[0] > '5')
    return false;
  return (is_digit(text[1]) && is_digit(text[2])) ||
         (text[1] == 'x' && text[2] == 'x');
}

static bool is_status_range(const char *text)
{
  const char *dash = strchr(text, '-');
  if (!dash)
    return is_status(text, strlen(text));
  return is_status(text, (size_t)(dash - text)) &&
         is_status(dash + 1, strlen(dash + 1)) && !strchr(text, 'x') &&
         strncmp(text, dash + 1, 3) <= 0;
}

static bool is_retry_word(const char *text)
{
  static const char *const words[] = { "all",   "timeout", "dns",     "connect",
                                       "reset", "tls",     "partial", NULL };
  if (*text == '!')
    text++;
  for (const char *const *word = words; *word; word++)
    if (strcmp(text, *word) == 0)
      return true;
  return is_status_range(text);
}

#define F struct fetch_opts

static const struct opt_row fetch_rows[] = {
  { .short_name = 'X',
    .long_name = "request",
    .metavar = "METHOD",
    OPT_STRING(F, method),
    .group = REQUEST,
    .help = "Use METHOD",
    .more = "In place of GET, of HEAD with --head, of POST with data." },
  { .short_name = 'd',
    .long_name = "data",
    .metavar = "DATA",
    OPT_LIST(F, data),
    .group = REQUEST,
    .help = "Send DATA as a form; @FILE sends a file",
    .more = "Several are joined with &. Newlines of a file are dropped." },
  { .long_name = "data-binary",
    .metavar = "DATA",
    OPT_LIST(F, data_binary),
    .group = REQUEST,
    .help = "Send DATA or @FILE exactly as it is" },
  { .short_name = 'H',
    .long_name = "header",
    .metavar = "LINE",
    OPT_LIST(F, headers),
    .group = REQUEST,
    .help = "Send the header LINE; @FILE has many",
    .more = "\"Name:\" removes a header that would be sent. Secrets belong in "
            "a file: arguments are seen by other users of the machine." },
  { .short_name = 'A',
    .long_name = "user-agent",
    .metavar = "NAME",
    OPT_STRING(F, user_agent),
    .group = REQUEST,
    .help = "Send NAME as User-Agent" },
  { .short_name = 'e',
    .long_name = "referer",
    .metavar = "URL",
    OPT_STRING(F, referer),
    .group = REQUEST,
    .help = "Send URL as Referer" },
  { .short_name = 'I',
    .long_name = "head",
    OPT_FLAG(F, head),
    .group = REQUEST,
    .help = "Ask for the headers only" },
  { .long_name = "compressed",
    OPT_FLAG(F, compressed),
    .negatable = true,
    .initial = "true",
    .group = REQUEST,
    .help = "Accept compressed answers and unpack them" },

  { .short_name = 'u',
    .long_name = "user",
    .metavar = "NAME:PASSWORD",
    OPT_STRING(F, user),
    .group = IDENTITY,
    .help = "Log in to the server",
    .more = "Other users of the machine can see arguments: --netrc is safer." },
  { .short_name = 'n',
    .long_name = "netrc",
    OPT_FLAG(F, netrc),
    .group = IDENTITY,
    .help = "Take names and passwords from ~/.netrc" },
  { .long_name = "netrc-file",
    .metavar = "FILE",
    OPT_STRING(F, netrc_file),
    .group = IDENTITY,
    .help = "Take them from FILE" },
  { .long_name = "oauth2-bearer",
    .metavar = "TOKEN",
    OPT_STRING(F, oauth2_bearer),
    .group = IDENTITY,
    .help = "Send TOKEN as bearer token" },
  { .short_name = 'b',
    .long_name = "cookie",
    .metavar = "DATA|FILE",
    OPT_LIST(F, cookies),
    .group = IDENTITY,
    .help = "Send cookies: NAME=VALUE, or a file of them" },
  { .short_name = 'c',
    .long_name = "cookie-jar",
    .metavar = "FILE",
    OPT_STRING(F, cookie_jar),
    .group = IDENTITY,
    .help = "Keep cookies, write them to FILE at the end" },

  { .short_name = 'L',
    .long_name = "location",
    OPT_FLAG(F, location),
    .negatable = true,
    .initial = "true",
    .group = REDIRECTS,
    .help = "Follow redirects" },
  { .long_name = "max-redirs",
    .metavar = "N",
    OPT_COUNT(F, max_redirs, 0, 1000),
    .initial = "10",
    .group = REDIRECTS,
    .help = "At most N in a row" },
  { .long_name = "allow-downgrade",
    OPT_FLAG(F, allow_downgrade),
    .group = REDIRECTS,
    .help = "Follow also from https to http" },

  { .short_name = 'x',
    .long_name = "proxy",
    .metavar = "URL",
    OPT_STRING(F, proxy),
    .group = CONNECTION,
    .help = "Go through the proxy at URL",
    .more = "http, https, socks4, socks4a, socks5 or socks5h. By default the "
            "environment decides: https_proxy, http_proxy, all_proxy, "
            "no_proxy." },
  { .long_name = "noproxy",
    .metavar = "LIST",
    OPT_STRING(F, noproxy),
    .group = CONNECTION,
    .help = "Hosts that are reached without it" },
  { .short_name = 'k',
    .long_name = "insecure",
    OPT_FLAG(F, insecure),
    .group = CONNECTION,
    .help = "Do not verify certificates" },
  { .long_name = "cacert",
    .metavar = "FILE",
    OPT_STRING(F, cacert),
    .group = CONNECTION,
    .help = "Verify against the authorities in FILE" },
  { .short_name = 'E',
    .long_name = "cert",
    .metavar = "FILE",
    OPT_STRING(F, cert),
    .group = CONNECTION,
    .help = "Our certificate" },
  { .long_name = "key",
    .metavar = "FILE",
    OPT_STRING(F, key),
    .group = CONNECTION,
    .help = "The private key of our certificate" },
  { .long_name = "resolve",
    .metavar = "HOST:PORT:ADDR",
    OPT_LIST(F, resolve),
    .group = CONNECTION,
    .help = "Use ADDR for this host and port" },
  { .long_name = "connect-to",
    .metavar = "HOST1:PORT1:HOST2:PORT2",
    OPT_LIST(F, connect_to),
    .group = CONNECTION,
    .help = "Connect to the second in place of the first" },
  { .long_name = "unix-socket",
    .metavar = "FILE",
    OPT_STRING(F, unix_socket),
    .group = CONNECTION,
    .help = "Connect through this socket" },
  { .long_name = "interface",
    .metavar = "NAME",
    OPT_STRING(F, interface),
    .group = CONNECTION,
    .help = "Connect from this interface or address" },
  { .short_name = '4',
    .long_name = "ipv4",
    OPT_SET(F, ip, FETCH_IP_V4),
    .group = CONNECTION,
    .help = "IPv4 addresses only" },
  { .short_name = '6',
    .long_name = "ipv6",
    OPT_SET(F, ip, FETCH_IP_V6),
    .group = CONNECTION,
    .help = "IPv6 addresses only" },
  { .long_name = "http1.1",
    OPT_SET(F, http, FETCH_HTTP_1_1),
    .group = CONNECTION,
    .help = "HTTP/1.1 only" },
  { .long_name = "http2",
    OPT_SET(F, http, FETCH_HTTP_2),
    .group = CONNECTION,
    .help = "HTTP/2 where the server has it",
    .more = "By default: HTTP/2 over https, HTTP/1.1 over http." },
  { .long_name = "keepalive",
    OPT_FLAG(F, keepalive),
    .negatable = true,
    .initial = "true",
    .group = CONNECTION,
    .help = "TCP probes on idle connections" },

  { .long_name = "connect-timeout",
    .metavar = "D",
    OPT_DURATION(F, connect_timeout_ns),
    .initial = "10s",
    .group = TIMES,
    .help = "Time to connect, with name and handshake" },
  { .long_name = "first-byte-timeout",
    .metavar = "D",
    OPT_DURATION(F, first_byte_timeout_ns),
    .initial = "30s",
    .group = TIMES,
    .help = "From the request to the answer" },
  { .long_name = "stall-timeout",
    .metavar = "D",
    OPT_DURATION(F, stall_timeout_ns),
    .initial = "30s",
    .group = TIMES,
    .help = "Without a byte of the answer" },

  { .long_name = "retry-unsafe",
    OPT_FLAG(F, retry_unsafe),
    .group = RETRIES,
    .help = "Retry POST and PATCH too",
    .more = "Without it, only requests are repeated that may be sent twice: "
            "GET, HEAD, PUT, DELETE, OPTIONS, and any with an Idempotency-Key "
            "header." },
  { .long_name = "retry-after-max",
    .metavar = "D",
    OPT_DURATION(F, retry_after_max_ns),
    .initial = "120s",
    .group = RETRIES,
    .help = "Give up if Retry-After is longer" },

  { .short_name = 'o',
    .long_name = "output",
    .metavar = "TEMPLATE",
    OPT_STRING(F, output),
    .group = FILES,
    .help = "Name the files so",
    .more = "By default the last part of the URL's path." },
  { .long_name = "dir",
    .metavar = "DIR",
    OPT_STRING(F, dir),
    .group = FILES,
    .help = "Put the files below DIR" },
  { .long_name = "on-collision",
    OPT_CHOICE(F, on_collision, collision_words),
    .initial = "uniquify",
    .group = FILES,
    .help = "If there is a file of that name",
    .more = "uniquify writes name.1, name.2 and so on." },
  { .long_name = "discard",
    OPT_FLAG(F, discard),
    .group = FILES,
    .help = "Keep no bodies" },
  { .long_name = "ok-status",
    .metavar = "LIST",
    OPT_WORDS(F, ok_status),
    .check = is_status_range,
    .accepts = "a list of statuses such as 200-299,304 or 2xx,404",
    .initial = "200-399",
    .group = FILES,
    .help = "The statuses that are a success" },
  { .long_name = "fail-with-body",
    OPT_FLAG(F, fail_with_body),
    .group = FILES,
    .help = "Keep the body of a failure too" },
  { 0 },
};

static const struct opt_change fetch_changes[] = {
  { .long_name = "jobs", .help = "Run at most N transfers at once" },
  { .long_name = "retry-on",
    .initial = "timeout,dns,connect,reset,tls,partial,408,425,429,500,502-504,"
               "520-524",
    .check = is_retry_word,
    .accepts = "a list of timeout, dns, connect, reset, tls, partial, all, "
               "statuses such as 503, 520-524 or 5xx, or such a word after !",
    .more = "Words and statuses, such as 503, 520-524 or 5xx; all is all of "
            "them, and ! before a word takes it out again." },
  { 0 },
};

const struct opt_table fetch_tables[] = {
  { .rows = fetch_rows },
  { .rows = job_rows,
    .base = offsetof(struct fetch_opts, job),
    .changes = fetch_changes },
  { .rows = action_rows },
  { 0 },
};
