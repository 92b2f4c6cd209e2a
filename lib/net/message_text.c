#include <arpa/inet.h>
#include <sys/socket.h>

#include "async/error.h"
#include "net/message_priv.h"

/* ---- Records ---- */

void async_dns_record_owner_add(struct async_buf *out,
                                const struct async_dns_record *record)
{
  asy_message_name_text(out, record->message->bytes, record->message->len,
                        record->owner);
}

static void add_class_and_type(struct async_buf *out, unsigned klass,
                               unsigned type)
{
  char word[ASYNC_DNS_WORD_MAX];
  async_buf_add_str(out, async_dns_class_name(klass, word));
  async_buf_add_char(out, '\t');
  async_buf_add_str(out, async_dns_type_name(type, word));
}

int async_dns_record_line_add(struct async_buf *out,
                              const struct async_dns_record *record)
{
  async_dns_record_owner_add(out, record);
  async_buf_add_char(out, '\t');
  async_buf_add_uint(out, record->ttl);
  async_buf_add_char(out, '\t');
  add_class_and_type(out, record->klass, record->type);
  async_buf_add_char(out, '\t');
  int err = async_dns_record_data_add(out, record);
  async_buf_add_char(out, '\n');
  return out->err < 0 ? out->err : err;
}

/* ---- Header ---- */

static void add_flags(struct async_buf *out, unsigned flags)
{
  static const struct {
    unsigned bit;
    const char *name;
  } names[] = {
    { ASYNC_DNS_FLAG_QR, " qr" }, { ASYNC_DNS_FLAG_AA, " aa" },
    { ASYNC_DNS_FLAG_TC, " tc" }, { ASYNC_DNS_FLAG_RD, " rd" },
    { ASYNC_DNS_FLAG_RA, " ra" }, { ASYNC_DNS_FLAG_AD, " ad" },
    { ASYNC_DNS_FLAG_CD, " cd" },
  };
  for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    if (flags & names[i].bit)
      async_buf_add_str(out, names[i].name);
}

static void add_header(struct async_buf *out,
                       const struct async_dns_message *message)
{
  static const char *const names[ASYNC_DNS_SECTIONS] = {
    "; QUERY: ", ", ANSWER: ", ", AUTHORITY: ", ", ADDITIONAL: "
  };
  char word[ASYNC_DNS_WORD_MAX];
  async_buf_add_str(out, ";; ->>HEADER<<- opcode: ");
  async_buf_add_str(out, async_dns_opcode_name(message->opcode, word));
  async_buf_add_str(out, ", status: ");
  async_buf_add_str(out, async_dns_rcode_name(message->rcode, word));
  async_buf_add_str(out, ", id: ");
  async_buf_add_uint(out, message->id);
  async_buf_add_str(out, "\n;; flags:");
  add_flags(out, message->flags);
  for (int i = 0; i < ASYNC_DNS_SECTIONS; i++) {
    async_buf_add_str(out, names[i]);
    async_buf_add_uint(out, message->counts[i]);
  }
  async_buf_add_char(out, '\n');
}

/* ---- EDNS ---- */

/* Bytes from elsewhere, made harmless for a terminal. */
static void add_printable(struct async_buf *out, const unsigned char *bytes,
                          size_t len)
{
  for (size_t i = 0; i < len; i++)
    async_buf_add_char(out, bytes[i] >= ' ' && bytes[i] <= '~' ? (char)bytes[i]
                                                               : '.');
}

static void add_nsid(struct async_buf *out,
                     const struct async_dns_option *option)
{
  async_buf_add_str(out, "; NSID: ");
  asy_message_hex(out, option->data, option->len);
  async_buf_add_str(out, " (\"");
  add_printable(out, option->data, option->len);
  async_buf_add_str(out, "\")");
}

static void add_subnet(struct async_buf *out,
                       const struct async_dns_subnet *subnet)
{
  char text[INET6_ADDRSTRLEN];
  async_buf_add_str(out, "; CLIENT-SUBNET: ");
  async_buf_add_str(out, async_dns_address_text(&subnet->address, text));
  async_buf_add_char(out, '/');
  async_buf_add_uint(out, subnet->source);
  async_buf_add_char(out, '/');
  async_buf_add_uint(out, subnet->scope);
}

