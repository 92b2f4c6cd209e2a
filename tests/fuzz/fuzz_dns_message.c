/* Any bytes can be read as a message, printed, compared and fitted; what is
 * printed is clean, and what was read stays within the bytes. */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "async/dns_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool condition)
{
  if (!condition)
    abort();
}

/* No byte of the message reaches a terminal as a control character. */
static void check_text(const struct async_buf *out)
{
  for (size_t i = 0; i < out->len; i++) {
    unsigned char c = (unsigned char)out->data[i];
    must((c >= ' ' && c <= '~') || c == '\t' || c == '\n');
  }
}

/* A name as text is the same name again. */
static void check_name(const unsigned char *wire, size_t bytes)
{
  unsigned char again[ASYNC_DNS_NAME_MAX];
  struct async_buf text = ASYNC_BUF_INIT;
  async_dns_name_add(&text, wire);
  must(async_dns_name_parse(text.data, text.len, again) == (int)bytes);
  must(memcmp(again, wire, bytes) == 0);
  async_buf_done(&text);
}

static void look_at_records(const struct async_dns_message *message,
                            int section)
{
  struct async_dns_record record;
  struct async_dns_address address;
  struct async_dns_soa soa;
  unsigned char name[ASYNC_DNS_NAME_MAX];
  unsigned records = 0;
  async_dns_record_begin(&record, message, (enum async_dns_section)section);
  for (; async_dns_record_next(&record); records++) {
    size_t bytes = async_dns_record_owner(&record, name);
    must(bytes > 0 && record.data + record.data_bytes <= message->end);
    check_name(name, bytes);
    bytes = async_dns_record_target(&record, name);
    if (bytes)
      check_name(name, bytes);
    async_dns_record_address(&record, &address);
    async_dns_record_soa(&record, &soa);
  }
  must(records == message->held[section]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
  struct async_dns_message message;
  struct async_dns_option option = ASYNC_DNS_OPTION_INIT;
  struct async_buf out = ASYNC_BUF_INIT;
  async_dns_message_read(&message, data, size);
  must(message.end <= size);
  async_dns_message_fit(&message, data, size, true);
  for (int i = ASYNC_DNS_ANSWER; i < ASYNC_DNS_SECTIONS; i++)
    look_at_records(&message, i);
  while (async_dns_option_next(&message, &option))
    must(option.data + option.len <= data + size);
  async_dns_message_add(&out, &message);
  check_text(&out);
  must(async_dns_message_set(&out, &message, 0) == 0);
  async_buf_done(&out);
  return 0;
}
