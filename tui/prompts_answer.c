// SPDX-License-Identifier: MIT
// The answers: what a line means for what was asked.
#include "tui/prompts_private.h"

#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"

// The words that work at every prompt. True: *out_got says what the line was.
bool prompt_common_word(struct prompts *prompts, const struct view *view, const struct item *item,
                        struct view_act *out, enum prompts_got *out_got)
{
    const char *line = prompts->line;
    *out_got = PROMPTS_ACT;
    if (strcasecmp(line, "q") == 0 || strcasecmp(line, "quit") == 0) {
        *out_got = PROMPTS_LEAVE;
        return true;
    }
    if (strcasecmp(line, "b") == 0 || strcasecmp(line, "back") == 0) {
        act_set(out, ACT_BACK, "");
        return true;
    }
    if (strcmp(line, "?") == 0 || strcasecmp(line, "help") == 0) {
        prompts_help(prompts, view, item);
        act_set(out, ACT_NONE, "");
        return true;
    }
    for (size_t i = 0; i < view->key_count; i++) {
        if (strcasecmp(line, view->keys[i].name) == 0) {
            act_set(out, ACT_KEY, view->keys[i].id);
            return true;
        }
    }
    return false;
}

static bool is_yes(const char *line)
{
    return strcasecmp(line, "y") == 0 || strcasecmp(line, "yes") == 0 || strcmp(line, "1") == 0;
}

static bool is_no(const char *line)
{
    return strcasecmp(line, "n") == 0 || strcasecmp(line, "no") == 0 || strcmp(line, "0") == 0;
}

// As if it were pasted: trimmed, and refused when it cannot be in one line. What was there before
// stays when the new is refused.
static void take_text(struct prompts *prompts, struct edit *edit, bool optional)
{
    struct key paste = {.code = K_PASTE, .text = prompts->line, .length = prompts->length};
    paste.cut = prompts->length >= PROMPT_LINE_MAX;
    if (optional && strcmp(prompts->line, "-") == 0) {
        edit_set(edit, "");
        return;
    }
    bool shown = edit->shown;
    edit->shown = false;
    char *before = edit->secret ? NULL : mem_strdup(edit_text(edit));
    if (!edit->secret)
        edit_set(edit, "");
    edit_key(edit, &paste);
    const char *problem = edit->problem;
    if (problem != NULL && before != NULL)
        edit_set(edit, before);
    edit->problem = problem;
    edit->shown = shown;
    mem_free(before);
}

static bool take_choice(struct prompts *prompts, const struct item *item, struct view_act *out)
{
    size_t found = 0;
    act_set(out, ACT_CHOSEN, item->id);
    for (size_t i = 0; i < item->count; i++) {
        struct view_list_row row = {.key = "", .columns = {item->options[i]}};
        AUTO_FREE char *number = mem_printf("%zu", i + 1);
        if (str_eq(prompts->line, number) || strcasecmp(prompts->line, item->options[i]) == 0) {
            out->row = i;
            return true;
        }
        if (list_matches(&row, prompts->line)) {
            found++;
            out->row = i;
        }
    }
    if (found != 1)
        prompts_say(prompts, "1 to %zu, or a part of one of them.", item->count);
    return found == 1;
}

static bool take_switch(struct prompts *prompts, const struct item *item, struct view_act *out)
{
    bool yes = is_yes(prompts->line);
    if (!yes && !is_no(prompts->line)) {
        prompts_say(prompts, "y or n.");
        return false;
    }
    bool turn = yes != item->on && item->disabled == NULL;
    act_set(out, turn ? ACT_TOGGLED : ACT_NONE, item->id);
    return true;
}

// Several at once: the first is toggled now, the others at the next calls.
static bool take_ticks(struct prompts *prompts, struct view_act *out)
{
    char *rest = prompts->line, *word = NULL;
    size_t option = 0;
    while ((word = strsep(&rest, " ,")) != NULL) {
        if (*word == '\0')
            continue;
        if (!prompt_menu_find(prompts, word, &option)) {
            prompts_forget_toggles(prompts);
            return false;
        }
        struct view_act act;
        prompt_menu_act(prompts, option, ACT_TOGGLED, &act);
        prompts->toggles =
            mem_realloc(prompts->toggles, prompts->toggle_count + 1, sizeof *prompts->toggles);
        prompts->toggles[prompts->toggle_count++] = mem_strdup(act.key);
    }
    prompts->repeat = true;
    act_set(out, ACT_NONE, "");
    return true;
}

bool prompts_next_toggle(struct prompts *prompts, const struct view *view, struct view_act *out)
{
    while (prompts->toggle_count > 0) {
        AUTO_FREE char *key = prompts->toggles[--prompts->toggle_count];
        for (size_t i = 0; i < view->count; i++) {
            struct item at = view->items[i];
            bool same = at.kind == ITEM_LIST && str_eq(at.id, prompts->asked);
            for (at.at = 0; same && at.at < at.shown; at.at++) {
                act_row(out, ACT_TOGGLED, &at);
                if (str_eq(out->key, key))
                    return true;
            }
        }
    }
    return false;
}

static bool take_menu(struct prompts *prompts, const struct item *item, struct view_act *out)
{
    size_t option = 0;
    if (item->kind == ITEM_LIST && item->list.tick)
        return take_ticks(prompts, out);
    if (!prompt_menu_find(prompts, prompts->line, &option))
        return false;
    prompt_menu_act(prompts, option, ACT_CHOSEN, out);
    // After a thing was done the same can be asked again; after an answer the next one is.
    const struct item *chosen = prompts->menu[option].item;
    prompts->repeat = chosen->kind == ITEM_ACTION || chosen->path == NULL;
    return true;
}

bool prompt_take(struct prompts *prompts, const struct item *item, struct view_act *out)
{
    switch ((unsigned)item->kind) {
    case ITEM_FIELD:
        if (item->edit != NULL)
            take_text(prompts, item->edit, item->optional);
        prompts->answered = true;
        act_set(out, ACT_CHANGED, item->id);
        return true;
    case ITEM_CHOICE: return take_choice(prompts, item, out);
    case ITEM_SWITCH: return take_switch(prompts, item, out);
    default: return take_menu(prompts, item, out);
    }
}

bool prompt_take_default(struct prompts *prompts, const struct view *view, const struct item *item,
                         struct view_act *out)
{
    if (item->kind != ITEM_LIST && item->kind != ITEM_ACTION)
        return false;
    size_t preset = prompt_menu_default(prompts, view);
    if ((item->kind == ITEM_LIST && item->list.tick) || preset >= prompts->menu_count)
        return false;
    prompts->repeat = true;
    act_set(out, ACT_NONE, "");
    if (prompt_menu_possible(prompts, preset))
        prompt_menu_act(prompts, preset, ACT_CHOSEN, out);
    return true;
}

bool prompt_take_question(struct prompts *prompts, const struct view_question *question,
                          struct view_act *out)
{
    if (prompts->typing) {
        prompts->typing = false;
        act_set(out, ACT_NONE, "");
        if (prompts->length == 0)
            return true;
        take_text(prompts, question->edit, false);
        act_set(out, ACT_CHANGED, question->id);
        return true;
    }
    struct item like = {.id = question->id, .options = question->options, .count = question->count};
    if (prompts->length > 0)
        return take_choice(prompts, &like, out);
    act_set(out, ACT_CHOSEN, question->id);
    out->row = question->first < question->count ? question->first : 0;
    return true;
}
