// SPDX-License-Identifier: MIT
// What of a frame is news, in lines; and the help.
#include "tui/prompts_private.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

const char *prompt_state_word(enum view_state state)
{
    switch (state) {
    case VIEW_BUSY: return "waiting";
    case VIEW_GOOD: return "ok";
    case VIEW_WARN: return "warning";
    case VIEW_BAD: return "problem";
    case VIEW_QUIET: break;
    }
    return NULL;
}

static const char *sign_word(enum sign sign)
{
    switch ((unsigned)sign) {
    case SIGN_GOOD:
    case SIGN_DONE: return "done";
    case SIGN_BAD: return "failed";
    case SIGN_BUSY:
    case SIGN_CURRENT: return "running";
    case SIGN_WARN: return "warning";
    case SIGN_NEW: return "new";
    default: return NULL;
    }
}

static void add_status(struct str *out, const struct view_status *status)
{
    const char *word = prompt_state_word(status->state);
    if (str_empty(status->text))
        return;
    if (word != NULL)
        str_addf(out, "%s: ", word);
    str_add(out, status->text);
    if (!str_empty(status->remedy))
        str_addf(out, "%s %s", str_ends(status->text, ".") ? "" : ".", status->remedy);
}

static void tell_status(struct prompts *prompts, const char *label,
                        const struct view_status *status)
{
    STR_AUTO line;
    str_init(&line, STR_LINE);
    if (str_empty(status->text))
        return;
    if (label != NULL && *label != '\0')
        str_addf(&line, "%s: ", label);
    add_status(&line, status);
    prompts_tell(prompts, line.data);
}

char *prompt_row_text(const struct item *item, const struct view_list_row *row)
{
    struct str out;
    str_init(&out, STR_LINE);
    for (int i = 0; i < VIEW_COLUMNS; i++) {
        if (!str_empty(row->columns[i]))
            str_addf(&out, "%s%s", out.len > 0 ? ", " : "", row->columns[i]);
    }
    if (item->list.tick)
        str_add(&out, row->status.state == VIEW_GOOD ? " (on)" : " (off)");
    // That something is asked for is no news about a row; what came of it is.
    if (!str_empty(row->status.text) && row->status.state != VIEW_BUSY) {
        str_add(&out, ": ");
        if (item->list.tick)
            str_add(&out, row->status.text);
        else
            add_status(&out, &row->status);
    }
    if (row->disabled != NULL && !str_eq(row->disabled, row->status.text))
        str_addf(&out, ". Not possible: %s", row->disabled);
    else if (row->disabled != NULL)
        str_add(&out, ". Not possible.");
    if (!str_empty(row->below))
        str_addf(&out, ". %s", row->below);
    return str_take(&out);
}

bool prompt_is_watched(const struct item *item)
{
    return item->kind == ITEM_LIST && item->list.pinned && item->path == NULL;
}

// A list that is only watched: a line whenever a row is in another state. Times that run are no
// news.
static void tell_watched(struct prompts *prompts, const struct item *item)
{
    for (size_t i = 0; i < item->shown; i++) {
        struct view_list_row row;
        list_row(item, i, &row);
        enum sign sign = row.sign != SIGNS               ? row.sign
                         : row.status.state == VIEW_GOOD ? SIGN_GOOD
                         : row.status.state == VIEW_BAD  ? SIGN_BAD
                         : row.status.state == VIEW_BUSY ? SIGN_BUSY
                                                         : SIGNS;
        const char *word = sign_word(sign);
        if (row.heading || word == NULL)
            continue;
        AUTO_FREE char *mark = mem_printf("\x01%s %s %s", item->id, row.key, word);
        size_t before = prompts->said_count;
        prompts_tell(prompts, mark);
        if (prompts->said_count == before)
            continue;
        if (sign != SIGN_BAD)
            row.status = (struct view_status){0};
        AUTO_FREE char *text = prompt_row_text(item, &row);
        prompts_say(prompts, "%s: %s%s%s", word, text, sign != SIGN_BUSY && row.right ? ", " : "",
                    sign != SIGN_BUSY && row.right ? row.right : "");
    }
}

