/* dns_sample.h: DNS messages for tests: made by ldns from zone file lines, or
 * byte by byte. */
#ifndef DNS_SAMPLE_H
#define DNS_SAMPLE_H

#include <ldns/ldns.h>

#include "async/dns_message.h"
#include "tap.h"

struct sample {
  unsigned char bytes[65535];
  size_t len;
};

static inline ldns_rr *sample_rr(const char *line)
{
  ldns_rr *rr = NULL;
  ldns_status status = ldns_rr_new_frm_str(&rr, line, 0, NULL, NULL);
  if (status != LDNS_STATUS_OK)
    fprintf(stderr, "# %s: %s\n", line, ldns_get_errorstr_by_id(status));
  CHECK_INT(status, LDNS_STATUS_OK);
  return rr;
}

static inline ldns_pkt *sample_packet(const char *question, ldns_rr_type type)
{
  ldns_pkt *packet = ldns_pkt_query_new(ldns_dname_new_frm_str(question), type,
                                        LDNS_RR_CLASS_IN, LDNS_RD);
  CHECK(packet != NULL);
  ldns_pkt_set_id(packet, 0x1234);
  ldns_pkt_set_qr(packet, true);
  ldns_pkt_set_ra(packet, true);
  return packet;
}

/* Frees the packet. */
static inline void sample_finish(struct sample *sample, ldns_pkt *packet)
{
  uint8_t *wire = NULL;
  CHECK_INT(ldns_pkt2wire(&wire, packet, &sample->len), LDNS_STATUS_OK);
  memcpy(sample->bytes, wire, sample->len);
  free(wire);
  ldns_pkt_free(packet);
}

/* A reply to a question for www.example.com with these answers, names
 * compressed. */
static inline void sample_answers(struct sample *sample, ldns_rr_type type,
                                  const char *const *lines, size_t count)
{
  ldns_pkt *packet = sample_packet("www.example.com.", type);
  for (size_t i = 0; i < count; i++)
    ldns_pkt_push_rr(packet, LDNS_SECTION_ANSWER, sample_rr(lines[i]));
  sample_finish(sample, packet);
}

static inline void sample_answer(struct sample *sample, const char *line)
{
  ldns_rr *rr = sample_rr(line);
  ldns_rr_type type = ldns_rr_get_type(rr);
  ldns_rr_free(rr);
  sample_answers(sample, type, &line, 1);
}

/* Appends bytes; for messages that no library would write. */
static inline void sample_add(struct sample *sample, const void *bytes,
                              size_t len)
{
  CHECK(len <= sizeof(sample->bytes) - sample->len);
  memcpy(sample->bytes + sample->len, bytes, len);
  sample->len += len;
}

static inline void sample_add16(struct sample *sample, unsigned value)
{
  unsigned char bytes[2] = { (unsigned char)(value >> 8),
                             (unsigned char)value };
  sample_add(sample, bytes, 2);
}

static inline void sample_header(struct sample *sample, unsigned flags,
                                 unsigned questions, unsigned answers,
                                 unsigned authorities, unsigned additionals)
{
  sample->len = 0;
  sample_add16(sample, 0x1234);
  sample_add16(sample, flags);
  sample_add16(sample, questions);
  sample_add16(sample, answers);
  sample_add16(sample, authorities);
  sample_add16(sample, additionals);
}

/* A record whose owner is the question's name. */
static inline void sample_record(struct sample *sample, unsigned type,
                                 const void *data, size_t len)
{
  sample_add16(sample, 0xc00c);
  sample_add16(sample, type);
  sample_add16(sample, 1);
  sample_add16(sample, 0);
  sample_add16(sample, 60);
  sample_add16(sample, (unsigned)len);
  sample_add(sample, data, len);
}

static inline void sample_question(struct sample *sample, unsigned type)
{
  sample_add(sample, "\3www\7example\3com", 17);
  sample_add16(sample, type);
  sample_add16(sample, 1);
}

/* The message in a block of exactly its size, so that a read past it is seen.
 * Freed by the caller. */
static inline unsigned char *sample_copy(const struct sample *sample)
{
  unsigned char *copy = malloc(sample->len ? sample->len : 1);
  CHECK(copy != NULL);
  memcpy(copy, sample->bytes, sample->len);
  return copy;
}

#endif
