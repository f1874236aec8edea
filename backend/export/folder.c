// SPDX-License-Identifier: MIT
#include "backend/export/folder.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/codec/hash.h"
#include "backend/export/changes.h"
#include "backend/source/commit.h"

enum { SHOWN_MAX = 8, SUM_LINE_GAP = 2, FILE_MODE = 0644, DIR_MODE = 0755 };

struct sum {
    char *hex, *path;
};

struct work {
    const struct export_target *target;
    struct export_files *files;
    struct export_written *out;
    struct sum *sums; // of the last export
    size_t sum_count;
    char *sums_path;
    struct git_place *git;
    struct str refused; // the files in the way, one a line
    char *answers;      // setup.json as it was, for the commit's message
};

const char *export_change_word(enum export_change change)
{
    static const char *const words[] = {"same", "new", "changed", "removed"};
    return words[change];
}

void export_written_clear(struct export_written *written)
{
    for (size_t i = 0; i < written->count; i++)
        mem_free(written->items[i].path);
    mem_free(written->items);
    mem_free(written->commit);
    *written = (struct export_written){0};
}

static void note(struct work *w, const char *path, enum export_change change)
{
    struct export_written *o = w->out;
    o->items = mem_realloc(o->items, o->count + 1, sizeof *o->items);
    o->items[o->count++] = (struct export_written_file){.path = mem_strdup(path), .change = change};
}

// ---- the last export

static void take_line(struct work *w, const char *line, size_t length)
{
    if (length <= SHA256_HEX + SUM_LINE_GAP || line[0] == '#')
        return;
    w->sums = mem_realloc(w->sums, w->sum_count + 1, sizeof *w->sums);
    w->sums[w->sum_count++] = (struct sum){
        .hex = mem_strndup(line, SHA256_HEX),
        .path = mem_strndup(line + SHA256_HEX + SUM_LINE_GAP, length - SHA256_HEX - SUM_LINE_GAP)};
}

static bool read_sums(struct work *w, struct err *err)
{
    AUTO_FREE char *path = fs_join(w->target->dir, w->sums_path);
    STR_AUTO text = {0};
    str_init(&text, STR_FILE);
    ERR_AUTO e = {0};
    if (fs_exists(path) && !fs_read(path, &text, &e)) {
        err_move(err, &e);
        return false;
    }
    for (const char *p = text.data; *p;) {
        size_t n = strcspn(p, "\n");
        take_line(w, p, n);
        p += n + (p[n] == '\n');
    }
    return true;
}

static const struct sum *sum_of(const struct work *w, const char *path)
{
    for (size_t i = 0; i < w->sum_count; i++)
        if (str_eq(w->sums[i].path, path))
            return &w->sums[i];
    return NULL;
}

static const struct export_file *file_of(const struct work *w, const char *path)
{
    for (size_t i = 0; i < w->files->count; i++)
        if (str_eq(w->files->items[i].path, path))
            return &w->files->items[i];
    return NULL;
}

// ---- may they be written?

static void refuse(struct work *w, const char *path, const char *why)
{
    str_addf(&w->refused, "%s %s\n", path, why);
}

// A folder of the path that is a link or a file would lead elsewhere.
static bool folders_fit(struct work *w, const char *path)
{
    for (const char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
        AUTO_FREE char *part = mem_strndup(path, (size_t)(slash - path));
        AUTO_FREE char *full = fs_join(w->target->dir, part);
        struct stat st;
        if (lstat(full, &st) != 0)
            return true; // will be made
        if (!S_ISDIR(st.st_mode)) {
            refuse(w, part, "is not a folder");
            return false;
        }
    }
    return true;
}

// Is what lies there from the last export, or what would be written anyway?
static bool known_content(const struct work *w, const struct export_file *file, const char *found,
                          size_t length)
{
    if (strlen(file->text) == length && memcmp(file->text, found, length) == 0)
        return true;
    const struct sum *sum = sum_of(w, file->path);
    AUTO_FREE char *hex = sha256_hex(found, length);
    return sum && str_eq(sum->hex, hex);
}

static void judge_content(struct work *w, const struct export_file *file, bool known,
                          enum git_file git)
{
    if (git == GIT_FILE_UNSETTLED)
        refuse(w, file->path, "was changed by somebody and is not committed");
    else if (known || git == GIT_FILE_CLEAN)
        return;
    else if (sum_of(w, file->path) || git == GIT_FILE_CHANGED)
        refuse(w, file->path,
               w->target->git ? "was changed by somebody and is not committed"
                              : "was changed since it was exported");
    else
        refuse(w, file->path, "is not from an export of this setup");
}

