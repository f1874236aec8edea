// SPDX-License-Identifier: MIT
// The entries of a folder in one order everywhere (bytes of the path), with what must not be sent
// left out.
//
// tree_read(), use, tree_clear(). Kept: regular files, folders, relative links that stay inside.
// Refused (ERR_INPUT): links that are absolute or lead out, devices, sockets, pipes; more than
// 500,000 entries or 100 levels. Reads names and links only, no content.
#ifndef FOREST_IMAGE_TREE_H
#define FOREST_IMAGE_TREE_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/image/ignore.h"
#include "backend/image/tar.h"

struct tree_entry {
    char *path;   // relative to the root
    char *target; // of a link
    enum tar_kind kind;
};

struct tree {
    struct tree_entry *items;
    size_t count, cap;
    size_t secrets;     // names that were left out by ignore_is_secret()
    char *first_secret; // one of them, for the message
};

struct tree_rules {
    const struct ignore *ignore; // may be NULL
    bool drop_secrets; // for people's own folders; published packages are sent as they are
    // Paths relative to the root that are left out, ended by NULL; may be NULL.
    const char *const *without;
};

bool tree_read(const char *root, const struct tree_rules *rules, struct cancel *cancel,
               struct tree *out, struct err *err);
void tree_clear(struct tree *tree);
#define TREE_AUTO __attribute__((cleanup(tree_clear))) struct tree

// Does a link at `path` with this target stay inside the root? By the text alone.
bool tree_link_stays(const char *path, const char *target);

#endif
