// SPDX-License-Identifier: MIT
// The functions behind the table of formats; see struct export_format.
#ifndef FOREST_EXPORT_FORMATS_H
#define FOREST_EXPORT_FORMATS_H

#include "backend/export/export.h"

bool export_make_json(const struct export_input *in, struct export_files *out, struct err *err);
bool export_make_terraform(const struct export_input *in, struct export_files *out,
                           struct err *err);
bool export_make_cloudformation(const struct export_input *in, struct export_files *out,
                                struct err *err);
bool export_make_workflow(const struct export_input *in, struct export_files *out, struct err *err);
// A path as a file in `base_dir` would write it: "./admin", "../admin"; "./admin" too when the two
// have nothing in common, so that no path of this machine is told. The caller's.
char *export_relative(const char *path, const char *base_dir);
bool export_make_policy(const struct export_input *in, struct export_files *out, struct err *err);
// An answer file and, beside it, the JSON Schema that its $schema names, so that editors complete
// it wherever it is taken to. `path` as in struct export_file; takes the tree.
void export_add_answers(struct export_files *out, const char *path, struct json *answers);

#endif
