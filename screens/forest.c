// SPDX-License-Identifier: MIT
// Forest: which project this backend belongs to, and what signs its sessions.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/setups.h"
#include "screens/forest_private.h"
#include "screens/screens.h"
#include "screens/wizard_private.h"

static const char help[] =
    "Forest Admin knows your backend by two secrets.\n\n"
    "The environment secret says which project and which environment (Production, Development) "
    "this backend belongs to. In Forest: Settings > Environments > your environment > copy the "
    "secret. It has 64 characters, all 0-9 a-f. It is not the auth secret, which has 48.\n\n"
    "The auth secret signs your users' sessions. Only the backend needs it, so one can be made "
    "here; paste your own when several backends share their sessions.\n\n"
    "Both are kept in AWS Secrets Manager alone. They are never written to this machine, into a "
    "log or into an exported file.\n\n"
    "Forest's setup of a production environment asks for the backend's URL before it shows the "
    "secret. The last row here makes the address alone, shows it to you, and waits.";

// What an earlier run reserved: its record knows the address.
static void look_for_reserved(struct wizard *w, struct forest *s)
{
    struct setups all = {0};
    str_replace(&s->reserved_url, NULL);
    if (!w->answers.name || !setups_load(&all, NULL))
        return;
    for (size_t i = 0; i < all.count; i++)
        if (str_eq(all.items[i].name, w->answers.name))
            str_replace(&s->reserved_url, all.items[i].url);
    setups_clear(&all);
}

static void enter(struct wizard *w)
{
    struct forest *s = forest_state(w);
    look_for_reserved(w, s);
    w->own->reserving = false;
}

static void build_reserve(struct view *view, const struct forest *s)
{
    bool reserved = s->reserved_url != NULL;
    view_action(view, &(struct view_action){
                          .id = "reserve",
                          .label = reserved ? "Show the address that is reserved"
                                            : "Forest asks me for a URL first",
                          .help = reserved ? s->reserved_url
                                           : "Forest's production setup wants the backend's "
                                             "address before it shows the secret. The address can "
                                             "be reserved now; the secret follows.",
                      });
}

static void build(struct wizard *w, struct view *view)
{
    struct forest *s = forest_state(w);
    view_help(view, help);
    view_text(view, STYLE_TEXT,
              "The environment secret tells Forest which project this backend belongs to.");
    view_text(view, STYLE_DIM,
              "Forest: Settings > Environments > your environment > copy the secret.");
    view_gap(view);
    forest_build_secrets(w, view);
    view_gap(view);
    build_reserve(view, s);
}

// The one doubt that Enter has to confirm: the secret has the right form, but Forest rejects it.
static bool stop_once(struct wizard *w, struct forest *s)
{
    struct ready ignored = {0};
    struct lookup known = lookup_peek(w, CORE_FOREST, NULL);
    if (s->told_unknown || !forest_ready(w, &ignored) ||
        !str_eq(json_str(known.value, "known"), "no"))
        return false;
    s->told_unknown = true;
    view_focus(w->view, "env_secret");
    wizard_note(w, VIEW_WARN,
                "Forest does not know this secret. Enter once more goes on all the same.");
    w->handled = true;
    return true;
}

static void act(struct wizard *w, const struct view_act *act)
{
    struct forest *s = forest_state(w);
    if (forest_act_secrets(w, act))
        return;
    if (act->kind == ACT_SUBMIT)
        stop_once(w, s);
    else if (act->kind == ACT_CHOSEN && str_eq(act->id, "reserve"))
        wizard_go(w, SCREEN_RESERVE);
}

// A secret that is shown does not stay so behind the user's back.
static void leave(struct wizard *w)
{
    struct forest *s = forest_state(w);
    s->env.shown = s->auth.shown = false;
}

static void clear(void *state)
{
    struct forest *s = state;
    edit_clear(&s->env);
    edit_clear(&s->auth);
    mem_free(s->reserved_url);
}

const struct screen screen_forest = {
    .id = SCREEN_FOREST,
    .name = "forest",
    .title = "Forest",
    .step = 1,
    .state_size = sizeof(struct forest),
    .enter = enter,
    .build = build,
    .act = act,
    .ready = forest_ready,
    .leave = leave,
    .clear = clear,
};
