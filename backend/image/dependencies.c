// SPDX-License-Identifier: MIT
#include "backend/image/dependencies.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utime.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/codec/json.h"
#include "backend/image/digest.h"
#include "backend/image/native.h"
#include "backend/image/npm.h"

enum { KEPT = 8, LISTED_MAX = 1000, STAGING_MAX_S = 24 * 3600 };

static char *layers_dir(const char *cache_dir)
{
    return fs_join(cache_dir, "layers");
}

static char *blob_path(const char *cache_dir, const char *digest)
{
    return mem_printf("%s/layers/%s.tar.gz", cache_dir, digest + strlen("sha256:"));
}

static char *key_of(const struct dependencies_request *r, const struct npm_project *p,
                    const char *npm)
{
    AUTO_FREE char *settings =
        mem_printf("layer 1, arch %d, level %d, npm %s", (int)r->arch, r->level, npm);
    AUTO_FREE char *package = digest_of(p->package.data, p->package.len);
    AUTO_FREE char *lock = digest_of(p->lock.data, p->lock.len);
    return hash_texts(settings, package, p->lock_name, lock, NULL);
}

// An entry whose file is missing or has another size is none.
static bool look_up(const struct dependencies_request *r, const char *key, struct layer *out)
{
    AUTO_FREE char *entry = mem_printf("%s/layers/%s.json", r->cache_dir, key);
    STR_AUTO text;
    str_init(&text, STR_LINE);
    if (!fs_read(entry, &text, NULL))
        return false;
    JSON_AUTO *root = json_parse(text.data, text.len, NULL, NULL);
    const char *digest = json_str(root, "digest"), *diff_id = json_str(root, "diff_id");
    if (!digest_valid(digest) || !digest_valid(diff_id))
        return false;
    AUTO_FREE char *path = blob_path(r->cache_dir, digest);
    struct stat st;
    if (stat(path, &st) != 0 || st.st_size != json_int(root, "size", -1))
        return false;
    *out = (struct layer){.path = mem_steal(path),
                          .digest = mem_strdup(digest),
                          .diff_id = mem_strdup(diff_id),
                          .size = st.st_size};
    utime(entry, NULL); // used last: what pruning goes by
    return true;
}

struct kept {
    char *path;
    time_t used;
};

static int newest_first(const void *a, const void *b)
{
    time_t x = ((const struct kept *)a)->used, y = ((const struct kept *)b)->used;
    return x < y ? 1 : x > y ? -1 : 0;
}

static void drop_entry(const char *cache_dir, const char *entry)
{
    STR_AUTO text;
    str_init(&text, STR_LINE);
    if (fs_read(entry, &text, NULL)) {
        JSON_AUTO *root = json_parse(text.data, text.len, NULL, NULL);
        if (digest_valid(json_str(root, "digest"))) {
            AUTO_FREE char *blob = blob_path(cache_dir, json_str(root, "digest"));
            unlink(blob);
        }
    }
    unlink(entry);
}

// What a killed run has left behind; a running one is younger than that.
static void sweep(const char *path, const struct stat *st)
{
    if (!strstr(path, "/layers/staging-") || clock_wall_ms() / 1000 - st->st_mtime < STAGING_MAX_S)
        return;
    if (S_ISDIR(st->st_mode))
        fs_remove_tree(path, NULL);
    else
        unlink(path);
}

static void prune(const char *cache_dir)
{
    AUTO_FREE char *folder = layers_dir(cache_dir);
    DIR *dir = opendir(folder);
    struct kept *list = NULL;
    size_t count = 0;
    const struct dirent *e;
    while (dir && count < LISTED_MAX && (e = readdir(dir)) != NULL) { // NOLINT: one DIR, one thread
        struct stat st;
        char *path = fs_join(folder, e->d_name);
        bool there = lstat(path, &st) == 0;
        if (there)
            sweep(path, &st);
        if (!there || !str_ends(path, ".json")) {
            mem_free(path);
            continue;
        }
        list = mem_realloc(list, count + 1, sizeof *list);
        list[count++] = (struct kept){.path = path, .used = st.st_mtime};
    }
    if (dir)
        closedir(dir);
    if (count > 0)
        qsort(list, count, sizeof *list, newest_first);
    for (size_t i = 0; i < count; i++) {
        if (i >= KEPT)
            drop_entry(cache_dir, list[i].path);
        mem_free(list[i].path);
    }
    mem_free(list);
}

