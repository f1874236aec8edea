// SPDX-License-Identifier: MIT
// A disk that fails: preloaded into the program, it counts the calls of one kind on files whose
// path has FAULT_PATH in it, and lets the FAULT_AT-th of them (and with FAULT_STICKY all after it)
// fail.
//
//   FAULT_CALL    write, fsync, rename, open, truncate or flock
//   FAULT_PATH    part of the path, "/journal"
//   FAULT_AT      from 1; 0 counts only
//   FAULT_ERRNO   a number; 0 pretends that the call was done (a lie, for planting bugs)
//   FAULT_COUNT   a file that gets one line for each counted call
//   FAULT_TRACE   a file that gets, in order, what was written to such files (W), where an fsync of
//   one
//                 began and ended (B, E), and what went to a socket (S): who was first?
// disk.py compiles it and sets these.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

static _Atomic int counted;

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

#define REAL(name, ...) ((__typeof__(&(name)))next(#name))(__VA_ARGS__)

static int number(const char *name)
{
    const char *text = getenv(name);
    return text ? (int)strtol(text, NULL, 10) : 0;
}

static void note(const char *call, const char *path)
{
    const char *file = getenv("FAULT_COUNT");
    int fd = file ? REAL(open, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    if (fd < 0)
        return;
    char line[600];
    int n = snprintf(line, sizeof line, "%s %.500s\n", call, path);
    (void)!REAL(write, fd, line, (size_t)n);
    REAL(close, fd);
}

// True: this call fails, with errno set, or is only pretended when errno is 0.
static int fails(const char *call, const char *path)
{
    const char *kind = getenv("FAULT_CALL");
    const char *part = getenv("FAULT_PATH");
    if (!kind || !part || strcmp(kind, call) != 0 || !strstr(path, part))
        return 0;
    int n = atomic_fetch_add(&counted, 1) + 1;
    int at = number("FAULT_AT");
    note(call, path);
    if (!at || n < at || (n > at && !getenv("FAULT_STICKY")))
        return 0;
    errno = number("FAULT_ERRNO");
    return 1;
}

// One line, in one write: lines of several threads stay whole and in order.
static void trace(char kind, const void *bytes, size_t length)
{
    enum { SHOWN = 16384 };
    const char *file = getenv("FAULT_TRACE");
    int fd = file ? REAL(open, file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;
    char *line = fd >= 0 ? malloc(SHOWN + 3) : NULL;
    if (!line)
        return;
    size_t n = length < SHOWN ? length : SHOWN;
    line[0] = kind;
    line[1] = ' ';
    for (size_t i = 0; i < n; i++) {
        unsigned char c = ((const unsigned char *)bytes)[i];
        line[2 + i] = c < ' ' || c > '~' ? ' ' : (char)c;
    }
    line[2 + n] = '\n';
    (void)!REAL(write, fd, line, n + 3);
    free(line);
    REAL(close, fd);
}

static int watched(const char *path)
{
    const char *part = getenv("FAULT_PATH");
    return part && strstr(path, part) != NULL;
}

static const char *path_of(int fd, char *out, size_t size)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t n = readlink(link, out, size - 1);
    out[n > 0 ? n : 0] = '\0';
    return out;
}

ssize_t write(int fd, const void *bytes, size_t length)
{
    char path[4096];
    if (fd > 2 && fails("write", path_of(fd, path, sizeof path)))
        return errno ? -1 : (ssize_t)length;
    ssize_t n = REAL(write, fd, bytes, length);
    if (fd > 2 && n > 0 && watched(path))
        trace('W', bytes, (size_t)n);
    return n;
}

ssize_t send(int fd, const void *bytes, size_t length, int flags)
{
    trace('S', bytes, length);
    return REAL(send, fd, bytes, length, flags);
}

int fsync(int fd)
{
    char path[4096];
    if (fails("fsync", path_of(fd, path, sizeof path)))
        return errno ? -1 : 0;
    if (!watched(path))
        return REAL(fsync, fd);
    trace('B', "", 0);
    int done = REAL(fsync, fd);
    if (done == 0)
        trace('E', "", 0);
    return done;
}

int ftruncate(int fd, off_t length)
{
    char path[4096];
    if (fails("truncate", path_of(fd, path, sizeof path)))
        return errno ? -1 : 0;
    return REAL(ftruncate, fd, length);
}

int flock(int fd, int operation)
{
    char path[4096];
    if (fails("flock", path_of(fd, path, sizeof path)))
        return errno ? -1 : 0;
    return REAL(flock, fd, operation);
}

int rename(const char *from, const char *to)
{
    if (fails("rename", to))
        return errno ? -1 : 0;
    return REAL(rename, from, to);
}

int openat(int dir, const char *name, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    char path[8192] = "";
    if (name[0] != '/' && dir >= 0)
        path_of(dir, path, 4096);
    size_t used = strlen(path);
    snprintf(path + used, sizeof path - used, "/%s", name);
    if (fails("open", path))
        return -1;
    return REAL(openat, dir, name, flags, mode);
}

int open(const char *name, int flags, ...)
{
    va_list rest;
    va_start(rest, flags);
    mode_t mode = flags & O_CREAT ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    if (fails("open", name))
        return -1;
    return REAL(open, name, flags, mode);
}
