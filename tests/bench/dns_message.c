/* dns_message [N]: what reading and printing DNS messages costs.
 *
 * Does N rounds (2000000) of each kind of work and prints CPU nanoseconds a
 * round: a query built; the reply of one A record read, fitted to its query
 * and printed; the same with a CNAME and two AAAA; a record that goes through
 * ldns; and the first reply read and printed by ldns alone. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <ldns/ldns.h>

#include "async/dns_message.h"

static const unsigned char name[] = "\6n12345\5bench\4test";

static unsigned char query[ASYNC_DNS_QUERY_MAX], reply[512];
static size_t query_bytes, reply_bytes;

static void build(struct async_buf *out)
{
  static uint16_t id;
  struct async_dns_build what = { .name = name,
                                  .name_bytes = sizeof(name),
                                  .type = ASYNC_DNS_A,
                                  .id = id++,
                                  .flags = ASYNC_DNS_FLAG_RD,
                                  .edns = true };
  (void)out;
  query_bytes = (size_t)async_dns_build(&what, query, sizeof(query));
}

static void add_reply(const void *bytes, size_t len)
{
  memcpy(reply + reply_bytes, bytes, len);
  reply_bytes += len;
}

static void add_record(unsigned type, const void *data, size_t len)
{
  const unsigned char head[] = {
    0xc0, 12, (unsigned char)(type >> 8), (unsigned char)type, 0, 1, 0, 0, 1,
    44,   0,  (unsigned char)len
  };
  add_reply(head, sizeof(head));
  add_reply(data, len);
}

static void begin_reply(unsigned answers)
{
  build(NULL);
  reply_bytes = 0;
  add_reply(query, query_bytes - 11);
  reply[2] = 0x81;
  reply[3] = 0x80;
  reply[7] = (unsigned char)answers;
}

static void end_reply(void)
{
  add_reply(query + query_bytes - 11, 11);
}

static void make_one(void)
{
  begin_reply(1);
  add_record(ASYNC_DNS_A, "\300\0\2\1", 4);
  end_reply();
}

static void make_three(void)
{
  begin_reply(3);
  add_record(ASYNC_DNS_CNAME, "\3cdn\xc0\x13", 6);
  add_record(ASYNC_DNS_AAAA, "\40\1\r\270\0\0\0\0\0\0\0\0\0\0\0\1", 16);
  add_record(ASYNC_DNS_AAAA, "\40\1\r\270\0\1\0\2\0\3\0\4\0\5\0\6", 16);
  end_reply();
}

static void make_caa(void)
{
  begin_reply(1);
  add_record(257, "\0\5issueletsencrypt.org", 22);
  end_reply();
}

static void print(struct async_buf *out)
{
  struct async_dns_message message;
  struct async_dns_record record;
  char word[ASYNC_DNS_WORD_MAX];
  async_dns_message_read(&message, reply, reply_bytes);
  if (async_dns_message_fit(&message, query, query_bytes, false) !=
      ASYNC_DNS_FITS)
    abort();
  async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
  while (async_dns_record_next(&record)) {
    async_dns_record_owner_add(out, &record);
    async_buf_add_char(out, ' ');
    async_buf_add_str(out, async_dns_type_name(record.type, word));
    async_buf_add_char(out, ' ');
    async_dns_record_data_add(out, &record);
    async_buf_add_char(out, '\n');
  }
}

static void hash_set(struct async_buf *out)
{
  struct async_dns_message message;
  async_dns_message_read(&message, reply, reply_bytes);
  async_dns_message_set(out, &message, 0);
}

static void print_by_ldns(struct async_buf *out)
{
  ldns_pkt *packet;
  ldns_buffer *text = ldns_buffer_new(512);
  if (ldns_wire2pkt(&packet, reply, reply_bytes) != LDNS_STATUS_OK)
    abort();
  ldns_rr_list2buffer_str(text, ldns_pkt_answer(packet));
  async_buf_add(out, ldns_buffer_begin(text), ldns_buffer_position(text));
  ldns_buffer_free(text);
  ldns_pkt_free(packet);
}

static double cpu_ns(void)
{
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static void measure(const char *what, void (*run)(struct async_buf *out),
                    long rounds)
{
  struct async_buf out = ASYNC_BUF_INIT;
  double start = cpu_ns();
  for (long i = 0; i < rounds; i++) {
    async_buf_clear(&out);
    run(&out);
  }
  printf("%-36s %7.1f ns\n", what, (cpu_ns() - start) / (double)rounds);
  async_buf_done(&out);
}

int main(int argc, char **argv)
{
  long rounds = argc > 1 ? strtol(argv[1], NULL, 10) : 2000000;
  measure("build a query", build, rounds);
  make_one();
  measure("read, fit, print A", print, rounds);
  measure("read A as a set", hash_set, rounds);
  measure("ldns alone: read and print A", print_by_ldns, rounds / 4);
  make_three();
  measure("read, fit, print CNAME, 2 AAAA", print, rounds);
  make_caa();
  measure("read, fit, print CAA through ldns", print, rounds / 4);
  return 0;
}
