/* An entry becomes one question or many: of several types, with words in front
 * of the name, for each address of a network. They are made one at a time, when
 * they are wanted. */
#include "resolve/source.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "command.h"
#include "resolve/client.h"
#include "resolve/network.h"
#include "resolve/seen.h"
#include "resolve/system.h"
#include "resolve/words.h"

struct resolve_source {
  struct resolve_client *client;
  struct resolve_words words; /* --brute */
  struct resolve_seen seen;
  uint64_t dropped;

  /* The entry whose questions are being asked. */
  bool active;
  struct job_entry entry;
  struct resolve_types types;
  int resolver;
  bool reverse, relative;
  struct resolve_network network; /* with `reverse` */
  unsigned char name[ASYNC_DNS_NAME_MAX];
  size_t name_bytes;
  uint64_t variant, variants; /* of the name */
  size_t type;
};

int resolve_source_open(struct resolve_source **out,
                        struct resolve_client *client)
{
  struct resolve_source *source = calloc(1, sizeof(*source));
  int err = source ? 0 : ASYNC_ENOMEM;
  const char *path = client->opts.words;
  if (source)
    source->client = client;
  if (err == 0 && path)
    err = resolve_words_read(&source->words, path);
  *out = source;
  if (err == 0)
    return COMMAND_OK;
  job_say_error(client->run->log, "%s%s%s", path ? path : "", path ? ": " : "",
                async_err_text(err));
  return COMMAND_IO;
}

static void end_entry(struct resolve_source *source)
{
  job_entry_done(&source->entry);
  source->active = false;
}

void resolve_source_close(struct resolve_source *source)
{
  if (!source)
    return;
  if (source->dropped)
    job_say(source->client->run->log, "%llu questions were asked before",
            (unsigned long long)source->dropped);
  if (source->active)
    end_entry(source);
  resolve_words_done(&source->words);
  resolve_seen_done(&source->seen);
  free(source);
}

/* From an entry to what is to be asked. */

static int no_memory(struct resolve_item *item)
{
  return job_error_set(&item->item, JOB_ERROR_INTERNAL, ASYNC_ENOMEM, "%s",
                       async_err_text(ASYNC_ENOMEM));
}

/* A resolver of the line's own. */
static int set_resolver(struct resolve_source *source,
                        struct resolve_item *item, const char *text, size_t len)
{
  struct async_dns_resolver resolver;
  char copy[128];
  const char *why = "too long";
  bool read = false;
  if (source->client->opts.system && item->item.entry.is_record)
    return 0; /* who answered somebody else */
  if (source->client->opts.system)
    return resolve_refuse(&item->item, "--system has no resolver of one's own",
                          text, len, "");
  if (len < sizeof(copy)) {
    memcpy(copy, text, len);
    copy[len] = '\0';
    read = async_dns_resolver_parse(&resolver, copy, &why) == 0;
  }
  if (!read)
    return resolve_refuse(&item->item, "not a resolver", text, len, why);
  int index = async_dns_fleet_add(source->client->fleet, &resolver);
  if (index < 0)
    return no_memory(item);
  source->resolver = index;
  return 0;
}

static int add_type_text(struct resolve_source *source,
                         struct resolve_item *item, json_t *value)
{
  const char *text = json_string_value(value);
  if (!text || resolve_types_add(&source->types, text, strlen(text)) < 0)
    return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                         "the field 'type' is not a type of records, or an "
                         "array of them");
  return 0;
}

static bool is_empty(json_t *value)
{
  return json_is_null(value) ||
         (json_is_string(value) && json_string_length(value) == 0);
}

/* Of a record of ours "type" says that it is one; the type asked for is in
 * "qtype". */
static int read_type(struct resolve_source *source, struct resolve_item *item)
{
  json_t *type = item->item.entry.is_record
                     ? json_object_get(item->item.entry.fields, "qtype")
                     : job_entry_json(&item->item, "type");
  size_t i;
  json_t *one;
  if (!type || is_empty(type))
    return 0;
  if (!json_is_array(type))
    return add_type_text(source, item, type);
  json_array_foreach(type, i, one)
  {
    if (add_type_text(source, item, one) < 0)
      return -1;
  }
  return 0;
}

/* Who had to be asked is in a record only as the line had it; "resolver" is who
 * was. NULL: nobody in particular. */
