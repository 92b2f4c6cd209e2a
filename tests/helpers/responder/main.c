/* responder: the tests' DNS server. See ../README.md. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include "async/error.h"
#include "async/listener.h"
#include "async/loop.h"
#include "async/serve.h"
#include "async/shutdown.h"
#include "async/tcp.h"
#include "async/time.h"
#include "async/udp.h"
#include "responder.h"

enum { PORT_TRIES = 100, CONNECTIONS_MOST = 10000, RCVBUF = 64 << 20 };

struct config {
  const char *address, *port_file, *log_path;
  uint16_t port;
  bool no_udp, no_tcp;
  int rcvbuf;
};

struct server {
  struct config config;
  struct responder responder;
  struct async_listener *listener;
};

static int complain(const char *what, int err)
{
  fprintf(stderr, "responder: %s: %s\n", what, async_err_text(err));
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

static int announce(const struct config *config, unsigned port)
{
  printf("%u\n", port);
  fflush(stdout);
  int err = config->port_file ? write_port_file(config->port_file, port) : 0;
  return err < 0 ? complain(config->port_file, err) : 0;
}

/* Sockets: UDP and TCP on one port. */

static void set_buffer(const struct config *config, int fd)
{
  int bytes = config->rcvbuf;
#ifdef SO_RCVBUFFORCE
  if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) == 0)
    return;
#endif
  setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

static void close_all(struct server *server)
{
  async_udp_close(server->responder.socket);
  async_udp_close(server->responder.other);
  async_listener_close(server->listener);
  server->responder.socket = server->responder.other = NULL;
  server->listener = NULL;
}

static int open_at(struct server *server, uint16_t port)
{
  const struct config *config = &server->config;
  struct responder *responder = &server->responder;
  int err = async_udp_open(&responder->socket, config->address, port);
  if (err == 0)
    err = async_udp_open(&responder->other, config->address, 0);
  if (err < 0)
    return err;
  port = async_addr_port(async_udp_addr(responder->socket));
  if (!config->no_tcp)
    err = async_tcp_listen(&server->listener, config->address, port);
  return err;
}

static int open_all(struct server *server)
{
  const struct config *config = &server->config;
  int err = -EADDRINUSE;
  for (int i = 0; err == -EADDRINUSE && i < PORT_TRIES; i++) {
    close_all(server);
    err = open_at(server, config->port);
    if (config->port)
      break;
  }
  if (err < 0)
    return complain("cannot listen", err);
  set_buffer(config, async_udp_fd(server->responder.socket));
  return 0;
}

/* Serving. */

static int serve_connections(void *arg)
{
  struct server *server = arg;
  const struct async_serve_opts opts = {
    .max_connections = CONNECTIONS_MOST,
    .drain_ns = 100 * ASYNC_MS,
  };
  struct async_listener *listener = server->listener;
  server->listener = NULL; /* given */
  return async_serve(listener, serve_tcp, &server->responder, &opts, NULL);
}

static int serve_all(struct server *server)
{
  struct async_group group;
  async_group_open(&group, ASYNC_GROUP_FAIL_FAST);
  int err = 0;
  if (!server->config.no_udp)
    err = async_spawn(&group, serve_udp, &server->responder);
  if (err == 0 && server->listener)
    err = async_spawn(&group, serve_connections, server);
  if (err == 0)
    err = async_shutdown_wait();
  async_group_cancel(&group);
  async_group_close(&group);
  return err;
}

static int run(void *arg)
{
  struct server *server = arg;
  int err = open_all(server);
  if (err == 0)
    err = announce(&server->config,
                   async_addr_port(async_udp_addr(server->responder.socket)));
  if (err == 0)
    err = serve_all(server);
  close_all(server);
  return err;
}

static int serve(struct server *server)
{
  const char *path = server->config.log_path;
  struct responder *responder = &server->responder;
  struct async_run_opts opts = { .signals = true, .grace_ns = ASYNC_SEC };
  responder->start_ns = async_clock_ns();
  if (path) {
    responder->log = fopen(path, "ae");
    if (!responder->log)
      return complain(path, -errno) ? EXIT_FAILURE : 0;
  }
  int err = async_run(run, server, &opts);
  if (responder->log)
    fclose(responder->log);
  return err < 0 && err != ASYNC_ECANCELED ? EXIT_FAILURE : EXIT_SUCCESS;
}

