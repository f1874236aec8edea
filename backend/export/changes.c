// SPDX-License-Identifier: MIT
#include "backend/export/changes.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/codec/json.h"
#include "backend/setup/fields.h"

static char *word_of(const struct json *tree, const struct field *field)
{
    const struct json *node = json_path(tree, field->path);
    // What an object's members say is told by their own rows.
    bool members = json_type(node) == JSON_OBJECT && field->kind != FIELD_TAGS;
    return !node ? mem_strdup("none") : members ? mem_strdup("given") : json_print(node);
}

void changes_add(struct str *out, const char *before, const char *after)
{
    JSON_AUTO *old = json_parse(before, strlen(before), NULL, NULL);
    JSON_AUTO *new = json_parse(after, strlen(after), NULL, NULL);
    bool begun = false;
    size_t count = 0;
    const struct field *all = fields(&count);
    for (size_t i = 0; old && new &&i < count; i++) {
        AUTO_FREE char *a = word_of(old, &all[i]);
        AUTO_FREE char *b = word_of(new, &all[i]);
        if (str_eq(a, b))
            continue;
        str_addf(out, "%s%s: %s -> %s\n", begun ? "" : "\n", all[i].path, a, b);
        begun = true;
    }
}
