// SPDX-License-Identifier: MIT
// The address, alone on its line; the checks that passed; what to do with it in Forest, or letting
// the wizard do it. Come to after a run that went through; a setup that runs is looked at from the
// welcome.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/cli/exit_codes.h"
#include "screens/forest_url.h"
#include "screens/run.h"
#include "screens/screens.h"
#include "screens/wizard.h"

enum { TOKEN_MAX = 8192, TOLD_MS = 1000 };

enum ask { ASK_NOTHING, ASK_TOKEN };
enum set_state { SET_NO, SET_BUSY, SET_OK, SET_LATER, SET_BAD };

struct done {
    struct edit token;
    bool ready; // the edits are initialised
    enum ask ask;
    enum set_state set;
    int64_t set_since_ms;
    char *set_text, *set_remedy;
};

static struct done *state_of(struct wizard *wizard)
{
    struct done *s = wizard_state(wizard, SCREEN_DONE);
    if (!s->ready) {
        edit_init(&s->token, TOKEN_MAX, true);
        s->ready = true;
    }
    return s;
}

static const char *name_of(const struct wizard *wizard)
{
    const struct run *run = wizard->run;
    const char *name = run ? run->name : NULL;
    return name ? name : wizard->answers.name ? wizard->answers.name : "my-admin";
}

static const char *url_of(const struct wizard *wizard)
{
    const struct run *run = wizard->run;
    return run ? json_str(run->result, "url") : NULL;
}

static void last_words(struct wizard *wizard)
{
    const char *url = url_of(wizard);
    const char *name = name_of(wizard);
    if (!url)
        return;
    mem_free(wizard->last_words);
    wizard->last_words = mem_printf("%s is ready:\n\n%s\n\nIn Forest: Settings > Environments > "
                                    "your environment > Backend URL, paste it.\n"
                                    "\n"
                                    "How it is:     forest-setup status %s\n"
                                    "Take it away:  forest-setup destroy %s\n",
                                    name, url, name, name);
}

// ---- build: the facts

// What a check that passed has shown; NULL when it could not be made, which its step tells by
// having nothing to say or by saying so (the secrets were not given again, Forest did not answer).
static const char *check_words(const struct run_step *step)
{
    static const struct {
        const char *id, *text;
    } words[] = {
        {"check-address", "answers from outside"},
        {"check-agent", "the agent is running"},
        {"check-cors", "Forest's browser may call it"},
        {"check-wall", "data needs a login"},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq(words[i].id, step->id))
            return words[i].text;
    if (!step->note || str_eq(step->note, "done") || str_eq(step->note, "could not be checked"))
        return NULL;
    return str_eq(step->note, "known to Forest") ? "Forest knows the secret" : step->note;
}

static void build_checks(struct view *view, const struct run *run)
{
    struct str line = {0};
    str_init(&line, STR_LINE);
    for (size_t i = 0; i < run->step_count; i++) {
        const struct run_step *step = &run->steps[i];
        bool passed = str_eq(step->group, "checks") && step->state == RUN_STEP_OK;
        const char *text = passed ? check_words(step) : NULL;
        if (text)
            str_addf(&line, "%s%s", line.len ? ", " : "", text);
    }
    if (line.len)
        view_note(view, &(struct view_status){VIEW_GOOD, line.data, NULL});
    str_clear(&line);
    if (run->warning)
        view_note(view, &(struct view_status){VIEW_WARN, run->warning, NULL});
}

static void build_what_to_click(struct view *view)
{
    view_gap(view);
    view_text(
        view, STYLE_TEXT,
        "In Forest: Settings > Environments > your environment > Backend URL: paste it, "
        "without a slash at the end, and save. Then check the login here: a backend learns its "
        "address when it starts.");
    view_gap(view);
}

// ---- build: what can be done

static void build_set(struct view *view, const struct done *s)
{
    static const enum view_state states[] = {
        [SET_OK] = VIEW_GOOD, [SET_LATER] = VIEW_WARN, [SET_BAD] = VIEW_BAD};
    if (s->set == SET_BUSY)
        view_busy(view, "with Forest; a backend that started before is started anew",
                  s->set_since_ms);
    else if (s->set != SET_NO)
        view_note(view, &(struct view_status){states[s->set], s->set_text, s->set_remedy});
}

