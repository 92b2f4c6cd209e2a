/* The sockets of the links: dns_fleet_socket.c, dns_fleet_out.c and
 * dns_fleet_in.c. */
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

#endif
