/* cmd/resolve/text.h: records for people. */
#ifndef RESOLVE_TEXT_H
#define RESOLVE_TEXT_H

#include "async/buf.h"
#include "job/item.h"

enum resolve_style {
  RESOLVE_STYLE_SIMPLE, /* "name. TYPE data" a line; "; name. TYPE NXDOMAIN" */
  RESOLVE_STYLE_SHORT,  /* data alone */
  RESOLVE_STYLE_FULL,   /* as dig shows a message */
  RESOLVE_STYLE_ZONE,   /* lines of a zone file */
  RESOLVE_STYLE_LIST,   /* the names that have an answer */
  RESOLVE_STYLE_WIRE    /* the replies as they came, with their lengths */
};

/* The word of --format. Returns the style, or -1. */
int resolve_style_of(const char *format);

/* The hook `text` of struct job_tool. */
void resolve_text(void *ctx, const struct job_item *item,
                  struct async_buf *out);

#endif
