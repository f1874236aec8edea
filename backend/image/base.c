// SPDX-License-Identifier: MIT
#include "backend/image/base.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/codec/json.h"
#include "backend/image/digest.h"
#include "backend/image/pipe.h"

enum { PIPE_BYTES = 4 << 20, COPIES = 4 };

static bool check_platform(const struct base_image *base, enum cpu_arch arch, struct err *err)
{
    JSON_AUTO *config = json_parse(base->config.data, base->config.len, NULL, err);
    if (!config)
        return err_wrap(err, "the configuration of the base image");
    const char *has = json_str_or(config, "architecture", "?");
    if (str_eq(has, index_arch_name(arch)) && str_eq(json_str_or(config, "os", "linux"), "linux"))
        return true;
    err_set(err, ERR_NOT_FOUND, "the base image has nothing for linux/%s; it has: %s/%s",
            index_arch_name(arch), json_str_or(config, "os", "?"), has);
    return err_remedy(err, "choose the other CPU architecture or another base image");
}

bool base_resolve(struct registry *source, const char *version, enum cpu_arch arch,
                  struct base_image *out, struct err *err)
{
    MANIFEST_AUTO manifest = {0};
    if (!registry_manifest_get(source, version, &manifest, err))
        return false;
    if (index_is_index(manifest.type)) {
        AUTO_FREE char *digest = index_choose(&manifest.body, arch, err);
        registry_manifest_clear(&manifest);
        if (!digest || !registry_manifest_get(source, digest, &manifest, err))
            return false;
    }
    out->digest = mem_strdup(manifest.digest);
    if (!index_read_manifest(&manifest, &out->parts, err))
        return false;
    str_init(&out->config, REGISTRY_MANIFEST_BYTES);
    return registry_blob_read(source, out->parts.config.digest, out->parts.config.size,
                              &out->config, err) &&
           check_platform(out, arch, err);
}

void base_image_clear(struct base_image *base)
{
    mem_free(base->digest);
    image_parts_clear(&base->parts);
    str_clear(&base->config);
    *base = (struct base_image){0};
}

struct copy { // one attempt at one layer
    struct registry *source;
    const struct image_blob *blob;
    struct meter *meter;
    struct pipe_buffer pipe;
    struct sha256 hash;
    int64_t received;
    bool refused;   // the sending side had given up before
    struct err err; // of the reading side
};

static bool receive(void *context, const void *bytes, size_t length)
{
    struct copy *c = context;
    c->received += (int64_t)length;
    if (c->received > c->blob->size || meter_stopped(c->meter))
        return false;
    sha256_add(&c->hash, bytes, length);
    c->refused = !pipe_write(&c->pipe, bytes, length);
    return !c->refused;
}

static void *reader_run(void *context)
{
    struct copy *c = context;
    bool ok = registry_blob_stream(c->source, c->blob->digest, receive, c, &c->err);
    AUTO_FREE char *found = digest_end(&c->hash);
    if (c->received > c->blob->size || (ok && strcmp(found, c->blob->digest) != 0)) {
        ok = err_set(&c->err, ERR_REMOTE, "%s sent other bytes than %.19s of %s", c->source->url,
                     c->blob->digest, c->source->repository);
        err_code(&c->err, "DIGEST_MISMATCH");
    }
    if (ok)
        pipe_finish(&c->pipe);
    else
        pipe_break(&c->pipe);
    return NULL;
}

static long deliver(void *context, void *buffer, size_t size)
{
    struct copy *c = context;
    long n = pipe_read(&c->pipe, buffer, size);
    if (n > 0)
        meter_done(c->meter, n);
    return n;
}

static bool copy_once(struct registry *source, struct registry *target,
                      const struct image_blob *blob, struct meter *meter, struct err *err)
{
    struct copy c = {.source = source, .blob = blob, .meter = meter};
    pipe_init(&c.pipe, PIPE_BYTES);
    sha256_init(&c.hash);
    pthread_t reader;
    int error = pthread_create(&reader, NULL, reader_run, &c);
    if (error) {
        sha256_clear(&c.hash);
        pipe_clear(&c.pipe);
        return err_errno(err, ERR_IO, error, "cannot start a thread");
    }
    struct registry_body body = {.read = deliver, .context = &c};
    bool ok = registry_blob_upload(target, blob->digest, blob->size, &body, err);
    pipe_break(&c.pipe); // nobody reads any more
    pthread_join(reader, NULL);
    // The upload of a broken pipe fails with an error of its own; the reason is on the other side.
    if (!ok && c.err.kind != ERR_NONE && !c.refused && !(err && err->kind == ERR_CANCELLED))
        err_move(err, &c.err);
    err_clear(&c.err);
    pipe_clear(&c.pipe);
    return ok;
}

static bool copy_layer(struct registry *source, struct registry *target,
                       const struct image_blob *blob, struct meter *meter, bool *sent,
                       struct err *err)
{
    for (unsigned attempt = 0;; attempt++) {
        ERR_AUTO e = {0};
        bool there = false;
        if (registry_blob_exists(target, blob->digest, &there, &e) && there) {
            meter_done(meter, blob->size);
            return true;
        }
        if (!e.kind && copy_once(source, target, blob, meter, &e)) {
            *sent = true;
            meter_sent(meter, blob->size);
            return true;
        }
        if (meter_stopped(meter) || !registry_again(target, attempt, &e)) {
            err_move(err, &e);
            return err_wrap(err, "copying a layer of the base image");
        }
    }
}

struct copy_all {
    struct registry *source, *target;
    const struct base_image *base;
    struct meter *meter;
    atomic_size_t next;
    atomic_bool sent;
    pthread_mutex_t lock; // of err, the first failure
    struct err err;
};

static void *copier_run(void *context)
{
    struct copy_all *all = context;
    for (;;) {
        size_t i = atomic_fetch_add(&all->next, 1);
        if (i >= all->base->parts.layer_count || meter_stopped(all->meter))
            return NULL;
        struct err e = {0};
        bool sent = false;
        if (!copy_layer(all->source, all->target, &all->base->parts.layers[i], all->meter, &sent,
                        &e)) {
            pthread_mutex_lock(&all->lock);
            if (all->err.kind == ERR_NONE)
                err_move(&all->err, &e);
            pthread_mutex_unlock(&all->lock);
            err_clear(&e);
            atomic_store(&all->meter->stop, true);
            return NULL;
        }
        if (sent)
            atomic_store(&all->sent, true);
    }
}

bool base_copy(struct registry *source, struct registry *target, const struct base_image *base,
               struct meter *meter, bool *out_present, struct err *err)
{
    struct copy_all all = {.source = source, .target = target, .base = base, .meter = meter};
    pthread_mutex_init(&all.lock, NULL);
    for (size_t i = 0; i < base->parts.layer_count; i++)
        meter_expect(meter, base->parts.layers[i].size);
    pthread_t threads[COPIES];
    size_t started = 0;
    while (started < COPIES && started + 1 < base->parts.layer_count &&
           pthread_create(&threads[started], NULL, copier_run, &all) == 0)
        started++;
    copier_run(&all); // this thread is one of them
    for (size_t i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_mutex_destroy(&all.lock);
    *out_present = !atomic_load(&all.sent);
    if (all.err.kind != ERR_NONE) {
        err_move(err, &all.err);
        return false;
    }
    return !meter_stopped(meter) || err_set(err, ERR_CANCELLED, "stopped");
}
