// SPDX-License-Identifier: MIT
#include "backend/image/npm.h"

#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/codec/json.h"
#include "backend/image/process.h"

enum { LOCK_MAX_BYTES = 32 * 1024 * 1024 };

static bool needs_dockerfile(struct err *err)
{
    return err_remedy(
        err,
        "build it with a Dockerfile and docker, podman or buildah, or commit a package-lock.json");
}

static bool read_lock(const char *folder, struct npm_project *out, struct err *err)
{
    static const char *const names[] = {"npm-shrinkwrap.json",
                                        "package-lock.json"}; // npm's own order
    static const char *const others[] = {"yarn.lock", "pnpm-lock.yaml", "bun.lock", "bun.lockb"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        AUTO_FREE char *path = fs_join(folder, names[i]);
        if (!fs_exists(path))
            continue;
        out->lock_name = names[i];
        return fs_read(path, &out->lock, err);
    }
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        AUTO_FREE char *path = fs_join(folder, others[i]);
        if (!fs_exists(path))
            continue;
        err_set(err, ERR_INPUT,
                "%s is locked by %s, which the built-in builder cannot install from", folder,
                others[i]);
        return needs_dockerfile(err);
    }
    return true;
}

// Dependencies that lie elsewhere in the repository cannot come from a registry.
static bool check_links(const char *folder, const struct npm_project *p, struct err *err)
{
    if (p->lock.len == 0)
        return true;
    JSON_AUTO *lock = json_parse(p->lock.data, p->lock.len, NULL, err);
    if (!lock)
        return err_wrap(err, "%s/%s", folder, p->lock_name);
    const struct json *packages = json_get(lock, "packages");
    for (const struct json *e = json_first(packages); e; e = json_next(e)) {
        if (!json_bool(e, "link", false))
            continue;
        err_set(err, ERR_INPUT,
                "%s depends on a folder (%s), which the built-in builder cannot install", folder,
                json_key(e));
        return needs_dockerfile(err);
    }
    return true;
}

bool npm_read(const char *folder, struct npm_project *out, struct err *err)
{
    *out = (struct npm_project){.lock_name = "package-lock.json"};
    str_init(&out->package, STR_FILE);
    str_init(&out->lock, LOCK_MAX_BYTES);
    AUTO_FREE char *path = fs_join(folder, "package.json");
    if (!fs_exists(path)) {
        err_set(err, ERR_INPUT, "%s has no package.json", folder);
        return err_remedy(err,
                          "name the folder of the Node.js application, or give it a Dockerfile");
    }
    if (!fs_read(path, &out->package, err))
        return false;
    JSON_AUTO *package = json_parse(out->package.data, out->package.len, NULL, err);
    if (!package)
        return err_wrap(err, "%s", path);
    out->has_dependencies = json_count(json_get(package, "dependencies")) > 0 ||
                            json_count(json_get(package, "optionalDependencies")) > 0;
    if (json_get(package, "workspaces")) {
        err_set(err, ERR_INPUT, "%s uses npm workspaces, which the built-in builder cannot install",
                folder);
        return needs_dockerfile(err);
    }
    return read_lock(folder, out, err) && check_links(folder, out, err);
}

void npm_project_clear(struct npm_project *project)
{
    str_clear(&project->package);
    str_clear(&project->lock);
}

static char *major_of(const char *version)
{
    size_t digits = version ? strspn(version, "0123456789") : 0;
    return digits ? mem_strndup(version, digits) : NULL;
}

// npm is a link to .../npm/bin/npm-cli.js; starting it only to ask its version would cost a second
// of Node.
static char *major_from_package(const char *npm)
{
    AUTO_FREE char *real = realpath(npm, NULL);
    char *bin = real ? strstr(real, "/bin/npm-cli.js") : NULL;
    if (!bin)
        return NULL;
    *bin = '\0';
    AUTO_FREE char *path = fs_join(real, "package.json");
    STR_AUTO text;
    str_init(&text, STR_FILE);
    if (!fs_read(path, &text, NULL))
        return NULL;
    JSON_AUTO *package = json_parse(text.data, text.len, NULL, NULL);
    return major_of(json_str(package, "version"));
}

