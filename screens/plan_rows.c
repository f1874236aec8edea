// SPDX-License-Identifier: MIT
#include "screens/plan_rows.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/run.h"

static bool is_one(const struct json *item, const char *action, const char *group)
{
    return str_eq(json_str(item, "action"), action) &&
           (!group || str_eq(json_str(item, "group"), group));
}

char *plan_titles(const struct json *items, const char *action, const char *group,
                  size_t *out_count)
{
    struct str s = {0};
    str_init(&s, STR_LINE);
    size_t n = 0;
    for (const struct json *i = json_first(items); i; i = json_next(i))
        if (is_one(i, action, group))
            str_addf(&s, "%s%s", n++ ? ", " : "", json_str_or(i, "title", ""));
    if (out_count)
        *out_count = n;
    return str_take(&s);
}

static bool costs(const struct json *items, const char *action, const char *group)
{
    for (const struct json *i = json_first(items); i; i = json_next(i))
        if (is_one(i, action, group) && json_bool(i, "costs", false))
            return true;
    return false;
}

size_t plan_group_rows(struct view *view, const struct json *items, const char *action,
                       enum sign sign, bool billed)
{
    static const char *const groups[] = {"network", "permissions", "secret", "container",
                                         "address"};
    size_t all = 0;
    for (size_t g = 0; g < ARRAY_LEN(groups); g++) {
        size_t n = 0;
        AUTO_FREE char *text = plan_titles(items, action, groups[g], &n);
        all += n;
        if (n)
            view_row(view, sign, STYLE_TEXT, run_group_words(groups[g]), text,
                     billed && costs(items, action, groups[g]) ? "billed" : NULL);
    }
    return all;
}

size_t plan_item_rows(struct view *view, const struct json *items, const char *action,
                      enum sign sign, enum style style)
{
    size_t n = 0;
    for (const struct json *i = json_first(items); i; i = json_next(i)) {
        if (!is_one(i, action, NULL) || str_eq(json_str(i, "group"), "checks"))
            continue;
        n++;
        view_row(view, sign, style, json_str_or(i, "title", ""),
                 json_str_or(i, "error.message", json_str_or(i, "text", "")), NULL);
    }
    return n;
}
