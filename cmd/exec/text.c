/* Single texts with placeholders: of --chdir, --tag, --results, ... */
#include <stdlib.h>

#include "async/error.h"
#include "exec/item.h"
#include "exec/options.h"
#include "exec/values.h"
#include "exec/words.h"

struct exec_text {
  struct exec_pieces pieces;
};

int exec_text_new(struct exec_text **out, const struct exec_opts *opts,
                  const char *text, bool *plain, struct async_buf *message)
{
  struct exec_marks marks = { .replace = opts->replace,
                              .braces = true,
                              .several = opts->max_args > 1 || opts->fill };
  struct exec_text *made = calloc(1, sizeof(*made));
  (void)message;
  if (!made)
    return ASYNC_ENOMEM;
  int err = exec_pieces_read(&made->pieces, text, &marks);
  if (err < 0) {
    exec_text_free(made);
    return err;
  }
  if (plain)
    *plain = exec_pieces_are_plain(&made->pieces);
  *out = made;
  return 0;
}

void exec_text_free(struct exec_text *text)
{
  if (text)
    exec_pieces_done(&text->pieces);
  free(text);
}

static int add_value(const struct exec_piece *piece, struct exec_item *item,
                     const struct job_entry *entry, struct async_buf *out)
{
  struct exec_value value;
  if (exec_value_get(&value, piece, item, entry) < 0)
    return exec_value_refuse(item, piece, entry);
  async_buf_add(out, value.data, value.len);
  return 0;
}

int exec_text_add(const struct exec_text *text, struct exec_item *item,
                  struct async_buf *out)
{
  for (size_t i = 0; i < text->pieces.count; i++) {
    const struct exec_piece *piece = &text->pieces.items[i];
    size_t more = exec_piece_is_of_entry(piece) ? item->more_count : 0;
    if (add_value(piece, item, &item->item.entry, out) < 0)
      return -1;
    for (size_t k = 0; k < more; k++) {
      async_buf_add_char(out, ' ');
      if (add_value(piece, item, &item->more[k], out) < 0)
        return -1;
    }
  }
  return 0;
}
