#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <ldns/ldns.h>

#include "async/error.h"
#include "net/message_priv.h"

struct word {
  unsigned number;
  const char *name;
};

/* Types newer than the oldest ldns we build with, left out of it, or named
 * wrongly by a later one (1.8.4 takes WALLET for TXT). */
static const struct word types[] = {
  { 56, "NINFO" },   { 57, "RKEY" },  { 66, "DSYNC" },     { 128, "NXNAME" },
  { 258, "AVC" },    { 259, "DOA" },  { 260, "AMTRELAY" }, { 261, "RESINFO" },
  { 262, "WALLET" }, { 32768, "TA" }, { 32769, "DLV" },    { 0, NULL },
};

static const struct word classes[] = {
  { 1, "IN" },     { 3, "CH" },    { 4, "HS" },
  { 254, "NONE" }, { 255, "ANY" }, { 0, NULL },
};

static const struct word rcodes[] = {
  { 0, "NOERROR" },  { 1, "FORMERR" }, { 2, "SERVFAIL" },  { 3, "NXDOMAIN" },
  { 4, "NOTIMP" },   { 5, "REFUSED" }, { 6, "YXDOMAIN" },  { 7, "YXRRSET" },
  { 8, "NXRRSET" },  { 9, "NOTAUTH" }, { 10, "NOTZONE" },  { 11, "DSOTYPENI" },
  { 16, "BADVERS" }, { 17, "BADKEY" }, { 18, "BADTIME" },  { 19, "BADMODE" },
  { 20, "BADNAME" }, { 21, "BADALG" }, { 22, "BADTRUNC" }, { 23, "BADCOOKIE" },
  { 4, "NOTIMPL" },  { 16, "BADSIG" }, { 0, NULL },
};

static const struct word opcodes[] = {
  { 0, "QUERY" },  { 1, "IQUERY" }, { 2, "STATUS" }, { 4, "NOTIFY" },
  { 5, "UPDATE" }, { 6, "DSO" },    { 0, NULL },
};

static const struct word errors[] = {
  { 0, "Other" },
  { 1, "Unsupported DNSKEY Algorithm" },
  { 2, "Unsupported DS Digest Type" },
  { 3, "Stale Answer" },
  { 4, "Forged Answer" },
  { 5, "DNSSEC Indeterminate" },
  { 6, "DNSSEC Bogus" },
  { 7, "Signature Expired" },
  { 8, "Signature Not Yet Valid" },
  { 9, "DNSKEY Missing" },
  { 10, "RRSIGs Missing" },
  { 11, "No Zone Key Bit Set" },
  { 12, "NSEC Missing" },
  { 13, "Cached Error" },
  { 14, "Not Ready" },
  { 15, "Blocked" },
  { 16, "Censored" },
  { 17, "Filtered" },
  { 18, "Prohibited" },
  { 19, "Stale NXDomain Answer" },
  { 20, "Not Authoritative" },
  { 21, "Not Supported" },
  { 22, "No Reachable Authority" },
  { 23, "Network Error" },
  { 24, "Invalid Data" },
  { 25, "Signature Expired before Valid" },
  { 26, "Too Early" },
  { 27, "Unsupported NSEC3 Iterations Value" },
  { 28, "Unable to conform to policy" },
  { 29, "Synthesized" },
  { 0, NULL },
};

/* ---- Tables ---- */

static const char *name_of(const struct word *words, unsigned number)
{
  for (; words->name; words++)
    if (words->number == number)
      return words->name;
  return NULL;
}

static bool equals(const char *name, const char *text, size_t len)
{
  return len && (name[0] | 0x20) == (text[0] | 0x20) && strlen(name) == len &&
         strncasecmp(name, text, len) == 0;
}

static int number_of(const struct word *words, const char *text, size_t len)
{
  for (; words->name; words++)
    if (equals(words->name, text, len))
      return (int)words->number;
  return ASYNC_EINVAL;
}

/* The number in TYPE65280 and the like. */
static int generic(const char *prefix, const char *text, size_t len, int most)
{
  size_t skip = strlen(prefix);
  int number = 0;
  if (len <= skip || strncasecmp(text, prefix, skip) != 0)
    return ASYNC_EINVAL;
  for (size_t i = skip; i < len; i++) {
    if (text[i] < '0' || text[i] > '9')
      return ASYNC_EINVAL;
    number = number * 10 + (text[i] - '0');
    if (number > most)
      return ASYNC_EINVAL;
  }
  return number;
}

static const char *word(const char *name, const char *prefix, unsigned number,
                        char *out)
{
  if (name)
    return name;
  snprintf(out, ASYNC_DNS_WORD_MAX, "%s%u", prefix, number);
  return out;
}

/* ---- Types ---- */

/* The types that ldns names without describing them. */
static const struct word questions[] = {
  { 249, "TKEY" },  { 250, "TSIG" },  { 251, "IXFR" }, { 252, "AXFR" },
  { 253, "MAILB" }, { 254, "MAILA" }, { 255, "ANY" },  { 0, NULL },
};

static const char *described(unsigned type)
{
  const ldns_rr_descriptor *found = ldns_rr_descript((uint16_t)type);
  const char *name =
      found && ldns_rr_descript(0) != found ? found->_name : NULL;
  return name && strncmp(name, "TYPE", 4) != 0 ? name : NULL;
}

const char *async_dns_type_name(unsigned type, char *out)
{
  switch (type) { /* the most of them, soonest */
  case ASYNC_DNS_A:
    return "A";
  case ASYNC_DNS_AAAA:
    return "AAAA";
  case ASYNC_DNS_CNAME:
    return "CNAME";
  default:;
  }
  const char *name = name_of(questions, type);
  if (!name)
    name = name_of(types, type);
  if (!name)
    name = described(type);
  return word(name, "TYPE", type, out);
}

/* ldns' own search takes what begins like a name for it, and is a long one. */
static int described_number(const char *text, size_t len)
{
  for (unsigned type = 1; type < LDNS_RDATA_FIELD_DESCRIPTORS_COMMON; type++) {
    const char *name = described(type);
    if (name && equals(name, text, len))
      return (int)type;
  }
  return ASYNC_EINVAL;
}

int async_dns_type_parse(const char *text, size_t len)
{
  int number = described_number(text, len);
  if (number < 0)
    number = number_of(questions, text, len);
  if (number < 0)
    number = number_of(types, text, len);
  return number < 0 ? generic("TYPE", text, len, 65535) : number;
}

/* ---- The others ---- */

const char *async_dns_class_name(unsigned klass, char *out)
{
  return word(name_of(classes, klass), "CLASS", klass, out);
}

int async_dns_class_parse(const char *text, size_t len)
{
  int number = number_of(classes, text, len);
  return number < 0 ? generic("CLASS", text, len, 65535) : number;
}

const char *async_dns_rcode_name(unsigned rcode, char *out)
{
  return word(name_of(rcodes, rcode), "RCODE", rcode, out);
}

int async_dns_rcode_parse(const char *text, size_t len)
{
  int number = number_of(rcodes, text, len);
  return number < 0 ? generic("RCODE", text, len, 4095) : number;
}

const char *async_dns_opcode_name(unsigned opcode, char *out)
{
  return word(name_of(opcodes, opcode), "OPCODE", opcode, out);
}

const char *async_dns_ede_text(unsigned code)
{
  const char *text = name_of(errors, code);
  return text ? text : "Unknown";
}
