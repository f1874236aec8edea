// SPDX-License-Identifier: MIT
// "Forest asks me for a URL first": the public address alone is made, shown, and the secret waited
// for. The rest of the setup follows in the same records.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/forest_private.h"
#include "screens/login_pause.h"
#include "screens/run.h"
#include "screens/run_rows.h"
#include "screens/screens.h"
#include "screens/wizard_private.h"

static const char help[] =
    "Forest's setup of a production environment asks for the address of your backend before it "
    "shows the environment secret; the backend needs the secret before it can run. So the address "
    "is made first, alone: an API on AWS that leads nowhere yet and costs nothing until it is "
    "called.\n\n"
    "Paste the address into Forest, go on there until it shows the secrets, and paste the "
    "environment secret here. The wizard goes on with the same setup.\n\n"
    "You can leave meanwhile: the next start of forest-setup offers to continue.";

struct reserve {
    struct login_pause pause;
};

static struct reserve *state_of(struct wizard *w)
{
    return wizard_state(w, SCREEN_RESERVE);
}

static struct run *run_here(const struct wizard *w)
{
    return w->run && w->run->what == CORE_RESERVE ? w->run : NULL;
}

static const char *address(struct wizard *w)
{
    const struct run *run = run_here(w);
    const char *url = run ? json_str(run->result, "url") : NULL;
    return url ? url : forest_state(w)->reserved_url;
}

static bool account_chosen(struct wizard *w)
{
    const struct screen *aws = screen_of(SCREEN_AWS);
    struct ready ignored = {0};
    return w->answers.aws.region && (!aws || !aws->ready || aws->ready(w, &ignored));
}

// ---- build

static char *account_text(struct wizard *w)
{
    const char *profile = w->answers.aws.profile ? w->answers.aws.profile : "";
    struct lookup identity = lookup_peek(w, CORE_IDENTITY, profile);
    return mem_printf("%s %s in %s", json_str_or(identity.value, "account", profile),
                      json_str_or(identity.value, "alias", ""), w->answers.aws.region);
}

static void build_ask(struct wizard *w, struct view *view)
{
    bool chosen = account_chosen(w);
    AUTO_FREE char *where = chosen ? account_text(w) : NULL;
    view_text(view, STYLE_TEXT,
              "Forest wants the address of your backend before it shows the environment secret. "
              "It can be made now: an API on AWS that leads nowhere yet and costs nothing until it "
              "is called.");
    view_gap(view);
    view_row(view, SIGNS, STYLE_TEXT, "AWS account", where ? where : "not chosen yet", NULL);
    view_gap(view);
    view_action(view,
                &(struct view_action){.id = "make",
                                      .label = "make the address now",
                                      .help = "about 5 seconds",
                                      .disabled = chosen ? NULL : "choose the AWS account first",
                                      .first = chosen});
    view_action(view, &(struct view_action){.id = "account",
                                            .label = chosen ? "choose another AWS account or region"
                                                            : "choose the AWS account and region",
                                            .first = !chosen});
    view_enter_does(view, "choose");
}

static void build_running(struct wizard *w, struct view *view, const struct run *run)
{
    AUTO_FREE char *looking = run_looking_text(run);
    const char *title = looking;
    for (size_t i = 0; i < run->step_count; i++)
        if (run->steps[i].state == RUN_STEP_BUSY)
            title = run->steps[i].title;
    if (!run->pause.text)
        view_busy(view, title, run->started_ms);
    login_pause_build(w, view, &state_of(w)->pause);
    view_text(view, STYLE_DIM, "Ctrl-C stops safely: what has been made is recorded.");
}

static void build_failed(struct view *view, const struct run *run)
{
    view_note(view, &(struct view_status){.state = VIEW_BAD,
                                          .text = run->err.message ? run->err.message
                                                                   : "The address was not made.",
                                          .remedy = run->err.remedy});
    view_gap(view);
    view_action(view, &(struct view_action){.id = "make", .label = "try again", .first = true});
    view_action(
        view, &(struct view_action){.id = "account", .label = "change the AWS account or region"});
}

static void build_made(struct wizard *w, struct view *view, const char *url)
{
    view_text(view, STYLE_TEXT, "The address of your backend. It leads nowhere yet.");
    view_gap(view);
    view_url(view, url);
    view_gap(view);
    view_text(view, STYLE_TEXT,
              "In Forest: Settings > Environments > Deploy to production. Paste the address, "
              "without a slash at the end, and go on there until the secrets are shown.");
    view_gap(view);
    view_action(view, &(struct view_action){.id = "copy", .label = "copy the address"});
    view_gap(view);
    forest_build_secrets(w, view);
}

static void build(struct wizard *w, struct view *view)
{
    const struct run *run = run_here(w);
    AUTO_FREE char *where = wizard_where(w);
    view_title(view, where, "the address first");
    view_help(view, help);
    if (run && run_active(w))
        build_running(w, view, run);
    else if (address(w))
        build_made(w, view, address(w));
    else if (run && run->state == RUN_FAILED)
        build_failed(view, run);
    else
        build_ask(w, view);
    login_pause_question(w, view, &state_of(w)->pause);
}

// ---- act

static void act_chosen(struct wizard *w, const struct view_act *act)
{
    if (str_eq(act->id, "make") && account_chosen(w)) {
        run_start(w, CORE_RESERVE, w->answers.name);
    } else if (str_eq(act->id, "account")) {
        w->own->reserving = true;
        wizard_go(w, SCREEN_AWS);
    } else if (str_eq(act->id, "copy") && address(w) && w->copy) {
        w->copy(w->outside, w, address(w));
        wizard_note(w, VIEW_GOOD, "%s", w->copied ? w->copied : "copied");
    }
}

// On with the first question that is still open: the account is known by now.
static void go_on(struct wizard *w)
{
    struct ready why = {0};
    w->handled = true;
    if (!address(w))
        return;
    if (forest_ready(w, &why)) {
        w->own->reserving = false;
        wizard_go(w, wizard_first_open(w));
        return;
    }
    view_focus(w->view, why.id);
    wizard_note(w, VIEW_BAD, "%s", why.text);
}

static void act(struct wizard *w, const struct view_act *act)
{
    bool running = run_here(w) && run_active(w);
    if (login_pause_act(w, act, &state_of(w)->pause))
        return;
    if (running && (act->kind == ACT_INTERRUPT || act->kind == ACT_BACK)) {
        w->handled = true;
        run_stop(w);
    } else if (!running && forest_act_secrets(w, act)) {
        return;
    } else if (act->kind == ACT_SUBMIT) {
        go_on(w);
    } else if (act->kind == ACT_CHOSEN) {
        act_chosen(w, act);
    } else if (act->kind == ACT_BACK) {
        w->own->reserving = false;
        wizard_go(w, SCREEN_FOREST);
    }
}

static void enter(struct wizard *w)
{
    forest_state(w); // its edits are shown here too
    w->own->reserving = false;
    if (address(w))
        view_focus(w->view, "copy");
    else
        view_focus(w->view, account_chosen(w) ? "make" : "account");
}

static void leave(struct wizard *w)
{
    screen_forest.leave(w);
}

static void clear(void *state)
{
    struct reserve *s = state;
    login_pause_clear(&s->pause);
}

const struct screen screen_reserve = {
    .id = SCREEN_RESERVE,
    .name = "reserve",
    .title = "Address",
    .state_size = sizeof(struct reserve),
    .enter = enter,
    .build = build,
    .act = act,
    .leave = leave,
    .clear = clear,
};
