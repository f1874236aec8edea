// SPDX-License-Identifier: MIT
// Which keys work now, in words: the footer and the help page.
#include "tui/view_private.h"

#include "backend/base/str.h"

// Fewer rows are found faster by eye.
enum { FILTER_FROM = 5 };

struct hints {
    struct view_hint *out;
    size_t count;
};

static void hint(struct hints *hints, const char *name, const char *ascii, const char *does,
                 int weight)
{
    if (hints->count < VIEW_HINTS && does != NULL)
        hints->out[hints->count++] =
            (struct view_hint){.name = name, .ascii = ascii, .does = does, .weight = weight};
}

static size_t reachable(const struct view *view)
{
    size_t count = 0;
    for (size_t i = 0; i < view->count; i++)
        count += view->items[i].focusable;
    return count;
}

static bool several_rows(const struct item *item)
{
    return item->kind == ITEM_LIST && item->shown > 1;
}

static void item_hints(struct hints *hints, const struct view *view, const struct item *item)
{
    bool filter = item->kind == ITEM_LIST && item->list.filter;
    if (several_rows(item) || reachable(view) > 1)
        hint(hints, "↑↓", "Up/Down", item->kind == ITEM_LOG ? "scroll" : "move", 5);
    if (filter && *list_filter(item) == '\0' && item->list.count > FILTER_FROM)
        hint(hints, "type", "type", "to filter", 6);
    if (item->kind == ITEM_LIST && item->list.tick && item->shown > 0)
        hint(hints, "Space", "Space", "on or off", 8);
    if (item->kind == ITEM_SWITCH && item->disabled == NULL)
        hint(hints, "Space", "Space", item->on ? "switch off" : "switch on", 8);
    if (item->kind == ITEM_CHOICE && item->count > 1)
        hint(hints, "←→", "Left/Right", "choose", 8);
    if (several_rows(item) && reachable(view) > 1)
        hint(hints, "Tab", "Tab", "next part", 3);
}

static const char *enter_does(const struct view *view, const struct item *item)
{
    struct view_list_row row;
    if (item != NULL && item->kind == ITEM_ACTION)
        return item->disabled != NULL ? NULL : "do it";
    if (item != NULL && item->kind == ITEM_LIST && !item->list.tick && item->shown > 0) {
        list_row(item, item->at, &row);
        if (row.disabled != NULL)
            return NULL;
    }
    if (item != NULL && item->kind == ITEM_LOG)
        return NULL;
    return view->enter_set ? view->enter_does : "continue";
}

static const char *question_enter(const struct view *view)
{
    if (view->question_text && view->question.bad)
        return "go on";
    return view->question_at < view->question.count ? view->question.options[view->question_at]
                                                    : "continue";
}

static void question_hints(struct hints *hints, const struct view *view)
{
    if (view->question.count > 1 || view->question.edit != NULL)
        hint(hints, "←→", "Left/Right", "move", 5);
    hint(hints, "Enter", "Enter", question_enter(view), 9);
    if (view->question.count > 1 && view->question_at + 1 < view->question.count)
        hint(hints, "Esc", "Esc", view->question.options[view->question.count - 1], 7);
}

static void help_hints(struct hints *hints)
{
    hint(hints, "↑↓", "Up/Down", "scroll", 5);
    hint(hints, "Esc", "Esc", "close", 9);
}

size_t view_hints(const struct view *view, struct view_hint out[VIEW_HINTS])
{
    struct hints hints = {.out = out};
    const struct item *item = view_focused_item(view);
    if (view->help_open)
        help_hints(&hints);
    else if (view->question.id != NULL)
        question_hints(&hints, view);
    if (hints.count > 0)
        return hints.count;
    hint(&hints, "Enter", "Enter", enter_does(view, item), 10);
    if (item != NULL)
        item_hints(&hints, view, item);
    for (size_t i = 0; i < view->key_count; i++) {
        if (view->keys[i].code != K_CHAR || !view_takes_text(view))
            hint(&hints, view->keys[i].name, view->keys[i].name, view->keys[i].does, 4);
    }
    bool secret =
        item != NULL && item->kind == ITEM_FIELD && item->edit != NULL && item->edit->secret;
    if (secret)
        hint(&hints, "Ctrl-R", "Ctrl-R", item->edit->shown ? "hide" : "show", 6);
    const char *help = view_question_mark_is_text(view) ? "F1" : "?";
    bool filtered = item != NULL && item->kind == ITEM_LIST && *list_filter(item) != '\0';
    hint(&hints, help, help, "help", 7);
    if (filtered)
        hint(&hints, "Esc", "Esc", "all rows", 9);
    else
        hint(&hints, "Esc", "Esc", view->esc_set ? view->esc_does : "back", 9);
    return hints.count;
}
