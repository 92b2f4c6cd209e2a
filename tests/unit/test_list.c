#include "async/list.h"

#include "tap.h"

enum { MEMBERS = 5 };

struct item {
  int number;
  struct async_list node;
};

static struct item items[MEMBERS];

static void fill(struct async_list *head)
{
  async_list_init(head);
  for (int i = 0; i < MEMBERS; i++) {
    items[i].number = i;
    async_list_push(head, &items[i].node);
  }
}

static int number_of(struct async_list *node)
{
  return ASYNC_CONTAINER_OF(node, struct item, node)->number;
}

/* Checks the order in both directions; `digits` such as "0124". */
static void check_order(struct async_list *head, const char *digits)
{
  struct async_list *node = head;
  for (const char *p = digits; *p; p++) {
    CHECK(node->next->prev == node);
    node = node->next;
    CHECK(node != head);
    CHECK_INT(number_of(node), *p - '0');
  }
  CHECK(node->next == head && head->prev == node);
}

static void a_new_list_is_empty(void)
{
  struct async_list head;
  async_list_init(&head);
  CHECK(async_list_empty(&head));
  CHECK(!async_list_shift(&head));
  check_order(&head, "");
}

static void push_appends_and_shift_takes_the_oldest(void)
{
  struct async_list head;
  fill(&head);
  check_order(&head, "01234");
  for (int i = 0; i < MEMBERS; i++) {
    struct async_list *node = async_list_shift(&head);
    CHECK_INT(number_of(node), i);
    CHECK(async_list_empty(node));
  }
  CHECK(async_list_empty(&head));
}

static void push_front_puts_before_all_others(void)
{
  struct async_list head;
  fill(&head);
  async_list_remove(&items[3].node);
  async_list_push_front(&head, &items[3].node);
  check_order(&head, "30124");
}

static void removing_twice_is_harmless(void)
{
  struct async_list head;
  fill(&head);
  for (int i = 0; i < 3; i++)
    async_list_remove(&items[2].node);
  check_order(&head, "0134");
  CHECK(async_list_empty(&items[2].node));
}

static void the_current_node_may_be_removed_while_walking(void)
{
  struct async_list head;
  int seen = 0;
  fill(&head);
  ASYNC_LIST_EACH (node, &head) {
    CHECK_INT(number_of(node), seen++);
    if (number_of(node) % 2 == 0)
      async_list_remove(node);
  }
  CHECK_INT(seen, MEMBERS);
  check_order(&head, "13");
}

static void walking_an_empty_list_sees_nothing(void)
{
  struct async_list head;
  async_list_init(&head);
  ASYNC_LIST_EACH (node, &head)
    CHECK(!node);
}

static void splice_moves_all_to_the_end(void)
{
  struct async_list head, other;
  fill(&head);
  async_list_init(&other);
  async_list_splice(&other, &head);
  CHECK(async_list_empty(&head));
  check_order(&other, "01234");
  async_list_remove(&items[0].node);
  async_list_push(&head, &items[0].node);
  async_list_splice(&head, &other);
  check_order(&head, "01234");
  async_list_splice(&head, &other);
  check_order(&head, "01234");
}

static const struct tap_test tests[] = {
  TEST(a_new_list_is_empty),
  TEST(push_appends_and_shift_takes_the_oldest),
  TEST(push_front_puts_before_all_others),
  TEST(removing_twice_is_harmless),
  TEST(the_current_node_may_be_removed_while_walking),
  TEST(walking_an_empty_list_sees_nothing),
  TEST(splice_moves_all_to_the_end),
};

TAP_MAIN(tests)
