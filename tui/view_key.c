// SPDX-License-Identifier: MIT
// What a key means on a screen, and which keys mean something now: the same rules, so that the
// footer never promises what does not work.
#include "tui/view_private.h"

#include <stdio.h>

#include "backend/base/str.h"

void act_set(struct view_act *out, enum act_kind kind, const char *id)
{
    *out = (struct view_act){.kind = kind};
    snprintf(out->id, sizeof out->id, "%s", id != NULL ? id : "");
}

void act_row(struct view_act *out, enum act_kind kind, const struct item *item)
{
    struct view_list_row row;
    act_set(out, kind, item->id);
    if (item->at >= item->shown)
        return;
    list_row(item, item->at, &row);
    snprintf(out->key, sizeof out->key, "%s", row.key);
    out->row = list_index(item, item->at);
}

bool view_takes_text(const struct view *view)
{
    const struct item *item = view_focused_item(view);
    if (view->question.id != NULL)
        return view->question_text;
    return item != NULL && ((item->kind == ITEM_FIELD && item->edit != NULL) ||
                            (item->kind == ITEM_LIST && item->list.filter));
}

// Typing has begun: then every character belongs to it, '?' too, where an answer may hold one.
// Nothing begins with a '?', and no row is looked for by it.
bool view_question_mark_is_text(const struct view *view)
{
    const struct item *item = view_focused_item(view);
    if (!view_takes_text(view))
        return false;
    if (view->question.id != NULL)
        return true;
    return item->kind == ITEM_FIELD && !item->no_question_mark && !str_empty(item->edit->text);
}

// To the item `by` steps on among those that can have the focus; false at the ends.
static bool move_focus(struct view *view, int by, struct view_act *out)
{
    int at = view->focus + by;
    while (at >= 0 && (size_t)at < view->count && !view->items[at].focusable)
        at += by;
    if (view->focus < 0 || at < 0 || (size_t)at >= view->count)
        return false;
    view_set_focus(view, at);
    if (view->items[at].kind == ITEM_LIST)
        act_row(out, ACT_FOCUS, &view->items[at]);
    return true;
}

static bool is_button(const struct view *view, int at)
{
    return at >= 0 && (size_t)at < view->count && view->items[at].kind == ITEM_ACTION &&
           view->items[at].button;
}

// From below a list of things to open is entered at its end; one that holds an answer where that
// is.
static void enter_from_below(struct item *item, struct view_act *out)
{
    if (item->kind != ITEM_LIST || item->list.chosen != NULL || item->list.tick)
        return;
    list_move(item, (long)item->shown);
    act_row(out, ACT_FOCUS, item);
}

// Up and down leave a row of buttons as a whole.
static bool move_line(struct view *view, int by, struct view_act *out)
{
    int from = view->focus;
    if (is_button(view, from)) {
        while (is_button(view, view->focus + by))
            view->focus += by;
    }
    if (move_focus(view, by, out)) {
        // From below the first button is reached, not the last.
        while (by < 0 && is_button(view, view->focus) && is_button(view, view->focus - 1))
            view_set_focus(view, view->focus - 1);
        if (by < 0)
            enter_from_below(&view->items[view->focus], out);
        return true;
    }
    view->focus = from;
    return false;
}

static void scroll(struct view *view, int by)
{
    long top = (long)view->page->top + by;
    view->page->top = top > 0 ? (size_t)top : 0;
    view->scrolled = true;
}

static void choose_option(struct item *item, int by, struct view_act *out)
{
    size_t to = item->chosen;
    if (by < 0 && to > 0)
        to--;
    else if (by > 0 && to + 1 < item->count)
        to++;
    if (to == item->chosen)
        return;
    item->chosen = to;
    act_set(out, ACT_CHOSEN, item->id);
    out->row = to;
}

// Up and Down only pass by, also where the options stand under each other: who goes down a screen
// must not change what lies on the way.
static bool choice_key(struct item *item, const struct key *key, struct view_act *out)
{
    switch ((unsigned)key->code) {
    case K_LEFT: choose_option(item, -1, out); return true;
    case K_RIGHT: choose_option(item, 1, out); return true;
    case K_CHAR:
        if (key->ch != ' ' || item->count == 0)
            return false;
        item->chosen = (item->chosen + 1) % item->count;
        act_set(out, ACT_CHOSEN, item->id);
        out->row = item->chosen;
        return true;
    default: return false;
    }
}

static bool log_key(struct item *item, const struct key *key)
{
    long page = item->kept->page > 1 ? item->kept->page - 1 : 1;
    long most = (long)item->count - item->kept->page, up = (long)item->kept->top, before = up;
    switch ((unsigned)key->code) {
    case K_UP: up++; break;
    case K_DOWN: up--; break;
    case K_PAGE_UP: up += page; break;
    case K_PAGE_DOWN: up -= page; break;
    case K_HOME: up = most; break;
    case K_END: up = 0; break;
    default: return false;
    }
    up = up > most ? most : up;
    item->kept->top = up > 0 ? (size_t)up : 0;
    return (long)item->kept->top != before || key->code == K_HOME || key->code == K_END;
}

static bool field_key(struct item *item, const struct key *key, struct view_act *out)
{
    if (item->edit == NULL || !edit_key(item->edit, key))
        return false;
    if (item->edit->changed)
        act_set(out, ACT_CHANGED, item->id);
    return true;
}

static bool enter_key(struct item *item, struct view_act *out)
{
    if (item->kind != ITEM_ACTION)
        act_set(out, ACT_SUBMIT, item->id);
    else if (item->disabled == NULL)
        act_set(out, ACT_CHOSEN, item->id);
    return true;
}