static bool check_file(struct work *w, const struct export_file *file, struct err *err)
{
    AUTO_FREE char *full = fs_join(w->target->dir, file->path);
    struct stat st;
    enum git_file git = GIT_FILE_UNTRACKED;
    if (!folders_fit(w, file->path))
        return true;
    if (w->git && !git_place_look(w->git, file->path, &git, err))
        return false;
    bool there = lstat(full, &st) == 0;
    if (there && !S_ISREG(st.st_mode)) {
        refuse(w, file->path, "is not an ordinary file");
        return true;
    }
    if (w->target->force)
        return true;
    STR_AUTO found = {0};
    str_init(&found, STR_BODY);
    if (there && !fs_read(full, &found, err))
        return false;
    judge_content(w, file, !there || known_content(w, file, found.data, found.len), git);
    return true;
}

static bool told_refusals(struct work *w, struct err *err)
{
    if (w->refused.len == 0)
        return true;
    size_t n = 0;
    STR_AUTO shown = {0};
    str_init(&shown, STR_LINE);
    for (const char *p = w->refused.data; *p; n++) {
        size_t length = strcspn(p, "\n");
        if (n < SHOWN_MAX)
            str_addf(&shown, "%s%.*s", n ? "; " : "", (int)length, p);
        p += length + 1;
    }
    if (n > SHOWN_MAX)
        str_addf(&shown, "; and %zu more", n - SHOWN_MAX);
    err_set(err, ERR_INPUT, "%s: %s", w->target->dir, shown.data);
    return err_remedy(err,
                      "Nothing was written. Choose another folder, %s, or overwrite with "
                      "--force.",
                      w->target->git ? "commit what was changed" : "move them away");
}

static bool make_folder(const char *path, struct err *err)
{
    AUTO_FREE char *copy = mem_strdup(path);
    for (char *p = copy + 1;; p++) {
        if (*p != '/' && *p != '\0')
            continue;
        char kept = *p;
        *p = '\0';
        if (mkdir(copy, DIR_MODE) != 0 && errno != EEXIST)
            return err_errno(err, ERR_IO, errno, "cannot make the folder %s", copy);
        *p = kept;
        if (!kept)
            return fs_is_dir(path) || err_set(err, ERR_IO, "%s is not a folder", path);
    }
}

static bool check_all(struct work *w, struct err *err)
{
    const char *dir = w->target->dir;
    if (!make_folder(dir, err))
        return err_remedy(err, "Choose a folder that can be written with -o DIR.");
    if (access(dir, W_OK | X_OK) != 0) {
        err_errno(err, ERR_IO, errno, "cannot write into %s", dir);
        return err_remedy(err, "Choose a folder that can be written with -o DIR.");
    }
    if ((w->target->git && !git_place_open(&w->git, dir, err)) || !read_sums(w, err))
        return false;
    for (size_t i = 0; i < w->files->count; i++)
        if (!check_file(w, &w->files->items[i], err))
            return false;
    return told_refusals(w, err);
}

// ---- writing

static char *temporary(const struct work *w, const char *path)
{
    AUTO_FREE char *full = fs_join(w->target->dir, path);
    return mem_printf("%s.forest-setup-new", full);
}

static enum export_change change_of(const struct work *w, const struct export_file *file)
{
    AUTO_FREE char *full = fs_join(w->target->dir, file->path);
    STR_AUTO found = {0};
    str_init(&found, STR_BODY);
    if (!fs_exists(full))
        return EXPORT_NEW;
    bool same = fs_read(full, &found, NULL) && str_eq(found.data, file->text);
    return same ? EXPORT_SAME : EXPORT_CHANGED;
}

static bool write_beside(struct work *w, const struct export_file *file, struct err *err)
{
    AUTO_FREE char *path = temporary(w, file->path);
    AUTO_FREE char *folder = fs_dirname(path);
    return make_folder(folder, err) &&
           fs_write(path, file->text, strlen(file->text), FILE_MODE, err);
}

static void drop_temporaries(struct work *w)
{
    for (size_t i = 0; i < w->files->count; i++) {
        AUTO_FREE char *path = temporary(w, w->files->items[i].path);
        (void)unlink(path);
    }
}

// First all of them beside the old ones, so that a full disk leaves everything as it was.
static bool write_all(struct work *w, struct err *err)
{
    for (size_t i = 0; i < w->files->count; i++) {
        const struct export_file *file = &w->files->items[i];
        enum export_change change = change_of(w, file);
        note(w, file->path, change);
        if (change != EXPORT_SAME && !write_beside(w, file, err)) {
            drop_temporaries(w);
            return false;
        }
    }
    for (size_t i = 0; i < w->files->count; i++) {
        const char *path = w->files->items[i].path;
        AUTO_FREE char *from = temporary(w, path);
        AUTO_FREE char *to = fs_join(w->target->dir, path);
        if (fs_exists(from) && rename(from, to) != 0) {
            err_errno(err, ERR_IO, errno, "cannot replace %s", to);
            drop_temporaries(w);
            return false;
        }
    }
    return true;
}

