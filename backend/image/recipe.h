// SPDX-License-Identifier: MIT
// How an application in a folder is started, and which builder is the right one for it. Reads files
// only.
#ifndef FOREST_IMAGE_RECIPE_H
#define FOREST_IMAGE_RECIPE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

struct recipe {
    char **command; // {"node", "src/index.js"}, ended by NULL
    size_t count;
};

// "scripts.start" when it is plainly "node FILE...", else "main", else the first of src/index.js,
// index.js, server.js, app.js that exists. ERR_INPUT when there is nothing to start or the file is
// missing.
bool recipe_read(const char *folder, struct recipe *out, struct err *err);
void recipe_clear(struct recipe *recipe);

// Has the folder a Dockerfile (or Containerfile) of its own, that is: without a line "#
// forest-setup: built in", by which a Dockerfile says that the built-in builder makes the same
// image?
bool recipe_own_dockerfile(const char *folder);
char *recipe_dockerfile(const char *folder); // its path, the caller's, or NULL

#endif
