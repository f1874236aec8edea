// SPDX-License-Identifier: MIT
#include "screens/login_pause.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/run.h"

static const struct run_pause *pause_of(const struct wizard *wizard)
{
    const struct run *run = wizard->run;
    return run && run->job && run->pause.text ? &run->pause : NULL;
}

static enum sign_in_kind kind_of(const struct run_pause *pause)
{
    return sign_in_for(&(struct err){.kind = ERR_AUTH, .code = pause->code});
}

// Opens the question when a pause begins, closes it when the run goes on.
static void follow(struct wizard *wizard, struct login_pause *s, const struct run_pause *pause)
{
    if (!pause) {
        if (s->sign_in.kind != SIGN_IN_NONE)
            sign_in_clear(&s->sign_in);
        return;
    }
    if (s->serial == wizard->run->serial && s->asked == pause->count)
        return;
    s->serial = wizard->run->serial;
    s->asked = pause->count;
    if (kind_of(pause) != SIGN_IN_NONE)
        sign_in_begin(wizard, &s->sign_in, kind_of(pause), pause->profile);
}

void login_pause_build(struct wizard *wizard, struct view *view, struct login_pause *s)
{
    const struct run_pause *pause = pause_of(wizard);
    follow(wizard, s, pause);
    if (!pause)
        return;
    if (!wizard->plain) // which has told it
        view_note(view, &(struct view_status){VIEW_WARN, pause->text, pause->remedy});
    if (kind_of(pause) != SIGN_IN_NONE)
        view_action(view, &(struct view_action){.id = "sign_in_now", .label = "sign in here"});
}

void login_pause_question(struct wizard *wizard, struct view *view, struct login_pause *s)
{
    sign_in_build(wizard, &s->sign_in, view);
}

bool login_pause_act(struct wizard *wizard, const struct view_act *act, struct login_pause *s)
{
    const struct run_pause *pause = pause_of(wizard);
    if (sign_in_act(wizard, &s->sign_in, act)) {
        wizard->handled = true;
        return true;
    }
    if (!pause || act->kind != ACT_CHOSEN || !str_eq(act->id, "sign_in_now"))
        return false;
    sign_in_begin(wizard, &s->sign_in, kind_of(pause), pause->profile);
    return true;
}

void login_pause_clear(struct login_pause *s)
{
    sign_in_clear(&s->sign_in);
}
