/* fake_root.h: a directory that stands for /, with files of the kernel's. */
#ifndef FAKE_ROOT_H
#define FAKE_ROOT_H

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "tap.h"

static char fake_root[64];

static inline int fake_remove(const char *path, const struct stat *info,
                              int type, struct FTW *where)
{
  (void)info;
  (void)type;
  (void)where;
  return remove(path);
}

static inline void fake_root_done(void)
{
  nftw(fake_root, fake_remove, 8, FTW_DEPTH | FTW_PHYS);
}

static inline void fake_root_begin(void)
{
  snprintf(fake_root, sizeof(fake_root), "/tmp/fake-root-XXXXXX");
  CHECK(mkdtemp(fake_root));
}

static inline void fake_path(char *out, size_t size, const char *path)
{
  CHECK(snprintf(out, size, "%s%s", fake_root, path) < (int)size);
}

/* Writes a file, and makes the directories above it. */
static inline void fake_file(const char *path, const char *text)
{
  char name[512];
  fake_path(name, sizeof(name), path);
  for (char *p = name + strlen(fake_root) + 1; *p; p++) {
    if (*p != '/')
      continue;
    *p = '\0';
    mkdir(name, 0755);
    *p = '/';
  }
  FILE *file = fopen(name, "we");
  CHECK(file);
  CHECK(fputs(text, file) >= 0);
  CHECK_INT(fclose(file), 0);
}

#endif
