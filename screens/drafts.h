// SPDX-License-Identifier: MIT
// Answers kept on this machine: <state dir>/<name>/draft.json, an answer file without any value of
// a secret, and the answers that a setup's journal holds. Not thread-safe.
#ifndef FOREST_SCREENS_DRAFTS_H
#define FOREST_SCREENS_DRAFTS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "backend/base/err.h"
#include "backend/setup/answers.h"

struct draft {
    char *name;
    time_t changed;
};

struct drafts {
    struct draft *items;
    size_t count;
};

// Setups that have a draft and no journal: nothing of them is on AWS. In order of their names. A
// state directory that cannot be read is an empty list.
void drafts_load(struct drafts *out);
void drafts_clear(struct drafts *drafts);

// The answers as a file, without typed secrets; the caller's.
char *draft_text(const struct answers *answers);
bool draft_save(const char *name, const char *text, struct err *err);
bool draft_remove(const char *name, struct err *err); // only one without a journal
// The answers of a setup: its draft, or its journal when that is newer, where a typed secret has
// become a reference to its usual variable. `*out_stored`: its secrets lie on AWS already, a resume
// needs none.
bool draft_open(const char *name, struct answers *out, bool *out_stored, struct err *err);
// Do the secrets of that setup lie on AWS already?
bool draft_secrets_stored(const char *name);
bool draft_name_taken(const char *name);

#endif