static const char *find_line_resolver(json_t *record)
{
  const char *line = json_string_value(json_object_get(record, "input"));
  const char *at = line ? strrchr(line, '@') : NULL;
  bool is_word = at && at > line && (at[-1] == ' ' || at[-1] == '\t') &&
                 at[1 + strcspn(at + 1, " \t")] == '\0';
  return is_word ? at : NULL;
}

/* "type" and "resolver" of NDJSON and tables. */
static int read_fields(struct resolve_source *source, struct resolve_item *item)
{
  const char *resolver = NULL;
  if (read_type(source, item) < 0 ||
      job_entry_string(&item->item, "resolver", &resolver) < 0)
    return -1;
  if (item->item.entry.is_record)
    resolver = find_line_resolver(item->item.entry.fields);
  if (resolver && *resolver)
    return set_resolver(source, item, resolver + (*resolver == '@'),
                        strlen(resolver) - (*resolver == '@'));
  return 0;
}

static int use_network(struct resolve_source *source, struct resolve_item *item)
{
  const struct resolve_opts *opts = &source->client->opts;
  source->reverse = true;
  source->variants = resolve_network_count(&source->network);
  if (source->variants > opts->max_expand)
    return job_error_set(&item->item, JOB_ERROR_INPUT, 0,
                         "a network of more than %llu addresses: see "
                         "--max-expand",
                         (unsigned long long)opts->max_expand);
  if (source->types.count == 0 && source->client->types_given)
    source->types = source->client->types;
  else if (source->types.count == 0)
    source->types = (struct resolve_types){ 1, { ASYNC_DNS_PTR } };
  return 0;
}

/* What --failed keeps of a network are names. */
static bool is_reverse(const struct resolve_line *line)
{
  static const char end[] = ".arpa.";
  size_t len = sizeof(end) - 1;
  return line->name_len > len &&
         memcmp(line->name + line->name_len - len, end, len) == 0;
}

static int use_name(struct resolve_source *source, struct resolve_item *item,
                    const struct resolve_line *line)
{
  const struct resolve_client *client = source->client;
  if (client->opts.reverse && !is_reverse(line))
    return resolve_refuse(&item->item, "neither an address nor a network",
                          line->name, line->name_len, "");
  int bytes =
      resolve_name_read(&item->item, line->name, line->name_len, source->name);
  if (bytes < 0)
    return -1;
  source->reverse = false;
  source->name_bytes = (size_t)bytes;
  source->variants = client->opts.words ? source->words.count : 1;
  if (source->types.count == 0)
    source->types = client->types;
  return 0;
}

/* Whether the search list is good for it. A dot behind a backslash does not
 * count, one behind two does. */
static bool is_relative(const struct resolve_line *line)
{
  size_t dot = line->name_len - 1, before = dot;
  if (line->name[dot] != '.')
    return true;
  while (before > 0 && line->name[before - 1] == '\\')
    before--;
  return (dot - before) % 2 == 1;
}

static bool is_ptr(const struct resolve_types *types)
{
  return types->count == 1 && types->items[0] == ASYNC_DNS_PTR;
}

/* Most names are not, at first sight. */
static bool may_be_address(const struct resolve_line *line)
{
  char last = line->name[line->name_len - 1];
  return (last >= '0' && last <= '9') ||
         memchr(line->name, ':', line->name_len) != NULL;
}

/* A plain address is asked for in reverse, unless types are given. */
static bool is_network(struct resolve_source *source,
                       const struct resolve_line *line)
{
  const struct resolve_client *client = source->client;
  bool plain = source->types.count == 0 && !client->types_given;
  plain |= client->opts.system && is_ptr(&source->types);
  if ((!client->opts.reverse && !plain) || !may_be_address(line))
    return false;
  return resolve_network_read(line->name, line->name_len, &source->network) &&
         (client->opts.reverse || source->network.host_bits == 0);
}

static int plan(struct resolve_source *source, struct resolve_item *item)
{
  struct resolve_line line;
  if (resolve_line_read(&line, &item->item) < 0)
    return -1;
  source->types = line.types;
  source->resolver = ASYNC_DNS_ANY;
  source->variant = 0;
  source->type = 0;
  if (line.resolver &&
      set_resolver(source, item, line.resolver, line.resolver_len) < 0)
    return -1;
  if (item->item.entry.fields && read_fields(source, item) < 0)
    return -1;
  int err = is_network(source, &line) ? use_network(source, item)
                                      : use_name(source, item, &line);
  if (err < 0 || !source->client->opts.system)
    return err;
  source->relative = !source->reverse && is_relative(&line);
  return resolve_system_types(&source->types, &item->item, source->reverse);
}

