/* The main of a fuzzer built without libFuzzer: feeds it every file of the
 * folders and every file named. No input at all is a failure. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int fail(const char *path)
{
  perror(path);
  return -1;
}

/* A block of exactly the input's size, so that a read past it is seen. */
static int replay_file(const char *path)
{
  FILE *file = fopen(path, "rb");
  struct stat info;
  if (!file || fstat(fileno(file), &info) < 0)
    return fail(path);
  size_t size = (size_t)info.st_size;
  uint8_t *data = malloc(size ? size : 1);
  if (!data || fread(data, 1, size, file) != size)
    return fail(path);
  fclose(file);
  LLVMFuzzerTestOneInput(data, size);
  free(data);
  return 1;
}

static int replay_folder(const char *path)
{
  DIR *folder = opendir(path);
  int inputs = 0;
  if (!folder)
    return fail(path);
  for (const struct dirent *entry; (entry = readdir(folder));) {
    char name[4096];
    snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
    if (entry->d_name[0] == '.')
      continue;
    if (replay_file(name) < 0)
      return -1;
    inputs++;
  }
  closedir(folder);
  return inputs;
}

int main(int argc, char **argv)
{
  int inputs = 0;
  for (int i = 1; i < argc; i++) {
    struct stat info;
    if (stat(argv[i], &info) < 0)
      return fail(argv[i]), 1;
    int replayed =
        S_ISDIR(info.st_mode) ? replay_folder(argv[i]) : replay_file(argv[i]);
    if (replayed < 0)
      return 1;
    inputs += replayed;
  }
  printf("%d inputs replayed\n", inputs);
  return inputs > 0 ? 0 : 1;
}
