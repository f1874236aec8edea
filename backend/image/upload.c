// SPDX-License-Identifier: MIT
#include "backend/image/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/image/digest.h"

struct source { // a file or a text
    const struct layer *layer;
    int fd;
    const char *text;
    size_t length, at;
    struct meter *meter;
    int64_t counted; // told to the meter in this attempt
    bool checked;
};

static long read_source(void *context, void *buffer, size_t size)
{
    struct source *s = context;
    if (meter_stopped(s->meter))
        return -1;
    ssize_t n;
    if (s->layer) {
        do
            n = read(s->fd, buffer, size);
        while (n < 0 && errno == EINTR);
    } else {
        size_t left = s->length - s->at;
        n = (ssize_t)(left < size ? left : size);
        memcpy(buffer, s->text + s->at, (size_t)n);
        s->at += (size_t)n;
    }
    if (n > 0) {
        s->counted += n;
        meter_done(s->meter, n);
    }
    return n;
}

// Layers lie in the cache for months: what a disk or a person has changed must not be sent under
// the old name.
static bool check(struct source *s, struct err *err)
{
    AUTO_FREE char *found = digest_of_file(s->layer->path, err);
    if (!found)
        return false;
    s->checked = strcmp(found, s->layer->digest) == 0;
    if (s->checked)
        return true;
    err_set(err, ERR_IO, "%s has been changed", s->layer->path);
    err_code(err, "CACHE_BROKEN");
    return false;
}

static bool rewind_source(void *context, struct err *err)
{
    struct source *s = context;
    meter_done(s->meter, -s->counted);
    s->counted = 0;
    s->at = 0;
    if (!s->layer)
        return true;
    if (!s->checked && !check(s, err))
        return false;
    return lseek(s->fd, 0, SEEK_SET) == 0 ||
           err_errno(err, ERR_IO, errno, "cannot read %s", s->layer->path);
}

static bool push(struct registry *target, struct source *s, const char *digest, int64_t size,
                 struct err *err)
{
    struct registry_body body = {.read = read_source, .context = s};
    bool sent = false;
    meter_expect(s->meter, size);
    if (!registry_blob_push(target, digest, size, &body, rewind_source, &sent, err))
        return false;
    if (sent)
        meter_sent(s->meter, size);
    else
        meter_done(s->meter, size - s->counted);
    return true;
}

bool upload_layer(struct registry *target, const struct layer *layer, struct meter *meter,
                  struct err *err)
{
    AUTO_CLOSE int fd = open(layer->path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return err_errno(err, ERR_IO, errno, "cannot open %s", layer->path);
    struct source s = {.layer = layer, .fd = fd, .meter = meter};
    return push(target, &s, layer->digest, layer->size, err);
}

bool upload_text(struct registry *target, const char *text, struct meter *meter, struct err *err)
{
    struct source s = {.text = text, .length = strlen(text), .fd = -1, .meter = meter};
    AUTO_FREE char *digest = digest_of(text, s.length);
    return push(target, &s, digest, (int64_t)s.length, err);
}
