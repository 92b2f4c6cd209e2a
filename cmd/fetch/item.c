#include "fetch/item.h"

#include <stdlib.h>
#include <unistd.h>

#include "fetch/shape.h"

void fetch_reply_done(struct fetch_reply *reply)
{
  free(reply->final_url);
  free(reply->content_type);
  free(reply->file);
  *reply = (struct fetch_reply){ .status = 0 };
}

void fetch_item_done(struct job_item *base)
{
  struct fetch_item *item = (struct fetch_item *)base;
  fetch_reply_done(&item->reply);
  fetch_url_done(&item->url);
  if (item->own) {
    fetch_request_done(item->own);
    free(item->own);
  }
  free(item->tried);
  async_buf_done(&item->body);
  if (item->spill_fd)
    close(item->spill_fd);
}

void fetch_item_note(struct fetch_item *item, enum job_error_kind kind,
                     int64_t began_ns, int64_t now_ns)
{
  item->last = (struct fetch_tried){ .kind = kind,
                                     .status = item->reply.status,
                                     .duration_ns = now_ns - began_ns };
  item->ended_ns = now_ns;
}

void fetch_item_retry(struct fetch_item *item, int64_t now_ns)
{
  size_t count = item->tried_count + 1;
  struct fetch_tried *more = realloc(item->tried, count * sizeof(*more));
  if (more) {
    more[item->tried_count] = item->last;
    more[item->tried_count].wait_ns = now_ns - item->ended_ns;
    item->tried = more;
    item->tried_count++;
  }
  fetch_reply_done(&item->reply);
}
