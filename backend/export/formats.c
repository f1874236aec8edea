// SPDX-License-Identifier: MIT
// The table of formats, and the list of files they fill.
#include "backend/export/formats.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

static const struct export_format formats[] = {
    {"json", "the answer file: the same setup again, here or elsewhere", false, false,
     export_make_json},
    {"terraform", "a module for Terraform and OpenTofu, with import blocks for what exists", true,
     true, export_make_terraform},
    {"cloudformation", "a template, and the resources to import into a stack", true, true,
     export_make_cloudformation},
    {"github-actions", "a workflow that deploys new commits, with the role it takes on AWS", true,
     false, export_make_workflow},
    {"policy", "the IAM policies an operator of this plan needs, and roles for an administrator",
     true, false, export_make_policy},
};

const struct export_format *export_formats(size_t *out_count)
{
    *out_count = ARRAY_LEN(formats);
    return formats;
}

const struct export_format *export_format(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(formats); i++)
        if (str_eq(formats[i].name, name))
            return &formats[i];
    return NULL;
}

void export_files_add(struct export_files *files, const char *path, char *text)
{
    size_t at = 0;
    while (at < files->count && strcmp(files->items[at].path, path) < 0)
        at++;
    if (at < files->count && str_eq(files->items[at].path, path)) {
        mem_free(files->items[at].text);
        files->items[at].text = text;
        return;
    }
    files->items = mem_realloc(files->items, files->count + 1, sizeof *files->items);
    memmove(files->items + at + 1, files->items + at, (files->count - at) * sizeof *files->items);
    files->items[at] = (struct export_file){.path = mem_strdup(path), .text = text};
    files->count++;
}

void export_files_clear(struct export_files *files)
{
    for (size_t i = 0; i < files->count; i++) {
        mem_free(files->items[i].path);
        mem_free(files->items[i].text);
    }
    mem_free(files->items);
    *files = (struct export_files){0};
}