static bool item_key(struct view *view, struct item *item, const struct key *key,
                     struct view_act *out)
{
    bool space = key->code == K_CHAR && key->ch == ' ';
    if (item->kind == ITEM_LIST && list_key(view, item, key, out))
        return true;
    if (item->kind == ITEM_FIELD && field_key(item, key, out))
        return true;
    if (item->kind == ITEM_CHOICE && choice_key(item, key, out))
        return true;
    if (item->kind == ITEM_LOG && log_key(item, key))
        return true;
    if (item->kind == ITEM_SWITCH && space) {
        if (item->disabled == NULL)
            act_set(out, ACT_TOGGLED, item->id);
        return true;
    }
    if (item->kind == ITEM_ACTION && space)
        return enter_key(item, out);
    if (is_button(view, view->focus) && (key->code == K_LEFT || key->code == K_RIGHT)) {
        int by = key->code == K_LEFT ? -1 : 1;
        return !is_button(view, view->focus + by) || move_focus(view, by, out);
    }
    return key->code == K_ENTER && enter_key(item, out);
}

static bool screen_key(const struct view *view, const struct key *key, struct view_act *out)
{
    for (size_t i = 0; i < view->key_count; i++) {
        const struct view_shortcut *shortcut = &view->keys[i];
        bool same = shortcut->code == key->code && shortcut->ch == key->ch;
        if (key->code == K_CHAR && view_takes_text(view))
            same = false;
        if (same) {
            act_set(out, ACT_KEY, shortcut->id);
            return true;
        }
    }
    return false;
}

// Other keys for the same thing: those of Emacs everywhere, those of vi where nothing is typed.
static struct key common_key(const struct view *view, const struct key *key)
{
    struct key same = *key;
    if (key->code == K_CTRL && (key->ch == 'n' || key->ch == 'p'))
        same = (struct key){.code = key->ch == 'n' ? K_DOWN : K_UP};
    if (key->code == K_CTRL && (key->ch == 'f' || key->ch == 'v'))
        same = (struct key){.code = K_PAGE_DOWN};
    if (key->code != K_CHAR || view_takes_text(view))
        return same;
    switch (key->ch) {
    case 'j': same.code = K_DOWN; break;
    case 'k': same.code = K_UP; break;
    case 'h': same.code = K_LEFT; break;
    case 'l': same.code = K_RIGHT; break;
    case 'g': same.code = K_HOME; break;
    case 'G': same.code = K_END; break;
    default: break;
    }
    return same;
}

static void page_key(struct view *view, const struct key *key, struct view_act *out)
{
    int page = view->page->page > 2 ? view->page->page - 2 : 1;
    switch ((unsigned)key->code) {
    case K_TAB: move_focus(view, 1, out); break;
    case K_BACKTAB: move_focus(view, -1, out); break;
    case K_DOWN:
        if (!move_line(view, 1, out) && view->can_scroll)
            scroll(view, 1);
        break;
    case K_UP:
        if ((view->scrolled && view->page->top > 0) || !move_line(view, -1, out))
            scroll(view, -1);
        break;
    case K_PAGE_DOWN: scroll(view, page); break;
    case K_PAGE_UP: scroll(view, -page); break;
    case K_ENTER: act_set(out, ACT_SUBMIT, ""); break;
    case K_ESC: act_set(out, ACT_BACK, ""); break;
    default: break;
    }
}

static void help_key(struct view *view, const struct key *key)
{
    struct key same = *key;
    if (key->code == K_CHAR && (key->ch == 'j' || key->ch == 'k' || key->ch == ' '))
        same.code = key->ch == 'j' ? K_DOWN : key->ch == 'k' ? K_UP : K_PAGE_DOWN;
    switch ((unsigned)same.code) {
    case K_DOWN: view->help_top++; break;
    case K_UP: view->help_top--; break;
    case K_PAGE_DOWN: view->help_top += 10; break;
    case K_PAGE_UP: view->help_top -= 10; break;
    case K_HOME: view->help_top = 0; break;
    case K_ESC:
    case K_ENTER:
    case K_FUNCTION: view->help_open = false; break;
    case K_CHAR: view->help_open = key->ch != '?' && key->ch != 'q'; break;
    default: break;
    }
    if (view->help_top < 0)
        view->help_top = 0;
}

static bool global_key(struct view *view, const struct key *key, struct view_act *out)
{
    bool ctrl = key->code == K_CTRL;
    if (ctrl && key->ch == 'c')
        act_set(out, ACT_INTERRUPT, "");
    else if (ctrl && key->ch == 'z')
        act_set(out, ACT_SUSPEND, "");
    else if (ctrl && key->ch == 'l')
        act_set(out, ACT_REDRAW, "");
    else if (view->help_open)
        help_key(view, key);
    else if (view->question.id != NULL)
        question_key(view, key, out);
    else if ((key->code == K_FUNCTION && key->ch == 1) || (key->code == K_ALT && key->ch == '?') ||
             (key->code == K_CHAR && key->ch == '?' && !view_question_mark_is_text(view))) {
        view->help_open = true;
        view->help_top = 0;
    } else
        return false;
    return true;
}

void view_key(struct view *view, const struct key *key, struct view_act *out)
{
    act_set(out, ACT_NONE, "");
    if (!view->built || key->code == K_NONE || global_key(view, key, out))
        return;
    struct item *item = view_focused_item(view);
    bool by_hand = view->scrolled;
    view->scrolled = by_hand && (key->code == K_UP || key->code == K_DOWN || key->code == K_NONE);
    if (item != NULL)
        view_set_focus(view, view->focus);
    if (item != NULL && item_key(view, item, key, out))
        return;
    if (screen_key(view, key, out))
        return;
    struct key same = common_key(view, key);
    if (item != NULL && same.code != key->code && item_key(view, item, &same, out))
        return;
    page_key(view, &same, out);
}
