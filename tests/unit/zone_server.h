/* zone_server.h: a DNS server on loopback, in a process of its own, that has
 * the rows of a table.
 *
 *   { "www.x.test", "A", "192.0.2.1 192.0.2.2" }     two records
 *   { "lb.x.test", "A", "192.0.2.1|192.0.2.2" }      in turn
 *   { "*.x.test", "CNAME", "=.cdn.test" }            = is the first label
 *   { "x.test", "SOA", "7" }                         the serial
 *   { "sick.x.test", "RCODE", "SERVFAIL" }           or REFUSED, or DROP
 *
 * A name without a row gets those of the nearest wildcard above it, or
 * NXDOMAIN. Aliases are followed within the table. */
#ifndef ZONE_SERVER_H
#define ZONE_SERVER_H

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "async/dns_message.h"
#include "tap.h"

struct zone_row {
  const char *name, *type, *data; /* names without the final dot */
};

enum { ZONE_SERVER_LOG = 4096 };

/* In memory that the processes share. */
struct zone_server {
  char address[32];            /* with its port */
  const struct zone_row *rows; /* a NULL name ends them */
  bool authoritative;
  atomic_int queries;
  unsigned turn;

  int fd;
  pid_t pid;
  char log[ZONE_SERVER_LOG][80]; /* "name TYPE rd" */
};

struct zone_exchange {
  struct zone_server *server;
  char name[256], type[ASYNC_DNS_WORD_MAX];
  struct async_buf reply;
  unsigned rcode, answers, authorities;
  bool dropped;
};

static inline void zone_put16(struct async_buf *out, unsigned value)
{
  async_buf_add_char(out, (char)(value >> 8));
  async_buf_add_char(out, (char)value);
}

static inline void zone_put_name(struct async_buf *out, const char *text)
{
  unsigned char wire[ASYNC_DNS_NAME_MAX];
  int bytes = async_dns_name_parse(text, strlen(text), wire);
  CHECK(bytes > 0);
  async_buf_add(out, wire, (size_t)bytes);
}

static inline void zone_put_data(struct async_buf *out, int type,
                                 const char *text)
{
  unsigned char address[16];
  switch (type) {
  case ASYNC_DNS_A:
    CHECK_INT(inet_pton(AF_INET, text, address), 1);
    async_buf_add(out, address, 4);
    return;
  case ASYNC_DNS_AAAA:
    CHECK_INT(inet_pton(AF_INET6, text, address), 1);
    async_buf_add(out, address, 16);
    return;
  case ASYNC_DNS_SOA:
    zone_put_name(out, "ns.test");
    zone_put_name(out, "admin.test");
    zone_put16(out, 0);
    zone_put16(out, (unsigned)strtoul(text, NULL, 10));
    async_buf_add(out, "\0\0\1\0\0\0\1\0\0\0\1\0\0\0\1", 16);
    return;
  case ASYNC_DNS_TXT:
    async_buf_add_char(out, (char)strlen(text));
    async_buf_add_str(out, text);
    return;
  default: /* NS, CNAME, PTR */
    zone_put_name(out, text);
  }
}

static inline void zone_put_record(struct zone_exchange *x, const char *owner,
                                   const char *type, const char *data)
{
  struct async_buf rdata = ASYNC_BUF_INIT;
  int number = async_dns_type_parse(type, strlen(type));
  zone_put_data(&rdata, number, data);
  zone_put_name(&x->reply, owner);
  zone_put16(&x->reply, (unsigned)number);
  zone_put16(&x->reply, ASYNC_DNS_IN);
  zone_put16(&x->reply, 0);
  zone_put16(&x->reply, 300);
  zone_put16(&x->reply, (unsigned)rdata.len);
  async_buf_add(&x->reply, rdata.data, rdata.len);
  async_buf_done(&rdata);
}

/* One of those between bars, in turn. */
static inline void zone_take_turn(struct zone_server *server, const char *data,
                                  char *out, size_t size)
{
  unsigned count = 1;
  for (const char *at = data; *at; at++)
    count += *at == '|';
  for (unsigned turn = strchr(data, '|') ? server->turn++ % count : 0; turn > 0;
       turn--)
    data = strchr(data, '|') + 1;
  snprintf(out, size, "%.*s", (int)strcspn(data, "|"), data);
}

static inline void zone_put_row(struct zone_exchange *x, const char *owner,
                                const struct zone_row *row)
{
  char data[256], one[512];
  char *rest = data;
  zone_take_turn(x->server, row->data, data, sizeof(data));
  for (char *word; (word = strsep(&rest, " ")) != NULL; x->answers++) {
    snprintf(one, sizeof(one), "%.*s%s",
             *word == '=' ? (int)strcspn(owner, ".") : 0, owner,
             *word == '=' ? word + 1 : word);
    zone_put_record(x, owner, row->type, one);
  }
}

/* The name that has the rows for another: itself, or a wildcard; NULL: none. */
static inline const char *zone_find(const struct zone_server *server,
                                    const char *name)
{
  const struct zone_row *row;
  const char *above = name;
  for (row = server->rows; row->name; row++)
    if (strcasecmp(row->name, name) == 0)
      return row->name;
  while ((above = strchr(above, '.')) != NULL) {
    for (row = server->rows; row->name; row++)
      if (row->name[0] == '*' && strcasecmp(row->name + 1, above) == 0)
        return row->name;
    above++;
  }
  return NULL;
}

