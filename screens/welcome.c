// SPDX-License-Identifier: MIT
// Welcome: the setups of this machine, a new one, practice.
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/rules.h"
#include "screens/run.h"
#include "screens/screens.h"
#include "screens/welcome_private.h"
#include "screens/wizard_private.h"

enum { NAME_MAX_BYTES = 64 };

static const char help[] =
    "A setup is one Forest Admin backend: everything that is created on AWS for it, and its record "
    "on this machine. Its record knows what was created, so that you can stop at any moment and go "
    "on later, also after a crash.\n\n"
    "A new setup asks five things: the secrets of Forest Admin, which AWS account, which network, "
    "which database, which backend. The sixth step shows all that would be created and what it "
    "costs. Nothing is created before you say so there.\n\n"
    "Practice does the whole thing on this machine, against a stand-in for AWS: nothing is created "
    "on AWS and nothing costs money.";

static struct welcome *state_of(struct wizard *w)
{
    return wizard_state(w, SCREEN_WELCOME);
}

// ---- going on with a setup

// Where it stopped: with its secrets stored on AWS the work goes on at once; else what is missing
// is asked first, and the plan is shown before anything is made.
static void go_on(struct wizard *w, const struct setup *setup, bool stored)
{
    bool has_journal = setup != NULL;
    if (setup && setup->going) {
        wizard_go(w, SCREEN_TEARDOWN);
        return;
    }
    enum screen_id open = wizard_first_open(w);
    if (has_journal && stored) {
        AUTO_FREE char *name = mem_strdup(setup->name);
        run_start(w, CORE_RESUME, name);
        wizard_go(w, SCREEN_PROVISION);
        return;
    }
    wizard_go(w, open);
    if (has_journal && open != SCREEN_REVIEW)
        wizard_note(
            w, VIEW_WARN,
            "Secrets are not kept on this machine: those that are missing are asked again.");
}

static bool take_answers(struct wizard *w, const char *name, bool *out_stored)
{
    struct answers answers = {0};
    ERR_AUTO err = {0};
    bool ok = draft_open(name, &answers, out_stored, &err);
    if (ok)
        wizard_answers(w, &answers, true);
    else
        wizard_note(w, VIEW_BAD, "%s", err.message);
    answers_clear(&answers);
    return ok;
}

void welcome_open(struct wizard *w, const char *name)
{
    struct welcome *s = state_of(w);
    if (!s->loaded)
        welcome_load(s);
    AUTO_FREE char *own = mem_strdup(name); // it may be the list's, which is loaded anew
    if (w->at != SCREEN_WELCOME || !w->visited[SCREEN_WELCOME])
        wizard_go(w, SCREEN_WELCOME);
    const struct setup *setup = welcome_setup(s, own);
    bool stored = false;
    if (setup && setup->state != SETUP_STOPPED)
        str_replace(&s->details, own);
    else if (take_answers(w, own, &stored))
        go_on(w, setup, stored);
}

// ---- a new one

static void ask_name(struct welcome *s)
{
    AUTO_FREE char *name = welcome_free_name();
    edit_clear(&s->name);
    edit_init(&s->name, NAME_MAX_BYTES, false);
    edit_set(&s->name, name);
    mem_free(s->name_problem);
    s->name_problem = NULL;
    s->naming = true;
}

static bool name_ok(struct welcome *s)
{
    ERR_AUTO err = {0};
    const char *name = edit_text(&s->name);
    mem_free(s->name_problem);
    s->name_problem = NULL;
    if (!rule_setup_name(name, &err))
        s->name_problem = mem_printf("%s%s%s", *name ? err.message : "A setup needs a name",
                                     err.remedy ? ": " : "", err.remedy ? err.remedy : "");
    else if (draft_name_taken(name))
        s->name_problem = mem_printf("There is a setup called %s already. Choose another name, or "
                                     "go back and continue that one.",
                                     name);
    return !s->name_problem;
}

// A company's mirror, or the practice cloud's registry, stands in for the public one.
static void other_base_image(struct answers *answers)
{
    const char *image = getenv("FOREST_SETUP_BASE_IMAGE");
    if (!str_empty(image) && rule_base_image(image, NULL))
        str_replace(&answers->backend.base_image, image);
}

static void begin(struct wizard *w, struct welcome *s)
{
    if (!name_ok(s))
        return;
    struct answers answers;
    if (w->own->given) {
        answers_copy(&answers, &w->answers);
    } else {
        answers_init(&answers);
        other_base_image(&answers);
    }
    str_replace(&answers.name, edit_text(&s->name));
    s->naming = false;
    wizard_answers(w, &answers, false);
    wizard_go(w, w->own->given ? wizard_first_open(w) : SCREEN_FOREST);
    w->own->given = false;
}

