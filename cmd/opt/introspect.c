/* The tables as JSON. */
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "async/error.h"
#include "opt/generate.h"

static const char *const kind_names[] = {
  [OPT_KIND_FLAG] = "flag",         [OPT_KIND_TALLY] = "tally",
  [OPT_KIND_SET] = "set",           [OPT_KIND_COUNT] = "count",
  [OPT_KIND_DURATION] = "duration", [OPT_KIND_SIZE] = "size",
  [OPT_KIND_RATE] = "rate",         [OPT_KIND_QUOTA] = "quota",
  [OPT_KIND_PERCENT] = "percent",   [OPT_KIND_CHOICE] = "choice",
  [OPT_KIND_STRING] = "string",     [OPT_KIND_LIST] = "list",
  [OPT_KIND_WORDS] = "words",       [OPT_KIND_CALL] = "call",
  [OPT_KIND_ALIAS] = "alias",       [OPT_KIND_ACTION] = "action",
};

/* jansson's functions pass NULL on, so want of memory shows at the end. */
static json_t *words_to_json(const char *const *words)
{
  json_t *array = json_array();
  for (const char *const *word = words; *word; word++)
    json_array_append_new(array, json_string(*word));
  return array;
}

static void set_text(json_t *object, const char *key, const char *text)
{
  if (text && *text)
    json_object_set_new(object, key, json_string(text));
}

static json_t *row_to_json(const struct opt_row *row)
{
  char letter[2] = { row->short_name, '\0' };
  json_t *object = json_object();
  set_text(object, "short", letter);
  set_text(object, "long", row->long_name);
  set_text(object, "kind", kind_names[row->kind]);
  set_text(object, "metavar", row->metavar);
  if (row->words)
    json_object_set_new(object, "words", words_to_json(row->words));
  if (row->kind == OPT_KIND_COUNT) {
    json_object_set_new(object, "min", json_integer(row->min));
    json_object_set_new(object, "max", json_integer(row->max));
  }
  set_text(object, "alias", row->alias);
  set_text(object, "initial", row->initial);
  set_text(object, "implied", row->implied);
  json_object_set_new(object, "negatable", json_boolean(row->negatable));
  json_object_set_new(object, "config", json_boolean(!row->command_line_only));
  set_text(object, "group", row->group);
  set_text(object, "help", row->help);
  set_text(object, "more", row->more);
  return object;
}

static void visit(void *ctx, const struct opt_row *row, bool first)
{
  (void)first;
  json_array_append_new(ctx, row_to_json(row));
}

static json_t *command_to_json(const struct command *command,
                               struct async_buf *out)
{
  json_t *object = json_object(), *options = json_array();
  set_text(object, "name", command->name);
  set_text(object, "summary", command->summary);
  set_text(object, "usage", command->usage);
  opt_visit_command(command, out, visit, options);
  json_object_set_new(object, "options", options);
  return object;
}

void opt_generate_json(struct async_buf *out,
                       const struct command *const *commands)
{
  json_t *array = json_array();
  for (const struct command *const *c = commands; *c; c++)
    json_array_append_new(array, command_to_json(*c, out));
  json_t *root = json_pack("{s:i,s:s,s:o}", "v", 1, "version",
                           ASYNCTOOL_VERSION, "commands", array);
  char *text = json_dumps(root, JSON_INDENT(2));
  if (text)
    async_buf_printf(out, "%s\n", text);
  else
    out->err = ASYNC_ENOMEM;
  free(text);
  json_decref(root);
}
