// SPDX-License-Identifier: MIT
// Installing an application's dependencies with npm, in a folder of our own: the user's
// node_modules is never touched.
#ifndef FOREST_IMAGE_NPM_H
#define FOREST_IMAGE_NPM_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/base/str.h"
#include "backend/image/meter.h"
#include "backend/setup/answers.h"

struct npm_project {
    struct str package; // package.json
    struct str lock;    // package-lock.json or npm-shrinkwrap.json; empty when there is none
    const char *lock_name;
    bool has_dependencies;
};

// Reads and judges the folder. ERR_INPUT: no package.json, workspaces, a lock file of yarn or pnpm
// alone: things that need a Dockerfile; the remedy says so.
bool npm_read(const char *folder, struct npm_project *out, struct err *err);
void npm_project_clear(struct npm_project *project);
// "11" of npm 11.19.1, without running it where its own package.json lies beside it. The caller's.
// ERR_NOT_FOUND.
char *npm_major(struct meter *meter, struct err *err);
// Fills `staging` (an existing empty folder) so that staging/node_modules holds what linux/arch
// needs at run time. No script of any package runs. Without a lock file one is made first, and the
// user is told to commit one.
bool npm_install(const struct npm_project *project, const char *folder, const char *staging,
                 const char *cache_dir, enum cpu_arch arch, struct meter *meter, struct err *err);

#endif
