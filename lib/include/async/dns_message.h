/* async/dns_message.h (net): DNS messages: queries built, replies checked, read
 * and printed.
 *
 * A message is read in place and nothing is allocated but the text that is
 * asked for. Any bytes may come in: what cannot be read is reported, what can
 * is still there. Names in wire form are uncompressed, root label included. */
#ifndef ASYNC_DNS_MESSAGE_H
#define ASYNC_DNS_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "async/buf.h"
#include "async/dns.h"

#ifdef __cplusplus
extern "C" {
#endif

enum {
  ASYNC_DNS_NAME_MAX = 255,    /* bytes of a name in wire form */
  ASYNC_DNS_REVERSE_TEXT = 80, /* room for the reverse name of any address */
  ASYNC_DNS_QUERY_MAX = 1024,  /* room for a query with 700 bytes of options */
  ASYNC_DNS_WORD_MAX = 24      /* room for "CLASS65535" and the like */
};

/* The few types that code asks for by name; all others by number. */
enum {
  ASYNC_DNS_A = 1,
  ASYNC_DNS_NS = 2,
  ASYNC_DNS_CNAME = 5,
  ASYNC_DNS_SOA = 6,
  ASYNC_DNS_PTR = 12,
  ASYNC_DNS_MX = 15,
  ASYNC_DNS_TXT = 16,
  ASYNC_DNS_AAAA = 28,
  ASYNC_DNS_SRV = 33,
  ASYNC_DNS_DNAME = 39,
  ASYNC_DNS_OPT = 41,
  ASYNC_DNS_RRSIG = 46,
  ASYNC_DNS_SVCB = 64,
  ASYNC_DNS_HTTPS = 65,
  ASYNC_DNS_AXFR = 252,
  ASYNC_DNS_TYPE_ANY = 255
};

enum { ASYNC_DNS_IN = 1, ASYNC_DNS_CH = 3, ASYNC_DNS_HS = 4 };

enum {
  ASYNC_DNS_NOERROR,
  ASYNC_DNS_FORMERR,
  ASYNC_DNS_SERVFAIL,
  ASYNC_DNS_NXDOMAIN,
  ASYNC_DNS_NOTIMP,
  ASYNC_DNS_REFUSED,
  ASYNC_DNS_BADVERS = 16,
  ASYNC_DNS_BADCOOKIE = 23
};

/* Bits of the header's flags. */
enum {
  ASYNC_DNS_FLAG_QR = 0x8000,
  ASYNC_DNS_FLAG_AA = 0x0400,
  ASYNC_DNS_FLAG_TC = 0x0200,
  ASYNC_DNS_FLAG_RD = 0x0100,
  ASYNC_DNS_FLAG_RA = 0x0080,
  ASYNC_DNS_FLAG_AD = 0x0020,
  ASYNC_DNS_FLAG_CD = 0x0010
};

/* EDNS option codes. */
enum {
  ASYNC_DNS_OPTION_NSID = 3,
  ASYNC_DNS_OPTION_SUBNET = 8,
  ASYNC_DNS_OPTION_COOKIE = 10,
  ASYNC_DNS_OPTION_EDE = 15
};

/* ---- Names ---- */

/* Reads a name in presentation format; a missing final dot is no difference.
 *
 * out  at least ASYNC_DNS_NAME_MAX bytes
 *
 * Returns the bytes written, ASYNC_EINVAL (an empty label or text, a bad
 * escape) or ASYNC_ETOOLONG (a label over 63 bytes, a name over 255).
 * Source: RFC 1035 section 5.1 for \. and \DDD.
 */
int async_dns_name_parse(const char *text, size_t len, unsigned char *out);

/* Appends a name in presentation format, with its final dot.
 *
 * wire  a valid name, such as the calls here write
 */
void async_dns_name_add(struct async_buf *out, const unsigned char *wire);

/* The name under in-addr.arpa or ip6.arpa, as text with its final dot.
 *
 * out  ASYNC_DNS_REVERSE_TEXT bytes
 *
 * Returns its length.
 */
size_t async_dns_name_reverse(const struct async_dns_address *address,
                              char *out);

/* ---- Words for numbers ----
 *
 * The names return a static string, or `out` (ASYNC_DNS_WORD_MAX bytes) with
 * TYPE65280, CLASS32, RCODE17, OPCODE7 in it. The others return the number or
 * ASYNC_EINVAL; upper and lower case are the same. Source: RFC 3597. */
const char *async_dns_type_name(unsigned type, char *out);
int async_dns_type_parse(const char *text, size_t len);
const char *async_dns_class_name(unsigned klass, char *out);
int async_dns_class_parse(const char *text, size_t len);
const char *async_dns_rcode_name(unsigned rcode, char *out);
int async_dns_rcode_parse(const char *text, size_t len);
const char *async_dns_opcode_name(unsigned opcode, char *out);

/* What an extended error means, such as "Stale Answer"; "Unknown" if nobody
 * knows. Source: RFC 8914 and the registry it opened. */
const char *async_dns_ede_text(unsigned code);

/* ---- Queries ---- */

struct async_dns_build {
  const unsigned char *name; /* wire form */
  size_t name_bytes;
  uint16_t type;
  uint16_t klass; /* 0: IN */
  uint16_t id;    /* hard to guess */
  uint16_t flags; /* RD, CD, AD: bits of the header */

  bool edns;
  bool dnssec_ok;
  uint8_t edns_version;
  uint16_t udp_bytes;           /* 0: 1232 */
  const unsigned char *options; /* as async_dns_option_add writes them */
  size_t options_bytes;

  const uint64_t *case_bits; /* four random words mix the name's case (0x20);
                                NULL leaves it as it is */
};

/* Writes a query.
 *
 * out  ASYNC_DNS_QUERY_MAX bytes are enough for options of 700
 *
 * Returns its length, or ASYNC_ETOOLONG.
 * Source: RFC 1035, RFC 6891; draft-vixie-dnsext-dns0x20.
 */
int async_dns_build(const struct async_dns_build *build, unsigned char *out,
                    size_t room);

/* Appends one EDNS option in wire form; options of one query stand one behind
 * another in a buffer. An NSID request is empty, a cookie has 8 bytes of ours
 * and then the server's. len  at most 65535 */
void async_dns_option_add(struct async_buf *out, unsigned code,
                          const void *data, size_t len);

/* The client subnet option for "192.0.2.0/24", "2001:db8::/56", or an address;
 * "0" or "0.0.0.0/0" asks that none be used. Bits behind the prefix are sent as
 * 0. Returns 0 or ASYNC_EINVAL. Source: RFC 7871. */
int async_dns_option_add_subnet(struct async_buf *out, const char *text);

/* An option written as "N" or "N:HEX". Returns 0 or ASYNC_EINVAL. */
int async_dns_option_add_hex(struct async_buf *out, const char *text);

/* ---- Messages ---- */

enum async_dns_section {
  ASYNC_DNS_QUESTION,
  ASYNC_DNS_ANSWER,
  ASYNC_DNS_AUTHORITY,
  ASYNC_DNS_ADDITIONAL,
  ASYNC_DNS_SECTIONS
};

struct async_dns_message {
  const unsigned char *bytes; /* borrowed */
  size_t len;
  uint16_t id, flags;
  uint8_t opcode;
  uint16_t rcode;                      /* with the bits of EDNS */
  uint16_t counts[ASYNC_DNS_SECTIONS]; /* as the header says */
  uint16_t held[ASYNC_DNS_SECTIONS];   /* that are really there */
  size_t starts[ASYNC_DNS_SECTIONS];   /* where a section begins */
  size_t end;                          /* of what could be read */
  bool damaged;                        /* fewer held than counted */

  uint16_t type, klass; /* of the first question, if held */

  bool edns; /* and what the OPT record says: */
  bool dnssec_ok;
  uint8_t edns_version;
  uint16_t udp_bytes;
  size_t options, options_bytes;
};

/* Reads the header, the bounds of every record, and the OPT record.
 *
 * bytes  borrowed for as long as the message is looked at
 *
 * Returns 0, or ASYNC_EENCODING for less than a header (12 bytes), which leaves
 * a message without records.
 */
int async_dns_message_read(struct async_dns_message *message, const void *bytes,
                           size_t len);

enum async_dns_fit {
  ASYNC_DNS_FITS,
  ASYNC_DNS_SHORT,          /* no whole header, or no whole question */
  ASYNC_DNS_NOT_ANSWER,     /* a query, or of another opcode */
  ASYNC_DNS_OTHER_ID,       /* the id is not ours */
  ASYNC_DNS_OTHER_QUESTION, /* name, type or class are not ours */
  ASYNC_DNS_OTHER_CASE,     /* only the case of the name is not ours */
  ASYNC_DNS_DAMAGED         /* the records do not add up, and TC is not set */
};

/* Whether the message answers the query. An error without any question is an
 * answer, as servers send when they cannot read one.
 *
 * query       what was sent
 * exact_case  the name's case has to come back (0x20)
 */
enum async_dns_fit async_dns_message_fit(
    const struct async_dns_message *message, const unsigned char *query,
    size_t query_bytes, bool exact_case);

/* A stable word: "fits", "short", "not-answer", "other-id", "other-question",
 * "other-case", "malformed". */
const char *async_dns_fit_name(enum async_dns_fit fit);

/* Appends the name of the first question as text; nothing if there is none. */
void async_dns_message_question_add(struct async_buf *out,
                                    const struct async_dns_message *message);

/* ---- Records ---- */

struct async_dns_record {
  const struct async_dns_message *message;
  size_t owner; /* where the name is */
  uint16_t type, klass;
  uint32_t ttl;
  size_t data; /* where the rdata is */
  uint16_t data_bytes;
  uint16_t left; /* this and the next: the iterator's */
  size_t next;
};

/* Goes through one section, questions excepted:
 *   async_dns_record_begin(&record, &message, ASYNC_DNS_ANSWER);
 *   while (async_dns_record_next(&record))
 * The OPT record is among the additional ones. */
void async_dns_record_begin(struct async_dns_record *record,
                            const struct async_dns_message *message,
                            enum async_dns_section section);
bool async_dns_record_next(struct async_dns_record *record);

/* Appends the owner's name as text, final dot included. */
void async_dns_record_owner_add(struct async_buf *out,
                                const struct async_dns_record *record);

/* Appends the rdata in presentation format; types nobody knows, and rdata that
 * does not fit its type, in the form `\# 4 c0000201`.
 *
 * Returns 0, ASYNC_EENCODING if the rdata does not fit its type, or ASYNC_ENOMEM.
 * Source: RFC 1035 section 5, RFC 3597 section 5.
 */
int async_dns_record_data_add(struct async_buf *out,
                              const struct async_dns_record *record);

/* Appends a line of a zone file: owner, TTL, class, type and rdata with tabs
 * between them, and a newline. Returns as async_dns_record_data_add does. */
int async_dns_record_line_add(struct async_buf *out,
                              const struct async_dns_record *record);

/* The owner, or the one name in the rdata of CNAME, NS, PTR, DNAME, MX, SRV, in
 * wire form.
 *
 * out  ASYNC_DNS_NAME_MAX bytes
 *
 * Return its length; the second 0 for other types and for rdata that does not
 * fit.
 */
size_t async_dns_record_owner(const struct async_dns_record *record,
                              unsigned char *out);
size_t async_dns_record_target(const struct async_dns_record *record,
                               unsigned char *out);

/* The address of an A or AAAA record of class IN. Returns whether it is one. */
bool async_dns_record_address(const struct async_dns_record *record,
                              struct async_dns_address *out);

struct async_dns_soa {
  uint32_t serial, refresh, retry, expire, minimum;
};

/* The numbers of an SOA record. Returns whether it is one. */
bool async_dns_record_soa(const struct async_dns_record *record,
                          struct async_dns_soa *out);

/* ---- EDNS options of a reply ---- */

struct async_dns_option {
  uint16_t code;
  uint16_t len;
  const unsigned char *data; /* NULL before the first */
};

#define ASYNC_DNS_OPTION_INIT                                                  \
  {                                                                            \
    0, 0, NULL                                                                 \
  }

/* Goes on to the next option, from ASYNC_DNS_OPTION_INIT to the first. */
bool async_dns_option_next(const struct async_dns_message *message,
                           struct async_dns_option *option);

/* The extended error: its code, and its text in UTF-8, which may be empty and
 * lives as long as the message. Returns whether the option is one. */
bool async_dns_option_ede(const struct async_dns_option *option, unsigned *code,
                          const char **text, size_t *len);

struct async_dns_subnet {
  struct async_dns_address address;
  uint8_t source, scope; /* prefix lengths */
};

/* Whether the option is a client subnet, and which. */
bool async_dns_option_subnet(const struct async_dns_option *option,
                             struct async_dns_subnet *out);

/* ---- Whole messages ---- */

/* Appends the message as dig shows one, each line ended; damaged messages end
 * with a line that says so. Returns 0, ASYNC_EENCODING if some of it could not
 * be read, or ASYNC_ENOMEM. */
int async_dns_message_add(struct async_buf *out,
                          const struct async_dns_message *message);

enum {
  ASYNC_DNS_SET_NO_OWNER = 1, /* answers of different names may be equal */
  ASYNC_DNS_SET_NO_RRSIG = 2  /* servers sign at different times */
};

/* Writes the answer section as a set: bytes that are equal whenever the records
 * are, whatever their order, their TTLs, the case and compression of names, and
 * repetition. Compare with memcmp, hash with async_hash_bytes.
 *
 * out    emptied first
 * flags  ASYNC_DNS_SET_*
 *
 * Returns 0 or ASYNC_ENOMEM.
 * Source: RFC 4034 section 6.
 */
int async_dns_message_set(struct async_buf *out,
                          const struct async_dns_message *message,
                          unsigned flags);

#ifdef __cplusplus
}
#endif
#endif