static void add_other(struct async_buf *out,
                      const struct async_dns_option *option)
{
  if (option->code == ASYNC_DNS_OPTION_COOKIE) {
    async_buf_add_str(out, "; COOKIE: ");
  } else {
    async_buf_add_str(out, "; OPT=");
    async_buf_add_uint(out, option->code);
    async_buf_add_str(out, ": ");
  }
  asy_message_hex(out, option->data, option->len);
}

static void add_option(struct async_buf *out,
                       const struct async_dns_option *option)
{
  struct async_dns_subnet subnet;
  const char *text;
  unsigned code;
  size_t len;
  if (async_dns_option_ede(option, &code, &text, &len)) {
    async_buf_add_str(out, "; EDE: ");
    async_buf_add_uint(out, code);
    async_buf_add_str(out, " (");
    async_buf_add_str(out, async_dns_ede_text(code));
    async_buf_add_str(out, len ? "): (" : ")");
    add_printable(out, (const unsigned char *)text, len);
    async_buf_add_str(out, len ? ")" : "");
  } else if (async_dns_option_subnet(option, &subnet)) {
    add_subnet(out, &subnet);
  } else if (option->code == ASYNC_DNS_OPTION_NSID) {
    add_nsid(out, option);
  } else {
    add_other(out, option);
  }
  async_buf_add_char(out, '\n');
}

static void add_edns(struct async_buf *out,
                     const struct async_dns_message *message)
{
  struct async_dns_option option = ASYNC_DNS_OPTION_INIT;
  async_buf_add_str(out, "\n;; OPT PSEUDOSECTION:\n; EDNS: version: ");
  async_buf_add_uint(out, message->edns_version);
  async_buf_add_str(out, message->dnssec_ok ? ", flags: do" : ", flags:");
  async_buf_add_str(out, "; udp: ");
  async_buf_add_uint(out, message->udp_bytes);
  async_buf_add_char(out, '\n');
  while (async_dns_option_next(message, &option))
    add_option(out, &option);
}

/* ---- Sections ---- */

void async_dns_message_question_add(struct async_buf *out,
                                    const struct async_dns_message *message)
{
  if (message->held[ASYNC_DNS_QUESTION])
    asy_message_name_text(out, message->bytes, message->len,
                          ASY_MESSAGE_HEADER);
}

static void add_questions(struct async_buf *out,
                          const struct async_dns_message *message)
{
  size_t at = ASY_MESSAGE_HEADER;
  async_buf_add_str(out, "\n;; QUESTION SECTION:\n");
  for (int i = 0; i < message->held[ASYNC_DNS_QUESTION]; i++, at += 4) {
    async_buf_add_char(out, ';');
    at = asy_message_name_text(out, message->bytes, message->len, at);
    async_buf_add_char(out, '\t');
    add_class_and_type(out, asy_message_u16(message->bytes + at + 2),
                       asy_message_u16(message->bytes + at));
    async_buf_add_char(out, '\n');
  }
}

/* The OPT record is shown above the sections. */
static bool is_the_opt(const struct async_dns_record *record)
{
  return record->message->edns && record->data == record->message->options;
}

static int add_section(struct async_buf *out,
                       const struct async_dns_message *message, int section)
{
  static const char *const names[ASYNC_DNS_SECTIONS] = {
    NULL, "\n;; ANSWER SECTION:\n", "\n;; AUTHORITY SECTION:\n",
    "\n;; ADDITIONAL SECTION:\n"
  };
  struct async_dns_record record;
  const char *title = names[section];
  int err = 0;
  async_dns_record_begin(&record, message, (enum async_dns_section)section);
  while (async_dns_record_next(&record)) {
    if (is_the_opt(&record))
      continue;
    async_buf_add_str(out, title);
    title = "";
    int line_err = async_dns_record_line_add(out, &record);
    err = line_err < 0 ? line_err : err;
  }
  return err;
}

int async_dns_message_add(struct async_buf *out,
                          const struct async_dns_message *message)
{
  int err = message->damaged ? ASYNC_EENCODING : 0;
  add_header(out, message);
  if (message->edns)
    add_edns(out, message);
  if (message->held[ASYNC_DNS_QUESTION])
    add_questions(out, message);
  for (int i = ASYNC_DNS_ANSWER; i < ASYNC_DNS_SECTIONS; i++) {
    int section_err = add_section(out, message, i);
    err = section_err < 0 ? section_err : err;
  }
  if (message->damaged)
    async_buf_add_str(out, "\n;; the message is malformed: the rest of it"
                           " could not be read\n");
  return out->err < 0 ? out->err : err;
}
