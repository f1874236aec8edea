// SPDX-License-Identifier: MIT
// The name of an image, "registry/repository:tag@digest", read by Docker's rules.
//
// The first part is a registry when it holds '.' or ':' or is "localhost"; otherwise the image is
// on Docker Hub, and one of a single word is in "library/". No tag and no digest means ":latest".
#ifndef FOREST_IMAGE_REFERENCE_H
#define FOREST_IMAGE_REFERENCE_H

#include <stdbool.h>

#include "backend/base/err.h"

struct reference {  // all owned
    char *registry; // "public.ecr.aws", "127.0.0.1:5000"
    char *url;      // "https://registry-1.docker.io", "http://127.0.0.1:5000": no slash at the end
    char *repository; // "docker/library/node"
    char *tag;        // NULL when only a digest was given
    char *digest;     // or NULL
};

// ERR_INPUT says what is wrong. `out` must be zeroed; reference_clear() it in every case.
bool reference_parse(const char *text, struct reference *out, struct err *err);
void reference_clear(struct reference *ref);
// What to put behind /manifests/: the digest when there is one, else the tag. Borrowed.
const char *reference_version(const struct reference *ref);
#define REFERENCE_AUTO __attribute__((cleanup(reference_clear))) struct reference

// [a-z0-9]+ words joined by '/', '.', '_', '__' or '-', at most 255 bytes.
bool reference_repository_valid(const char *repository);
bool reference_tag_valid(const char *tag); // [A-Za-z0-9_][A-Za-z0-9_.-]{0,127}

#endif
