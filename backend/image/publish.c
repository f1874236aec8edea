// SPDX-License-Identifier: MIT
// image_publish(): two ways to get the layers, one way to send them.
//
// Built in: a thread finds and copies the base while this one packs the application and installs
// its dependencies; then our layers, the configuration and last the manifest, which makes them an
// image. The first failure stops the others.
#include <pthread.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/codec/json.h"
#include "backend/image/archive.h"
#include "backend/image/base.h"
#include "backend/image/config.h"
#include "backend/image/dependencies.h"
#include "backend/image/digest.h"
#include "backend/image/engine.h"
#include "backend/image/image.h"
#include "backend/image/reference.h"
#include "backend/image/upload.h"

enum { LEVEL_NEAR = 1, LEVEL_FAR = 6, OUR_LAYERS = 2 };

enum part { NOBODY, LAYERS, BASE };

struct publish {
    const struct image_request *request;
    struct image_result *out;
    struct meter meter;
    struct registry target;
    int level;
    // Built in only:
    struct registry source;
    struct reference reference;
    struct base_image base;
    struct recipe recipe;
    struct layer layers[OUR_LAYERS]; // dependencies (when there are any), application
    size_t layer_count;
    struct err base_err;
    _Atomic(enum part) failed_first;
};

// The part that fails first stops the other, which then has an error that says nothing of the
// cause, whatever its kind.
static void failed(struct publish *p, enum part part)
{
    enum part nobody = NOBODY;
    atomic_compare_exchange_strong(&p->failed_first, &nobody, part);
    atomic_store(&p->meter.stop, true);
}

// Behind a real network bytes cost more than the processor does.
static int level_for(const char *registry_url)
{
    struct http_url url = {0};
    bool near = http_url_parse(registry_url, &url, NULL) && http_host_is_loopback(url.host);
    http_url_clear(&url);
    return near ? LEVEL_NEAR : LEVEL_FAR;
}

static void *base_run(void *context)
{
    struct publish *p = context;
    meter_note_beside(&p->meter, "looking at the base image");
    bool ok = base_resolve(&p->source, reference_version(&p->reference), p->request->arch, &p->base,
                           &p->base_err);
    if (ok && !meter_stopped(&p->meter)) {
        meter_note_beside(&p->meter, "copying the base image");
        ok = base_copy(&p->source, &p->target, &p->base, &p->meter, &p->out->base_present,
                       &p->base_err);
    }
    meter_note_beside(&p->meter, NULL);
    if (!ok) {
        err_wrap(&p->base_err, "base image %s", p->request->base_image);
        failed(p, BASE);
    }
    return NULL;
}

static bool build_application(struct publish *p, struct layer *out, struct err *err)
{
    static const char *const without[] = {"node_modules", NULL}; // they come from the lock file
    const struct image_request *r = p->request;
    struct ignore ignore;
    TREE_AUTO tree = {0};
    if (!ignore_load(&ignore, r->folder, err))
        return false;
    struct tree_rules rules = {.ignore = &ignore, .drop_secrets = true, .without = without};
    bool ok = tree_read(r->folder, &rules, r->cancel, &tree, err);
    ignore_clear(&ignore);
    if (!ok)
        return false;
    if (tree.secrets > 0) {
        AUTO_FREE char *line =
            mem_printf("left out of the image: %s%s (files that may hold secrets are never sent)",
                       tree.first_secret, tree.secrets > 1 ? " and others" : "");
        meter_log(&p->meter, line);
    }
    AUTO_FREE char *random = random_hex(6);
    AUTO_FREE char *file = mem_printf("%s/layers/staging-%s.tar.gz", r->cache_dir, random);
    struct layer_request request = {.root = r->folder,
                                    .tree = &tree,
                                    .prefix = "app",
                                    .file = file,
                                    .level = p->level,
                                    .cancel = r->cancel};
    ok = layer_build(&request, out, err);
    out->temporary = ok;
    return ok;
}

static bool build_dependencies(struct publish *p, struct layer *out, struct err *err)
{
    const struct image_request *r = p->request;
    struct dependencies_request request = {.folder = r->folder,
                                           .cache_dir = r->cache_dir,
                                           .arch = r->arch,
                                           .level = p->level,
                                           .meter = &p->meter};
    return dependencies_layer(&request, out, &p->out->dependencies_cached, err);
}

