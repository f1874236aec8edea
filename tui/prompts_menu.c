// SPDX-License-Identifier: MIT
// Rows and actions as numbered lines, and which one a line means.
#include "tui/prompts_private.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

static void add_option(struct prompts *prompts, const struct item *item, size_t row, bool enabled)
{
    prompts->menu = mem_realloc(prompts->menu, prompts->menu_count + 1, sizeof *prompts->menu);
    prompts->menu[prompts->menu_count++] =
        (struct prompt_option){.item = item, .row = row, .enabled = enabled};
}

static void add_rows(struct prompts *prompts, const struct item *item)
{
    for (size_t i = 0; i < item->shown; i++) {
        struct view_list_row row;
        list_row(item, i, &row);
        if (!row.heading)
            add_option(prompts, item, i, row.disabled == NULL);
    }
}

void prompt_menu(struct prompts *prompts, const struct view *view, const struct item *item)
{
    prompts->menu_count = 0;
    size_t at = (size_t)(item - view->items);
    if (item->kind == ITEM_LIST)
        add_rows(prompts, &view->items[at++]);
    // What may be done instead stands behind it. A list of ticks is asked for alone.
    for (; at < view->count && !(item->kind == ITEM_LIST && item->list.tick); at++) {
        const struct item *next = &view->items[at];
        if (next->kind == ITEM_ACTION)
            add_option(prompts, next, 0, next->disabled == NULL);
        else if (next->focusable && !prompt_is_watched(next) && next->kind != ITEM_LOG)
            break;
    }
}

static char *option_text(const struct prompt_option *option)
{
    struct view_list_row row;
    const struct item *item = option->item;
    if (item->kind == ITEM_LIST) {
        list_row(item, option->row, &row);
        return prompt_row_text(item, &row);
    }
    const char *more = item->disabled != NULL ? item->disabled : item->help;
    return mem_printf("%s%s%s%s", item->label, item->disabled != NULL ? ". Not possible" : "",
                      more != NULL ? ": " : "", more != NULL ? more : "");
}

static bool option_holds(const struct prompt_option *option, const char *part)
{
    if (option->item->kind == ITEM_LIST) {
        struct view_list_row row;
        list_row(option->item, option->row, &row);
        return list_matches(&row, part);
    }
    struct view_list_row like = {.key = option->item->id, .columns = {option->item->label}};
    return list_matches(&like, part);
}

// A name that is said exactly needs no part of it.
static bool option_is(const struct prompt_option *option, const char *name)
{
    struct view_list_row row = {.key = option->item->id, .columns = {option->item->label}};
    if (option->item->kind == ITEM_LIST)
        list_row(option->item, option->row, &row);
    return str_eq(row.key, name) ||
           (row.columns[0] != NULL && strcasecmp(row.columns[0], name) == 0);
}

void prompt_menu_print(struct prompts *prompts, const char *part)
{
    size_t rows = 0, left = 0;
    for (size_t i = 0; i < prompts->menu_count; i++) {
        const struct prompt_option *option = &prompts->menu[i];
        bool list = option->item->kind == ITEM_LIST;
        if (part != NULL && !option_holds(option, part))
            continue;
        if (list && ++rows > PROMPT_ROWS) {
            left++;
            continue;
        }
        AUTO_FREE char *text = option_text(option);
        AUTO_FREE char *line = mem_printf("  %zu) %s", i + 1, text);
        if (part != NULL)
            prompts_say(prompts, "%s", line);
        else
            prompts_tell(prompts, line);
    }
    if (left > 0) {
        AUTO_FREE char *line =
            mem_printf("  and %zu more: a part of a name shows those that have it", left);
        prompts_tell(prompts, line);
    }
}

static bool by_number(struct prompts *prompts, const char *line, size_t *out)
{
    char *end = NULL;
    unsigned long number = strtoul(line, &end, 10);
    if (*line < '0' || *line > '9' || *end != '\0' || number == 0 || number > prompts->menu_count)
        return false;
    *out = number - 1;
    return true;
}

static bool find(struct prompts *prompts, const char *line, size_t *out)
{
    size_t found = 0;
    if (by_number(prompts, line, out))
        return true;
    for (*out = 0; *out < prompts->menu_count; ++*out) {
        if (option_is(&prompts->menu[*out], line))
            return true;
    }
    for (size_t i = prompts->menu_count; i-- > 0;) {
        if (option_holds(&prompts->menu[i], line)) {
            found++;
            *out = i;
        }
    }
    if (found == 1)
        return true;
    if (found == 0) {
        prompts_say(prompts, "There is no \"%s\". A number, a name or a part of a name.", line);
    } else {
        prompts_say(prompts, "%zu have \"%s\":", found, line);
        prompt_menu_print(prompts, line);
    }
    return false;
}

bool prompt_menu_possible(struct prompts *prompts, size_t at)
{
    const struct prompt_option *option = &prompts->menu[at];
    if (option->enabled)
        return true;
    AUTO_FREE char *text = option_text(option);
    prompts_say(prompts, "%s", text);
    return false;
}

bool prompt_menu_find(struct prompts *prompts, const char *line, size_t *out)
{
    return find(prompts, line, out) && prompt_menu_possible(prompts, *out);
}

void prompt_menu_act(const struct prompts *prompts, size_t option, enum act_kind kind,
                     struct view_act *out)
{
    const struct prompt_option *chosen = &prompts->menu[option];
    if (chosen->item->kind != ITEM_LIST) {
        act_set(out, ACT_CHOSEN, chosen->item->id);
        return;
    }
    struct item at = *chosen->item;
    at.at = chosen->row;
    act_row(out, kind, &at);
}
