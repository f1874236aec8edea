// SPDX-License-Identifier: MIT
// Exported files in a folder of the user's: checked first, then written all at once, then, if
// wanted, committed to git.
//
// Which files are ours is known by forest-setup-NAME.sums, which `sha256sum -c` reads too: it lists
// every file of the last export with what was in it. A file that is not listed, or that somebody
// changed since, is not overwritten (with git: unless that change is committed); nothing is written
// then. What an earlier export wrote beside the new files and this one does not is removed.
#ifndef FOREST_EXPORT_FOLDER_H
#define FOREST_EXPORT_FOLDER_H

#include "backend/export/export.h"

struct export_target {
    const char *dir;     // made when it is not there
    const char *setup;   // its name
    const char *formats; // "json, policy", for the commit's message
    bool force;          // overwrite files that are not ours
    bool git;
};

enum export_change { EXPORT_SAME, EXPORT_NEW, EXPORT_CHANGED, EXPORT_REMOVED };

struct export_written {
    struct export_written_file {
        char *path; // relative to the folder
        enum export_change change;
    } * items;
    size_t count;
    char *commit; // 40 hex digits; NULL without git, or when nothing differed
};

// ERR_INPUT: the files in the way are named, and what git lacks; ERR_IO. `files` gets the list of
// sums added. The outcome is cleared by export_written_clear(), also after a failure.
bool export_write(const struct export_target *target, struct export_files *files,
                  struct export_written *out, struct err *err);
void export_written_clear(struct export_written *written);
const char *export_change_word(enum export_change change); // "same" "new" "changed" "removed"

#endif
