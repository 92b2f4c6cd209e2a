#include "net/message_priv.h"

static const struct asy_message_layout layouts[] = {
  { ASYNC_DNS_NS, 0, 0, 1 },
  { 3, 0, 0, 1 }, /* MD */
  { 4, 0, 0, 1 }, /* MF */
  { ASYNC_DNS_CNAME, 0, 0, 1 },
  { ASYNC_DNS_SOA, 0, 0, 2 },
  { 7, 0, 0, 1 }, /* MB */
  { 8, 0, 0, 1 }, /* MG */
  { 9, 0, 0, 1 }, /* MR */
  { ASYNC_DNS_PTR, 0, 0, 1 },
  { 14, 0, 0, 2 }, /* MINFO */
  { ASYNC_DNS_MX, 2, 0, 1 },
  { 17, 0, 0, 2 },  /* RP */
  { 18, 2, 0, 1 },  /* AFSDB */
  { 21, 2, 0, 1 },  /* RT */
  { 24, 18, 0, 1 }, /* SIG */
  { 26, 2, 0, 2 },  /* PX */
  { ASYNC_DNS_SRV, 6, 0, 1 },
  { 35, 4, 3, 1 }, /* NAPTR */
  { 36, 2, 0, 1 }, /* KX */
  { ASYNC_DNS_DNAME, 0, 0, 1 },
  { ASYNC_DNS_RRSIG, 18, 0, 1 },
  { 47, 0, 0, 1 }, /* NSEC */
  { 58, 0, 0, 2 }, /* TALINK */
  { ASYNC_DNS_SVCB, 2, 0, 1 },
  { ASYNC_DNS_HTTPS, 2, 0, 1 },
  { 107, 2, 0, 1 }, /* LP */
};

const struct asy_message_layout *asy_message_layout_of(unsigned type)
{
  for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++)
    if (layouts[i].type == type)
      return &layouts[i];
  return NULL;
}

size_t asy_message_names_at(const unsigned char *bytes, size_t at, size_t end,
                            const struct asy_message_layout *layout)
{
  if (end - at < layout->skip)
    return end;
  at += layout->skip;
  for (int i = 0; i < layout->strings && at < end; i++)
    at += bytes[at] + 1u;
  return at < end ? at : end;
}

bool asy_message_names_fit(const struct async_dns_record *record)
{
  const struct asy_message_layout *layout = asy_message_layout_of(record->type);
  const unsigned char *bytes = record->message->bytes;
  size_t at = record->data, end = at + record->data_bytes;
  if (!layout)
    return true;
  at = asy_message_names_at(bytes, at, end, layout);
  for (int i = 0; i < layout->names && at; i++)
    at = asy_message_name_skip(bytes, end, at);
  return at != 0;
}
