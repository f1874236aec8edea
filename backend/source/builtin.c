// SPDX-License-Identifier: MIT
#include "backend/source/builtin.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/codec/hash.h"
#include "backend/codec/json.h"

enum { HASH_DIGITS = 12, DEPTH_MAX = 16 };

static char *content_hash(void)
{
    struct sha256 h;
    unsigned char sha[SHA256_BYTES];
    sha256_init(&h);
    for (const struct builtin_file *f = builtin_files; f->path; f++) {
        sha256_add(&h, f->path, strlen(f->path) + 1);
        sha256_add(&h, &f->length, sizeof f->length);
        sha256_add(&h, f->bytes, f->length);
    }
    sha256_end(&h, sha);
    AUTO_FREE char *hex = encode_hex(sha, sizeof sha);
    return mem_strndup(hex, HASH_DIGITS);
}

static bool same_content(const char *folder, const struct builtin_file *f)
{
    AUTO_FREE char *path = fs_join(folder, f->path);
    struct stat st;
    if (lstat(path, &st) != 0 || !S_ISREG(st.st_mode) || (size_t)st.st_size != f->length)
        return false;
    STR_AUTO text;
    str_init(&text, f->length + 1);
    return fs_read(path, &text, NULL) && text.len == f->length &&
           memcmp(text.data, f->bytes, f->length) == 0;
}

// Files below a folder; a stranger among them would go into the image.
static size_t count_files(const char *folder, int depth)
{
    DIR *dir = depth < DEPTH_MAX ? opendir(folder) : NULL;
    size_t count = 0;
    const struct dirent *e;
    while (dir && (e = readdir(dir)) != NULL) { // NOLINT: one DIR, one thread
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        AUTO_FREE char *path = fs_join(folder, e->d_name);
        struct stat st;
        bool is_dir = lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
        count += is_dir ? count_files(path, depth + 1) : 1;
    }
    if (dir)
        closedir(dir);
    return count;
}

static bool intact(const char *folder)
{
    size_t count = 0;
    for (const struct builtin_file *f = builtin_files; f->path; f++, count++)
        if (!same_content(folder, f))
            return false;
    return count_files(folder, 0) == count;
}

static bool write_files(const char *folder, struct err *err)
{
    for (const struct builtin_file *f = builtin_files; f->path; f++) {
        AUTO_FREE char *path = fs_join(folder, f->path);
        AUTO_FREE char *parent = fs_dirname(path);
        if (!fs_mkdirs(parent, err) || !fs_write(path, f->bytes, f->length, 0600, err))
            return false;
    }
    return true;
}

char *builtin_unpack(const char *cache_dir, struct err *err)
{
    AUTO_FREE char *hash = content_hash();
    char *folder = mem_printf("%s/builtin-%s", cache_dir, hash);
    if (intact(folder))
        return folder;
    // Written aside and renamed, so that another process never sees half of it.
    AUTO_FREE char *random = random_hex(4);
    AUTO_FREE char *aside = mem_printf("%s.%s", folder, random);
    bool ok = write_files(aside, err) && fs_remove_tree(folder, err);
    if (ok && rename(aside, folder) != 0 && !intact(folder)) // or another process was faster
        ok = err_errno(err, ERR_IO, errno, "cannot unpack the built-in backend to %s", folder);
    fs_remove_tree(aside, NULL);
    if (ok)
        return folder;
    mem_free(folder);
    return NULL;
}

char *builtin_version(void)
{
    for (const struct builtin_file *f = builtin_files; f->path; f++) {
        if (strcmp(f->path, "package.json") != 0)
            continue;
        JSON_AUTO *package = json_parse((const char *)f->bytes, f->length, NULL, NULL);
        return mem_strdup(json_str_or(package, "version", "0"));
    }
    return mem_strdup("0");
}