static void tell_row(struct prompts *prompts, const struct item *item)
{
    const char *word = sign_word(item->sign);
    AUTO_FREE char *line =
        mem_printf("%s%s%s%s%s%s%s%s", item->label, str_empty(item->label) ? "" : ": ",
                   word != NULL ? word : "", word != NULL && !str_empty(item->text) ? ", " : "",
                   item->text != NULL ? item->text : "", str_empty(item->right) ? "" : " (",
                   item->right != NULL ? item->right : "", str_empty(item->right) ? "" : ")");
    prompts_tell(prompts, line);
}

static void tell_item(struct prompts *prompts, const struct item *item)
{
    switch ((unsigned)item->kind) {
    case ITEM_TEXT:
    case ITEM_HEAD:
    case ITEM_BUSY:
    case ITEM_URL: prompts_tell(prompts, item->text); break;
    case ITEM_NOTE: tell_status(prompts, NULL, &item->status); break;
    case ITEM_ROW: tell_row(prompts, item); break;
    case ITEM_FIELD:
        if (item->edit != NULL && item->edit->problem != NULL)
            tell_status(prompts, item->label,
                        &(struct view_status){VIEW_BAD, item->edit->problem, NULL});
        tell_status(prompts, item->label, &item->status);
        break;
    case ITEM_CHOICE:
    case ITEM_SWITCH: tell_status(prompts, item->label, &item->status); break;
    case ITEM_LOG:
        for (size_t i = 0; i < item->count; i++)
            prompts_tell(prompts, item->options[i]);
        break;
    case ITEM_LIST:
        if (prompt_is_watched(item))
            tell_watched(prompts, item);
        else if (item->shown == 0)
            prompts_tell(prompts, item->list.empty);
        break;
    default: break;
    }
}

static void tell_title(struct prompts *prompts, const struct view *view)
{
    STR_AUTO line;
    str_init(&line, STR_LINE);
    if (view->left != NULL)
        str_add(&line, view->left);
    for (size_t i = 0; i < view->step_count; i++) {
        const char *name = view->steps[i].name;
        if (view->steps[i].current && str_starts(line.data, name))
            str_addf(&line, ", step %zu of %zu", i + 1, view->step_count);
        else if (view->steps[i].current)
            str_addf(&line, "%s%s, step %zu of %zu", line.len > 0 ? ". " : "", name, i + 1,
                     view->step_count);
    }
    if (view->step_count == 0 && view->right != NULL)
        str_addf(&line, "%s%s", line.len > 0 ? ". " : "", view->right);
    prompts_say(prompts, "%s", "");
    prompts_say(prompts, "%s", line.data);
}

void prompts_show(struct prompts *prompts, struct view *view)
{
    if (!str_eq(prompts->screen, view->screen)) {
        str_replace(&prompts->screen, view->screen);
        prompts_forget(prompts, true);
        tell_title(prompts, view);
    }
    for (size_t i = 0; i < view->count; i++)
        tell_item(prompts, &view->items[i]);
    tell_status(prompts, NULL, &view->flash);
    fflush(prompts->out);
}

void prompts_help(struct prompts *prompts, const struct view *view, const struct item *item)
{
    if (view->help != NULL)
        prompts_say(prompts, "%s", view->help);
    if (item != NULL && item->help != NULL)
        prompts_say(prompts, "%s: %s", item->label != NULL ? item->label : item->id, item->help);
    if (item != NULL && item->path != NULL)
        prompts_say(prompts, "In an answer file: %s", item->path);
    for (size_t i = 0; i < view->key_count; i++)
        prompts_say(prompts, "%s: %s", view->keys[i].name, view->keys[i].does);
    prompts_say(prompts, "Enter alone keeps what is in brackets. b: back. ?: this help. q: leave.");
}
