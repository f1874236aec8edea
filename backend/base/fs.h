// SPDX-License-Identifier: MIT
// Files on the user's machine: bounded reads, crash-safe writes, private directories, locks that
// the kernel frees. Paths are UTF-8; every path in a message is shown as given. Errors are ERR_IO
// unless said otherwise.
#ifndef FOREST_BASE_FS_H
#define FOREST_BASE_FS_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/base/str.h"

// Reads a whole regular file (or FIFO, for at most 10 s) into `out`, which must be empty;
// ERR_NOT_FOUND when absent, ERR_INPUT when larger than out->max, a directory or a device.
bool fs_read(const char *path, struct str *out, struct err *err);
// Until there is something to read (or the end): looks up every 50 ms whether the process was asked
// to stop, because a signal that comes just before a read() does not wake it. ERR_CANCELLED.
bool fs_wait_readable(int fd, struct err *err);
// temp file, fsync, rename, fsync of the directory; mode e.g. 0600. The old file stays whole when
// anything fails.
bool fs_write(const char *path, const void *data, size_t length, unsigned mode, struct err *err);
// mkdir -p with mode 0700 for what it makes.
bool fs_mkdirs(const char *path, struct err *err);
bool fs_sync_dir(const char *path, struct err *err);
bool fs_exists(const char *path);
bool fs_is_dir(const char *path);
// "dir/name", the caller's.
char *fs_join(const char *dir, const char *name);
char *fs_dirname(const char *path);
// Expands a leading "~/" by HOME.
char *fs_expand(const char *path);
// $XDG_STATE_HOME/forest-setup (default ~/.local/state), $XDG_CACHE_HOME/forest-setup (default
// ~/.cache); relative XDG values are ignored as the specification says. NULL (ERR_INPUT) when HOME
// is not set either.
char *fs_state_dir(struct err *err);
char *fs_cache_dir(struct err *err);
// Removes a directory tree without following links. Missing is success.
bool fs_remove_tree(const char *path, struct err *err);

struct fs_lock {
    int fd; // -1 when not held
};
// flock() on a file that is never renamed; the holder's user, pid, host and since when are written
// into it for the message. ERR_CONFLICT names the holder; may wait 2 s until it has written its
// name. The kernel frees the lock when the process ends, however it ends.
bool fs_lock_take(struct fs_lock *lock, const char *path, struct err *err);
void fs_lock_free(struct fs_lock *lock);

void fs_close(int *fd); // for the attribute
#define AUTO_CLOSE __attribute__((cleanup(fs_close)))

#endif
