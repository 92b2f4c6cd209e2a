/* The sockets: those of the links (dns_fleet_socket.c, dns_fleet_out.c,
 * dns_fleet_in.c), and TCP connections (dns_fleet_tcp.c, dns_fleet_stream.c). */
#ifndef ASY_DNS_FLEET_WIRE_PRIV_H
#define ASY_DNS_FLEET_WIRE_PRIV_H

#include <sys/socket.h>

#include "net/dns_fleet_priv.h"

#ifndef __linux__
struct mmsghdr {
  struct msghdr msg_hdr;
  unsigned msg_len;
};
#endif

/* Reads all that has come. */
void asy_fleet_wire_read(struct asy_fleet_link *link);

/* An ICMP error came for something that was sent on this socket. If it is a
 * resolver's own, all of it went to the same place, and has failed. */
void asy_fleet_wire_refused(struct asy_fleet_link *link, int err);

/* Has the socket watched for what is waited for. */
void asy_fleet_socket_watch(struct asy_fleet_link *link);

/* Makes a new socket one of ours: not blocking, closed in children, bound to
 * where queries are to be sent from. Returns 0 or an error. */
int asy_fleet_socket_set_up(const struct async_dns_fleet *fleet, int fd,
                            int family);

/* Whether it has the id and the question of the ask. */
bool asy_fleet_is_reply(const struct async_dns_ask *ask,
                        const unsigned char *reply, size_t len);

/* A TCP connection. */
struct asy_fleet_stream {
  struct asy_fleet_resolver *resolver;
  struct async_list node; /* in resolver->streams */
  struct async_list idle; /* in fleet->idle, while nobody uses it */
  struct async_list asks; /* that wait for their replies */
  size_t in_flight;
  bool alone;              /* for one ask only */
  bool connected, running; /* running: its event is being dealt with */
  int fd, watched;
  uv_poll_t *poll;
  struct async_buf out, in;
};

/* Returns 0, ASYNC_ENOMEM, or the system's error. */
int asy_fleet_stream_open(struct asy_fleet_resolver *resolver, bool alone,
                          struct asy_fleet_stream **out);
void asy_fleet_stream_free(struct asy_fleet_stream *stream);

/* Has it sent. Returns 0 or ASYNC_ENOMEM. */
int asy_fleet_stream_put(struct asy_fleet_stream *stream,
                         struct async_dns_ask *ask);

/* After an ask has left it: it is kept or closed. Returns whether it is gone. */
bool asy_fleet_stream_settle(struct asy_fleet_stream *stream);

/* The connection failed: what was on it goes elsewhere or is lost. Frees it. */
void asy_fleet_stream_broke(struct asy_fleet_stream *stream, int rc);

#endif
