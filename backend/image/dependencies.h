// SPDX-License-Identifier: MIT
// The layer of an application's node_modules, installed once and kept.
//
// In cache_dir/layers: KEY.json (digests and size) and DIGEST.tar.gz. The key covers package.json,
// the lock file, the architecture, npm's major version and the level of compression; not Node's
// version, because no script runs. With an entry neither npm nor tar is needed. The eight entries
// used last are kept. Safe for several processes at once: files appear by rename only.
#ifndef FOREST_IMAGE_DEPENDENCIES_H
#define FOREST_IMAGE_DEPENDENCIES_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/image/layer.h"
#include "backend/image/meter.h"
#include "backend/setup/answers.h"

struct dependencies_request {
    const char *folder;
    const char *cache_dir;
    enum cpu_arch arch;
    int level;        // of gzip
    unsigned threads; // 0: one per processor
    struct meter *meter;
};

// out->path is NULL when the application has no dependencies. *out_cached: nothing had to be
// installed.
bool dependencies_layer(const struct dependencies_request *request, struct layer *out,
                        bool *out_cached, struct err *err);
// The layer of an installed node_modules, through the gate for native modules.
bool dependencies_pack(const char *node_modules, const char *file, enum cpu_arch arch, int level,
                       unsigned threads, struct cancel *cancel, struct layer *out, struct err *err);
// A cached layer whose file has other bytes than its name: forget it.
void dependencies_forget(const char *cache_dir, const struct layer *layer);

#endif
