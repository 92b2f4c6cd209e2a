/* Stacks, and what happens when there are no more of them. */
#include <sys/mman.h>
#include <sys/resource.h>

#include "async/debug.h"
#include "async/error.h"
#include "async/event.h"
#include "async/loop.h"
#include "core/sanitize_priv.h"
#include "core/stack_priv.h"
#include "tap.h"

static const size_t STACK = 64 * 1024;

/* Sanitizers keep terabytes of addresses to themselves. */
static void limit_address_space(size_t more_bytes)
{
  size_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (ASY_ASAN || ASY_TSAN || !file || fscanf(file, "%zu", &pages) != 1)
    SKIP("the address space cannot be limited here");
  fclose(file);
  rlim_t most = pages * (size_t)sysconf(_SC_PAGESIZE) + more_bytes;
  CHECK_INT(setrlimit(RLIMIT_AS, &(struct rlimit){ most, most }), 0);
}

struct crowd {
  struct async_event go;
  int ended;
};

static int wait_to_go(void *arg)
{
  struct crowd *crowd = arg;
  int err = async_event_wait(&crowd->go);
  crowd->ended++;
  return err;
}

/* Spawns until it fails. Returns how many there were. */
static int fill_up(struct crowd *crowd)
{
  struct async_group group;
  int count = 0, err;
  crowd->ended = 0;
  async_event_init(&crowd->go);
  async_group_open(&group, ASYNC_GROUP_COLLECT);
  while ((err = async_spawn(&group, wait_to_go, crowd)) == 0)
    count++;
  CHECK_INT(err, ASYNC_ENOMEM);
  CHECK_INT(async_sleep(0), 0); /* they run all the same */
  async_event_set(&crowd->go);
  CHECK_INT(async_group_close(&group), 0);
  CHECK_INT(crowd->ended, count);
  return count;
}

static int fill_up_twice(void *arg)
{
  struct crowd crowd;
  (void)arg;
  int first = fill_up(&crowd);
  CHECK(first > 100);
  CHECK(fill_up(&crowd) >= first - 16);
  return 0;
}

static void without_memory_a_spawn_fails_and_the_rest_goes_on(void)
{
  struct async_stats stats;
  limit_address_space(100 * STACK * 4);
  CHECK_INT(async_run(fill_up_twice, NULL, NULL), 0);
  async_stats_get(&stats);
  CHECK_INT(stats.stacks, 0);
}

static int never_called(void *arg)
{
  (void)arg;
  abort();
}

static void without_memory_for_one_stack_the_run_fails(void)
{
  struct async_run_opts opts = { .stack_bytes = (size_t)1 << 40 };
  limit_address_space(16 << 20);
  CHECK_INT(async_run(never_called, NULL, &opts), ASYNC_ENOMEM);
  opts.stack_bytes = 0;
  opts.fail_alloc = 1;
  CHECK_INT(async_run(never_called, NULL, &opts), ASYNC_ENOMEM);
}

static void without_descriptors_the_run_fails(void)
{
  struct async_run_opts opts = { .signals = true };
  struct rlimit before;
  CHECK_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &(struct rlimit){ 3, before.rlim_max }),
            0);
  CHECK(async_run(never_called, NULL, &opts) < 0);
  CHECK(!async_loop_this());
  CHECK_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
}

/* Kernels without light guards. */

static void with_heavy_guards_the_kernel_sets_a_limit(void)
{
  struct asy_stacks stacks;
  enum { MOST = 100000 };
  void **got = calloc(MOST, sizeof(*got));
  size_t count = 0, len;
  if (ASY_ASAN || ASY_TSAN)
    SKIP("their own mappings count too");
  CHECK(got);
  asy_stacks_init(&stacks, STACK);
  stacks.no_light_guard = true;
  len = stacks.stack_bytes;
  while (count < MOST && (got[count] = asy_stack_get(&stacks, len)) != NULL)
    count++;
  CHECK(count > 1000);
  CHECK_INT(stacks.in_use, count);
  for (size_t i = 0; i < count; i++)
    asy_stack_put(&stacks, got[i], len);
  CHECK_INT(stacks.in_use, 0);
  CHECK(stacks.pooled <= 1024);
  CHECK((got[0] = asy_stack_get(&stacks, len)) != NULL);
  asy_stack_put(&stacks, got[0], len);
  asy_stacks_done(&stacks);
  free(got);
}

static void touch(char *byte)
{
  fflush(NULL);
  pid_t child = fork();
  int status;
  if (child == 0) {
    signal(SIGSEGV, SIG_DFL);
    *(volatile char *)byte = 1;
    _exit(0);
  }
  CHECK_INT(waitpid(child, &status, 0), child);
  CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
}

static void each_kind_of_guard_guards(void)
{
  for (int light = 0; light < 2; light++) {
    struct asy_stacks stacks;
    asy_stacks_init(&stacks, STACK);
    stacks.no_light_guard = !light;
    char *stack = asy_stack_get(&stacks, stacks.stack_bytes);
    CHECK(stack);
    memset(stack, 1, stacks.stack_bytes);
    touch(stack - 1);
    asy_stack_put(&stacks, stack, stacks.stack_bytes);
    asy_stacks_done(&stacks);
  }
}

static const struct tap_test tests[] = {
  TEST(without_memory_a_spawn_fails_and_the_rest_goes_on),
  TEST(without_memory_for_one_stack_the_run_fails),
  TEST(without_descriptors_the_run_fails),
  TEST(with_heavy_guards_the_kernel_sets_a_limit),
  TEST(each_kind_of_guard_guards),
};

TAP_MAIN(tests)
