// SPDX-License-Identifier: MIT
// Files are read within bounds, written whole or not at all, and a lock holds exactly as long as
// its process.
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"

static char *folder;

static int make_folder(void **state)
{
    folder = mem_strdup("/tmp/forest-fs-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    bool ok = fs_remove_tree(folder, NULL) && !fs_exists(folder);
    mem_free(folder);
    return ok ? 0 : -1;
}

static enum err_kind read_kind(const char *path, size_t max)
{
    STR_AUTO text = {0};
    str_init(&text, max);
    ERR_AUTO e = {0};
    fs_read(path, &text, &e);
    return e.kind;
}

// Absent, directory, device and too large are told apart.
static void reads_are_bounded(void **state)
{
    AUTO_FREE char *path = fs_join(folder, "large");
    assert_true(fs_write(path, "0123456789", 10, 0600, NULL));
    assert_int_equal(read_kind(path, 100), ERR_NONE);
    assert_int_equal(read_kind(path, 9), ERR_INPUT);
    assert_int_equal(read_kind(folder, 100), ERR_INPUT);
    assert_int_equal(read_kind("/dev/zero", 100), ERR_INPUT);
    assert_int_equal(read_kind("/nonexistent/file", 100), ERR_NOT_FOUND);
}

// The mode is exact, an old file stays whole when the new one cannot be written, no temporary file
// stays.
static void writes_are_whole(void **state)
{
    AUTO_FREE char *path = fs_join(folder, "state");
    assert_true(fs_write(path, "one", 3, 0600, NULL));
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    AUTO_FREE char *inside = fs_join(path, "below-a-file");
    ERR_AUTO e = {0};
    assert_false(fs_write(inside, "x", 1, 0600, &e));
    assert_int_equal(e.kind, ERR_IO);
    STR_AUTO text = {0};
    str_init(&text, 100);
    assert_true(fs_read(path, &text, NULL));
    assert_string_equal(text.data, "one");
}

// A symbolic link inside the tree is removed, what it points to is not.
static void remove_does_not_follow(void **state)
{
    AUTO_FREE char *outside = fs_join(folder, "outside");
    AUTO_FREE char *tree = fs_join(folder, "tree/a/b");
    assert_true(fs_mkdirs(tree, NULL));
    assert_true(fs_mkdirs(outside, NULL));
    AUTO_FREE char *kept = fs_join(outside, "kept");
    assert_true(fs_write(kept, "k", 1, 0600, NULL));
    AUTO_FREE char *link = fs_join(tree, "link");
    assert_int_equal(symlink(outside, link), 0);
    AUTO_FREE char *top = fs_join(folder, "tree");
    assert_true(fs_remove_tree(top, NULL));
    assert_false(fs_exists(top));
    assert_true(fs_exists(kept));
}

// A second process cannot take a held lock and learns who holds it; kill -9 frees it.
static void lock_is_exclusive_and_dies_with_its_holder(void **state)
{
    AUTO_FREE char *path = fs_join(folder, "lock");
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct fs_lock mine;
        char ok = fs_lock_take(&mine, path, NULL) ? 'y' : 'n';
        (void)!write(ready[1], &ok, 1);
        for (;;)
            pause();
    }
    char ok = 0;
    assert_int_equal(read(ready[0], &ok, 1), 1);
    assert_int_equal(ok, 'y');
    struct fs_lock lock;
    ERR_AUTO e = {0};
    assert_false(fs_lock_take(&lock, path, &e));
    assert_int_equal(e.kind, ERR_CONFLICT);
    AUTO_FREE char *pid = mem_printf("pid %d", (int)child);
    assert_non_null(strstr(e.message, pid));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    assert_true(fs_lock_take(&lock, path, NULL));
    fs_lock_free(&lock);
    close(ready[0]);
    close(ready[1]);
}

// Who has the lock but has not written its name yet is waited for: the name in the file is that of
// a process that is gone.
static void lock_names_its_holder_not_the_one_before(void **state)
{
    AUTO_FREE char *path = fs_join(folder, "renamed-lock");
    pid_t dead = fork();
    if (dead == 0)
        _exit(0);
    waitpid(dead, NULL, 0);
    char host[128] = "";
    gethostname(host, sizeof host - 1);
    AUTO_FREE char *before =
        mem_printf("root, pid %d on %s since 2026-01-01T00:00:00.000Z\n", (int)dead, host);
    assert_true(fs_write(path, before, strlen(before), 0600, NULL));
    int ready[2];
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        int fd = open(path, O_RDWR | O_CLOEXEC);
        char ok = flock(fd, LOCK_EX | LOCK_NB) == 0 ? 'y' : 'n';
        (void)!write(ready[1], &ok, 1);
        AUTO_FREE char *mine =
            mem_printf("root, pid %d on %s since 2026-01-02T00:00:00.000Z\n", (int)getpid(), host);
        (void)!pwrite(fd, mine, strlen(mine), 0);
        for (;;)
            pause();
    }
    char ok = 0;
    assert_int_equal(read(ready[0], &ok, 1), 1);
    assert_int_equal(ok, 'y');
    struct fs_lock lock;
    ERR_AUTO e = {0};
    assert_false(fs_lock_take(&lock, path, &e));
    AUTO_FREE char *pid = mem_printf("pid %d on", (int)child);
    assert_non_null(strstr(e.message, pid));
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    close(ready[0]);
    close(ready[1]);
}

// XDG directories: absolute ones are used, relative ones ignored, no HOME is said.
static void xdg_directories(void **state)
{
    setenv("XDG_STATE_HOME", "/x/state", 1);
    AUTO_FREE char *absolute = fs_state_dir(NULL);
    assert_string_equal(absolute, "/x/state/forest-setup");
    setenv("XDG_STATE_HOME", "relative", 1);
    setenv("HOME", "/h", 1);
    AUTO_FREE char *fallback = fs_state_dir(NULL);
    assert_string_equal(fallback, "/h/.local/state/forest-setup");
    unsetenv("HOME");
    ERR_AUTO e = {0};
    assert_null(fs_state_dir(&e));
    assert_non_null(e.remedy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_are_bounded),
        cmocka_unit_test(writes_are_whole),
        cmocka_unit_test(remove_does_not_follow),
        cmocka_unit_test(lock_is_exclusive_and_dies_with_its_holder),
        cmocka_unit_test(lock_names_its_holder_not_the_one_before),
        cmocka_unit_test(xdg_directories),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
