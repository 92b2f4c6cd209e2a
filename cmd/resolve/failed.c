#include "resolve/failed.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"

/* "www.example.com. MX @udp://192.0.2.1:53" */
static void add_question(const struct resolve_client *client,
                         const struct resolve_question *question,
                         struct async_buf *out)
{
  char word[ASYNC_DNS_WORD_MAX];
  if (question->name[0] > 0 && question->name[1] == '#')
    async_buf_add_char(out, '\\'); /* or the line would be a comment */
  async_dns_name_add(out, question->name);
  async_buf_add_char(out, ' ');
  async_buf_add_str(out, async_dns_type_name(question->type, word));
  if (question->resolver == ASYNC_DNS_ANY)
    return;
  async_buf_add_str(out, " @");
  async_buf_add_str(
      out, async_dns_fleet_text(client->fleet, (size_t)question->resolver));
}

/* Says in the entry's own fields which of its questions it was. */
static int set_question(json_t *fields, const struct resolve_item *item)
{
  const struct resolve_question *question = &item->question;
  const char *type = item->item.entry.is_record ? "qtype" : "type";
  struct async_buf name = ASYNC_BUF_INIT;
  char word[ASYNC_DNS_WORD_MAX];
  async_dns_name_add(&name, question->name);
  const char *text = async_buf_str(&name);
  int err = text ? json_object_set_new(fields, "name", json_string(text)) : -1;
  async_buf_done(&name);
  if (err == 0)
    err = json_object_set_new(
        fields, type, json_string(async_dns_type_name(question->type, word)));
  return err;
}

static void add_fields(const struct resolve_item *item, struct async_buf *out)
{
  json_t *fields = json_copy(item->item.entry.fields);
  int err = fields ? 0 : -1;
  if (err == 0 && item->one_of_many)
    err = set_question(fields, item);
  char *text = err == 0 ? json_dumps(fields, JSON_COMPACT) : NULL;
  if (text)
    async_buf_add_str(out, text);
  else
    out->err = ASYNC_ENOMEM;
  free(text);
  json_decref(fields);
}

/* Entries that end with a NUL byte may have in them what ends a line. */
static bool is_line(const struct job_entry *entry)
{
  return entry->text_len == 0 ||
         (entry->text[0] != '#' && !memchr(entry->text, '\n', entry->text_len));
}

void resolve_failed_add(struct resolve_client *client,
                        const struct resolve_item *item)
{
  const struct job_entry *entry = &item->item.entry;
  struct async_buf *out = &client->failed.buf;
  if (client->failed.err || (item->one_of_many && !item->question.name))
    return;
  if (entry->fields)
    add_fields(item, out);
  else if (item->one_of_many || (item->question.name && !is_line(entry)))
    add_question(client, &item->question, out);
  else
    async_buf_add(out, entry->text, entry->text_len);
  async_buf_add_char(out, '\n');
  job_out_put(&client->failed);
}
