#include "fetch/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "async/error.h"
#include "tap.h"

static char folder[] = "/tmp/fetch_file.XXXXXX";
static struct fetch_files files;
static struct fetch_file file = FETCH_FILE_INIT;
static struct async_buf name = ASYNC_BUF_INIT;

static void begin(enum fetch_collision policy)
{
  CHECK(mkdtemp(folder) != NULL);
  CHECK_INT(fetch_files_open(&files, folder, policy), 0);
}

static void end(void)
{
  fetch_files_close(&files);
  fetch_file_done(&file);
  async_buf_done(&name);
  CHECK(chdir("/") == 0);
  char command[64];
  snprintf(command, sizeof(command), "rm -r %s", folder);
  pid_t child = fork();
  if (child == 0) {
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  CHECK(waitpid(child, NULL, 0) == child);
}

static int keep_as(const char *wanted)
{
  async_buf_clear(&name);
  async_buf_add_str(&name, wanted);
  return fetch_file_keep(&file, &files, &name);
}

static int save(const char *wanted, const char *text)
{
  CHECK_INT(fetch_file_open(&file, &files, wanted), 0);
  CHECK_INT(fetch_file_write(&file, text, strlen(text)), 0);
  return keep_as(wanted);
}

static const char *contents(const char *path)
{
  static char text[64];
  int fd = openat(files.dir_fd, path, O_RDONLY);
  if (fd < 0)
    return "(none)";
  ssize_t len = read(fd, text, sizeof(text) - 1);
  close(fd);
  text[len < 0 ? 0 : len] = '\0';
  return text;
}

static unsigned count_files(void)
{
  unsigned count = 0;
  DIR *dir = opendir(folder);
  CHECK(dir != NULL);
  for (struct dirent *entry; (entry = readdir(dir));)
    count += entry->d_type == DT_REG;
  closedir(dir);
  return count;
}

static void a_body_has_its_name_only_when_it_is_whole(void)
{
  begin(FETCH_COLLISION_UNIQUIFY);
  CHECK_INT(fetch_file_open(&file, &files, "a"), 0);
  CHECK_INT(fetch_file_write(&file, "half", 4), 0);
  CHECK_STR(contents("a"), "(none)");
  CHECK_INT(count_files(), 1);
  CHECK_INT(keep_as("a"), 0);
  CHECK_STR(contents("a"), "half");
  CHECK_INT(count_files(), 1);
  end();
}

static void what_is_dropped_leaves_nothing(void)
{
  begin(FETCH_COLLISION_UNIQUIFY);
  CHECK_INT(count_files(), 0);
  CHECK_INT(fetch_file_open(&file, &files, "a"), 0);
  fetch_file_drop(&file, &files);
  fetch_file_drop(&file, &files);
  CHECK_INT(count_files(), 0);
  end();
}

static void equal_names_get_numbers(void)
{
  begin(FETCH_COLLISION_UNIQUIFY);
  CHECK_INT(save("a", "1"), 0);
  CHECK_STR(async_buf_str(&name), "a");
  CHECK_INT(save("a.2", "taken"), 0);
  CHECK_INT(save("a", "2"), 0);
  CHECK_STR(async_buf_str(&name), "a.1");
  CHECK_INT(save("a", "3"), 0);
  CHECK_STR(async_buf_str(&name), "a.3");
  CHECK_STR(contents("a"), "1");
  CHECK_STR(contents("a.1"), "2");
  CHECK_STR(contents("a.2"), "taken");
  end();
}

static void two_bodies_at_once_do_not_meet(void)
{
  struct fetch_file other = FETCH_FILE_INIT;
  begin(FETCH_COLLISION_UNIQUIFY);
  CHECK_INT(fetch_file_open(&file, &files, "a"), 0);
  CHECK_INT(fetch_file_open(&other, &files, "a"), 0);
  CHECK_INT(fetch_file_write(&other, "other", 5), 0);
  CHECK_INT(keep_as("a"), 0);
  CHECK_INT(fetch_file_keep(&other, &files, &name), 0);
  CHECK_STR(contents("a"), "");
  CHECK_STR(contents("a.1"), "other");
  fetch_file_done(&other);
  end();
}

static void error_and_skip_keep_what_is_there(void)
{
  begin(FETCH_COLLISION_ERROR);
  CHECK(!fetch_files_have(&files, "a"));
  CHECK_INT(save("a", "old"), 0);
  CHECK(fetch_files_have(&files, "a"));
  CHECK_INT(save("a", "new"), -EEXIST);
  CHECK_STR(contents("a"), "old");
  CHECK_INT(count_files(), 1);
  end();
}

static void overwrite_replaces_files_and_nothing_else(void)
{
  begin(FETCH_COLLISION_OVERWRITE);
  CHECK_INT(save("a", "old"), 0);
  CHECK_INT(save("a", "new"), 0);
  CHECK_STR(contents("a"), "new");
  CHECK_INT(mkfifoat(files.dir_fd, "pipe", 0600), 0);
  CHECK_INT(save("pipe", "x"), -EEXIST);
  CHECK_INT(count_files(), 1);
  end();
}

static void folders_are_made(void)
{
  begin(FETCH_COLLISION_UNIQUIFY);
  CHECK_INT(save("x/y/z", "deep"), 0);
  CHECK_STR(contents("x/y/z"), "deep");
  CHECK_INT(fetch_file_open(&file, &files, "x/y/z/file"), -ENOTDIR);
  end();
}

static void a_folder_that_cannot_be_is_found_at_once(void)
{
  struct fetch_files none;
  CHECK(fetch_files_open(&none, "/proc/none", FETCH_COLLISION_SKIP) < 0);
  CHECK_INT(fetch_files_open(&none, "/dev/null", FETCH_COLLISION_SKIP),
            -ENOTDIR);
}

static void a_full_disk_is_an_error_and_leaves_nothing(void)
{
  begin(FETCH_COLLISION_UNIQUIFY);
  const struct rlimit small = { 4, 4 };
  CHECK_INT(fetch_file_open(&file, &files, "a"), 0);
  signal(SIGXFSZ, SIG_IGN);
  CHECK_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
  CHECK_INT(fetch_file_write(&file, "12345678", 8), -EFBIG);
  fetch_file_drop(&file, &files);
  CHECK_INT(count_files(), 0);
  end();
}

static const struct tap_test tests[] = {
  TEST(a_body_has_its_name_only_when_it_is_whole),
  TEST(what_is_dropped_leaves_nothing),
  TEST(equal_names_get_numbers),
  TEST(two_bodies_at_once_do_not_meet),
  TEST(error_and_skip_keep_what_is_there),
  TEST(overwrite_replaces_files_and_nothing_else),
  TEST(folders_are_made),
  TEST(a_folder_that_cannot_be_is_found_at_once),
  TEST(a_full_disk_is_an_error_and_leaves_nothing),
};

TAP_MAIN(tests)