char *npm_major(struct meter *meter, struct err *err)
{
    AUTO_FREE char *npm = process_find("npm");
    if (!npm) {
        err_set(err, ERR_NOT_FOUND, "npm is not installed");
        err_remedy(
            err,
            "install Node.js with npm, or choose docker, podman or buildah to build the image");
        return NULL;
    }
    char *major = major_from_package(npm);
    if (major)
        return major;
    STR_AUTO out;
    str_init(&out, STR_LINE);
    const char *const argv[] = {"npm", "--version", NULL};
    struct process ask = {.argv = argv, .timeout_ms = 30000, .out = &out, .meter = meter};
    if (!process_run(&ask, err))
        return NULL;
    major = major_of(out.data);
    if (!major)
        err_set(err, ERR_IO, "npm does not tell its version");
    return major;
}

// Which registry npm uses is the user's configuration; passwords for it come from their .npmrc, not
// the environment.
static const char *const npm_variables[] = {"npm_config_registry",
                                            "NPM_CONFIG_REGISTRY",
                                            "npm_config_cache",
                                            "NPM_CONFIG_CACHE",
                                            "npm_config_userconfig",
                                            "NPM_CONFIG_USERCONFIG",
                                            "npm_config_https_proxy",
                                            "npm_config_cafile",
                                            "NVM_DIR",
                                            NULL};

static bool run_npm(const char *const *argv, const char *staging, const char *cache_dir,
                    struct meter *meter, struct err *err)
{
    // A cache that the user has is full of what they need; ours is for those who have none.
    AUTO_FREE char *own_cache = mem_printf("npm_config_cache=%s/npm", cache_dir);
    bool has_cache = getenv("HOME") || getenv("npm_config_cache") || getenv("NPM_CONFIG_CACHE");
    const char *const set[] = {"NODE_ENV=production",        "CI=true",
                               "NO_UPDATE_NOTIFIER=1",       "npm_config_progress=false",
                               has_cache ? NULL : own_cache, NULL};
    struct process run = {
        .argv = argv, .folder = staging, .pass = npm_variables, .set = set, .meter = meter};
    if (process_run(&run, err))
        return true;
    if (err && err->kind == ERR_IO && (err_says(err, "EUSAGE") || err_says(err, "in sync")))
        err_remedy(err, "run npm install in the folder, commit package-lock.json and try again");
    else if (err && err->kind == ERR_IO)
        err_remedy(err, "npm's own words are in the log above; npm ci --omit=dev in the folder "
                        "should show the same");
    return false;
}

static bool stage(const struct npm_project *p, const char *folder, const char *staging,
                  struct err *err)
{
    AUTO_FREE char *package = fs_join(staging, "package.json");
    AUTO_FREE char *lock = fs_join(staging, p->lock_name);
    AUTO_FREE char *own_rc = fs_join(folder, ".npmrc");
    AUTO_FREE char *rc = fs_join(staging, ".npmrc");
    if (!fs_write(package, p->package.data, p->package.len, 0600, err) ||
        (p->lock.len > 0 && !fs_write(lock, p->lock.data, p->lock.len, 0600, err)))
        return false;
    if (!fs_exists(own_rc))
        return true;
    STR_AUTO text; // which registry serves which scope; never part of an image
    str_init(&text, STR_FILE);
    return fs_read(own_rc, &text, err) && fs_write(rc, text.data, text.len, 0600, err);
}

bool npm_install(const struct npm_project *project, const char *folder, const char *staging,
                 const char *cache_dir, enum cpu_arch arch, struct meter *meter, struct err *err)
{
    if (!stage(project, folder, staging, err))
        return false;
    if (project->lock.len == 0) {
        meter_log(meter, "There is no package-lock.json: the newest fitting versions are taken. "
                         "Run npm install and "
                         "commit the file so that every build is the same.");
        const char *const lock[] = {
            "npm",       "install", "--package-lock-only", "--ignore-scripts", "--no-audit",
            "--no-fund", NULL};
        if (!run_npm(lock, staging, cache_dir, meter, err))
            return err_wrap(err, "finding the versions of the dependencies");
    }
    const char *const argv[] = {
        "npm",          "ci",        "--omit=dev", "--ignore-scripts",
        "--no-audit",   "--no-fund", "--os=linux", arch == ARCH_ARM64 ? "--cpu=arm64" : "--cpu=x64",
        "--libc=glibc", NULL};
    return run_npm(argv, staging, cache_dir, meter, err) ||
           err_wrap(err, "installing the dependencies");
}
