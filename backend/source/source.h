// SPDX-License-Identifier: MIT
// Where the backend's code comes from: built in (embedded in the program), a folder, or a git URL
// and ref.
//
// source_open() leaves a readable folder; source_close() removes what it made. Git (libgit2, seen
// only by git.c): https, ssh by agent, file; progress, cancel; the commit id is recorded;
// credentials are never stored. Errors: ERR_INPUT, ERR_AUTH, ERR_NOT_FOUND (ref, folder), ERR_NET,
// ERR_IO, ERR_CANCELLED.
#ifndef FOREST_SOURCE_SOURCE_H
#define FOREST_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/setup/answers.h"

struct source {
    char *folder;      // where the application lies
    char *description; // "built-in backend 1.0.0", "~/admin", "github.com/acme/admin main 1a2b3c4"
    char *commit;      // 40 hex for git, else NULL
    char *temporary;   // private: removed by source_close()
};

struct source_options {
    enum backend_source kind;
    const char *folder;
    const char *git_url, *git_ref, *git_folder;
    const char *cache_dir;
    struct cancel *cancel;
    void (*progress)(void *context, const char *text, int64_t done, int64_t total);
    void *context;
};

bool source_open(const struct source_options *options, struct source *out, struct err *err);
void source_close(struct source *source);

#endif