static void build_actions(struct view *view, const struct done *s, bool url)
{
    static const char no_url[] = "the address is not known";
    const char *why = !url ? no_url : s->set == SET_BUSY ? "it is being done" : NULL;
    view_action(view, &(struct view_action){.id = "copy",
                                            .label = "copy the address",
                                            .disabled = url ? NULL : no_url,
                                            .first = true});
    view_action(view, &(struct view_action){.id = "look",
                                            .label = "I have pasted it: check the login",
                                            .disabled = why});
    view_action(view, &(struct view_action){.id = "set",
                                            .label = "let me set it in Forest for you",
                                            .disabled = why});
    view_action(
        view, &(struct view_action){.id = "export", .label = "export the answers for automation"});
    view_action(view,
                &(struct view_action){.id = "teardown", .label = "take all of it away again"});
    view_action(view, &(struct view_action){.id = "finish", .label = "finish"});
}

static void build_question(struct view *view, struct done *s)
{
    static const char *const set_options[] = {"set it", "not now"};
    if (s->ask == ASK_TOKEN)
        view_question(view,
                      &(struct view_question){
                          .id = "token",
                          .title = "Your Forest token",
                          .text = "Forest: click your picture > Account settings > Application "
                                  "tokens. It is used for this one change and kept nowhere.",
                          .options = set_options,
                          .count = ARRAY_LEN(set_options),
                          .edit = &s->token});
}

static void help(struct view *view)
{
    view_help(
        view,
        "Your backend runs. This address is what Forest needs: copy it with Enter on the first "
        "line, or select it with the mouse.\n\n"
        "\"check the login\" asks the backend where Forest's login leads. The backend learns that "
        "from Forest when it starts, so one that started before you pasted the address is started "
        "anew; that takes a minute or two.\n\n"
        "\"let me set it in Forest\" uses the login of Forest's command line on this machine, or "
        "asks for a token of your Forest account, changes the address of the environment that your "
        "secret belongs to, and checks the login. The token is not kept.\n\n"
        "The export is a file with your answers, without secrets. With it the same setup can be "
        "made or changed in CI: forest-setup apply -c FILE.");
}

static void build(struct wizard *wizard, struct view *view)
{
    struct done *s = state_of(wizard);
    const struct run *run = wizard->run;
    help(view);
    const char *url = url_of(wizard);
    AUTO_FREE char *left =
        mem_printf("%s is ready%s", name_of(wizard), wizard_practice_word(wizard));
    int64_t took = run ? run->ended_ms - run->started_ms : 0;
    AUTO_FREE char *time = run_time(took);
    AUTO_FREE char *right = took >= TOLD_MS ? mem_printf("%s in all", time) : NULL;
    view_title(view, left, right);
    view_gap(view);
    view_url(view, url ? url : "The address is not known; forest-setup status tells it.");
    view_gap(view);
    if (run)
        build_checks(view, run);
    build_what_to_click(view);
    build_set(view, s);
    build_actions(view, s, url != NULL);
    view_enter_does(view, "choose");
    view_esc_does(view, NULL);
    build_question(view, s);
}

// ---- setting it in Forest

static void told(struct done *s, enum set_state state, const char *text, const char *remedy)
{
    s->set = state;
    str_replace(&s->set_text, text);
    str_replace(&s->set_remedy, remedy);
}

static void told_login(struct done *s, const struct json *result, const char *lead)
{
    const char *held = json_str(result, "held");
    const char *problem = json_str(result, "problem");
    bool login = json_bool(result, "redirect_ok", false);
    const char *word = login     ? "Forest's login leads to this address."
                       : problem ? problem
                       : held    ? "Forest's login does not lead to this address."
                                 : "The backend does not answer: its login could not be checked.";
    AUTO_FREE char *text = mem_printf("%s%s", lead, word);
    AUTO_FREE char *remedy =
        held ? mem_printf("Forest has %s: replace it by the address above, then check again.", held)
        : problem ? mem_strdup("Paste the address in Forest, then check again.")
                  : mem_strdup("Check again in a minute.");
    told(s, login ? SET_OK : SET_LATER, text, login ? NULL : remedy);
}

