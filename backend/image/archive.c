// SPDX-License-Identifier: MIT
#include "backend/image/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/codec/json.h"
#include "backend/image/digest.h"
#include "backend/image/gzip.h"

enum {
    DOCUMENT_MAX = 4 * 1024 * 1024,
    LAYERS_MAX = 256,
    CHUNK = 256 * 1024,
    NAME_MAX_BYTES = 1024
};

struct scan {
    const char *file, *folder;
    int level;
    struct cancel *cancel;
    char *config_name;
    char **layer_names; // links followed
    size_t count;
    char **links; // name, target, name, target...
    size_t link_count;
    struct str manifest;
    struct archive_image *out;
};

typedef bool (*entry_fn)(struct scan *s, struct archive *a, struct archive_entry *e,
                         const char *name, struct err *err);

static bool failed(struct archive *a, const char *file, struct err *err)
{
    const char *why = archive_error_string(a);
    return err_set(err, ERR_INPUT, "cannot read the image archive %s: %s", file,
                   why ? why : "it is broken");
}

static bool each_entry(struct scan *s, entry_fn visit, struct err *err)
{
    struct archive *a = archive_read_new();
    archive_read_support_format_tar(a);
    archive_read_support_filter_none(a);
    bool ok =
        archive_read_open_filename(a, s->file, CHUNK) == ARCHIVE_OK || failed(a, s->file, err);
    while (ok) {
        struct archive_entry *e;
        int code = archive_read_next_header(a, &e);
        if (code == ARCHIVE_EOF)
            break;
        const char *name = code >= ARCHIVE_WARN ? archive_entry_pathname(e) : NULL;
        if (!name)
            ok = failed(a, s->file, err);
        else
            ok = visit(s, a, e, str_starts(name, "./") ? name + 2 : name, err);
    }
    archive_read_free(a);
    return ok;
}

static bool read_document(struct scan *s, struct archive *a, struct str *out, struct err *err)
{
    char buffer[16384];
    for (;;) {
        la_ssize_t n = archive_read_data(a, buffer, sizeof buffer);
        if (n < 0)
            return failed(a, s->file, err);
        if (n == 0)
            break;
        str_addn(out, buffer, (size_t)n);
    }
    return !out->truncated || err_set(err, ERR_INPUT, "a document in %s is too large", s->file);
}

// Old archives hold a layer once and link to it, "../<id>/layer.tar"; links are relative to the
// entry's folder.
static void note_link(struct scan *s, const char *name, const char *target)
{
    if (s->link_count >= 4096)
        return;
    char *resolved;
    if (str_starts(target, "../")) {
        resolved = mem_strdup(target + 3);
    } else {
        const char *slash = strrchr(name, '/');
        resolved = mem_printf("%.*s%s", slash ? (int)(slash - name) + 1 : 0, name, target);
    }
    s->links = mem_realloc(s->links, s->link_count + 2, sizeof *s->links);
    s->links[s->link_count++] = mem_strdup(name);
    s->links[s->link_count++] = resolved;
}

static bool find_manifest(struct scan *s, struct archive *a, struct archive_entry *e,
                          const char *name, struct err *err)
{
    if (archive_entry_filetype(e) == AE_IFLNK && archive_entry_symlink(e))
        note_link(s, name, archive_entry_symlink(e));
    if (strcmp(name, "manifest.json") != 0)
        return true;
    str_reset(&s->manifest);
    return read_document(s, a, &s->manifest, err);
}

static const char *follow_link(const struct scan *s, const char *name)
{
    for (size_t i = 0; i + 1 < s->link_count; i += 2)
        if (strcmp(s->links[i], name) == 0)
            return s->links[i + 1];
    return name;
}

static bool read_manifest(struct scan *s, struct err *err)
{
    JSON_AUTO *root = json_parse(s->manifest.data, s->manifest.len, NULL, NULL);
    const char *config = json_str(root, "0.Config");
    const struct json *layers = json_path(root, "0.Layers");
    size_t count = json_count(layers);
    if (!config || count == 0 || count > LAYERS_MAX || json_count(root) != 1)
        return err_set(err, ERR_INPUT, "%s is not an archive of one image", s->file);
    s->config_name = mem_strdup(config);
    s->layer_names = mem_calloc(count, sizeof *s->layer_names);
    for (const struct json *l = json_first(layers); l; l = json_next(l)) {
        const char *name = json_text(l);
        if (!name || strlen(name) > NAME_MAX_BYTES)
            return err_set(err, ERR_INPUT, "%s names its layers in a way that is not understood",
                           s->file);
        s->layer_names[s->count++] = mem_strdup(follow_link(s, name));
    }
    s->out->layers = mem_calloc(count, sizeof *s->out->layers);
    s->out->count = count;
    return true;
}

struct feed { // a layer on its way to a file
    int fd;
    struct gzip *gzip; // NULL: it is gzip already
    struct sha256 hash;
    int64_t size;
};

