// SPDX-License-Identifier: MIT
#include "backend/image/index.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/codec/json.h"
#include "backend/image/digest.h"

enum { LAYERS_MAX = 256 };

const char *index_arch_name(enum cpu_arch arch)
{
    return arch == ARCH_ARM64 ? "arm64" : "amd64";
}

bool index_is_index(const char *media_type)
{
    return str_eq(media_type, "application/vnd.oci.image.index.v1+json") ||
           str_eq(media_type, "application/vnd.docker.distribution.manifest.list.v2+json");
}

// Attestations and signatures sit in an index like images do, for the platform unknown/unknown.
static bool is_attestation(const struct json *m)
{
    const struct json *notes = json_get(m, "annotations");
    return json_get(notes, "vnd.docker.reference.type") ||
           str_eq(json_str(m, "platform.os"), "unknown");
}

static bool fits(const struct json *m, enum cpu_arch arch)
{
    if (!str_eq(json_str(m, "platform.os"), "linux") ||
        !str_eq(json_str(m, "platform.architecture"), index_arch_name(arch)))
        return false;
    const char *variant = json_str_or(m, "platform.variant", "");
    return *variant == '\0' || (arch == ARCH_ARM64 ? str_eq(variant, "v8") : str_eq(variant, "v1"));
}

static void list_platform(struct str *out, const struct json *m)
{
    const char *variant = json_str_or(m, "platform.variant", "");
    AUTO_FREE char *text =
        mem_printf("%s/%s%s%s", json_str_or(m, "platform.os", "?"),
                   json_str_or(m, "platform.architecture", "?"), *variant ? "/" : "", variant);
    AUTO_FREE char *safe = text_safe(text, 40);
    str_addf(out, "%s%s", out->len ? ", " : "", safe);
}

char *index_choose(const struct str *body, enum cpu_arch arch, struct err *err)
{
    JSON_AUTO *root = json_parse(body->data, body->len, NULL, err);
    if (!root) {
        err_wrap(err, "the image's index");
        return NULL;
    }
    STR_AUTO seen;
    str_init(&seen, 1024);
    for (const struct json *m = json_first(json_get(root, "manifests")); m; m = json_next(m)) {
        if (is_attestation(m))
            continue;
        const char *digest = json_str(m, "digest");
        if (fits(m, arch) && digest_valid(digest))
            return mem_strdup(digest);
        list_platform(&seen, m);
    }
    err_set(err, ERR_NOT_FOUND, "the base image has nothing for linux/%s; it has: %s",
            index_arch_name(arch), seen.len ? seen.data : "no image at all");
    err_remedy(err, "choose the other CPU architecture or another base image");
    return NULL;
}

static bool read_blob(const struct json *node, struct image_blob *out, struct err *err)
{
    const char *digest = json_str(node, "digest");
    int64_t size = json_int(node, "size", -1);
    const char *type = json_str_or(node, "mediaType", "");
    if (!digest_valid(digest) || size < 0)
        return err_set(err, ERR_REMOTE,
                       "the manifest of the image has a part without a digest or a size");
    // Such layers may not be passed on; Linux images have none.
    if (strstr(type, "foreign") || strstr(type, "nondistributable") ||
        json_count(json_get(node, "urls")) > 0)
        return err_set(err, ERR_REMOTE, "the image has a layer that must not be copied (%s)", type);
    *out =
        (struct image_blob){.type = mem_strdup(type), .digest = mem_strdup(digest), .size = size};
    return true;
}

bool index_read_manifest(const struct registry_manifest *manifest, struct image_parts *out,
                         struct err *err)
{
    if (strstr(manifest->type, "docker.distribution.manifest.v1"))
        return err_set(err, ERR_REMOTE,
                       "the image is in Docker's old format (schema 1), which no registry takes");
    JSON_AUTO *root = json_parse(manifest->body.data, manifest->body.len, NULL, err);
    if (!root)
        return err_wrap(err, "the manifest of the image");
    out->family = strstr(manifest->type, "vnd.docker.") ? FAMILY_DOCKER : FAMILY_OCI;
    const struct json *layers = json_get(root, "layers");
    size_t count = json_count(layers);
    if (json_type(layers) != JSON_ARRAY || count > LAYERS_MAX)
        return err_set(err, ERR_REMOTE, "the manifest of the image does not list its layers");
    if (!read_blob(json_get(root, "config"), &out->config, err))
        return false;
    out->layers = mem_calloc(count ? count : 1, sizeof *out->layers);
    for (const struct json *l = json_first(layers); l; l = json_next(l))
        if (!read_blob(l, &out->layers[out->layer_count++], err))
            return false;
    return true;
}

static void blob_clear(struct image_blob *blob)
{
    mem_free(blob->type);
    mem_free(blob->digest);
    *blob = (struct image_blob){0};
}

void image_parts_clear(struct image_parts *parts)
{
    blob_clear(&parts->config);
    for (size_t i = 0; i < parts->layer_count; i++)
        blob_clear(&parts->layers[i]);
    mem_free(parts->layers);
    *parts = (struct image_parts){0};
}
