// SPDX-License-Identifier: MIT
#include "backend/base/fs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"

enum { HOST_CHARS = 128, HOLDER_MS = 2000, HOLDER_PAUSE_NS = 5 * 1000 * 1000 };

void fs_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

static bool readable_kind(int fd, const char *path, struct err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_errno(err, ERR_IO, errno, "cannot look at %s", path);
    if (S_ISREG(st.st_mode) || S_ISFIFO(st.st_mode))
        return true;
    return err_set(err, ERR_INPUT, "%s is not a file but a %s", path,
                   S_ISDIR(st.st_mode) ? "directory" : "device");
}

// A FIFO whose writer never comes must not hold the program for ever.
static bool wait_for_data(int fd, const char *path, struct err *err)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int n = poll(&p, 1, 10000);
    if (n > 0)
        return true;
    return err_set(err, ERR_IO, "nothing to read from %s for 10 seconds", path);
}

bool fs_wait_readable(int fd, struct err *err)
{
    for (;;) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        int n = poll(&p, 1, 50);
        if (cancel_requested(cancel_of_process()))
            return err_set(err, ERR_CANCELLED, "stopped while waiting for input");
        if (n > 0)
            return true;
        if (n < 0 && errno != EINTR)
            return err_errno(err, ERR_IO, errno, "cannot wait for input");
    }
}

static bool read_to_end(int fd, const char *path, char *buffer, size_t size, struct str *out,
                        struct err *err)
{
    for (;;) {
        if (!wait_for_data(fd, path, err))
            return false;
        ssize_t n = read(fd, buffer, size);
        if (n < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (n < 0)
            return err_errno(err, ERR_IO, errno, "cannot read %s", path);
        if (n == 0)
            return true;
        str_addn(out, buffer, (size_t)n);
        if (out->truncated)
            return err_set(err, ERR_INPUT, "%s is larger than the %zu bytes accepted here", path,
                           out->max);
    }
}

bool fs_read(const char *path, struct str *out, struct err *err)
{
    enum { PIECE = 65536 };
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "cannot open %s",
                         path);
    if (!readable_kind(fd, path, err))
        return false;
    AUTO_FREE char *buffer = mem_alloc(PIECE); // not on the stack: it may be a file of secrets
    return read_to_end(fd, path, buffer, PIECE, out, err);
}

static bool write_all(int fd, const char *data, size_t length)
{
    while (length) {
        ssize_t n = write(fd, data, length);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        data += n;
        length -= (size_t)n;
    }
    return true;
}

bool fs_sync_dir(const char *path, struct err *err)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || fsync(fd) != 0)
        return err_errno(err, ERR_IO, errno, "cannot sync the directory %s", path);
    return true;
}

bool fs_write(const char *path, const void *data, size_t length, unsigned mode, struct err *err)
{
    AUTO_FREE char *temp = mem_printf("%s.tmp-%ld", path, (long)getpid());
    int fd = open(temp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, mode);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot write %s", temp);
    bool ok = fchmod(fd, mode) == 0 && write_all(fd, data, length) && fsync(fd) == 0;
    int saved = errno;
    if (close(fd) != 0 && ok) {
        ok = false;
        saved = errno;
    }
    if (ok && rename(temp, path) != 0) {
        ok = false;
        saved = errno;
    }
    if (!ok) {
        unlink(temp);
        return err_errno(err, ERR_IO, saved, "cannot write %s", path);
    }
    AUTO_FREE char *dir = fs_dirname(path);
    return fs_sync_dir(dir, err);
}

bool fs_mkdirs(const char *path, struct err *err)
{
    AUTO_FREE char *copy = mem_strdup(path);
    for (char *p = copy + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            return err_errno(err, ERR_IO, errno, "cannot make the directory %s", copy);
        *p = kept;
        if (!kept)
            break;
    }
    if (!fs_is_dir(path))
        return err_set(err, ERR_IO, "%s is not a directory", path);
    return true;
}

bool fs_exists(const char *path)
{
    struct stat st;
    return lstat(path, &st) == 0;
}

