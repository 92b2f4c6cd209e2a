/* tap.h: the harness of the unit tests.
 *
 * A test is a function whose name is a claim. Each runs in a process of its
 * own with a time limit, so that an abort or a hang is one failed test; the
 * output is TAP. `test_x NAME...` runs the named ones, in this process, which
 * is what a debugger wants. */
#ifndef TAP_H
#define TAP_H

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

enum { TAP_SECONDS = 60, TAP_SKIP = 77, TAP_REASON_MAX = 128 };

/* Why a test was skipped, in memory that its process shares with the harness;
 * NULL in a debugger. */
static char *tap_reason;

struct tap_test {
  const char *name;
  void (*run)(void);
};

#define TEST(claim)                                                            \
  {                                                                            \
    .name = #claim, .run = claim                                               \
  }

static inline void tap_fail(const char *file, int line, const char *text)
{
  fprintf(stderr, "# %s:%d: %s\n", file, line, text);
  fflush(NULL);
  abort();
}

#define CHECK(condition)                                                       \
  do {                                                                         \
    if (!(condition))                                                          \
      tap_fail(__FILE__, __LINE__, #condition);                                \
  } while (0)

/* Integers of any type; prints both. */
#define CHECK_INT(actual, expected)                                            \
  do {                                                                         \
    intmax_t a_ = (intmax_t)(actual), e_ = (intmax_t)(expected);               \
    if (a_ != e_) {                                                            \
      fprintf(stderr, "# is %" PRIdMAX ", should be %" PRIdMAX "\n", a_, e_);  \
      tap_fail(__FILE__, __LINE__, #actual " == " #expected);                  \
    }                                                                          \
  } while (0)

#define CHECK_STR(actual, expected)                                            \
  do {                                                                         \
    const char *a_ = (actual), *e_ = (expected);                               \
    if (strcmp(a_, e_) != 0) {                                                 \
      fprintf(stderr, "# is     \"%s\"\n# should \"%s\"\n", a_, e_);           \
      tap_fail(__FILE__, __LINE__, #actual " == " #expected);                  \
    }                                                                          \
  } while (0)

/* Ends the test as skipped. */
#define SKIP(why) tap_skip(why)

static inline void tap_skip(const char *why)
{
  if (tap_reason)
    snprintf(tap_reason, TAP_REASON_MAX, "%s", why);
  exit(TAP_SKIP);
}

static inline bool tap_run_one(const struct tap_test *test, size_t number)
{
  char claim[256];
  int status;
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    alarm(TAP_SECONDS);
    test->run();
    exit(0); /* runs the leak check */
  }
  while (waitpid(child, &status, 0) < 0)
    ;
  snprintf(claim, sizeof(claim), "%s", test->name);
  for (char *p = claim; *p; p++)
    if (*p == '_')
      *p = ' ';
  bool skipped = WIFEXITED(status) && WEXITSTATUS(status) == TAP_SKIP;
  bool ok = skipped || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
  printf("%sok %zu - %s%s%s\n", ok ? "" : "not ", number, claim,
         skipped ? " # SKIP " : "", skipped ? tap_reason : "");
  if (!ok && WIFSIGNALED(status))
    printf("# ended by signal %d\n", WTERMSIG(status));
  fflush(stdout);
  return ok;
}

static inline int tap_main(const struct tap_test *tests, size_t count, int argc,
                           char **argv)
{
  size_t failed = 0;
  if (argc > 1) {
    for (size_t i = 0; i < count; i++)
      for (int k = 1; k < argc; k++)
        if (strcmp(argv[k], tests[i].name) == 0)
          tests[i].run();
    return 0;
  }
  tap_reason = mmap(NULL, TAP_REASON_MAX, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (tap_reason == MAP_FAILED)
    return 1;
  printf("1..%zu\n", count);
  for (size_t i = 0; i < count; i++)
    failed += !tap_run_one(&tests[i], i + 1);
  return failed ? 1 : 0;
}

#define TAP_MAIN(tests)                                                        \
  int main(int argc, char **argv)                                              \
  {                                                                            \
    return tap_main(tests, sizeof(tests) / sizeof((tests)[0]), argc, argv);    \
  }

#endif