/* From there to one question. */

static int set_reverse(struct resolve_source *source, struct resolve_item *item)
{
  struct async_dns_address address;
  unsigned char wire[ASYNC_DNS_NAME_MAX];
  char text[ASYNC_DNS_REVERSE_TEXT];
  resolve_network_address(&source->network, source->variant, &address);
  size_t len = async_dns_name_reverse(&address, text);
  int bytes = async_dns_name_parse(text, len, wire);
  return bytes < 0 ||
                 resolve_question_name(&item->question, wire, (size_t)bytes) < 0
             ? no_memory(item)
             : 0;
}

static int set_with_word(struct resolve_source *source,
                         struct resolve_item *item)
{
  unsigned char wire[ASYNC_DNS_NAME_MAX];
  size_t len;
  const char *word = resolve_words_get(&source->words, source->variant, &len);
  int bytes = resolve_name_read(&item->item, word, len, wire);
  if (bytes < 0)
    return -1;
  size_t front = (size_t)bytes - 1; /* without the root */
  if (front + source->name_bytes > sizeof(wire))
    return resolve_refuse(
        &item->item, "with this in front the name is too long", word, len, "");
  memcpy(wire + front, source->name, source->name_bytes);
  return resolve_question_name(&item->question, wire,
                               front + source->name_bytes) < 0
             ? no_memory(item)
             : 0;
}

static int set_name(struct resolve_source *source, struct resolve_item *item)
{
  if (source->reverse)
    return set_reverse(source, item);
  if (source->client->opts.words)
    return set_with_word(source, item);
  return resolve_question_name(&item->question, source->name,
                               source->name_bytes) < 0
             ? no_memory(item)
             : 0;
}

/* Goes on to the next question of the entry. */
static void advance(struct resolve_source *source)
{
  if (++source->type < source->types.count)
    return;
  source->type = 0;
  source->variant++;
}

static bool is_last(const struct resolve_source *source)
{
  return source->variant >= source->variants;
}

static void set_question(struct resolve_source *source,
                         struct resolve_item *item)
{
  item->question.type = source->types.items[source->type];
  item->question.klass = source->client->klass;
  item->question.resolver = source->resolver;
  item->question.relative = source->relative;
  item->question.both =
      source->client->opts.system && item->question.type == ASYNC_DNS_TYPE_ANY;
  set_name(source, item);
  advance(source);
}

/* Takes the entry out of the item, for the questions that follow. */
static void keep_entry(struct resolve_source *source, struct resolve_item *item)
{
  source->entry = item->item.entry;
  item->item.entry = (struct job_entry){ .text = NULL };
  source->active = true;
}

/* Gives the item the entry: a copy, or with the last question the thing. */
static int give_entry(struct resolve_source *source, struct resolve_item *item)
{
  if (is_last(source)) {
    item->item.entry = source->entry;
    source->active = false;
    return 0;
  }
  return job_entry_copy(&item->item.entry, &source->entry);
}

static int next_of_entry(struct resolve_source *source,
                         struct resolve_item *item)
{
  item->one_of_many = true;
  set_question(source, item);
  return give_entry(source, item);
}

/* Returns 0, or ASYNC_EAGAIN for an entry without questions (no words). */
static int next_entry(struct resolve_source *source, struct resolve_item *item)
{
  int err = job_source_next(source->client->run->source, &item->item);
  if (err < 0 || item->item.error.kind)
    return err;
  if (plan(source, item) < 0)
    return 0;
  if (source->variants == 1 && source->types.count == 1) {
    set_question(source, item);
    return 0;
  }
  keep_entry(source, item);
  if (source->variants > 0)
    return next_of_entry(source, item);
  end_entry(source);
  return ASYNC_EAGAIN;
}

/* Whether the question is to be dropped, and was. */
static bool was_seen(struct resolve_source *source, struct resolve_item *item)
{
  if (!source->client->opts.dedup || item->item.error.kind)
    return false;
  /* Without memory it is asked again, which loses nothing. */
  if (resolve_seen_add(&source->seen, &item->question) != 1)
    return false;
  source->dropped++;
  resolve_question_done(&item->question);
  job_entry_done(&item->item.entry);
  return true;
}

int resolve_source_next(struct resolve_source *source,
                        struct resolve_item *item)
{
  int err;
  do {
    err =
        source->active ? next_of_entry(source, item) : next_entry(source, item);
  } while (err == ASYNC_EAGAIN || (err == 0 && was_seen(source, item)));
  return err;
}