bool fs_is_dir(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

char *fs_join(const char *dir, const char *name)
{
    return mem_printf("%s%s%s", dir, str_ends(dir, "/") ? "" : "/", name);
}

char *fs_dirname(const char *path)
{
    const char *slash = strrchr(path, '/');
    if (!slash)
        return mem_strdup(".");
    if (slash == path)
        return mem_strdup("/");
    return mem_strndup(path, (size_t)(slash - path));
}

char *fs_expand(const char *path)
{
    const char *home = getenv("HOME");
    if (!str_starts(path, "~/") || str_empty(home))
        return mem_strdup(path);
    return fs_join(home, path + 2);
}

static char *xdg_dir(const char *variable, const char *fallback, struct err *err)
{
    const char *value = getenv(variable);
    if (value && value[0] == '/')
        return fs_join(value, "forest-setup");
    const char *home = getenv("HOME");
    if (str_empty(home)) {
        err_set(err, ERR_INPUT, "neither HOME nor %s is set, so there is no place to keep records",
                variable);
        err_remedy(err, "Set HOME, or %s to an absolute path.", variable);
        return NULL;
    }
    AUTO_FREE char *base = fs_join(home, fallback);
    return fs_join(base, "forest-setup");
}

char *fs_state_dir(struct err *err)
{
    return xdg_dir("XDG_STATE_HOME", ".local/state", err);
}

char *fs_cache_dir(struct err *err)
{
    return xdg_dir("XDG_CACHE_HOME", ".cache", err);
}

static bool remove_at(int parent, const char *name, const char *shown, struct err *err)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
        return true;
    if (errno != EISDIR && errno != EPERM)
        return err_errno(err, ERR_IO, errno, "cannot remove %s", shown);
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            close(fd);
        return err_errno(err, ERR_IO, errno, "cannot open %s", shown);
    }
    bool ok = true;
    for (struct dirent *e = readdir(dir); e && ok; e = readdir(dir)) {
        if (str_eq(e->d_name, ".") || str_eq(e->d_name, ".."))
            continue;
        AUTO_FREE char *inner = fs_join(shown, e->d_name);
        ok = remove_at(dirfd(dir), e->d_name, inner, err);
    }
    closedir(dir);
    if (ok && unlinkat(parent, name, AT_REMOVEDIR) != 0)
        return err_errno(err, ERR_IO, errno, "cannot remove %s", shown);
    return ok;
}

bool fs_remove_tree(const char *path, struct err *err)
{
    return remove_at(AT_FDCWD, path, path, err);
}

static bool read_holder(int fd, char *out, size_t size)
{
    ssize_t n = pread(fd, out, size - 1, 0);
    out[n > 0 ? n : 0] = '\0';
    size_t line = strcspn(out, "\n");
    bool whole = out[line] == '\n';
    out[line] = '\0';
    return whole;
}

// Is the process that the text names still there, as far as this machine can tell?
static bool may_live(const char *holder)
{
    char host[HOST_CHARS] = "";
    (void)gethostname(host, sizeof host - 1);
    AUTO_FREE char *here = mem_printf(" on %s since ", host);
    const char *pid = strstr(holder, "pid ");
    if (!pid || !strstr(holder, here))
        return true;
    long number = strtol(pid + strlen("pid "), NULL, 10);
    return number > 0 && (kill((pid_t)number, 0) == 0 || errno != ESRCH);
}

// Whoever has just taken the lock has not written its name yet, and the file may still name one
// that was killed.
static void describe_holder(int fd, char *out, size_t size)
{
    int64_t deadline = clock_ms() + HOLDER_MS;
    const struct timespec pause = {.tv_nsec = HOLDER_PAUSE_NS};
    while (!(read_holder(fd, out, size) && may_live(out)) && clock_ms() < deadline)
        nanosleep(&pause, NULL);
}

static char *user_name(void)
{
    char buffer[1024];
    struct passwd entry;
    struct passwd *found = NULL;
    if (getpwuid_r(getuid(), &entry, buffer, sizeof buffer, &found) == 0 && found)
        return mem_strdup(found->pw_name);
    return mem_printf("user %ld", (long)getuid());
}

bool fs_lock_take(struct fs_lock *lock, const char *path, struct err *err)
{
    lock->fd = -1;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot open the lock %s", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        int saved = errno;
        char holder[256] = "";
        if (saved == EWOULDBLOCK)
            describe_holder(fd, holder, sizeof holder);
        close(fd);
        if (saved != EWOULDBLOCK)
            return err_errno(err, ERR_IO, saved, "cannot lock %s", path);
        err_set(err, ERR_CONFLICT, "another forest-setup is working on this setup (%s)",
                holder[0] ? holder : "unknown");
        err_code(err, "locked");
        return err_remedy(err, "Wait until it has ended (--wait does), or stop it; then run this "
                               "again.");
    }
    char host[HOST_CHARS] = "";
    (void)gethostname(host, sizeof host - 1);
    AUTO_FREE char *when = clock_format(clock_wall_ms());
    AUTO_FREE char *user = user_name();
    AUTO_FREE char *text =
        mem_printf("%s, pid %ld on %s since %s\n", user, (long)getpid(), host, when);
    if (ftruncate(fd, 0) == 0)
        (void)!pwrite(fd, text, strlen(text),
                      0); // for the message only: the lock itself is held either way
    lock->fd = fd;
    return true;
}

void fs_lock_free(struct fs_lock *lock)
{
    fs_close(&lock->fd);
}