static bool push_dependencies(struct publish *p, struct layer *layer, struct err *err)
{
    ERR_AUTO e = {0};
    if (upload_layer(&p->target, layer, &p->meter, &e))
        return true;
    if (err_is(&e, "CACHE_BROKEN")) { // made once more, from npm
        dependencies_forget(p->request->cache_dir, layer);
        layer_clear(layer);
        return build_dependencies(p, layer, err) && upload_layer(&p->target, layer, &p->meter, err);
    }
    err_move(err, &e);
    return false;
}

// Ours, while the base is on its way in the other thread.
static bool build_and_push_layers(struct publish *p, struct err *err)
{
    struct layer application = {0}, dependencies = {0};
    AUTO_FREE char *folder = fs_join(p->request->cache_dir, "layers");
    bool ok = fs_mkdirs(folder, err) && recipe_read(p->request->folder, &p->recipe, err) &&
              build_application(p, &application, err) && build_dependencies(p, &dependencies, err);
    if (ok)
        meter_note(&p->meter, "sending the layers");
    if (ok && dependencies.path)
        ok = push_dependencies(p, &dependencies, err);
    ok = ok && upload_layer(&p->target, &application, &p->meter, err);
    if (dependencies.path)
        p->layers[p->layer_count++] = dependencies;
    else
        layer_clear(&dependencies);
    p->layers[p->layer_count++] = application;
    return ok;
}

// The answer to HEAD has no body, so a refusal does not say which right is missing.
static bool look_for(struct registry *reg, const char *version, char **out_digest, struct err *err)
{
    ERR_AUTO e = {0};
    if (registry_manifest_head(reg, version, out_digest, &e))
        return true;
    if (e.http_status == 403)
        err_remedy(&e, "Allow ecr:BatchGetImage on the repository %s.", reg->repository);
    err_move(err, &e);
    return false;
}

static bool push_manifest(struct publish *p, const char *type, const char *manifest,
                          struct err *err)
{
    const struct image_target *t = &p->request->target;
    size_t length = strlen(manifest);
    meter_note(&p->meter, "sending the manifest");
    if (!registry_manifest_put(&p->target, t->tag, type, manifest, length, err))
        return false;
    p->out->digest = digest_of(manifest, length);
    // What will be deployed is the digest, so it is the digest that must be found.
    char *found = NULL;
    ERR_AUTO e = {0};
    bool ok = look_for(&p->target, p->out->digest, &found, &e);
    mem_free(found);
    if (ok)
        return true;
    err_wrap(&e, e.kind == ERR_NOT_FOUND
                     ? "the image was sent, but the registry does not have it under its digest"
                     : "the image was sent, but it cannot be seen whether it arrived");
    err_move(err, &e);
    return false;
}

static bool push_documents(struct publish *p, struct err *err)
{
    AUTO_FREE char *config = config_build(&p->base, p->layers, p->layer_count, &p->recipe, err);
    if (!config || !upload_text(&p->target, config, &p->meter, err))
        return false;
    AUTO_FREE char *manifest = manifest_build(&p->base, p->layers, p->layer_count, config);
    const char *type = manifest_type(p->base.parts.family);
    ERR_AUTO e = {0};
    if (push_manifest(p, type, manifest, &e))
        return true;
    if (!err_is(&e, "MANIFEST_BLOB_UNKNOWN") && !err_is(&e, "LayersNotFoundException")) {
        err_move(err, &e);
        return false;
    }
    // Something went away between looking and using it (a lifecycle rule): once more, with fresh
    // eyes.
    bool present;
    if (!base_copy(&p->source, &p->target, &p->base, &p->meter, &present, err) ||
        !upload_text(&p->target, config, &p->meter, err))
        return false;
    for (size_t i = 0; i < p->layer_count; i++)
        if (!upload_layer(&p->target, &p->layers[i], &p->meter, err))
            return false;
    return push_manifest(p, type, manifest, err);
}

static bool open_source(struct publish *p, struct err *err)
{
    const struct image_request *r = p->request;
    if (!reference_parse(r->base_image, &p->reference, err))
        return err_wrap(err, "base image");
    // A base in the same registry is read with the same credentials; any other is public.
    bool same = registry_same_origin(p->reference.url, r->target.registry_url);
    registry_init(&p->source, r->http, p->reference.url, p->reference.repository,
                  same ? r->target.basic : NULL, r->cancel);
    return true;
}

