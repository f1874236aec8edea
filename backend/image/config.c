// SPDX-License-Identifier: MIT
#include "backend/image/config.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/codec/json.h"
#include "backend/image/digest.h"

const char *manifest_type(enum image_family family)
{
    return family == FAMILY_DOCKER ? "application/vnd.docker.distribution.manifest.v2+json"
                                   : "application/vnd.oci.image.manifest.v1+json";
}

const char *config_type(enum image_family family)
{
    return family == FAMILY_DOCKER ? "application/vnd.docker.container.image.v1+json"
                                   : "application/vnd.oci.image.config.v1+json";
}

const char *layer_type(enum image_family family)
{
    return family == FAMILY_DOCKER ? "application/vnd.docker.image.rootfs.diff.tar.gzip"
                                   : "application/vnd.oci.image.layer.v1.tar+gzip";
}

static bool sets(const char *entry, const char *name)
{
    size_t n = strlen(name);
    return entry && strncmp(entry, name, n) == 0 && entry[n] == '=';
}

// The base's environment with ours over it. HOME must be set: the user is a number without a line
// in /etc/passwd, and programs that ask for their home directory end at once without it.
static struct json *environment(const struct json *base)
{
    struct json *out = json_array();
    bool path = false;
    for (const struct json *e = json_first(base); e; e = json_next(e)) {
        const char *entry = json_text(e);
        if (!entry || sets(entry, "HOME") || sets(entry, "NODE_ENV"))
            continue;
        path |= sets(entry, "PATH");
        json_push_str(out, entry);
    }
    if (!path)
        json_push_str(out, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
    json_push_str(out, "NODE_ENV=production");
    json_push_str(out, "HOME=/tmp");
    return out;
}

// Distroless images have node as their entry point under a path of their own: the first word of our
// command is taken from there when PATH would not find it.
static const char *node_of(const struct json *settings)
{
    const char *entry = json_str(settings, "Entrypoint.0");
    return entry && entry[0] == '/' && str_ends(entry, "/node") ? entry : "node";
}

static struct json *settings_build(const struct json *base, const struct recipe *recipe)
{
    struct json *out = json_object();
    static const char *const kept[] = {"ExposedPorts", "Labels", "Volumes", "StopSignal"};
    for (size_t i = 0; i < ARRAY_LEN(kept); i++)
        if (json_get(base, kept[i]))
            json_put(out, kept[i], json_copy(json_get(base, kept[i])));
    json_put(out, "Env", environment(json_get(base, "Env")));
    struct json *command = json_put(out, "Cmd", json_array());
    json_push_str(command, node_of(base));
    for (size_t i = 1; i < recipe->count; i++)
        json_push_str(command, recipe->command[i]);
    json_put_null(out, "Entrypoint");
    json_put_str(out, "WorkingDir", "/app");
    json_put_str(out, "User", "1000");
    return out;
}

static void add_layers(struct json *root, const struct json *base, const struct layer *layers,
                       size_t count)
{
    struct json *fs = json_put(root, "rootfs", json_object());
    json_put_str(fs, "type", "layers");
    struct json *ids = json_put(fs, "diff_ids", json_array());
    for (const struct json *id = json_first(json_path(base, "rootfs.diff_ids")); id;
         id = json_next(id))
        json_push_str(ids, json_text(id));
    struct json *history = json_put(root, "history", json_array());
    for (const struct json *h = json_first(json_get(base, "history")); h; h = json_next(h))
        json_push(history, json_copy(h));
    for (size_t i = 0; i < count; i++) {
        json_push_str(ids, layers[i].diff_id);
        struct json *entry = json_push(history, json_object());
        json_put_str(entry, "created", json_str_or(base, "created", "1970-01-01T00:00:00Z"));
        json_put_str(entry, "created_by",
                     i + 1 < count ? "forest-setup: dependencies" : "forest-setup: application");
    }
}

char *config_build(const struct base_image *base, const struct layer *layers, size_t count,
                   const struct recipe *recipe, struct err *err)
{
    JSON_AUTO *old = json_parse(base->config.data, base->config.len, NULL, err);
    if (!old || json_count(json_path(old, "rootfs.diff_ids")) != base->parts.layer_count) {
        if (old)
            err_set(err, ERR_REMOTE,
                    "the base image lists other layers in its manifest than in its configuration");
        return NULL;
    }
    JSON_AUTO *root = json_object();
    json_put_str(root, "architecture", json_str(old, "architecture"));
    json_put_str(root, "os", "linux");
    json_put_str(root, "variant", json_str(old, "variant"));
    json_put_str(root, "created", json_str_or(old, "created", "1970-01-01T00:00:00Z"));
    json_put(root, "config", settings_build(json_get(old, "config"), recipe));
    add_layers(root, old, layers, count);
    return json_print(root);
}

static void add_blob(struct json *node, const char *type, const char *digest, int64_t size)
{
    json_put_str(node, "mediaType", type);
    json_put_int(node, "size", size);
    json_put_str(node, "digest", digest);
}

char *manifest_build(const struct base_image *base, const struct layer *layers, size_t count,
                     const char *config)
{
    enum image_family family = base->parts.family;
    AUTO_FREE char *digest = digest_of(config, strlen(config));
    JSON_AUTO *root = json_object();
    json_put_int(root, "schemaVersion", 2);
    json_put_str(root, "mediaType", manifest_type(family));
    add_blob(json_put(root, "config", json_object()), config_type(family), digest,
             (int64_t)strlen(config));
    struct json *list = json_put(root, "layers", json_array());
    for (size_t i = 0; i < base->parts.layer_count; i++) {
        const struct image_blob *blob = &base->parts.layers[i];
        add_blob(json_push(list, json_object()), blob->type, blob->digest, blob->size);
    }
    for (size_t i = 0; i < count; i++)
        add_blob(json_push(list, json_object()), layer_type(family), layers[i].digest,
                 layers[i].size);
    return json_print(root);
}
