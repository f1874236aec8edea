// SPDX-License-Identifier: MIT
// The question over a screen: until it is answered, all keys are its own.
#include "tui/view_private.h"

#include "backend/base/str.h"

void question_resolve(struct view *view)
{
    const struct view_question *question = &view->question;
    if (str_eq(view->question_id, question->id)) {
        view->question_text &= question->edit != NULL;
        if (view->question_at >= question->count)
            view->question_at = question->count > 0 ? question->count - 1 : 0;
        return;
    }
    str_replace(&view->question_id, question->id);
    view->question_at = question->first < question->count ? question->first : 0;
    view->question_text = question->edit != NULL;
    view->question_fresh = question->edit != NULL && question->edit->length > 0;
    if (question->id != NULL)
        view->help_open = false;
}

static void answer(struct view *view, size_t option, struct view_act *out)
{
    act_set(out, ACT_CHOSEN, view->question.id);
    out->row = option;
}

// The options' first letters answer too, when only one begins with it: y and n.
static bool by_letter(struct view *view, uint32_t ch, struct view_act *out)
{
    size_t found = 0, at = 0;
    for (size_t i = 0; i < view->question.count; i++) {
        uint32_t first = (unsigned char)view->question.options[i][0] | 0x20U;
        if (first == (ch | 0x20U)) {
            found++;
            at = i;
        }
    }
    // A loss is never one slip of a finger away.
    if (found != 1 || ch > 0x7F || view->question.bad)
        return false;
    answer(view, at, out);
    return true;
}

static void move(struct view *view, int by)
{
    bool text = view->question.edit != NULL;
    if (view->question_text) {
        view->question_text = by < 0;
    } else if (by < 0 && view->question_at == 0) {
        view->question_text = text;
    } else if (by < 0) {
        view->question_at--;
    } else if (view->question_at + 1 < view->question.count) {
        view->question_at++;
    }
}

// A suggestion is taken as a whole or not at all, like text that is marked.
static bool type(struct view *view, const struct key *key)
{
    struct edit *edit = view->question.edit;
    bool replaces = key->code == K_CHAR || key->code == K_PASTE || key->code == K_BACKSPACE ||
                    key->code == K_DELETE;
    if (view->question_fresh && replaces)
        edit_set(edit, "");
    if (!edit_key(edit, key))
        return false;
    view->question_fresh = false;
    return true;
}

void question_key(struct view *view, const struct key *key, struct view_act *out)
{
    const struct view_question *question = &view->question;
    size_t last = question->count > 0 ? question->count - 1 : 0;
    if (view->question_text && question->edit != NULL && type(view, key)) {
        if (question->edit->changed)
            act_set(out, ACT_CHANGED, question->id);
        return;
    }
    switch ((unsigned)key->code) {
    case K_ESC: answer(view, last, out); return;
    // From the text Enter does what stands first; about a loss it only goes there.
    case K_ENTER:
        if (view->question_text && question->bad)
            move(view, 1);
        else
            answer(view, view->question_at, out);
        return;
    case K_UP:
    case K_LEFT:
    case K_BACKTAB: move(view, -1); return;
    case K_DOWN:
    case K_RIGHT:
    case K_TAB: move(view, 1); return;
    case K_CHAR: by_letter(view, key->ch, out); return;
    default: return;
    }
}
