// SPDX-License-Identifier: MIT
// Getting one commit of a git repository, without git. The library behind it is libgit2, seen only
// by git.c and commit.c.
#ifndef FOREST_SOURCE_GIT_H
#define FOREST_SOURCE_GIT_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"

struct git_request {
    const char *url; // https://, ssh://, git@host:path, file:// or a path
    const char *ref; // branch, tag or commit id; NULL: the repository's default branch
    const char *cache_dir;
    struct cancel *cancel;
    void (*progress)(void *context, const char *text, int64_t done, int64_t total);
    void *context;
};

// Checks the commit out in a new folder below cache_dir; the caller removes it. Only the ref asked
// for is fetched, as shallow as libgit2 can. The user's git configuration is not read and nothing
// is written to it; certificates and host keys are verified; passwords are never asked for nor
// stored: ssh by agent, https without. Submodules are left out. Errors: ERR_INPUT (URL), ERR_AUTH,
// ERR_NOT_FOUND (repository, ref), ERR_NET, ERR_IO, ERR_CANCELLED.
bool git_fetch_source(const struct git_request *request, char **out_folder, char **out_commit,
                      struct err *err);

// Sets the library up, once; of the user's settings it reads none by itself.
void git_library_init(void);

#endif
