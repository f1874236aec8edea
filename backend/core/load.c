// SPDX-License-Identifier: MIT
// Finding and loading forest-core.
#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <mach-o/dyld.h>
#endif

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/core.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const struct core *loaded;
static const struct core *replaced; // core_use()
static void *module;

// The folder of the running program, links followed: never the working directory, never PATH.
static char *program_folder(struct err *err)
{
    char path[PATH_MAX] = {0};
#ifdef __APPLE__
    uint32_t size = sizeof path - 1;
    bool ok = _NSGetExecutablePath(path, &size) == 0;
#else
    bool ok = readlink("/proc/self/exe", path, sizeof path - 1) > 0;
#endif
    if (!ok) {
        err_set(err, ERR_IO, "where this program lies cannot be found out");
        err_remedy(err, "mount /proc, then try again");
        return NULL;
    }
    char *slash = strrchr(path, '/');
    return mem_strndup(path, slash ? (size_t)(slash - path) : 0);
}

static bool load_module(struct err *err)
{
    AUTO_FREE char *folder = program_folder(err);
    if (!folder)
        return false;
    static const char *const places[] = {"forest-core.so", "../lib/forest-setup/forest-core.so"};
    for (size_t i = 0; i < ARRAY_LEN(places) && !module; i++) {
        AUTO_FREE char *path = mem_printf("%s/%s", folder, places[i]);
        if (access(path, R_OK) != 0)
            continue;
        module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
        if (!module)
            return err_set(err, ERR_IO, "%s cannot be loaded: %s", path, dlerror());
    }
    if (!module) {
        err_set(err, ERR_IO, "forest-core.so is not beside this program in %s", folder);
        return err_remedy(err, "install forest-setup anew; both files belong together"), false;
    }
    return true;
}

static void *find(const char *name, struct err *err)
{
    void *found = module || load_module(err) ? dlsym(module, name) : NULL;
    if (!found && module)
        err_set(err, ERR_INTERNAL, "forest-core has no %s: it is of another version", name);
    return found;
}

const struct core *core_get(struct err *err)
{
    pthread_mutex_lock(&lock);
    const struct core *core = replaced ? replaced : loaded;
    if (!core && (core = find("forest_core", err))) {
        if (core->version == CORE_VERSION)
            loaded = core;
        else
            core = NULL;
        if (!core)
            err_set(err, ERR_IO, "forest-core.so is of another version than this program");
    }
    pthread_mutex_unlock(&lock);
    return core;
}

core_function *core_symbol(const char *name, struct err *err)
{
    void *found = dlsym(RTLD_DEFAULT, name); // in the program itself: nothing has to be loaded
    if (!found) {
        pthread_mutex_lock(&lock);
        found = find(name, err);
        pthread_mutex_unlock(&lock);
    }
    core_function *function = NULL;
    // ISO C has no cast from an object pointer; POSIX says that the bytes are the function's.
    memcpy(&function, &found, sizeof function);
    return function;
}

void core_use(const struct core *core)
{
    pthread_mutex_lock(&lock);
    replaced = core;
    pthread_mutex_unlock(&lock);
}