static void set_ended(struct wizard *wizard, const struct json *result, const struct err *err)
{
    struct done *s = state_of(wizard);
    if (result) {
        AUTO_FREE char *lead = mem_printf("Set for the environment %s. ",
                                          json_str_or(result, "environment", "of your secret"));
        told_login(s, result, lead);
        return;
    }
    // Without a token of Forest's command line, or when it is no longer good: ask for one.
    bool none = str_eq(err->code, "no-token");
    if ((none || err->kind == ERR_AUTH) && wizard->at == SCREEN_DONE)
        s->ask = ASK_TOKEN;
    told(s, none ? SET_NO : SET_BAD, err->message, err->remedy);
}

static void look_ended(struct wizard *wizard, const struct json *result, const struct err *err)
{
    struct done *s = state_of(wizard);
    if (result)
        told_login(s, result, "");
    else
        told(s, SET_BAD, err->message, err->remedy);
}

// With no token typed, Forest's own command line may have left one on this machine.
static void set_start(struct wizard *wizard, struct done *s)
{
    const char *url = url_of(wizard);
    if (!url || s->set == SET_BUSY)
        return;
    forest_url_set(wizard, url, edit_text(&s->token), set_ended);
    edit_set(&s->token, "");
    s->set = SET_BUSY;
    s->set_since_ms = wizard->clock();
}

static void look_start(struct wizard *wizard, struct done *s)
{
    const char *url = url_of(wizard);
    if (!url || s->set == SET_BUSY)
        return;
    forest_url_look(wizard, url, look_ended);
    s->set = SET_BUSY;
    s->set_since_ms = wizard->clock();
}

// ---- act

static void copy_url(struct wizard *wizard)
{
    const char *url = url_of(wizard);
    if (!url || !wizard->copy)
        return;
    wizard->copy(wizard->outside, wizard, url);
    wizard_note(wizard, VIEW_GOOD, "%s", wizard->copied ? wizard->copied : "copied");
}

static void chosen(struct wizard *wizard, struct done *s, const struct view_act *act)
{
    if (str_eq(act->id, "copy")) {
        copy_url(wizard);
    } else if (str_eq(act->id, "set")) {
        set_start(wizard, s);
    } else if (str_eq(act->id, "look")) {
        look_start(wizard, s);
    } else if (str_eq(act->id, "export")) {
        wizard_go(wizard, SCREEN_EXPORT);
    } else if (str_eq(act->id, "teardown")) {
        wizard_go(wizard, SCREEN_TEARDOWN);
    } else if (str_eq(act->id, "finish")) {
        wizard_leave(wizard, EXIT_DONE);
    } else if (str_eq(act->id, "token")) {
        s->ask = ASK_NOTHING;
        if (act->row == 0 && !str_empty(edit_text(&s->token)))
            set_start(wizard, s);
        else
            edit_set(&s->token, "");
    }
}

static void act(struct wizard *wizard, const struct view_act *what)
{
    struct done *s = state_of(wizard);
    wizard->handled |= what->kind == ACT_BACK || what->kind == ACT_SUBMIT;
    if (what->kind == ACT_CHOSEN)
        chosen(wizard, s, what);
    else if (what->kind == ACT_INTERRUPT)
        wizard_leave(wizard, EXIT_DONE);
    else if (what->kind == ACT_BACK && s->ask != ASK_NOTHING)
        s->ask = ASK_NOTHING;
}

static void enter(struct wizard *wizard)
{
    struct done *s = state_of(wizard);
    s->ask = ASK_NOTHING;
    last_words(wizard);
}

static void clear(void *state)
{
    struct done *s = state;
    edit_clear(&s->token);
    mem_free(s->set_text);
    mem_free(s->set_remedy);
}

const struct screen screen_done = {
    .id = SCREEN_DONE,
    .name = "done",
    .title = "Done",
    .state_size = sizeof(struct done),
    .enter = enter,
    .build = build,
    .act = act,
    .clear = clear,
};
