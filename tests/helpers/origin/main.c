/* origin: the tests' server. See ../README.md. */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "async/error.h"
#include "async/listener.h"
#include "async/loop.h"
#include "async/serve.h"
#include "async/tcp.h"
#include "async/time.h"
#include "async/unix.h"
#include "origin.h"

enum { CONNECTIONS_MOST = 60000 };

struct config {
  const char *address, *port_file, *log_path, *unix_path;
  uint16_t port;
  int64_t drain_ns;
};

struct server {
  const struct config *config;
  struct origin origin;
  struct async_listener *listener;
};

static int complain(const char *what, int err)
{
  fprintf(stderr, "origin: %s: %s\n", what, async_err_text(err));
  return err;
}

/* A reader sees the whole file or none. */
static int write_port_file(const char *path, unsigned port)
{
  char temporary[4096];
  snprintf(temporary, sizeof(temporary), "%s.new", path);
  FILE *file = fopen(temporary, "we");
  if (!file)
    return -errno;
  bool ok = fprintf(file, "%u\n", port) > 0;
  ok = fclose(file) == 0 && ok;
  return ok && rename(temporary, path) == 0 ? 0 : -EIO;
}

static int listen_as_told(const struct config *config,
                          struct async_listener **out)
{
  int err;
  if (config->unix_path)
    err = async_unix_listen(out, config->unix_path);
  else
    err = async_tcp_listen(out, config->address, config->port);
  return err < 0 ? complain("cannot listen", err) : 0;
}

static int announce(const struct config *config,
                    const struct async_listener *listener)
{
  unsigned port = async_listener_port(listener);
  printf("%u\n", port);
  fflush(stdout);
  int err = config->port_file ? write_port_file(config->port_file, port) : 0;
  return err < 0 ? complain(config->port_file, err) : 0;
}

static int run(void *arg)
{
  struct server *server = arg;
  const struct config *config = server->config;
  struct async_listener *listener;
  int err = listen_as_told(config, &listener);
  if (err < 0)
    return err;
  err = announce(config, listener);
  if (err < 0) {
    async_listener_close(listener);
    return err;
  }
  const struct async_serve_opts opts = {
    .max_connections = CONNECTIONS_MOST,
    .drain_ns = config->drain_ns,
  };
  return async_serve(listener, serve_connection, &server->origin, &opts, NULL);
}

static int open_log(struct origin *origin, const char *path)
{
  origin->log_path = path;
  if (!path)
    return 0;
  origin->log = fopen(path, "ae");
  return origin->log ? 0 : complain(path, -errno);
}

/* A connection needs a descriptor. */
static void raise_limit(void)
{
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
}

static int serve(const struct config *config)
{
  struct server server = { .config = config };
  struct async_run_opts opts = { .signals = true, .grace_ns = 5 * ASYNC_SEC };
  raise_limit();
  server.origin.start_ns = async_clock_ns();
  if (open_log(&server.origin, config->log_path) < 0)
    return EXIT_FAILURE;
  int err = async_run(run, &server, &opts);
  free_keys(&server.origin);
  if (server.origin.log)
    fclose(server.origin.log);
  return err < 0 && err != ASYNC_ECANCELED ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int usage(FILE *out)
{
  fputs("usage: origin [--address A] [--port N] [--port-file FILE]"
        " [--unix PATH]\n"
        "              [--log FILE] [--drain DURATION]\n"
        "An HTTP server for tests: its paths are in tests/helpers/README.md.\n"
        "Prints its port (0, the default: a free one) and runs until"
        " SIGTERM.\n",
        out);
  return out == stdout ? EXIT_SUCCESS : 2;
}

enum {
  OPTION_ADDRESS = 1,
  OPTION_PORT,
  OPTION_PORT_FILE,
  OPTION_LOG,
  OPTION_UNIX,
  OPTION_DRAIN,
  OPTION_HELP
};

static const struct option options[] = {
  { "address", required_argument, NULL, OPTION_ADDRESS },
  { "port", required_argument, NULL, OPTION_PORT },
  { "port-file", required_argument, NULL, OPTION_PORT_FILE },
  { "log", required_argument, NULL, OPTION_LOG },
  { "unix", required_argument, NULL, OPTION_UNIX },
  { "drain", required_argument, NULL, OPTION_DRAIN },
  { "help", no_argument, NULL, OPTION_HELP },
  { NULL, 0, NULL, 0 },
};

static bool set_port(struct config *config, const char *text)
{
  int64_t port = parse_size(text);
  config->port = (uint16_t)port;
  return port >= 0 && port <= UINT16_MAX;
}

static bool set_drain(struct config *config, const char *text)
{
  config->drain_ns = parse_duration(text);
  return config->drain_ns > 0;
}

static bool set_option(struct config *config, int option, const char *value)
{
  switch (option) {
  case OPTION_ADDRESS:
    config->address = value;
    return true;
  case OPTION_PORT:
    return set_port(config, value);
  case OPTION_PORT_FILE:
    config->port_file = value;
    return true;
  case OPTION_LOG:
    config->log_path = value;
    return true;
  case OPTION_UNIX:
    config->unix_path = value;
    return true;
  case OPTION_DRAIN:
    return set_drain(config, value);
  default:
    return false;
  }
}

int main(int argc, char **argv)
{
  struct config config = { .address = "127.0.0.1", .drain_ns = 200 * ASYNC_MS };
  int option;
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == OPTION_HELP)
      return usage(stdout);
    if (!set_option(&config, option, optarg))
      return usage(stderr);
  }
  return optind < argc ? usage(stderr) : serve(&config);
}