// ---- what an earlier export left

static bool same_room(const char *a, const char *b)
{
    size_t n = strcspn(a, "/");
    return a[n] == '/' && strncmp(a, b, n + 1) == 0;
}

static bool is_stale(const struct work *w, const char *path)
{
    if (file_of(w, path) || str_starts(path, "/") || strstr(path, ".."))
        return false;
    for (size_t i = 0; i < w->files->count; i++)
        if (same_room(path, w->files->items[i].path))
            return true;
    return false;
}

// Only what is still as we wrote it.
static void remove_stale(struct work *w)
{
    for (size_t i = 0; i < w->sum_count; i++) {
        const struct sum *sum = &w->sums[i];
        AUTO_FREE char *full = fs_join(w->target->dir, sum->path);
        STR_AUTO found = {0};
        str_init(&found, STR_BODY);
        if (!is_stale(w, sum->path) || !fs_read(full, &found, NULL))
            continue;
        AUTO_FREE char *hex = sha256_hex(found.data, found.len);
        if (str_eq(hex, sum->hex) && unlink(full) == 0)
            note(w, sum->path, EXPORT_REMOVED);
    }
}

// Files of other formats, exported earlier, stay listed.
static void add_sums(struct work *w)
{
    struct export_files all = {0};
    for (size_t i = 0; i < w->files->count; i++) {
        const char *text = w->files->items[i].text;
        export_files_add(&all, w->files->items[i].path, sha256_hex(text, strlen(text)));
    }
    for (size_t i = 0; i < w->sum_count; i++)
        if (!file_of(w, w->sums[i].path) && !is_stale(w, w->sums[i].path))
            export_files_add(&all, w->sums[i].path, mem_strdup(w->sums[i].hex));
    STR_AUTO text = {0};
    str_init(&text, STR_FILE);
    str_addf(&text,
             "# What `forest-setup export %s` wrote here; the next export changes these "
             "files and no others.\n",
             w->target->setup);
    for (size_t i = 0; i < all.count; i++)
        str_addf(&text, "%s  %s\n", all.items[i].text, all.items[i].path);
    export_files_clear(&all);
    export_files_add(w->files, w->sums_path, str_take(&text));
}

// ---- the whole

static void keep_answers(struct work *w)
{
    AUTO_FREE char *path = fs_join(w->target->dir, "setup.json");
    struct str text;
    str_init(&text, STR_FILE);
    if (fs_exists(path) && fs_read(path, &text, NULL))
        w->answers = mem_strdup(text.data);
    str_clear(&text);
}

static char *commit_message(const struct work *w)
{
    STR_AUTO text = {0};
    str_init(&text, STR_FILE);
    str_addf(&text, "forest-setup: export %s as %s\n\n", w->target->setup, w->target->formats);
    for (size_t i = 0; i < w->out->count; i++)
        if (w->out->items[i].change != EXPORT_SAME && !str_eq(w->out->items[i].path, w->sums_path))
            str_addf(&text, "%-8s %s\n", export_change_word(w->out->items[i].change),
                     w->out->items[i].path);
    const struct export_file *now = file_of(w, "setup.json");
    if (now && w->answers)
        changes_add(&text, w->answers, now->text);
    return str_take(&text);
}

static bool commit(struct work *w, struct err *err)
{
    if (!w->git)
        return true;
    AUTO_FREE char *message = commit_message(w);
    const char **paths = mem_calloc(w->out->count + 1, sizeof *paths);
    for (size_t i = 0; i < w->out->count; i++)
        paths[i] = w->out->items[i].path;
    struct git_commit_files files = {.paths = paths, .count = w->out->count, .message = message};
    bool ok = git_place_commit(w->git, &files, &w->out->commit, err);
    mem_free(paths);
    return ok;
}

bool export_write(const struct export_target *target, struct export_files *files,
                  struct export_written *out, struct err *err)
{
    *out = (struct export_written){0};
    struct work w = {.target = target, .files = files, .out = out};
    str_init(&w.refused, STR_FILE);
    w.sums_path = mem_printf("forest-setup-%s.sums", target->setup);
    bool ok = check_all(&w, err);
    if (ok) {
        keep_answers(&w);
        add_sums(&w);
        ok = write_all(&w, err);
    }
    if (ok) {
        remove_stale(&w);
        ok = commit(&w, err);
    }
    git_place_close(w.git);
    for (size_t i = 0; i < w.sum_count; i++) {
        mem_free(w.sums[i].hex);
        mem_free(w.sums[i].path);
    }
    mem_free(w.sums);
    mem_free(w.sums_path);
    mem_free(w.answers);
    str_clear(&w.refused);
    return ok;
}
