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
  if (question->name[0] > 0 && question->name[1] == '#')
    async_buf_add_char(out, '\\'); /* or the line would be a comment */
  resolve_question_name_add(question, out);
  async_buf_add_char(out, ' ');
  resolve_question_type_add(question, out);
  if (question->resolver == ASYNC_DNS_ANY)
    return;
  async_buf_add_str(out, " @");
  async_buf_add_str(
      out, async_dns_fleet_text(client->fleet, (size_t)question->resolver));
}

static int set_text(json_t *fields, const char *name, struct async_buf *text)
{
  const char *value = async_buf_str(text);
  return value ? json_object_set_new(fields, name, json_string(value)) : -1;
}

/* Says in the entry's own fields which of its questions it was. */
static int set_question(json_t *fields, const struct resolve_item *item)
{
  const struct resolve_question *question = &item->question;
  const char *type = item->item.entry.is_record ? "qtype" : "type";
  struct async_buf text = ASYNC_BUF_INIT;
  resolve_question_name_add(question, &text);
  int err = set_text(fields, "name", &text);
  async_buf_clear(&text);
  resolve_question_type_add(question, &text);
  if (err == 0)
    err = set_text(fields, type, &text);
  async_buf_done(&text);
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