// ---- practice

// The script that starts the practice cloud lies in the source tree, beside the build.
static char *practice_script(void)
{
    char path[4096] = {0};
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    char *slash = n > 0 ? strrchr(path, '/') : NULL;
    if (!slash)
        return NULL;
    *slash = '\0';
    static const char *const places[] = {"../assets/try.sh", "../../assets/try.sh",
                                         "../share/forest-setup/assets/try.sh"};
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        char *script = fs_join(path, places[i]);
        if (fs_exists(script))
            return script;
        mem_free(script);
    }
    return NULL;
}

static void start_practice(struct wizard *w)
{
    mem_free(w->own->become);
    w->own->become = practice_script();
    if (w->own->become)
        wizard_leave(w, 0);
}

// ---- build

static void build_rows(struct wizard *w, struct view *view, struct welcome *s)
{
    bool any = welcome_count(s) > 0;
    if (!any) {
        view_text(view, STYLE_TEXT,
                  "From two Forest Admin secrets and an AWS login to a private, working Forest "
                  "Admin backend and its URL.");
        view_text(view, STYLE_DIM,
                  "Five questions, then the plan and its monthly cost. Nothing is created on AWS "
                  "before you say so.");
        view_gap(view);
        return;
    }
    view_list(view, &(struct view_list){
                        .id = "setups",
                        .label = welcome_stopped(s) ? "Continue where you stopped?"
                                                    : "The setups of this machine",
                        .count = welcome_count(s),
                        .row = welcome_row,
                        .context = s,
                    });
    view_gap(view);
    (void)w;
}

// The row that the keys go to; before the first frame it is the first one.
static const char *row_focused(const struct view *view, struct welcome *s)
{
    const char *item = view_focused(view);
    struct view_list_row first = {0};
    if (str_eq(item, "setups") && view_focused_row(view))
        return view_focused_row(view);
    if ((!item || str_eq(item, "setups")) && welcome_count(s))
        welcome_row(s, 0, &first);
    return first.key;
}

static void build_keys(struct view *view, struct welcome *s)
{
    const char *row = row_focused(view, s);
    const struct setup *setup = welcome_setup(s, row);
    if (row)
        view_enter_does(view, !setup || setup->state == SETUP_STOPPED ? "continue" : "look at it");
    else
        view_enter_does(view, "begin");
    if (setup)
        view_keys(view, "details", K_CHAR, 'd', "d", "details");
    if (row)
        view_keys(view, "remove", K_CHAR, 'x', "x", setup ? "tear down" : "delete");
    view_keys(view, "quit", K_CHAR, 'q', "q", "quit");
    view_esc_does(view, NULL);
}

static const char *const begin_options[] = {"Begin", "Cancel"};
static const char *const delete_options[] = {"Delete", "Keep"};
static const char *const practise_options[] = {"Start it", "Stay here"};

static void build_questions(struct view *view, struct welcome *s)
{
    if (s->naming)
        view_question(view, &(struct view_question){
                                .id = "name",
                                .title = "A name for the new setup",
                                .text = s->name_problem
                                            ? s->name_problem
                                            : "It goes into the name of everything that is created "
                                              "on AWS: lower-case letters, digits and hyphens.",
                                .options = begin_options,
                                .count = ARRAY_LEN(begin_options),
                                .edit = &s->name,
                                .bad = s->name_problem != NULL,
                            });
    if (s->practising)
        view_question(view, &(struct view_question){
                                .id = "practise",
                                .title = "Start the practice cloud?",
                                .text = "It installs what it needs, builds and starts a stand-in "
                                        "for AWS on this machine, which takes some minutes the "
                                        "first time; then the wizard opens on it. This one ends.",
                                .options = practise_options,
                                .count = ARRAY_LEN(practise_options),
                                .first = 1, // installing is not one slip of a finger away
                            });
    if (!s->deleting)
        return;
    AUTO_FREE char *title = mem_printf("Delete the saved answers of %s?", s->deleting);
    view_question(view, &(struct view_question){
                            .id = "delete",
                            .title = title,
                            .text = "Nothing of it was created on AWS.",
                            .options = delete_options,
                            .count = ARRAY_LEN(delete_options),
                            .first = 1,
                            .bad = true,
                        });
}

