/* resolve_world.h: whole runs of `asynctool resolve` against servers with
 * tables. */
#ifndef RESOLVE_WORLD_H
#define RESOLVE_WORLD_H

#include <fcntl.h>

#include "command.h"
#include "resolve/command.h"
#include "zone_server.h"

enum { WORLD_SERVERS = 6, WORLD_OUT = 1 << 20, WORLD_WORDS = 32 };

struct world {
  struct zone_server servers[WORLD_SERVERS]; /* at 127.0.0.1, .2, ..., all at
                                                one port */
  size_t count;
  int port;
  char all[WORLD_SERVERS * 40]; /* their addresses, for -r */
  char out[WORLD_OUT], err[8192];
};

static inline bool world_try(struct world *world,
                             const struct zone_row *const *tables, size_t count)
{
  world->port = 0;
  for (world->count = 0; world->count < count; world->count++) {
    char address[16];
    snprintf(address, sizeof(address), "127.0.0.%zu", world->count + 1);
    if (zone_server_start(&world->servers[world->count], address, &world->port,
                          tables[world->count]))
      continue;
    while (world->count > 0)
      zone_server_stop(&world->servers[--world->count]);
    return false;
  }
  return true;
}

/* tables  a server for each; NULL ends */
static inline struct world *world_start(const struct zone_row *const *tables)
{
  struct world *world = mmap(NULL, sizeof(*world), PROT_READ | PROT_WRITE,
                             MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  size_t count = 0;
  CHECK(world != MAP_FAILED);
  while (tables[count])
    count++;
  for (int tries = 0; tries < 50 && !world_try(world, tables, count); tries++)
    continue;
  CHECK_INT(world->count, count);
  for (size_t i = 0; i < count; i++)
    snprintf(world->all + strlen(world->all),
             sizeof(world->all) - strlen(world->all), "%s%s", i ? "," : "",
             world->servers[i].address);
  return world;
}

static inline void world_stop(struct world *world)
{
  for (size_t i = 0; i < world->count; i++)
    zone_server_stop(&world->servers[i]);
  munmap(world, sizeof(*world));
}

static inline int world_file(void)
{
  char path[] = "/tmp/resolve-XXXXXX";
  int fd = mkstemp(path);
  CHECK(fd >= 0);
  unlink(path);
  return fd;
}

static inline void world_collect(int fd, char *out, size_t size)
{
  ssize_t len = pread(fd, out, size - 1, 0);
  out[len > 0 ? len : 0] = '\0';
  close(fd);
}

static inline int world_main(const char *words)
{
  static const struct command *const commands[] = { &resolve_command, NULL };
  char line[2048], *argv[WORLD_WORDS], *rest = line;
  int argc = 0;
  snprintf(line, sizeof(line),
           "asynctool resolve --ndjson --no-config --progress=none %s", words);
  for (char *word; (word = strsep(&rest, " ")) != NULL && argc < WORLD_WORDS;)
    if (*word)
      argv[argc++] = word;
  return command_main(commands, argc, argv);
}

/* Runs it in a process of its own with these words and this input, and NDJSON
 * on standard output. Returns its exit status, -1 for a signal. */
static inline int world_run(struct world *world, const char *words,
                            const char *input)
{
  int fds[3] = { world_file(), world_file(), world_file() }, status;
  CHECK_INT(write(fds[0], input, strlen(input)), strlen(input));
  lseek(fds[0], 0, SEEK_SET);
  pid_t child = fork();
  if (child == 0) {
    for (int i = 0; i < 3; i++)
      dup2(fds[i], i);
    exit(world_main(words));
  }
  while (waitpid(child, &status, 0) < 0)
    ;
  close(fds[0]);
  world_collect(fds[1], world->out, sizeof(world->out));
  world_collect(fds[2], world->err, sizeof(world->err));
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/* As world_run, asking all servers. */
static inline int world_ask(struct world *world, const char *words,
                            const char *input)
{
  char all[1024];
  snprintf(all, sizeof(all), "-r %s %s", world->all, words);
  return world_run(world, all, input);
}

static inline size_t count_of(const char *text, const char *part)
{
  size_t found = 0;
  while ((text = strstr(text, part)) != NULL) {
    found++;
    text += strlen(part);
  }
  return found;
}

#define CHECK_HAS(text, part)                                                  \
  do {                                                                         \
    if (!strstr((text), (part))) {                                             \
      fprintf(stderr, "# is    %s\n# lacks %s\n", (text), (part));             \
      tap_fail(__FILE__, __LINE__, #text " has " #part);                       \
    }                                                                          \
  } while (0)

#define CHECK_RUN(actual, expected, world)                                     \
  do {                                                                         \
    int status_ = (actual);                                                    \
    if (status_ != (expected)) {                                               \
      fprintf(stderr, "# is %d, should be %d\n# %s\n# %s\n", status_,          \
              (expected), (world)->out, (world)->err);                         \
      tap_fail(__FILE__, __LINE__, #actual);                                   \
    }                                                                          \
  } while (0)

#endif
