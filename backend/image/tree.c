// SPDX-License-Identifier: MIT
#include "backend/image/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { ENTRIES_MAX = 500000, DEPTH_MAX = 100, TARGET_MAX = 4096 };

struct walk {
    const char *root;
    const struct tree_rules *rules;
    struct cancel *cancel;
    struct tree *out;
};

bool tree_link_stays(const char *path, const char *target)
{
    if (target[0] == '/' || target[0] == '\0')
        return false;
    int depth = 0; // of the folder that holds the link
    for (const char *p = path; *p; p++)
        depth += *p == '/';
    for (const char *p = target; *p;) {
        size_t n = strcspn(p, "/");
        if (n == 2 && p[0] == '.' && p[1] == '.')
            depth--;
        else if (n > 0 && !(n == 1 && p[0] == '.'))
            depth++;
        if (depth < 0)
            return false;
        p += n;
        p += *p == '/';
    }
    return true;
}

static bool left_out(struct walk *w, const char *path)
{
    for (const char *const *p = w->rules->without; p && *p; p++)
        if (strcmp(path, *p) == 0)
            return true;
    if (!w->rules->drop_secrets || !ignore_is_secret(path))
        return false;
    if (w->out->secrets++ == 0)
        w->out->first_secret = mem_strdup(path);
    return true;
}

static bool push(struct walk *w, const char *path, enum tar_kind kind, char *target,
                 struct err *err)
{
    struct tree *t = w->out;
    if (t->count >= ENTRIES_MAX) {
        mem_free(target);
        err_set(err, ERR_INPUT, "%s holds more than %d files", w->root, ENTRIES_MAX);
        return err_remedy(err, "list what the backend does not need in .dockerignore");
    }
    if (t->count == t->cap) {
        t->cap = t->cap ? t->cap * 2 : 256;
        t->items = mem_realloc(t->items, t->cap, sizeof *t->items);
    }
    t->items[t->count++] =
        (struct tree_entry){.path = mem_strdup(path), .target = target, .kind = kind};
    return true;
}

static bool push_link(struct walk *w, int dir, const char *name, const char *path, struct err *err)
{
    char target[TARGET_MAX];
    ssize_t n = readlinkat(dir, name, target, sizeof target - 1);
    if (n < 0)
        return err_errno(err, ERR_IO, errno, "cannot read the link %s/%s", w->root, path);
    target[n] = '\0';
    if (!tree_link_stays(path, target)) {
        err_set(err, ERR_INPUT, "%s/%s is a link out of the folder, to %s", w->root, path, target);
        return err_remedy(
            err, "copy what it points to into the folder, or list the link in .dockerignore");
    }
    return push(w, path, TAR_LINK, mem_strdup(target), err);
}

static bool walk_folder(struct walk *w, int fd, const char *prefix, int depth, struct err *err);

static bool walk_into(struct walk *w, int dir, const char *name, const char *path, int depth,
                      struct err *err)
{
    int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot open %s/%s", w->root, path);
    return walk_folder(w, fd, path, depth + 1, err);
}

static mode_t type_of(int dir, const struct dirent *e)
{
    if (e->d_type != DT_UNKNOWN)
        return (mode_t)DTTOIF(e->d_type);
    struct stat st; // some file systems do not say
    return fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? st.st_mode & S_IFMT : 0;
}

static bool walk_entry(struct walk *w, int dir, const struct dirent *e, const char *prefix,
                       int depth, struct err *err)
{
    AUTO_FREE char *path = *prefix ? fs_join(prefix, e->d_name) : mem_strdup(e->d_name);
    if (left_out(w, path))
        return true;
    bool excluded = w->rules->ignore && ignore_excludes(w->rules->ignore, path);
    mode_t type = type_of(dir, e);
    if (type == S_IFDIR) {
        // An excluded folder may hold something that a '!' pattern brings back; its own entry is
        // then added later.
        if (excluded && !w->rules->ignore->any_keeps)
            return true;
        return (excluded || push(w, path, TAR_DIR, NULL, err)) &&
               walk_into(w, dir, e->d_name, path, depth, err);
    }
    if (excluded)
        return true;
    if (type == S_IFLNK)
        return push_link(w, dir, e->d_name, path, err);
    if (type == S_IFREG)
        return push(w, path, TAR_FILE, NULL, err);
    err_set(err, ERR_INPUT, "%s/%s is neither a file nor a folder nor a link", w->root, path);
    return err_remedy(err, "list it in .dockerignore");
}

// Takes `fd` over.
static bool walk_folder(struct walk *w, int fd, const char *prefix, int depth, struct err *err)
{
    DIR *dir = fdopendir(fd);
    if (!dir) {
        close(fd);
        return err_errno(err, ERR_IO, errno, "cannot read %s/%s", w->root, prefix);
    }
    bool ok = depth < DEPTH_MAX || err_set(err, ERR_INPUT, "%s/%s lies more than %d folders deep",
                                           w->root, prefix, DEPTH_MAX);
    const struct dirent *e;
    while (ok && (errno = 0, e = readdir(dir)) != NULL) { // NOLINT: one DIR, one thread
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        if (cancel_requested(w->cancel))
            ok = err_set(err, ERR_CANCELLED, "stopped");
        else
            ok = walk_entry(w, dirfd(dir), e, prefix, depth, err);
    }
    closedir(dir);
    return ok;
}

static int by_path(const void *a, const void *b)
{
    return strcmp(((const struct tree_entry *)a)->path, ((const struct tree_entry *)b)->path);
}

static bool has(const struct tree *t, size_t count, const char *path)
{
    struct tree_entry key = {.path = mem_strdup(path)};
    bool found = bsearch(&key, t->items, count, sizeof key, by_path) != NULL;
    mem_free(key.path);
    return found;
}

// Folders that were excluded but hold something that was not.
static bool add_parents(struct walk *w, struct err *err)
{
    size_t sorted = w->out->count;
    AUTO_FREE char *last = mem_strdup("");
    for (size_t i = 0; i < sorted; i++) {
        AUTO_FREE char *path = mem_strdup(w->out->items[i].path);
        for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            if (!has(w->out, sorted, path) &&
                !(str_starts(last, path) && strchr("/", last[strlen(path)]))) {
                if (!push(w, path, TAR_DIR, NULL, err))
                    return false;
                str_replace(&last, path);
            }
            *slash = '/';
        }
    }
    if (w->out->count > sorted)
        qsort(w->out->items, w->out->count, sizeof *w->out->items, by_path);
    return true;
}

bool tree_read(const char *root, const struct tree_rules *rules, struct cancel *cancel,
               struct tree *out, struct err *err)
{
    *out = (struct tree){0};
    struct walk w = {.root = root, .rules = rules, .cancel = cancel, .out = out};
    int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, errno, "cannot open %s",
                         root);
    if (!walk_folder(&w, fd, "", 0, err))
        return false;
    if (out->count > 0)
        qsort(out->items, out->count, sizeof *out->items, by_path);
    return !rules->ignore || !rules->ignore->any_keeps || add_parents(&w, err);
}

void tree_clear(struct tree *tree)
{
    for (size_t i = 0; i < tree->count; i++) {
        mem_free(tree->items[i].path);
        mem_free(tree->items[i].target);
    }
    mem_free(tree->items);
    mem_free(tree->first_secret);
    *tree = (struct tree){0};
}
