/* libcurl, opened by the first call of one of its functions.
 *
 * Linked in the usual way, it and the thirty libraries that it needs take two
 * thirds of each start and half of the memory, and commands that transfer
 * nothing have no use for them. So the program, and nothing else, is linked
 * with this file in place of libcurl: functions of the same names that jump on.
 * If one is used and missing here, libcurl is linked in the usual way again,
 * and a test says so. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "command.h"

#define FUNCTIONS(X)                                                           \
  X(curl_easy_cleanup)                                                         \
  X(curl_easy_getinfo)                                                         \
  X(curl_easy_init)                                                            \
  X(curl_easy_reset)                                                           \
  X(curl_easy_setopt)                                                          \
  X(curl_easy_strerror)                                                        \
  X(curl_free)                                                                 \
  X(curl_global_cleanup)                                                       \
  X(curl_global_init)                                                          \
  X(curl_multi_add_handle)                                                     \
  X(curl_multi_cleanup)                                                        \
  X(curl_multi_info_read)                                                      \
  X(curl_multi_init)                                                           \
  X(curl_multi_remove_handle)                                                  \
  X(curl_multi_setopt)                                                         \
  X(curl_multi_socket_action)                                                  \
  X(curl_multi_socket_all)                                                     \
  X(curl_share_cleanup)                                                        \
  X(curl_share_init)                                                           \
  X(curl_share_setopt)                                                         \
  X(curl_slist_append)                                                         \
  X(curl_slist_free_all)                                                       \
  X(curl_url)                                                                  \
  X(curl_url_cleanup)                                                          \
  X(curl_url_get)                                                              \
  X(curl_url_set)                                                              \
  X(curl_url_strerror)                                                         \
  X(curl_version_info)

/* Where each is, once it is known; the function itself jumps there. */
#define STUB(name)                                                             \
  __asm__(".data\n"                                                            \
          ".balign 8\n"                                                        \
          "at_" #name ":\n"                                                    \
          "  .quad 0\n"                                                        \
          ".text\n"                                                            \
          ".globl " #name "\n"                                                 \
          ".type " #name ", @function\n"                                       \
          ".balign 16\n" #name ":\n"                                           \
          "  endbr64\n"                                                        \
          "  movq at_" #name "(%rip), %r11\n"                                  \
          "  testq %r11, %r11\n"                                               \
          "  jz 1f\n"                                                          \
          "  jmp *%r11\n"                                                      \
          "1:\n"                                                               \
          "  leaq " #name "(%rip), %r11\n"                                     \
          "  jmp libcurl_first\n"                                              \
          ".size " #name ", .-" #name "\n");                                   \
  extern void *at_##name;
FUNCTIONS(STUB)

/* Opens libcurl and tries again. The arguments of the call are in registers,
 * none of them a floating point number. */
__asm__(".text\n"
        ".type libcurl_first, @function\n"
        "libcurl_first:\n"
        "  pushq %rdi\n"
        "  pushq %rsi\n"
        "  pushq %rdx\n"
        "  pushq %rcx\n"
        "  pushq %r8\n"
        "  pushq %r9\n"
        "  pushq %rax\n" /* how many floating point numbers: of variadic ones */
        "  pushq %r11\n"
        "  subq $8, %rsp\n"
        "  call libcurl_open\n"
        "  addq $8, %rsp\n"
        "  popq %r11\n"
        "  popq %rax\n"
        "  popq %r9\n"
        "  popq %r8\n"
        "  popq %rcx\n"
        "  popq %rdx\n"
        "  popq %rsi\n"
        "  popq %rdi\n"
        "  jmp *%r11\n"
        ".size libcurl_first, .-libcurl_first\n");

#define ENTRY(name) { #name, &at_##name },
static const struct {
  const char *name;
  void **at;
} functions[] = { FUNCTIONS(ENTRY) };

static _Noreturn void give_up(void)
{
  fprintf(stderr, "asynctool: %s\n", dlerror());
  exit(COMMAND_IO);
}

static void *find_all(void *unused)
{
  void *library = dlopen(ASYNCTOOL_LIBCURL, RTLD_LAZY | RTLD_LOCAL);
  (void)unused;
  if (!library)
    give_up();
  for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
    void *found = dlsym(library, functions[i].name);
    if (!found)
      give_up();
    *functions[i].at = found;
  }
  return NULL;
}

/* In a thread, for its stack: that of a task may be too small for what so many
 * libraries do when they are loaded. */
void libcurl_open(void);
__attribute__((used, visibility("hidden"))) void libcurl_open(void)
{
  pthread_t thread;
  if (pthread_create(&thread, NULL, find_all, NULL) == 0)
    pthread_join(thread, NULL);
  else
    find_all(NULL);
}
