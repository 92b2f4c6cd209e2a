#include <string.h>

#include "async/error.h"
#include "net/message_priv.h"

enum {
  QUESTION_FIXED = 4, /* type and class */
  RECORD_FIXED = 10   /* and TTL and the length of the rdata */
};

/* ---- Bounds ---- */

static bool skip_question(struct async_dns_message *message, size_t *pos)
{
  size_t at = asy_message_name_skip(message->bytes, message->len, *pos);
  if (!at || message->len - at < QUESTION_FIXED)
    return false;
  if (!message->held[ASYNC_DNS_QUESTION]) {
    message->type = asy_message_u16(message->bytes + at);
    message->klass = asy_message_u16(message->bytes + at + 2);
  }
  *pos = at + QUESTION_FIXED;
  return true;
}

/* The OPT record says what it says in the fields of other records. */
static void take_opt(struct async_dns_message *message, size_t at, size_t bytes)
{
  const unsigned char *fixed = message->bytes + at;
  message->edns = true;
  message->udp_bytes = asy_message_u16(fixed + 2);
  message->rcode = (uint16_t)(message->rcode | fixed[4] << 4);
  message->edns_version = fixed[5];
  message->dnssec_ok = fixed[6] & 0x80;
  message->options = at + RECORD_FIXED;
  message->options_bytes = bytes;
}

/* Most owners are a pointer to the question's name, which was read. */
static size_t skip_owner(const struct async_dns_message *message, size_t pos)
{
  const unsigned char *bytes = message->bytes + pos;
  bool is_asked = message->held[ASYNC_DNS_QUESTION] > 0 &&
                  message->len - pos >= 2 && bytes[0] == ASY_MESSAGE_POINTER &&
                  bytes[1] == ASY_MESSAGE_HEADER;
  return is_asked ? pos + 2
                  : asy_message_name_skip(message->bytes, message->len, pos);
}

static bool skip_record(struct async_dns_message *message, size_t *pos,
                        int section)
{
  const unsigned char *bytes = message->bytes;
  size_t at = skip_owner(message, *pos);
  if (!at || message->len - at < RECORD_FIXED)
    return false;
  size_t data_bytes = asy_message_u16(bytes + at + 8);
  if (message->len - at - RECORD_FIXED < data_bytes)
    return false;
  if (asy_message_u16(bytes + at) == ASYNC_DNS_OPT && bytes[*pos] == 0 &&
      section == ASYNC_DNS_ADDITIONAL && !message->edns)
    take_opt(message, at, data_bytes);
  *pos = at + RECORD_FIXED + data_bytes;
  return true;
}

static void read_header(struct async_dns_message *message)
{
  const unsigned char *bytes = message->bytes;
  message->id = asy_message_u16(bytes);
  message->flags = asy_message_u16(bytes + 2);
  message->opcode = (message->flags >> 11) & 15;
  message->rcode = message->flags & 15;
  for (int i = 0; i < ASYNC_DNS_SECTIONS; i++)
    message->counts[i] = asy_message_u16(bytes + 4 + 2 * i);
}

static bool skip_section(struct async_dns_message *message, size_t *pos,
                         int section)
{
  while (message->held[section] < message->counts[section]) {
    if (!(section == ASYNC_DNS_QUESTION ? skip_question(message, pos)
                                        : skip_record(message, pos, section)))
      return false;
    message->held[section]++;
  }
  return true;
}

int async_dns_message_read(struct async_dns_message *message, const void *bytes,
                           size_t len)
{
  *message = (struct async_dns_message){ .bytes = bytes, .len = len };
  if (len < ASY_MESSAGE_HEADER) {
    message->damaged = true;
    return ASYNC_EENCODING;
  }
  read_header(message);
  size_t pos = ASY_MESSAGE_HEADER;
  for (int section = 0; section < ASYNC_DNS_SECTIONS; section++) {
    message->starts[section] = pos;
    if (!message->damaged)
      message->damaged = !skip_section(message, &pos, section);
  }
  message->end = pos;
  return 0;
}

/* ---- Iteration ---- */

void async_dns_record_begin(struct async_dns_record *record,
                            const struct async_dns_message *message,
                            enum async_dns_section section)
{
  *record = (struct async_dns_record){ .message = message,
                                       .left = message->held[section],
                                       .next = message->starts[section] };
}