static void build(struct wizard *w, struct view *view)
{
    struct welcome *s = state_of(w);
    view_help(view, help);
    if (s->details) {
        welcome_details(w, view, s->details);
        return;
    }
    if (s->problem)
        view_note(view, &(struct view_status){.state = VIEW_BAD, .text = s->problem});
    build_rows(w, view, s);
    view_action(view, &(struct view_action){.id = "new", .label = "+ a new setup"});
    view_action(view, &(struct view_action){.id = "recover",
                                            .label = "~ find setups on AWS that this machine does "
                                                     "not know"});
    AUTO_FREE char *script = w->practice ? NULL : practice_script();
    if (script)
        view_action(view, &(struct view_action){.id = "practice",
                                                .label = "~ practice: the whole thing on this "
                                                         "machine, nothing is created on AWS"});
    build_keys(view, s);
    build_questions(view, s);
}

// ---- act

static void remove_row(struct wizard *w, struct welcome *s, const char *name)
{
    bool stored = false;
    if (!name)
        return;
    if (!welcome_setup(s, name))
        str_replace(&s->deleting, name);
    else if (take_answers(w, name, &stored))
        wizard_go(w, SCREEN_TEARDOWN);
}

static void delete_draft(struct wizard *w, struct welcome *s)
{
    ERR_AUTO err = {0};
    if (!draft_remove(s->deleting, &err))
        wizard_note(w, VIEW_BAD, "%s", err.message);
    str_replace(&s->deleting, NULL);
    welcome_load(s);
}

static bool act_question(struct wizard *w, struct welcome *s, const struct view_act *act)
{
    if (!s->naming && !s->deleting && !s->practising)
        return false;
    w->handled = act->kind != ACT_INTERRUPT;
    bool cancel = act->kind == ACT_BACK || (act->kind == ACT_CHOSEN && act->row == 1);
    bool go = act->kind == ACT_SUBMIT || (act->kind == ACT_CHOSEN && act->row == 0);
    if (act->kind == ACT_CHANGED && s->name_problem)
        name_ok(s);
    if (cancel) {
        s->naming = s->practising = false;
        str_replace(&s->deleting, NULL);
    } else if (go && s->practising) {
        start_practice(w);
    } else if (go && s->naming) {
        begin(w, s);
    } else if (go) {
        delete_draft(w, s);
    }
    return true;
}

static void act_details(struct wizard *w, struct welcome *s, const struct view_act *act)
{
    AUTO_FREE char *name = mem_strdup(s->details);
    bool chosen = act->kind == ACT_CHOSEN;
    bool stored = false;
    const struct setup *setup = welcome_setup(s, name);
    w->handled = act->kind != ACT_INTERRUPT;
    if (act->kind == ACT_BACK || (chosen && str_eq(act->id, "back")))
        str_replace(&s->details, NULL);
    else if (chosen && str_eq(act->id, "copy") && setup && setup->url && w->copy) {
        w->copy(w->outside, w, setup->url);
        wizard_note(w, VIEW_GOOD, "%s", w->copied ? w->copied : "copied");
    } else if (chosen && str_eq(act->id, "again"))
        lookup_again(w, CORE_STATUS, name);
    else if (chosen && str_eq(act->id, "change") && take_answers(w, name, &stored))
        wizard_go(w, SCREEN_REVIEW);
    else if (chosen && str_eq(act->id, "continue") && take_answers(w, name, &stored))
        go_on(w, setup, stored);
    else if (chosen && str_eq(act->id, "remove"))
        remove_row(w, s, name);
}

static void act(struct wizard *w, const struct view_act *act)
{
    struct welcome *s = state_of(w);
    if (act_question(w, s, act))
        return;
    if (s->details) {
        act_details(w, s, act);
        return;
    }
    bool chosen = act->kind == ACT_CHOSEN, key = act->kind == ACT_KEY;
    const char *row = view_focused_row(w->view);
    if (act->kind == ACT_BACK)
        w->handled =
            true; // there is nothing before this; q leaves, so that one Esc too many does not
    else if (key && str_eq(act->id, "quit"))
        wizard_leave(w, 0);
    else if (chosen && str_eq(act->id, "new"))
        ask_name(s);
    else if (chosen && str_eq(act->id, "recover"))
        wizard_go(w, SCREEN_RECOVER);
    else if (chosen && str_eq(act->id, "practice"))
        s->practising = true;
    else if (chosen && str_eq(act->id, "setups"))
        welcome_open(w, act->key);
    else if (key && str_eq(act->id, "details") && row)
        str_replace(&s->details, row);
    else if (key && str_eq(act->id, "remove"))
        remove_row(w, s, row);
}

static void enter(struct wizard *w)
{
    struct welcome *s = state_of(w);
    s->naming = false;
    welcome_load(s);
    if (w->own->given && !w->answers.name)
        ask_name(s);
}

const struct screen screen_welcome = {
    .id = SCREEN_WELCOME,
    .name = "welcome",
    .title = "Welcome",
    .state_size = sizeof(struct welcome),
    .enter = enter,
    .build = build,
    .act = act,
    .clear = welcome_clear,
};
