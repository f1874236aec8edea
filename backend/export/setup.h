// SPDX-License-Identifier: MIT
// From the name of a setup to its files: the records of this machine, the formats asked for, the
// place they go to. What the command and the wizard share.
#ifndef FOREST_EXPORT_SETUP_H
#define FOREST_EXPORT_SETUP_H

#include "backend/base/clock.h"
#include "backend/export/export.h"

struct export_setup {
    struct answers answers;
    struct journal *journal; // NULL: only planned
};
// From the journal, else from the answers that the wizard saved. ERR_NOT_FOUND when there is
// neither; else as journal_look(). export_setup_close() in either case.
bool export_setup_open(struct export_setup *out, const char *name, struct err *err);
void export_setup_close(struct export_setup *setup);

// "json,policy" or "all" -> the formats, each once, in the table's order. ERR_INPUT names what is
// unknown and the known ones. Returns their names as one text, "json, policy"; the caller's; NULL
// on failure.
char *export_formats_parse(const char *list, bool *out_wanted, size_t count, struct err *err);
// The files of those formats. `base_dir`: where they will lie, for relative paths in the answers;
// `folder`: in a folder that is written, not one file that is printed.
// Of a setup that is not made yet, AWS is asked by the answers' profile where a format needs it:
// whose account it is, which subnets a run would choose (five reading calls). Without a login the
// module has variables without defaults in their place.
bool export_setup_make(const struct export_setup *setup, const char *base_dir, bool folder,
                       const bool *wanted, struct cancel *cancel, struct export_files *out,
                       struct err *err);

#endif
