// SPDX-License-Identifier: MIT
// Committing some files of a folder into the git repository it lies in, without git.
//
// git_place_open() looks and writes nothing -> git_place_look() for each file that will be written
// -> the caller writes them -> git_place_commit() -> git_place_close(). Only the files named are
// ever committed; what else is staged or changed stays as it is. Errors: ERR_INPUT (bare
// repository, no branch, a merge under way, no identity), ERR_IO. Not thread-safe.
#ifndef FOREST_SOURCE_COMMIT_H
#define FOREST_SOURCE_COMMIT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"

struct git_place;

enum git_file {
    GIT_FILE_UNTRACKED, // git does not know it, or it is not there
    GIT_FILE_CLEAN,     // as committed
    GIT_FILE_CHANGED,   // differs from the commit, in the folder or staged as it is there
    GIT_FILE_UNSETTLED, // deleted, in conflict, or staged with other content than in the folder
};

// `dir` must exist. Without a repository around it one will be made in it by the commit. Checks at
// once what would keep a commit from being made.
bool git_place_open(struct git_place **out, const char *dir, struct err *err);
void git_place_close(struct git_place *place);
// `path` relative to the folder.
bool git_place_look(struct git_place *place, const char *path, enum git_file *out, struct err *err);

struct git_commit_files {
    const char *const *paths; // relative to the folder: those there are added, others removed
    size_t count;
    const char *message;
};
// *out_id: 40 hex digits, the caller's; NULL when nothing differs from the last commit.
bool git_place_commit(struct git_place *place, const struct git_commit_files *files, char **out_id,
                      struct err *err);

#endif
