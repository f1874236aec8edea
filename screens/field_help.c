// SPDX-License-Identifier: MIT
#include "screens/field_help.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/fields.h"

// Groups of the file that are not called as the screen that shows them.
static const struct {
    const char *group;
    enum screen_id screen;
} elsewhere[] = {
    {"name", SCREEN_WELCOME},   // asked before a new setup begins
    {"ask", SCREEN_REVIEW},     // which screens a file asks
    {"options", SCREEN_REVIEW}, // in the file alone; the review shows what they do
};

bool field_help_has(const struct screen *screen, const char *path)
{
    size_t n = strcspn(path, ".");
    for (size_t i = 0; i < ARRAY_LEN(elsewhere); i++)
        if (strlen(elsewhere[i].group) == n && strncmp(elsewhere[i].group, path, n) == 0)
            return elsewhere[i].screen == screen->id;
    return strlen(screen->name) == n && strncmp(screen->name, path, n) == 0;
}

void field_help_add(struct view *view, const struct screen *screen)
{
    STR_AUTO text = {0};
    str_init(&text, STR_LINE);
    size_t count = 0;
    const struct field *all = fields(&count);
    for (size_t i = 0; i < count; i++)
        if (field_help_has(screen, all[i].path))
            str_addf(&text, "%s%s", text.len ? ", " : "In the answer file: ", all[i].path);
    if (!text.len)
        return;
    str_addc(&text, '.');
    view_help_add(view, text.data);
}
