// SPDX-License-Identifier: MIT
#include "backend/image/engine.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/image/index.h"
#include "backend/image/process.h"
#include "backend/image/recipe.h"

enum { PING_MS = 8000, BUILD_MS = 60 * 60 * 1000 };

const char *engine_program(enum image_builder builder)
{
    switch (builder) {
    case BUILDER_DOCKER: return "docker";
    case BUILDER_PODMAN: return "podman";
    case BUILDER_BUILDAH: return "buildah";
    case BUILDER_AUTO:
    case BUILDER_BUILTIN: break;
    }
    return NULL;
}

// Where the engine is and what it may use; no cloud variable among them.
static const char *const engine_variables[] = {
    "DOCKER_HOST",       "DOCKER_CONTEXT",          "DOCKER_CONFIG",      "DOCKER_CERT_PATH",
    "DOCKER_TLS_VERIFY", "CONTAINER_HOST",          "XDG_RUNTIME_DIR",    "XDG_CONFIG_HOME",
    "XDG_DATA_HOME",     "BUILDAH_ISOLATION",       "STORAGE_DRIVER",     "STORAGE_OPTS",
    "CONTAINERS_CONF",   "CONTAINERS_STORAGE_CONF", "REGISTRY_AUTH_FILE", NULL};

static bool run(const char *const *argv, const char *folder, long timeout_ms, struct meter *meter,
                struct str *out, struct err *err)
{
    // An attestation would make the result an index instead of one image.
    static const char *const set[] = {"BUILDX_NO_DEFAULT_ATTESTATIONS=1", "DOCKER_CLI_HINTS=false",
                                      NULL};
    struct process p = {.argv = argv,
                        .folder = folder,
                        .pass = engine_variables,
                        .set = set,
                        .timeout_ms = timeout_ms,
                        .meter = meter,
                        .out = out};
    return process_run(&p, err);
}

char *engine_ping(enum image_builder builder, struct meter *meter, struct err *err)
{
    const char *program = engine_program(builder);
    // docker's server must answer; the other two have none, but `info` fails where they cannot
    // work.
    const char *const docker[] = {program, "version", "--format", "{{.Server.Version}}", NULL};
    const char *const podman[] = {program, "info", "--format", "{{.Version.Version}}", NULL};
    const char *const buildah[] = {program, "version", NULL};
    const char *const *argv = builder == BUILDER_DOCKER   ? docker
                              : builder == BUILDER_PODMAN ? podman
                                                          : buildah;
    STR_AUTO out;
    str_init(&out, STR_LINE);
    struct image_progress silent = {0};
    struct meter quiet; // what it writes is no news
    meter_init(&quiet, &silent, meter ? meter->cancel : NULL);
    bool ok = run(argv, NULL, PING_MS, &quiet, &out, err);
    meter_clear(&quiet);
    if (!ok) {
        err_wrap(err, "%s does not answer", program);
        err_remedy(err, "start %s, or choose the built-in builder", program);
        return NULL;
    }
    size_t skip = strcspn(out.data, "0123456789");
    size_t length = strspn(out.data + skip, "0123456789.");
    return mem_strndup(out.data + skip, length);
}

bool engine_build(enum image_builder builder, const char *folder, enum cpu_arch arch,
                  const char *file, struct meter *meter, struct err *err)
{
    const char *program = engine_program(builder);
    AUTO_FREE char *dockerfile = recipe_dockerfile(folder);
    if (!dockerfile) {
        err_set(err, ERR_INPUT, "%s has no Dockerfile for %s to build", folder, program);
        return err_remedy(err, "choose the built-in builder, or write a Dockerfile");
    }
    AUTO_FREE char *random = random_hex(6);
    AUTO_FREE char *name = mem_printf("localhost/forest-setup-%s:build", random);
    AUTO_FREE char *platform = mem_printf("linux/%s", index_arch_name(arch));
    const char *const build[] = {
        program, "build", "--platform", platform, "-f", strrchr(dockerfile, '/') + 1,
        "-t",    name,    ".",          NULL};
    AUTO_FREE char *target = mem_printf("docker-archive:%s", file);
    const char *const save_docker[] = {program, "save", "-o", file, name, NULL};
    const char *const save_podman[] = {program, "save", "--format", "docker-archive",
                                       "-o",    file,   name,       NULL};
    const char *const save_buildah[] = {program, "push", name, target, NULL};
    const char *const *save = builder == BUILDER_DOCKER   ? save_docker
                              : builder == BUILDER_PODMAN ? save_podman
                                                          : save_buildah;
    const char *const forget[] = {program, "rmi", name, NULL};
    AUTO_FREE char *note = mem_printf("building with %s", program);
    meter_note(meter, note);
    if (!run(build, folder, BUILD_MS, meter, NULL, err)) {
        err_remedy(err, "%s build in %s should show the same failure", program, folder);
        return false;
    }
    bool ok = run(save, folder, BUILD_MS, meter, NULL, err) ||
              err_wrap(err, "taking the image out of %s", program);
    run(forget, folder, 0, meter, NULL, NULL);
    return ok;
}