static inline const struct zone_row *zone_row_of(
    const struct zone_server *server, const char *name, const char *type)
{
  for (const struct zone_row *row = server->rows; row->name; row++)
    if (strcasecmp(row->name, name) == 0 && strcmp(row->type, type) == 0)
      return row;
  return NULL;
}

/* Why there is no answer: the nearest SOA record above. */
static inline void zone_put_authority(struct zone_exchange *x)
{
  for (const char *at = x->name; at; at = strchr(at, '.')) {
    at += *at == '.';
    const struct zone_row *row = zone_row_of(x->server, at, "SOA");
    if (row) {
      zone_put_record(x, at, "SOA", row->data);
      x->authorities++;
      return;
    }
  }
}

static inline void zone_look_up(struct zone_exchange *x)
{
  char name[256];
  snprintf(name, sizeof(name), "%s", x->name);
  for (int links = 0; links < 8; links++) {
    const char *owner = zone_find(x->server, name);
    const struct zone_row *row =
        owner ? zone_row_of(x->server, owner, "RCODE") : NULL;
    if (!owner || row) {
      x->dropped = row && strcmp(row->data, "DROP") == 0;
      x->rcode =
          x->dropped ? 0
          : row ? (unsigned)async_dns_rcode_parse(row->data, strlen(row->data))
                : ASYNC_DNS_NXDOMAIN;
      return;
    }
    row = zone_row_of(x->server, owner, x->type);
    const struct zone_row *alias = zone_row_of(x->server, owner, "CNAME");
    if (row || !alias) {
      if (row)
        zone_put_row(x, name, row);
      return;
    }
    zone_put_row(x, name, alias);
    char target[256];
    snprintf(target, sizeof(target), "%.*s%s",
             alias->data[0] == '=' ? (int)strcspn(name, ".") : 0, name,
             alias->data + (alias->data[0] == '='));
    memcpy(name, target, sizeof(name));
  }
}

static inline void zone_finish(struct zone_exchange *x,
                               const unsigned char *query, size_t question)
{
  unsigned char *head;
  CHECK_INT(x->reply.err, 0);
  head = (unsigned char *)x->reply.data;
  memcpy(head, query, question);
  head[2] = (unsigned char)(0x80 | (query[2] & 1) |
                            (x->server->authoritative ? 4 : 0));
  head[3] = (unsigned char)(0x80 | x->rcode);
  memset(head + 6, 0, 6);
  head[7] = (unsigned char)x->answers;
  head[9] = (unsigned char)x->authorities;
}

static inline void zone_serve(struct zone_server *server,
                              const unsigned char *query, size_t len,
                              const struct sockaddr_in *from)
{
  struct zone_exchange x = { .server = server, .reply = ASYNC_BUF_INIT };
  struct async_dns_message message;
  struct async_buf name = ASYNC_BUF_INIT;
  char word[ASYNC_DNS_WORD_MAX];
  CHECK_INT(async_dns_message_read(&message, query, len), 0);
  async_dns_message_question_add(&name, &message);
  snprintf(x.name, sizeof(x.name), "%.*s",
           (int)(name.len > 1 ? name.len - 1 : name.len), name.data);
  snprintf(x.type, sizeof(x.type), "%s",
           async_dns_type_name(message.type, word));
  size_t question = message.starts[ASYNC_DNS_ANSWER];
  async_buf_add(&x.reply, query, question);
  int place = atomic_fetch_add(&server->queries, 1);
  if (place < ZONE_SERVER_LOG)
    snprintf(server->log[place], sizeof(server->log[place]), "%.60s %.10s %s",
             x.name, x.type, query[2] & 1 ? "rd" : "");
  zone_look_up(&x);
  if (x.answers == 0)
    zone_put_authority(&x);
  zone_finish(&x, query, question);
  if (!x.dropped)
    sendto(server->fd, x.reply.data, x.reply.len, 0,
           (const struct sockaddr *)from, sizeof(*from));
  async_buf_done(&x.reply);
  async_buf_done(&name);
}

static inline void zone_server_main(struct zone_server *server)
{
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) {
    unsigned char query[1500];
    struct sockaddr_in from;
    socklen_t from_len = sizeof(from);
    ssize_t len = recvfrom(server->fd, query, sizeof(query), 0,
                           (struct sockaddr *)&from, &from_len);
    if (len > 12)
      zone_serve(server, query, (size_t)len, &from);
  }
}

/* Whether the port was free. *port: 0 takes any, and is set to it. */
static inline bool zone_server_start(struct zone_server *server,
                                     const char *address, int *port,
                                     const struct zone_row *rows)
{
  struct sockaddr_in addr = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)*port) };
  socklen_t len = sizeof(addr);
  memset(server, 0, sizeof(*server));
  server->rows = rows;
  server->authoritative = true;
  server->fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  CHECK_INT(inet_pton(AF_INET, address, &addr.sin_addr), 1);
  if (bind(server->fd, (struct sockaddr *)&addr, sizeof(addr)) < 0) {
    close(server->fd);
    return false;
  }
  CHECK_INT(getsockname(server->fd, (struct sockaddr *)&addr, &len), 0);
  *port = ntohs(addr.sin_port);
  snprintf(server->address, sizeof(server->address), "%s:%d", address, *port);
  pid_t pid = fork();
  CHECK(pid >= 0);
  if (pid == 0)
    zone_server_main(server);
  server->pid = pid;
  return true;
}

static inline void zone_server_stop(struct zone_server *server)
{
  CHECK(server->pid > 0);
  kill(server->pid, SIGKILL);
  waitpid(server->pid, NULL, 0);
  close(server->fd);
}

#endif
