#include <ldns/ldns.h>

#include "async/error.h"
#include "net/message_priv.h"

static int error_of(ldns_status status)
{
  if (status == LDNS_STATUS_OK)
    return 0;
  return status == LDNS_STATUS_MEM_ERR ? ASYNC_ENOMEM : ASYNC_EENCODING;
}

/* ldns ends some fields with a space, and begins others with one. */
static void add_field(struct async_buf *out, const char *text, size_t len)
{
  while (len > 0 && text[len - 1] == ' ')
    len--;
  while (len > 0 && text[0] == ' ') {
    text++;
    len--;
  }
  if (len == 0)
    return;
  async_buf_add_char(out, ' ');
  async_buf_add(out, text, len);
}

/* Names are ours to write: ldns leaves " as it is, which a zone file cannot
 * have there. */
static void add_name(struct async_buf *out, const ldns_rdf *name)
{
  async_buf_add_char(out, ' ');
  asy_message_name_text(out, ldns_rdf_data(name), ldns_rdf_size(name), 0);
}

static int add_fields(struct async_buf *out, const ldns_rr *rr,
                      ldns_buffer *text)
{
  for (size_t i = 0; i < ldns_rr_rd_count(rr); i++) {
    const ldns_rdf *field = ldns_rr_rdf(rr, i);
    if (ldns_rdf_get_type(field) == LDNS_RDF_TYPE_DNAME) {
      add_name(out, field);
      continue;
    }
    ldns_buffer_clear(text);
    int err = error_of(ldns_rdf2buffer_str(text, field));
    if (err < 0)
      return err;
    add_field(out, (const char *)ldns_buffer_begin(text),
              ldns_buffer_position(text));
  }
  return 0;
}

static bool may_be_empty(const ldns_rr *rr)
{
  uint16_t type = (uint16_t)ldns_rr_get_type(rr);
  return ldns_rr_descriptor_minimum(ldns_rr_descript(type)) == 0;
}

static int add_record(struct async_buf *out, const ldns_rr *rr)
{
  ldns_buffer *text = ldns_buffer_new(LDNS_MIN_BUFLEN);
  if (!text)
    return ASYNC_ENOMEM;
  size_t before = out->len;
  int err = add_fields(out, rr, text);
  ldns_buffer_free(text);
  if (err == 0 && out->err == 0) {
    if (out->len == before)
      return may_be_empty(rr) ? 0 : ASYNC_EENCODING;
    /* Each field brought a space: the first is one too many. */
    memmove(out->data + before, out->data + before + 1, out->len - before - 1);
    out->len--;
  }
  return err;
}

int asy_message_ldns(struct async_buf *out,
                     const struct async_dns_record *record)
{
  if (!asy_message_names_fit(record)) /* ldns follows pointers for too long */
    return ASYNC_EENCODING;
  ldns_rr *rr = NULL;
  size_t at = record->owner, end = record->data + record->data_bytes;
  int err = error_of(
      ldns_wire2rr(&rr, record->message->bytes, end, &at, LDNS_SECTION_ANSWER));
  if (err < 0)
    return err;
  err = at == end ? add_record(out, rr) : ASYNC_EENCODING;
  ldns_rr_free(rr);
  return err;
}
