// SPDX-License-Identifier: MIT
// Private to the Terraform form: terraform.c (resources), terraform_frame.c (everything around
// them).
#ifndef FOREST_EXPORT_TERRAFORM_PRIVATE_H
#define FOREST_EXPORT_TERRAFORM_PRIVATE_H

#include "backend/export/hcl.h"
#include "backend/export/rows.h"

struct module_file {
    const char *path;
    struct hcl hcl;
};
struct module {
    const struct export_input *in;
    struct record record;
    struct json *common_tags;
    struct hcl_reference *references;
    size_t reference_count;
    struct hcl_references shared;
    struct module_file files[16];
    size_t file_count;
};

struct hcl *module_file(struct module *m, const char *path);
void module_frame(struct module *m); // versions, variables, locals
void module_import(struct module *m, const struct resource *r);
void module_rest(struct module *m); // secret version, outputs

#endif
