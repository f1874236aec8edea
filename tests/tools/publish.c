// SPDX-License-Identifier: MIT
// image_publish() from the command line, for the tests against a real registry and for the
// benchmark.
//
// publish FOLDER BASE REGISTRY_URL REPOSITORY TAG CACHE_DIR [--arm64]
// [--docker|--podman|--buildah|--auto] [--basic FILE]
//         [--cancel-after MS]
// Prints one JSON object; exit code 0, or 1 with the error in it.
// publish --pack NODE_MODULES FILE THREADS     packs a layer (level 1), prints digests and
// milliseconds publish --tag FOLDER BASE                    prints the tag
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/codec/json.h"
#include "backend/image/dependencies.h"
#include "backend/image/image.h"

static void log_to_stderr(void *context, const char *text)
{
    (void)context;
    fprintf(stderr, "%s\n", text);
}

static int tell(struct json *root, bool ok, const struct err *err)
{
    json_put_bool(root, "ok", ok);
    if (!ok) {
        json_put_str(root, "kind", err_kind_name(err->kind));
        json_put_str(root, "message", err->message);
        json_put_str(root, "remedy", err->remedy);
        json_put_str(root, "code", err->code);
    }
    AUTO_FREE char *text = json_print(root);
    puts(text);
    return ok ? 0 : 1;
}

static int pack(const char *modules, const char *file, const char *threads)
{
    JSON_AUTO *root = json_object();
    LAYER_AUTO layer = {0};
    ERR_AUTO e = {0};
    int64_t start = clock_ms();
    bool ok = dependencies_pack(modules, file, ARCH_X86_64, 1, (unsigned)strtoul(threads, NULL, 10),
                                NULL, &layer, &e);
    json_put_int(root, "ms", clock_ms() - start);
    json_put_str(root, "diff_id", layer.diff_id);
    json_put_str(root, "digest", layer.digest);
    json_put_int(root, "size", layer.size);
    layer.temporary = false;
    return tell(root, ok, &e);
}

static int tag(const char *folder, const char *base)
{
    ERR_AUTO e = {0};
    JSON_AUTO *root = json_object();
    AUTO_FREE char *text = image_tag(folder, base, ARCH_X86_64, BUILDER_AUTO, &e);
    json_put_str(root, "tag", text);
    return tell(root, text != NULL, &e);
}

struct later {
    struct cancel *cancel;
    int64_t ms;
};

static void *cancel_later(void *context)
{
    struct later *l = context;
    cancel_sleep(NULL, l->ms);
    cancel_request(l->cancel);
    return NULL;
}

static bool read_basic(const char *file, struct secret *out, struct err *err)
{
    STR_AUTO text;
    str_init(&text, STR_LINE);
    return fs_read(file, &text, err) && secret_set(out, text.data, strcspn(text.data, "\r\n"), err);
}

static bool options(char **argv, struct image_request *r, struct secret *basic, struct later *later,
                    struct err *err)
{
    static const struct {
        const char *name;
        enum image_builder builder;
    } builders[] = {{"--docker", BUILDER_DOCKER},
                    {"--podman", BUILDER_PODMAN},
                    {"--buildah", BUILDER_BUILDAH},
                    {"--auto", BUILDER_AUTO}};
    for (; *argv; argv++) {
        if (strcmp(*argv, "--arm64") == 0)
            r->arch = ARCH_ARM64;
        for (size_t i = 0; i < ARRAY_LEN(builders); i++)
            if (strcmp(*argv, builders[i].name) == 0)
                r->builder = builders[i].builder;
        if (strcmp(*argv, "--basic") == 0 && argv[1] && !read_basic(*++argv, basic, err))
            return false;
        if (strcmp(*argv, "--cancel-after") == 0 && argv[1])
            later->ms = strtol(*++argv, NULL, 10);
    }
    return true;
}

static int publish(char **argv)
{
    ERR_AUTO e = {0};
    SECRET_AUTO basic = {0};
    struct cancel cancel;
    cancel_init(&cancel);
    struct later later = {.cancel = &cancel};
    JSON_AUTO *root = json_object();
    struct image_request r = {
        .folder = argv[0],
        .base_image = argv[1],
        .target = {.registry_url = argv[2], .repository = argv[3], .tag = argv[4], .basic = &basic},
        .cache_dir = argv[5],
        .builder = BUILDER_BUILTIN,
        .cancel = &cancel,
        .progress = {.note = log_to_stderr, .log = log_to_stderr}};
    if (!http_global_init(&e) || !options(argv + 6, &r, &basic, &later, &e))
        return tell(root, false, &e);
    r.http = http_client_new(NULL);
    pthread_t thread;
    bool threaded = later.ms > 0 && pthread_create(&thread, NULL, cancel_later, &later) == 0;
    struct image_result out = {0};
    int64_t start = clock_ms();
    bool ok = image_publish(&r, &out, &e);
    json_put_int(root, "ms", clock_ms() - start);
    json_put_str(root, "digest", out.digest);
    json_put_str(root, "base_digest", out.base_digest);
    json_put_str(root, "builder", out.builder);
    json_put_int(root, "sent_bytes", out.sent_bytes);
    json_put_int(root, "total_bytes", out.total_bytes);
    json_put_bool(root, "dependencies_cached", out.dependencies_cached);
    json_put_bool(root, "base_present", out.base_present);
    if (threaded)
        pthread_join(thread, NULL);
    int code = tell(root, ok, &e);
    image_result_clear(&out);
    http_client_free(r.http);
    http_global_clear();
    cancel_clear(&cancel);
    return code;
}

int main(int argc, char **argv)
{
    if (argc == 5 && strcmp(argv[1], "--pack") == 0)
        return pack(argv[2], argv[3], argv[4]);
    if (argc == 4 && strcmp(argv[1], "--tag") == 0)
        return tag(argv[2], argv[3]);
    if (argc >= 7)
        return publish(argv + 1);
    fputs("usage: see the head of tests/tools/publish.c\n", stderr);
    return 2;
}