/* Options. */

static int usage(FILE *out)
{
  fputs("usage: responder [--address A] [--port N] [--port-file FILE]"
        " [--log FILE]\n"
        "                 [--always RULE]... [--every RULE=N]..."
        " [--answer ADDRESS]...\n"
        "                 [--no-udp] [--no-tcp] [--rcvbuf BYTES]\n"
        "A DNS server for tests: its rules are in tests/helpers/README.md.\n"
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
  OPTION_ALWAYS,
  OPTION_EVERY,
  OPTION_ANSWER,
  OPTION_NO_UDP,
  OPTION_NO_TCP,
  OPTION_RCVBUF,
  OPTION_HELP
};

static const struct option options[] = {
  { "address", required_argument, NULL, OPTION_ADDRESS },
  { "port", required_argument, NULL, OPTION_PORT },
  { "port-file", required_argument, NULL, OPTION_PORT_FILE },
  { "log", required_argument, NULL, OPTION_LOG },
  { "always", required_argument, NULL, OPTION_ALWAYS },
  { "every", required_argument, NULL, OPTION_EVERY },
  { "answer", required_argument, NULL, OPTION_ANSWER },
  { "no-udp", no_argument, NULL, OPTION_NO_UDP },
  { "no-tcp", no_argument, NULL, OPTION_NO_TCP },
  { "rcvbuf", required_argument, NULL, OPTION_RCVBUF },
  { "help", no_argument, NULL, OPTION_HELP },
  { NULL, 0, NULL, 0 },
};

static bool parse_number(const char *text, long most, long *out)
{
  char *end;
  errno = 0;
  *out = strtol(text, &end, 10);
  return end != text && *end == '\0' && errno == 0 && *out >= 0 && *out <= most;
}

static bool set_always(struct responder *responder, const char *text)
{
  enum rule rule;
  uint32_t number;
  if (!parse_rule(text, strlen(text), &rule, &number))
    return false;
  responder->always.set |= 1u << rule;
  responder->always.number[rule] = number;
  return true;
}

static bool set_every(struct responder *responder, const char *text)
{
  const char *equals = strchr(text, '=');
  enum rule rule;
  uint32_t number;
  long every;
  if (!equals || !parse_number(equals + 1, INT32_MAX, &every) ||
      !parse_rule(text, (size_t)(equals - text), &rule, &number))
    return false;
  responder->every[rule] = (uint32_t)every;
  responder->always.number[rule] = number;
  return true;
}

static bool set_answer(struct responder *responder, const char *text)
{
  return inet_pton(AF_INET, text, &responder->answer4) == 1 ||
         inet_pton(AF_INET6, text, &responder->answer6) == 1;
}

static bool set_option(struct server *server, int option, const char *value)
{
  struct config *config = &server->config;
  long number = 0;
  switch (option) {
  case OPTION_ADDRESS:
    config->address = value;
    return true;
  case OPTION_PORT:
    if (!parse_number(value, UINT16_MAX, &number))
      return false;
    config->port = (uint16_t)number;
    return true;
  case OPTION_PORT_FILE:
    config->port_file = value;
    return true;
  case OPTION_LOG:
    config->log_path = value;
    return true;
  case OPTION_ALWAYS:
    return set_always(&server->responder, value);
  case OPTION_EVERY:
    return set_every(&server->responder, value);
  case OPTION_ANSWER:
    return set_answer(&server->responder, value);
  case OPTION_NO_UDP:
    return config->no_udp = true;
  case OPTION_NO_TCP:
    return config->no_tcp = true;
  case OPTION_RCVBUF:
    if (!parse_number(value, INT32_MAX, &number))
      return false;
    config->rcvbuf = (int)number;
    return true;
  default:
    return false;
  }
}

int main(int argc, char **argv)
{
  static struct server server = {
    .config = { .address = "127.0.0.1", .rcvbuf = RCVBUF },
  };
  int option;
  set_answer(&server.responder, "192.0.2.1");
  set_answer(&server.responder, "2001:db8::1");
  while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
    if (option == OPTION_HELP)
      return usage(stdout);
    if (!set_option(&server, option, optarg))
      return usage(stderr);
  }
  return optind < argc ? usage(stderr) : serve(&server);
}
