// SPDX-License-Identifier: MIT
// Journals as files among others: which there are, and putting one away for good.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/engine/journal_private.h"

// "<dir>.<why>-<time>"; the caller's.
static char *name_aside(const char *dir, const char *why)
{
    AUTO_FREE char *when = clock_format(clock_wall_ms());
    for (char *p = when; *p; p++)
        if (*p == ':')
            *p = '-'; // a name that every file system and every tool takes
    return mem_printf("%s.%s-%s", dir, why, when);
}

bool journal_retire(struct journal *j, struct err *err)
{
    AUTO_FREE char *to = name_aside(j->dir, "destroyed");
    AUTO_FREE char *parent = fs_dirname(j->dir);
    if (rename(j->dir, to) != 0)
        return err_errno(err, ERR_IO, errno, "cannot move the finished record %s", j->dir);
    return fs_sync_dir(parent, err);
}

static bool move_aside(const char *dir, const char *to, struct err *err)
{
    static const char *const kept = "version-key";
    AUTO_FREE char *old_key = fs_join(to, kept);
    AUTO_FREE char *new_key = fs_join(dir, kept);
    if (rename(dir, to) != 0)
        return err_errno(err, ERR_IO, errno, "cannot move the damaged record %s", dir);
    if (!fs_mkdirs(dir, err))
        return false;
    if (fs_exists(old_key) && rename(old_key, new_key) != 0)
        return err_errno(err, ERR_IO, errno, "cannot keep %s", old_key);
    return true;
}

bool journal_set_aside(const char *state_dir, const char *name, struct err *err)
{
    AUTO_FREE char *dir = fs_join(state_dir, name);
    AUTO_FREE char *lock_path = fs_join(dir, "lock");
    AUTO_FREE char *to = name_aside(dir, "damaged");
    struct fs_lock lock = {.fd = -1};
    if (!fs_is_dir(dir)) // a file or a link in its place
        return rename(dir, to) == 0 ||
               err_errno(err, ERR_IO, errno, "cannot move %s out of the way", dir);
    bool ok = fs_lock_take(&lock, lock_path, err) && move_aside(dir, to, err) &&
              fs_sync_dir(state_dir, err);
    fs_lock_free(&lock);
    return ok;
}

static bool is_setup(const char *state_dir, const char *name)
{
    // A dot: hidden, or put away by journal_retire().
    if (strchr(name, '.'))
        return false;
    AUTO_FREE char *dir = fs_join(state_dir, name);
    AUTO_FREE char *path = fs_join(dir, "journal");
    return fs_exists(path);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

bool journal_list(const char *state_dir, char ***out_names, size_t *out_count, struct err *err)
{
    char **names = NULL;
    size_t count = 0;
    DIR *dir = opendir(state_dir);
    if (!dir && errno != ENOENT)
        return err_errno(err, ERR_IO, errno, "cannot open %s", state_dir);
    struct dirent *e;
    // readdir() is safe when, as here, no other thread has the same DIR.
    while (dir && (e = readdir(dir))) { // NOLINT(concurrency-mt-unsafe)
        if (!is_setup(state_dir, e->d_name))
            continue;
        names = mem_realloc(names, count + 1, sizeof *names);
        names[count++] = mem_strdup(e->d_name);
    }
    if (dir)
        closedir(dir);
    if (count)
        qsort(names, count, sizeof *names, by_name);
    *out_names = names;
    *out_count = count;
    return true;
}
