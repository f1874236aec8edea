// SPDX-License-Identifier: MIT
// What of a folder does not go into an image: .dockerignore by Docker's rules, and names that are
// never sent.
#ifndef FOREST_IMAGE_IGNORE_H
#define FOREST_IMAGE_IGNORE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

struct ignore {
    char **patterns; // without '!'
    bool *keeps;     // the pattern began with '!'
    size_t count;
    bool any_keeps;
};

// Reads FOLDER/.dockerignore; none is no rule. ERR_INPUT when it is absurdly large.
bool ignore_load(struct ignore *rules, const char *folder, struct err *err);
void ignore_add(struct ignore *rules, const char *line); // one line of the file
void ignore_clear(struct ignore *rules);
// `path` is relative. The last pattern that fits it or a folder above it decides.
bool ignore_excludes(const struct ignore *rules, const char *path);
// One path against one pattern: '*' and '?' within a name, '[a-z]', '\\x', '**' over any number of
// names.
bool ignore_fits(const char *pattern, const char *path);
// Names whose content is nobody else's business, wherever they are and whatever .dockerignore says:
// .env*, .git, *.pem, .npmrc, .aws, .ssh, node_modules/.cache. `path` is relative; looks at its
// last part.
bool ignore_is_secret(const char *path);

#endif
