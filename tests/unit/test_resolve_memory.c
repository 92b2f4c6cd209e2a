/* Whichever allocation fails: nothing leaks, nothing crashes, and every entry
 * has its record, unless the run itself could not go on. */
#include "command.h"
#include "failing_alloc.h"
#include "resolve_world.h"

static const struct zone_row first[] = {
  { "www.x.test", "A", "192.0.2.1 192.0.2.2" },
  { "x.test", "SOA", "7" },
  { "x.test", "NS", "ns1.x.test ns2.x.test" },
  { "ns1.x.test", "A", "127.0.0.2" },
  { "ns2.x.test", "A", "127.0.0.3" },
  { "*.wild.test", "A", "192.0.2.7" },
  { "*.alias.test", "CNAME", "all.cdn.test" },
  { "all.cdn.test", "A", "192.0.2.20|192.0.2.99|203.0.113.9" },
  { "sick.test", "RCODE", "SERVFAIL" },
  { NULL, NULL, NULL },
};

static const struct zone_row second[] = {
  { "www.x.test", "A", "192.0.2.2 192.0.2.1" },
  { "x.test", "SOA", "7" },
  { "*.wild.test", "A", "192.0.2.7" },
  { "sick.test", "RCODE", "SERVFAIL" },
  { NULL, NULL, NULL },
};

static const struct zone_row third[] = {
  { "*.test", "A", "203.0.113.66" },
  { "x.test", "SOA", "6" },
  { NULL, NULL, NULL },
};

/* Of the child, told at its end. */
static uint64_t *counted;

static void tell_count(void)
{
  *counted = failing_alloc_stop();
}

struct run {
  const char *words, *input;
  size_t records;
  bool trusted;
};

/* The first server is trusted where that is wanted: it has its own file. */
static int write_trusted(const struct world *world, char *path)
{
  int fd = mkstemp(path);
  CHECK(fd >= 0);
  dprintf(fd, "%s\n", world->servers[0].address);
  return fd;
}

static int fail_at(struct world *world, const struct run *run, uint64_t at)
{
  char words[512];
  snprintf(words, sizeof(words), "-r %s --server-port %d %s",
           strstr(run->words, "--soa-check") ? world->servers[0].address
                                             : world->all,
           world->port, run->words);
  char path[] = "/tmp/resolve-memory-XXXXXX";
  int fd = write_trusted(world, path);
  if (run->trusted)
    snprintf(words + strlen(words), sizeof(words) - strlen(words),
             " --trusted %s", path);
  failing_alloc_start(at);
  int status = world_run(world, words, run->input);
  failing_alloc_stop();
  close(fd);
  unlink(path);
  return status;
}

static void check_run(struct world *world, const struct run *run, int status,
                      uint64_t at)
{
  bool broken = status < 0 || strstr(world->err, "Sanitizer") != NULL;
  bool gave_up = status == COMMAND_IO && world->err[0] != '\0';
  size_t records = count_of(world->out, "\"type\":\"result\"");
  if (!broken && (gave_up || records == run->records))
    return;
  fprintf(stderr, "# %s: allocation %llu, status %d, %zu records\n# %s\n# %s\n",
          run->words, (unsigned long long)at, status, records, world->out,
          world->err);
  tap_fail(__FILE__, __LINE__, "survives");
}

/* What the options take: a command line that is wrong as a whole. */
static uint64_t count_options(struct world *world)
{
  struct run run = { "--agree 2/2 --compare", "", 0, false };
  CHECK_RUN(fail_at(world, &run, 0), COMMAND_USAGE, world);
  return *counted;
}

static void survives_all(struct run run)
{
  struct world *world = world_start(
      (const struct zone_row *const[]){ first, second, third, NULL });
  counted = mmap(NULL, sizeof(*counted), PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  CHECK(counted != MAP_FAILED);
  CHECK_INT(atexit(tell_count), 0);
  uint64_t options = count_options(world);
  check_run(world, &run, fail_at(world, &run, 0), 0);
  CHECK_INT(count_of(world->out, "\"type\":\"result\""), run.records);
  uint64_t count = *counted;
  CHECK(count > options);
  for (uint64_t at = options + 1; at <= count; at++)
    check_run(world, &run, fail_at(world, &run, at), at);
  world_stop(world);
}

static void survives(const char *words, const char *input, size_t records)
{
  survives_all((struct run){ words, input, records, false });
}

static void a_question_survives_it(void)
{
  survives("--details", "www.x.test\nnx.test A,MX\nbad..name\n", 4);
}

static void a_vote_survives_it(void)
{
  survives("--agree 2/3 --details", "www.x.test\nsick.test\n", 2);
}

static void a_comparison_survives_it(void)
{
  survives("--compare", "www.x.test\nnx.test\n", 2);
}

static void a_check_of_serials_survives_it(void)
{
  survives("--soa-check", "x.test\nnx.test\n", 2);
}

static void a_confirmation_survives_it(void)
{
  survives_all(
      (struct run){ "--details", "www.x.test\nhijacked.test\n", 2, true });
}

static void wildcards_survive_it(void)
{
  survives("--wildcard filter", "a.wild.test\nb.alias.test\nwww.x.test\n", 3);
}

static const struct tap_test tests[] = {
  TEST(a_question_survives_it),     TEST(a_vote_survives_it),
  TEST(a_comparison_survives_it),   TEST(a_check_of_serials_survives_it),
  TEST(a_confirmation_survives_it), TEST(wildcards_survive_it),
};

TAP_MAIN(tests)