/* Reading the message has proved every bound already. */
bool async_dns_record_next(struct async_dns_record *record)
{
  const struct async_dns_message *message = record->message;
  if (record->left == 0)
    return false;
  size_t at = asy_message_name_end(message->bytes, record->next);
  const unsigned char *fixed = message->bytes + at;
  record->owner = record->next;
  record->type = asy_message_u16(fixed);
  record->klass = asy_message_u16(fixed + 2);
  record->ttl = asy_message_u32(fixed + 4);
  record->data_bytes = asy_message_u16(fixed + 8);
  record->data = at + RECORD_FIXED;
  record->next = record->data + record->data_bytes;
  record->left--;
  return true;
}

/* ---- Does it fit? ---- */

/* Length bytes are below 'A', so names in wire form compare byte by byte. */
static bool equal_but_case(const unsigned char *a, const unsigned char *b,
                           size_t len)
{
  for (size_t i = 0; i < len; i++)
    if (asy_message_lower(a[i]) != asy_message_lower(b[i]))
      return false;
  return true;
}

static enum async_dns_fit fit_question(const struct async_dns_message *message,
                                       const unsigned char *question,
                                       size_t bytes, bool exact_case)
{
  const unsigned char *echo = message->bytes + ASY_MESSAGE_HEADER;
  size_t name_bytes = bytes - QUESTION_FIXED;
  if (message->len - ASY_MESSAGE_HEADER < bytes)
    return ASYNC_DNS_OTHER_QUESTION;
  if (memcmp(echo, question, bytes) == 0)
    return ASYNC_DNS_FITS;
  if (memcmp(echo + name_bytes, question + name_bytes, QUESTION_FIXED) != 0 ||
      !equal_but_case(echo, question, name_bytes))
    return ASYNC_DNS_OTHER_QUESTION;
  return exact_case ? ASYNC_DNS_OTHER_CASE : ASYNC_DNS_FITS;
}

/* An error that repeats no question, and gives no records either. */
static bool is_bare_error(const struct async_dns_message *message)
{
  return message->counts[ASYNC_DNS_QUESTION] == 0 &&
         message->rcode != ASYNC_DNS_NOERROR &&
         message->rcode != ASYNC_DNS_NXDOMAIN &&
         message->counts[ASYNC_DNS_ANSWER] == 0 &&
         message->counts[ASYNC_DNS_AUTHORITY] == 0;
}

static enum async_dns_fit fit_body(const struct async_dns_message *message,
                                   const unsigned char *query,
                                   size_t query_bytes, bool exact_case)
{
  if (message->counts[ASYNC_DNS_QUESTION] == 0)
    return is_bare_error(message) ? ASYNC_DNS_FITS : ASYNC_DNS_OTHER_QUESTION;
  if (message->held[ASYNC_DNS_QUESTION] == 0)
    return ASYNC_DNS_SHORT;
  size_t name_end =
      asy_message_name_skip(query, query_bytes, ASY_MESSAGE_HEADER);
  if (message->counts[ASYNC_DNS_QUESTION] > 1 || !name_end ||
      query_bytes - name_end < QUESTION_FIXED)
    return ASYNC_DNS_OTHER_QUESTION;
  return fit_question(message, query + ASY_MESSAGE_HEADER,
                      name_end + QUESTION_FIXED - ASY_MESSAGE_HEADER,
                      exact_case);
}

enum async_dns_fit async_dns_message_fit(
    const struct async_dns_message *message, const unsigned char *query,
    size_t query_bytes, bool exact_case)
{
  if (message->len < ASY_MESSAGE_HEADER || query_bytes < ASY_MESSAGE_HEADER)
    return ASYNC_DNS_SHORT;
  if (message->id != asy_message_u16(query))
    return ASYNC_DNS_OTHER_ID;
  if (!(message->flags & ASYNC_DNS_FLAG_QR) ||
      message->opcode != ((query[2] >> 3) & 15))
    return ASYNC_DNS_NOT_ANSWER;
  enum async_dns_fit fit = fit_body(message, query, query_bytes, exact_case);
  if (fit == ASYNC_DNS_FITS && message->damaged &&
      !(message->flags & ASYNC_DNS_FLAG_TC))
    return ASYNC_DNS_DAMAGED;
  return fit;
}

const char *async_dns_fit_name(enum async_dns_fit fit)
{
  static const char *const names[] = {
    [ASYNC_DNS_FITS] = "fits",
    [ASYNC_DNS_SHORT] = "short",
    [ASYNC_DNS_NOT_ANSWER] = "not-answer",
    [ASYNC_DNS_OTHER_ID] = "other-id",
    [ASYNC_DNS_OTHER_QUESTION] = "other-question",
    [ASYNC_DNS_OTHER_CASE] = "other-case",
    [ASYNC_DNS_DAMAGED] = "malformed",
  };
  return names[fit];
}
