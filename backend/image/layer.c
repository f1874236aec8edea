// SPDX-License-Identifier: MIT
#include "backend/image/layer.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/image/gzip.h"

enum { HEAD_BYTES = 64 };

struct build {
    const struct layer_request *request;
    struct gzip *gzip;
    struct tar tar;
    int root;
};

static bool sink(void *context, const void *bytes, size_t length)
{
    return gzip_add(context, bytes, length);
}

static bool changed(const struct build *b, const char *path, struct err *err)
{
    err_set(err, ERR_INPUT, "%s/%s changed while it was read", b->request->root, path);
    return err_remedy(err,
                      "let it rest (stop builds and watchers in that folder) and run it again");
}

static bool inspect(const struct build *b, const char *path, int fd, struct err *err)
{
    if (!b->request->inspect)
        return true;
    unsigned char head[HEAD_BYTES];
    ssize_t n = pread(fd, head, sizeof head, 0);
    if (n < 0)
        return err_errno(err, ERR_IO, errno, "cannot read %s/%s", b->request->root, path);
    return b->request->inspect(b->request->inspect_context, path, head, (size_t)n, err);
}

// Straight into the compressor's blocks. False with err empty: the compressor has failed and will
// say why.
static bool copy_content(struct build *b, const char *path, int fd, uint64_t size, struct err *err)
{
    for (uint64_t left = size; left > 0;) {
        size_t room;
        void *to = gzip_room(b->gzip, &room);
        ssize_t n = read(fd, to, left < room ? (size_t)left : room);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_errno(err, ERR_IO, errno, "cannot read %s/%s", b->request->root, path);
        if (n == 0)
            return changed(b, path, err);
        left -= (uint64_t)n;
        if (!gzip_filled(b->gzip, (size_t)n))
            return false;
    }
    return true;
}

static bool add_file(struct build *b, const struct tree_entry *e, const char *name, struct err *err)
{
    AUTO_CLOSE int fd = openat(b->root, e->path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    struct stat st;
    if (fd < 0 && errno == ENOENT)
        return changed(b, e->path, err);
    if (fd < 0 || fstat(fd, &st) != 0)
        return err_errno(err, ERR_IO, errno, "cannot open %s/%s", b->request->root, e->path);
    if (!S_ISREG(st.st_mode))
        return changed(b, e->path, err);
    if (!inspect(b, e->path, fd, err))
        return false;
    struct tar_entry entry = {.path = name,
                              .kind = TAR_FILE,
                              .mode = st.st_mode & S_IXUSR ? 0755 : 0644,
                              .size = (uint64_t)st.st_size};
    return tar_header(&b->tar, &entry) && copy_content(b, e->path, fd, entry.size, err) &&
           tar_pad(&b->tar, entry.size);
}

static bool add_entry(struct build *b, const struct tree_entry *e, struct err *err)
{
    AUTO_FREE char *name = fs_join(b->request->prefix, e->path);
    if (e->kind == TAR_FILE)
        return add_file(b, e, name, err);
    struct tar_entry entry = {.path = name, .kind = e->kind, .mode = 0755, .target = e->target};
    return tar_header(&b->tar, &entry);
}

// "app/" and "app/node_modules/" before what is in them.
static bool add_prefix(const struct build *b)
{
    AUTO_FREE char *path = mem_strdup(b->request->prefix);
    for (char *slash = strchr(path, '/');; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        struct tar_entry entry = {.path = path, .kind = TAR_DIR, .mode = 0755};
        if (!tar_header(&b->tar, &entry))
            return false;
        if (!slash)
            return true;
        *slash = '/';
    }
}

static bool add_all(struct build *b, struct err *err)
{
    if (!add_prefix(b))
        return false;
    const struct tree *tree = b->request->tree;
    for (size_t i = 0; i < tree->count; i++) {
        if (cancel_requested(b->request->cancel))
            return err_set(err, ERR_CANCELLED, "stopped");
        if (!add_entry(b, &tree->items[i], err))
            return false;
    }
    return tar_end(&b->tar);
}

static bool write_layer(const struct layer_request *request, int root, int fd, struct layer *out,
                        struct err *err)
{
    struct gzip *gzip = gzip_new(fd, request->level, request->threads);
    struct build b = {
        .request = request, .gzip = gzip, .root = root, .tar = {.sink = sink, .context = gzip}};
    ERR_AUTO e = {0};
    bool ok = add_all(&b, &e);
    if (!ok && e.kind != ERR_NONE) {
        gzip_drop(gzip);
        err_move(err, &e);
        return false;
    }
    struct gzip_result result = {0};
    if (!gzip_end(gzip, &result, err))
        return false;
    if (!ok) {
        gzip_result_clear(&result);
        return err_set(err, ERR_INPUT, "a name in %s is too long", request->root);
    }
    *out = (struct layer){.path = mem_strdup(request->file),
                          .diff_id = result.input_digest,
                          .digest = result.output_digest,
                          .size = result.output_bytes};
    return true;
}

bool layer_build(const struct layer_request *request, struct layer *out, struct err *err)
{
    AUTO_CLOSE int root = open(request->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0)
        return err_errno(err, ERR_IO, errno, "cannot open %s", request->root);
    AUTO_CLOSE int fd = open(request->file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot write %s", request->file);
    bool ok = write_layer(request, root, fd, out, err);
    if (!ok)
        unlink(request->file);
    return ok;
}

void layer_clear(struct layer *layer)
{
    if (layer->temporary && layer->path)
        unlink(layer->path);
    mem_free(layer->path);
    mem_free(layer->diff_id);
    mem_free(layer->digest);
    *layer = (struct layer){0};
}
