// SPDX-License-Identifier: MIT
// The gate against native modules that cannot run in the image: built for another machine or
// another system.
//
// Judged by package (the folder below the innermost node_modules): one that carries a fitting
// binary beside others (a package with prebuilt files for every system) is fine. What counts
// against it: a *.node file that is not ELF for our machine, or any ELF file for another machine.
// Programs for Windows or macOS beside JavaScript do no harm.
#ifndef FOREST_IMAGE_NATIVE_H
#define FOREST_IMAGE_NATIVE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/setup/answers.h"

struct native_package {
    char *name;
    char *wrong; // the first file that does not fit, or NULL
    char *kind;  // what that file is: "ELF for arm64", "Mach-O"
    bool fits;   // it has one that does
};

struct native_gate {
    enum cpu_arch arch;
    struct native_package *items;
    size_t count;
};

void native_init(struct native_gate *gate, enum cpu_arch arch);
// `path` is relative to node_modules, `head` the first bytes of the file (64 are enough). As
// layer_request.inspect.
bool native_inspect(void *gate, const char *path, const unsigned char *head, size_t length,
                    struct err *err);
bool native_verdict(const struct native_gate *gate,
                    struct err *err); // ERR_INPUT names package, file and remedy
void native_clear(struct native_gate *gate);

#endif
