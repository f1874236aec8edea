// SPDX-License-Identifier: MIT
// The built-in backend: the files of assets/backend, carried inside the program (see embed.cmake).
#ifndef FOREST_SOURCE_BUILTIN_H
#define FOREST_SOURCE_BUILTIN_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

struct builtin_file {
    const char *path; // relative, "src/index.js"
    const unsigned char *bytes;
    size_t length;
};

// In the generated file; ended by an entry without path.
extern const struct builtin_file builtin_files[];

// Unpacks to CACHE_DIR/builtin-<hash of all files>; what is there and right stays, anything else is
// replaced. Returns the folder, the caller's; NULL with ERR_IO.
char *builtin_unpack(const char *cache_dir, struct err *err);
char *builtin_version(void); // of its package.json; the caller's

#endif
