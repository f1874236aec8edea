// SPDX-License-Identifier: MIT
// A setup as files that others can use: a table of formats (formats.c), each a function that makes
// the files of one format in memory. Nothing here writes to a disk or talks to AWS: it works on
// what the journal recorded, at any time, also for a setup that is only planned or half made.
//
// export_input_init() from the answers and, when there is one, the journal; any number of
// export_make() into one struct export_files; export_files_clear(), export_input_clear(). Results
// hold no secret, no journal entry and no path of this machine, and the same input gives the same
// bytes.
//
// A new format = one row in formats.c and its file.
#ifndef FOREST_EXPORT_EXPORT_H
#define FOREST_EXPORT_EXPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/codec/json.h"
#include "backend/engine/facts.h"
#include "backend/engine/journal.h"
#include "backend/setup/answers.h"
#include "backend/setup/names.h"

struct export_input {
    const struct answers *answers; // borrowed; secrets are references and never looked at
    const struct journal *journal; // borrowed; NULL: nothing has been made yet
    const char *base_dir;          // borrowed, may be NULL: paths below it become relative
    bool folder;                   // the files lie in one, so the schema can lie beside the answers
    char *account;                 // NULL: not known yet (answers without aws.account)
    char *region;                  // NULL: likewise
    const char *partition;         // "aws"; NULL without a region
    bool named;                    // `names` is filled: account and region are known
    struct names names;
    struct facts *facts; // of every step that exists, as last recorded
};
// `account` and `region`: what is known besides (a plan that asked), may be NULL; the journal and
// the answers come first. Never fails: what is not known stays NULL, a format that needs it says
// so.
void export_input_init(struct export_input *out, const struct answers *answers,
                       const struct journal *journal, const char *account, const char *region);
void export_input_clear(struct export_input *in);
// Does that step's resource exist, as far as the records tell?
bool export_made(const struct export_input *in, const char *step);
// ERR_INPUT with a remedy unless account, region and names are known.
bool export_need_names(const struct export_input *in, const char *format, struct err *err);

struct export_file {
    char *path; // relative, '/' between parts, never ".."
    char *text; // whole, ends with a line end
};
struct export_files { // sorted by path
    struct export_file *items;
    size_t count;
};
void export_files_add(struct export_files *files, const char *path, char *text); // takes text
void export_files_clear(struct export_files *files);

struct export_format {
    const char *name; // of --as
    const char *summary;
    bool account, network; // what it tells of: the answers alone may not know them
    bool (*make)(const struct export_input *in, struct export_files *out, struct err *err);
};
const struct export_format *export_formats(size_t *out_count); // the table, in reading order
const struct export_format *export_format(const char *name);   // NULL: there is none

// The answer file as text, with a line end; the caller's. `answers` as recorded (config_write).
// Paths below `base_dir` become relative to it; a secret's file elsewhere becomes "env:<its usual
// variable>". The same answers give the same bytes. NULL with ERR_INPUT when the recorded answers
// are not valid.
char *export_json(const struct json *answers, const char *base_dir, struct err *err);

#endif