static bool publish_built_in(struct publish *p, struct err *err)
{
    if (!open_source(p, err))
        return false;
    pthread_t thread;
    bool threaded = pthread_create(&thread, NULL, base_run, p) == 0;
    if (!threaded)
        base_run(p);
    ERR_AUTO e = {0};
    bool ok = build_and_push_layers(p, &e);
    if (!ok)
        failed(p, LAYERS);
    if (threaded)
        pthread_join(thread, NULL);
    enum part first = atomic_load(&p->failed_first);
    if (first != NOBODY) {
        err_move(err, first == BASE ? &p->base_err : &e);
        return false;
    }
    p->out->base_digest = mem_strdup(p->base.digest);
    return push_documents(p, err);
}

static bool check_arch(const struct str *config, enum cpu_arch arch, struct err *err)
{
    JSON_AUTO *root = json_parse(config->data, config->len, NULL, NULL);
    const char *has = json_str_or(root, "architecture", "?");
    if (strcmp(has, index_arch_name(arch)) == 0)
        return true;
    err_set(err, ERR_INPUT, "the image was built for %s, but %s is wanted", has,
            index_arch_name(arch));
    return err_remedy(err,
                      "let the Dockerfile follow --platform, or choose the other CPU architecture");
}

static bool push_archive(struct publish *p, const struct archive_image *image, struct err *err)
{
    for (size_t i = 0; i < image->count; i++)
        if (!upload_layer(&p->target, &image->layers[i], &p->meter, err))
            return false;
    if (!upload_text(&p->target, image->config.data, &p->meter, err))
        return false;
    struct base_image none = {.parts.family = FAMILY_DOCKER};
    AUTO_FREE char *manifest =
        manifest_build(&none, image->layers, image->count, image->config.data);
    return push_manifest(p, manifest_type(FAMILY_DOCKER), manifest, err);
}

static bool publish_by_engine(struct publish *p, enum image_builder builder, struct err *err)
{
    const struct image_request *r = p->request;
    AUTO_FREE char *random = random_hex(6);
    AUTO_FREE char *folder = mem_printf("%s/layers/staging-%s", r->cache_dir, random);
    AUTO_FREE char *file = fs_join(folder, "image.tar");
    struct archive_image image = {0};
    bool ok =
        fs_mkdirs(folder, err) && engine_build(builder, r->folder, r->arch, file, &p->meter, err);
    if (ok)
        meter_note(&p->meter, "sending the layers");
    ok = ok && archive_read_image(file, folder, p->level, r->cancel, &image, err) &&
         check_arch(&image.config, r->arch, err) && push_archive(p, &image, err);
    archive_image_clear(&image);
    fs_remove_tree(folder, NULL);
    if (ok)
        p->out->base_digest = mem_strdup("");
    return ok;
}

static void publish_clear(struct publish *p)
{
    for (size_t i = 0; i < p->layer_count; i++)
        layer_clear(&p->layers[i]);
    base_image_clear(&p->base);
    recipe_clear(&p->recipe);
    reference_clear(&p->reference);
    registry_clear(&p->source);
    registry_clear(&p->target);
    err_clear(&p->base_err);
    meter_clear(&p->meter);
}

bool image_publish(const struct image_request *request, struct image_result *out, struct err *err)
{
    *out = (struct image_result){0};
    const struct image_target *t = &request->target;
    if (!reference_repository_valid(t->repository) || !reference_tag_valid(t->tag))
        return err_set(err, ERR_INPUT, "\"%s:%s\" cannot be the name of an image", t->repository,
                       t->tag);
    enum image_builder builder =
        image_choose_builder(request->folder, request->builder, &out->builder, err);
    if (builder == BUILDER_AUTO)
        return false;
    struct publish p = {.request = request, .out = out, .level = level_for(t->registry_url)};
    meter_init(&p.meter, &request->progress, request->cancel);
    registry_init(&p.target, request->http, t->registry_url, t->repository, t->basic,
                  request->cancel);
    bool ok = builder == BUILDER_BUILTIN ? publish_built_in(&p, err)
                                         : publish_by_engine(&p, builder, err);
    out->sent_bytes = p.meter.sent;
    out->total_bytes = p.meter.total;
    publish_clear(&p);
    return ok;
}

void image_result_clear(struct image_result *result)
{
    mem_free(result->digest);
    mem_free(result->base_digest);
    mem_free(result->builder);
    *result = (struct image_result){0};
}

bool image_find(struct http_client *http, const struct image_target *target, char **out_digest,
                struct cancel *cancel, struct err *err)
{
    struct registry reg;
    registry_init(&reg, http, target->registry_url, target->repository, target->basic, cancel);
    bool ok = look_for(&reg, target->tag, out_digest, err);
    registry_clear(&reg);
    return ok;
}
