// SPDX-License-Identifier: MIT
// The questions: what is told before the prompt, once, and the prompt itself.
#include "tui/prompts_private.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

static void field_prompt(struct prompts *prompts, const struct item *item)
{
    const struct edit *edit = item->edit;
    bool has = edit != NULL && edit->length > 0;
    prompts_print(prompts, str_empty(item->label) ? item->id : item->label);
    if (item->optional)
        prompts_print(prompts, has ? " (- for none)" : " (optional)");
    if (has && edit->secret) {
        AUTO_FREE char *kept = mem_printf(" [%zu characters, kept]", edit_chars(edit));
        prompts_print(prompts, kept);
    } else if (has) {
        prompts_print(prompts, " [");
        prompts_print(prompts, edit_text(edit));
        prompts_print(prompts, "]");
    } else if (!str_empty(item->hint)) {
        prompts_print(prompts, edit != NULL && edit->secret ? ": " : ", like ");
        prompts_print(prompts, item->hint);
    }
    prompts_print(prompts, edit != NULL && edit->secret ? " (not shown): " : ": ");
}

// What Enter alone stands for in a menu: an action that wants to be first, also while it is not
// possible yet (Enter then says why), else the row with the focus where rows are things to do.
// menu_count: nothing, Enter goes on.
size_t prompt_menu_default(const struct prompts *prompts, const struct view *view)
{
    size_t first = prompts->menu_count;
    bool answers = false;
    for (size_t i = 0; i < view->count; i++)
        answers |= view->items[i].focusable && view->items[i].path != NULL;
    for (size_t i = prompts->menu_count; i-- > 0;) {
        const struct prompt_option *option = &prompts->menu[i];
        if (option->item->kind == ITEM_ACTION && option->item->first)
            return i;
        if (option->enabled && !answers &&
            (option->item->kind == ITEM_ACTION || option->row == option->item->at))
            first = i;
    }
    return first;
}

// What the row that is the answer now is called.
static char *chosen_name(const struct prompts *prompts, const char *key)
{
    for (size_t i = 0; i < prompts->menu_count; i++) {
        const struct prompt_option *option = &prompts->menu[i];
        struct view_list_row row;
        if (option->item->kind != ITEM_LIST)
            continue;
        list_row(option->item, option->row, &row);
        if (str_eq(row.key, key) && !str_empty(row.columns[0]))
            return mem_printf("%zu, %s", i + 1, row.columns[0]);
    }
    return mem_strdup(key);
}

static void menu_prompt(struct prompts *prompts, const struct view *view, const struct item *item)
{
    size_t preset = prompt_menu_default(prompts, view);
    bool list = item->kind == ITEM_LIST;
    AUTO_FREE char *number = mem_printf("Number or name [%zu]: ", preset + 1);
    if (list && item->list.tick)
        prompts_print(prompts, "Numbers to switch on or off, Enter goes on: ");
    else if (preset < prompts->menu_count)
        prompts_print(prompts, number);
    else if (list && item->list.chosen != NULL) {
        AUTO_FREE char *name = chosen_name(prompts, item->list.chosen);
        prompts_print(prompts, "Number or name [");
        prompts_print(prompts, name);
        prompts_print(prompts, "]: ");
    } else
        prompts_print(prompts, list ? "Number or name: " : "Number, or Enter to go on: ");
}

void prompt_tell_item(struct prompts *prompts, const struct view *view, const struct item *item)
{
    bool known = item->edit != NULL && item->edit->length > 0 && !str_empty(item->status.text);
    switch ((unsigned)item->kind) {
    case ITEM_FIELD:
        if (!known)
            prompts_tell(prompts, item->help);
        break;
    case ITEM_CHOICE:
        prompts_tell(prompts, item->help);
        prompts_tell(prompts, item->label);
        for (size_t i = 0; i < item->count; i++) {
            AUTO_FREE char *line = mem_printf("  %zu) %s", i + 1, item->options[i]);
            prompts_tell(prompts, line);
        }
        break;
    case ITEM_SWITCH:
        prompts_tell(prompts, item->disabled != NULL ? item->disabled : item->help);
        break;
    default:
        prompt_menu(prompts, view, item);
        if (item->kind == ITEM_LIST)
            prompts_tell(prompts, item->label);
        prompt_menu_print(prompts, NULL);
        break;
    }
}

void prompt_item(struct prompts *prompts, const struct view *view, const struct item *item)
{
    AUTO_FREE char *number = mem_printf(
        "%s, number [%zu]: ", str_empty(item->label) ? item->id : item->label, item->chosen + 1);
    switch ((unsigned)item->kind) {
    case ITEM_FIELD: field_prompt(prompts, item); break;
    case ITEM_CHOICE: prompts_print(prompts, number); break;
    case ITEM_SWITCH:
        prompts_print(prompts, item->label);
        prompts_print(prompts, item->on ? " (y or n) [y]: " : " (y or n) [n]: ");
        break;
    default: menu_prompt(prompts, view, item); break;
    }
}

void prompt_tell_question(struct prompts *prompts, const struct view_question *question)
{
    prompts_tell(prompts, question->title);
    prompts_tell(prompts, question->text);
    for (size_t i = 0; i < question->count && !prompts->typing; i++) {
        AUTO_FREE char *line = mem_printf("  %zu) %s", i + 1, question->options[i]);
        prompts_tell(prompts, line);
    }
}

void prompt_question(struct prompts *prompts, const struct view_question *question)
{
    AUTO_FREE char *number = mem_printf("Number [%zu]: ", question->first + 1);
    if (!prompts->typing) {
        prompts_print(prompts, number);
        return;
    }
    bool has = question->edit->length > 0 && !question->edit->secret;
    AUTO_FREE char *preset = mem_printf(" [%s]", has ? edit_text(question->edit) : "");
    prompts_print(prompts, question->title);
    prompts_print(prompts, has ? preset : "");
    prompts_print(prompts, question->edit->secret ? " (not shown): " : ": ");
}
