#include "async/tcp.h"

#include "async/error.h"
#include "io/socket_priv.h"

int async_tcp_connect_addr(struct async_stream **out,
                           const struct async_addr *addr)
{
  return asy_socket_connect(out, addr);
}

int async_tcp_listen(struct async_listener **out, const char *address,
                     uint16_t port)
{
  struct async_addr addr;
  int err = async_addr_parse(&addr, address, port);
  return err < 0 ? err : asy_socket_listen(out, &addr);
}
