// SPDX-License-Identifier: MIT
// Which builder, and the tag that names what would be built.
#include <string.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/image/digest.h"
#include "backend/image/engine.h"
#include "backend/image/image.h"
#include "backend/image/recipe.h"
#include "backend/image/tree.h"

enum { TAG_DIGITS = 12 };

static enum image_builder chosen(enum image_builder builder, char *why, char **out_why)
{
    if (out_why)
        *out_why = why;
    else
        mem_free(why);
    return builder;
}

static enum image_builder first_answering(char **version)
{
    static const enum image_builder engines[] = {BUILDER_DOCKER, BUILDER_PODMAN, BUILDER_BUILDAH};
    for (size_t i = 0; i < ARRAY_LEN(engines); i++) {
        *version = engine_ping(engines[i], NULL, NULL);
        if (*version)
            return engines[i];
    }
    return BUILDER_BUILTIN;
}

enum image_builder image_choose_builder(const char *folder, enum image_builder wanted,
                                        char **out_why, struct err *err)
{
    if (out_why)
        *out_why = NULL;
    if (wanted == BUILDER_BUILTIN)
        return chosen(BUILDER_BUILTIN, mem_strdup("built in"), out_why);
    AUTO_FREE char *version = NULL;
    if (wanted != BUILDER_AUTO) {
        version = engine_ping(wanted, NULL, err);
        if (!version)
            return BUILDER_AUTO;
        return chosen(wanted, mem_printf("%s %s: as you chose", engine_program(wanted), version),
                      out_why);
    }
    if (!recipe_own_dockerfile(folder))
        return chosen(BUILDER_BUILTIN, mem_strdup("built in"), out_why);
    enum image_builder engine = first_answering(&version);
    if (engine != BUILDER_BUILTIN)
        return chosen(
            engine,
            mem_printf("%s %s: the folder has its own Dockerfile", engine_program(engine), version),
            out_why);
    AUTO_FREE char *package = fs_join(folder, "package.json");
    if (fs_exists(package))
        return chosen(
            BUILDER_BUILTIN,
            mem_strdup(
                "built in: the Dockerfile is not used, no docker, podman or buildah answers"),
            out_why);
    err_set(err, ERR_INPUT,
            "%s has a Dockerfile, but no docker, podman or buildah answers to build it", folder);
    err_remedy(err, "start one of them, or use a folder with a package.json");
    return BUILDER_AUTO;
}

// Kind, rights, name and content of one entry; each part ends in NUL so that no two lists read the
// same.
static bool hash_entry(struct sha256 *h, const char *folder, const struct tree_entry *e,
                       struct err *err)
{
    AUTO_FREE char *path = fs_join(folder, e->path);
    AUTO_FREE char *content =
        e->kind == TAR_FILE ? digest_of_file(path, err) : mem_strdup(e->target ? e->target : "");
    if (!content)
        return false;
    char exec = e->kind == TAR_FILE && access(path, X_OK) == 0 ? 'x' : '-';
    AUTO_FREE char *kind = mem_printf("%d%c", (int)e->kind, exec);
    sha256_add(h, kind, strlen(kind) + 1);
    sha256_add(h, e->path, strlen(e->path) + 1);
    sha256_add(h, content, strlen(content) + 1);
    return true;
}

static bool hash_folder(struct sha256 *h, const char *folder, struct err *err)
{
    static const char *const without[] = {"node_modules", NULL};
    struct ignore ignore;
    TREE_AUTO tree = {0};
    if (!ignore_load(&ignore, folder, err))
        return false;
    struct tree_rules rules = {.ignore = &ignore, .drop_secrets = true, .without = without};
    bool ok = tree_read(folder, &rules, NULL, &tree, err);
    ignore_clear(&ignore);
    for (size_t i = 0; ok && i < tree.count; i++)
        ok = hash_entry(h, folder, &tree.items[i], err);
    return ok;
}

char *image_tag(const char *folder, const char *base_image, enum cpu_arch arch,
                enum image_builder builder, struct err *err)
{
    // Which engine builds makes no difference to what is built; whether one does, does.
    bool engine =
        builder == BUILDER_AUTO ? recipe_own_dockerfile(folder) : builder != BUILDER_BUILTIN;
    struct sha256 h;
    sha256_init(&h);
    AUTO_FREE char *settings =
        mem_printf("image 1, %s, %s, %s", engine ? "engine" : base_image,
                   arch == ARCH_ARM64 ? "arm64" : "amd64", engine ? "Dockerfile" : "built in");
    sha256_add(&h, settings, strlen(settings) + 1);
    if (!hash_folder(&h, folder, err)) {
        sha256_clear(&h);
        return NULL;
    }
    AUTO_FREE char *digest = digest_end(&h);
    return mem_printf("src-%.*s", TAG_DIGITS, digest + strlen("sha256:"));
}