static bool feed_bytes(struct feed *f, const char *bytes, size_t length, struct err *err)
{
    if (f->gzip)
        return gzip_add(f->gzip, bytes, length);
    sha256_add(&f->hash, bytes, length);
    f->size += (int64_t)length;
    while (length > 0) {
        ssize_t n = write(f->fd, bytes, length);
        if (n < 0 && errno != EINTR)
            return err_errno(err, ERR_IO, errno, "cannot write a layer");
        bytes += n > 0 ? n : 0;
        length -= n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool begin(struct scan *s, struct feed *f, const unsigned char *head, size_t length,
                  struct err *err)
{
    static const unsigned char zstd[4] = {0x28, 0xb5, 0x2f, 0xfd};
    if (length >= 4 && memcmp(head, zstd, 4) == 0) {
        err_set(
            err, ERR_INPUT,
            "the image has a layer compressed with zstd, for which Docker's format has no name");
        return err_remedy(err, "build it with gzip layers, or use podman");
    }
    bool compressed = length >= 2 && head[0] == 0x1f && head[1] == 0x8b;
    if (!compressed)
        f->gzip = gzip_new(f->fd, s->level, 0);
    return true;
}

static bool copy_layer(struct scan *s, struct archive *a, struct feed *f, struct err *err)
{
    AUTO_FREE char *buffer = mem_alloc(CHUNK);
    for (bool first = true;; first = false) {
        la_ssize_t n = archive_read_data(a, buffer, CHUNK);
        if (n < 0)
            return failed(a, s->file, err);
        if (cancel_requested(s->cancel))
            return err_set(err, ERR_CANCELLED, "stopped");
        if (first && !begin(s, f, (const unsigned char *)buffer, (size_t)n, err))
            return false;
        if (n == 0)
            return true;
        if (!feed_bytes(f, buffer, (size_t)n, err))
            return false;
    }
}

static bool finish(struct feed *f, bool ok, struct layer *layer, struct err *err)
{
    struct gzip_result result = {0};
    if (f->gzip && ok) {
        ok = gzip_end(f->gzip, &result, err);
        layer->diff_id = result.input_digest;
        layer->digest = result.output_digest;
        layer->size = result.output_bytes;
    } else if (f->gzip) {
        bool said = err && err->kind != ERR_NONE;
        gzip_drop(f->gzip);
        if (!said)
            err_set(err, ERR_IO, "cannot write a layer");
    } else if (ok) {
        layer->digest = digest_end(&f->hash);
        layer->size = f->size;
    }
    sha256_clear(&f->hash);
    return ok;
}

static bool take_layer(struct scan *s, struct archive *a, struct layer *layer, struct err *err)
{
    AUTO_FREE char *random = random_hex(6);
    AUTO_FREE char *path = mem_printf("%s/layer-%s.tar.gz", s->folder, random);
    AUTO_CLOSE int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot write %s", path);
    struct feed f = {.fd = fd};
    sha256_init(&f.hash);
    layer->path = mem_steal(path);
    layer->temporary = true;
    return finish(&f, copy_layer(s, a, &f, err), layer, err);
}

static bool take_parts(struct scan *s, struct archive *a, struct archive_entry *e, const char *name,
                       struct err *err)
{
    if (archive_entry_filetype(e) != AE_IFREG)
        return true;
    if (strcmp(name, s->config_name) == 0) {
        str_reset(&s->out->config);
        return read_document(s, a, &s->out->config, err);
    }
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(name, s->layer_names[i]) == 0 && !s->out->layers[i].path)
            return take_layer(s, a, &s->out->layers[i], err);
    return true;
}

// The same file may be listed more than once (empty layers are); and what we compressed must be
// what it says it is.
static bool complete(struct scan *s, struct err *err)
{
    JSON_AUTO *config = json_parse(s->out->config.data, s->out->config.len, NULL, NULL);
    const struct json *ids = json_path(config, "rootfs.diff_ids");
    if (json_count(ids) != s->count)
        return err_set(err, ERR_INPUT, "%s has %zu layers but %zu digests for them", s->file,
                       s->count, json_count(ids));
    for (size_t i = 0; i < s->count; i++) {
        struct layer *l = &s->out->layers[i];
        const char *id = json_text(json_at(ids, i));
        for (size_t j = 0; !l->digest && j < i; j++)
            if (strcmp(s->layer_names[i], s->layer_names[j]) == 0 && s->out->layers[j].digest)
                *l = (struct layer){.path = mem_strdup(s->out->layers[j].path),
                                    .digest = mem_strdup(s->out->layers[j].digest),
                                    .diff_id = mem_strdup(id ? id : ""),
                                    .size = s->out->layers[j].size};
        if (!l->digest)
            return err_set(err, ERR_INPUT, "%s lacks its layer %s", s->file, s->layer_names[i]);
        if (!id || !digest_valid(id) || (l->diff_id && strcmp(l->diff_id, id) != 0))
            return err_set(err, ERR_INPUT,
                           "%s: the layer %s has another digest than the image says", s->file,
                           s->layer_names[i]);
        if (!l->diff_id)
            l->diff_id = mem_strdup(id);
    }
    return true;
}

bool archive_read_image(const char *file, const char *folder, int level, struct cancel *cancel,
                        struct archive_image *out, struct err *err)
{
    *out = (struct archive_image){0};
    struct scan s = {.file = file, .folder = folder, .level = level, .cancel = cancel, .out = out};
    str_init(&s.manifest, DOCUMENT_MAX);
    str_init(&out->config, DOCUMENT_MAX);
    bool ok = each_entry(&s, find_manifest, err) && read_manifest(&s, err) &&
              each_entry(&s, take_parts, err) && complete(&s, err);
    for (size_t i = 0; i < s.count; i++)
        mem_free(s.layer_names[i]);
    for (size_t i = 0; i < s.link_count; i++)
        mem_free(s.links[i]);
    mem_free(s.layer_names);
    mem_free(s.links);
    mem_free(s.config_name);
    str_clear(&s.manifest);
    return ok;
}

void archive_image_clear(struct archive_image *image)
{
    for (size_t i = 0; i < image->count; i++)
        layer_clear(&image->layers[i]);
    mem_free(image->layers);
    str_clear(&image->config);
    *image = (struct archive_image){0};
}