// Moves the finished file to its name, then writes the entry that makes it valid.
static bool keep(const struct dependencies_request *r, const char *key, struct layer *layer,
                 struct err *err)
{
    AUTO_FREE char *blob = blob_path(r->cache_dir, layer->digest);
    if (rename(layer->path, blob) != 0)
        return err_errno(err, ERR_IO, errno, "cannot keep the layer as %s", blob);
    mem_free(layer->path);
    layer->path = mem_steal(blob);
    layer->temporary = false;
    JSON_AUTO *root = json_object();
    json_put_str(root, "digest", layer->digest);
    json_put_str(root, "diff_id", layer->diff_id);
    json_put_int(root, "size", layer->size);
    AUTO_FREE char *text = json_print(root);
    AUTO_FREE char *entry = mem_printf("%s/layers/%s.json", r->cache_dir, key);
    if (!fs_write(entry, text, strlen(text), 0600, err))
        return false;
    prune(r->cache_dir);
    return true;
}

bool dependencies_pack(const char *node_modules, const char *file, enum cpu_arch arch, int level,
                       unsigned threads, struct cancel *cancel, struct layer *out, struct err *err)
{
    // npm's note to itself names the registry that was used: it would make the layer depend on a
    // mirror.
    static const char *const without[] = {".cache", ".package-lock.json", NULL};
    struct tree_rules rules = {.without = without};
    TREE_AUTO tree = {0};
    if (!tree_read(node_modules, &rules, cancel, &tree, err))
        return false;
    struct native_gate gate;
    native_init(&gate, arch);
    struct layer_request request = {.root = node_modules,
                                    .tree = &tree,
                                    .prefix = "app/node_modules",
                                    .file = file,
                                    .level = level,
                                    .threads = threads,
                                    .cancel = cancel,
                                    .inspect = native_inspect,
                                    .inspect_context = &gate};
    bool ok = layer_build(&request, out, err);
    if (ok)
        out->temporary = true;
    if (ok && !native_verdict(&gate, err)) {
        layer_clear(out);
        ok = false;
    }
    native_clear(&gate);
    return ok;
}

static bool install_and_pack(const struct dependencies_request *r,
                             const struct npm_project *project, const char *staging,
                             struct layer *out, struct err *err)
{
    meter_note(r->meter, "installing the dependencies with npm");
    if (!npm_install(project, r->folder, staging, r->cache_dir, r->arch, r->meter, err))
        return false;
    meter_note(r->meter, "packing the dependencies");
    AUTO_FREE char *modules = fs_join(staging, "node_modules");
    AUTO_FREE char *file = mem_printf("%s.tar.gz", staging);
    if (!fs_is_dir(modules) && !fs_mkdirs(modules, err)) // only optional ones, for another system
        return false;
    return dependencies_pack(modules, file, r->arch, r->level, r->threads, r->meter->cancel, out,
                             err);
}

bool dependencies_layer(const struct dependencies_request *r, struct layer *out, bool *out_cached,
                        struct err *err)
{
    struct npm_project project;
    *out_cached = true;
    *out = (struct layer){0};
    AUTO_FREE char *folder = layers_dir(r->cache_dir);
    bool ok = npm_read(r->folder, &project, err);
    AUTO_FREE char *npm = ok && project.has_dependencies ? npm_major(r->meter, err) : NULL;
    if (!npm) {
        npm_project_clear(&project);
        return ok && !project.has_dependencies;
    }
    AUTO_FREE char *key = key_of(r, &project, npm);
    if (project.lock.len == 0 || !look_up(r, key, out)) {
        *out_cached = false;
        AUTO_FREE char *random = random_hex(6);
        AUTO_FREE char *staging = mem_printf("%s/staging-%s", folder, random);
        ok = fs_mkdirs(staging, err) && install_and_pack(r, &project, staging, out, err);
        fs_remove_tree(staging, NULL);
        // Without a lock file the same key would mean other versions tomorrow.
        if (ok && project.lock.len > 0)
            ok = keep(r, key, out, err);
    }
    npm_project_clear(&project);
    return ok;
}

void dependencies_forget(const char *cache_dir, const struct layer *layer)
{
    AUTO_FREE char *kept = blob_path(cache_dir, layer->digest);
    if (layer->path && strcmp(kept, layer->path) == 0)
        unlink(kept);
}
