// SPDX-License-Identifier: MIT
// The two secrets: typed or pasted, judged as they come, put into the answers at once.
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "screens/forest_private.h"
#include "screens/screens.h"

enum { SECRET_FIELD_MAX = 1024 };

static void begin(struct wizard *w, struct forest *s)
{
    const struct answers *a = &w->answers;
    s->begun = true;
    edit_init(&s->env, SECRET_FIELD_MAX, true);
    edit_init(&s->auth, SECRET_FIELD_MAX, true);
    if (!secret_empty(&a->forest.env_secret.value))
        edit_set(&s->env, secret_reveal(&a->forest.env_secret.value));
    enum secret_from from = a->forest.auth_secret.from;
    char unset[300];
    s->paste_auth = from == SECRET_TYPED || from == SECRET_ENV || from == SECRET_FILE ||
                    wizard_unset(w, &a->forest.auth_secret, unset, sizeof unset);
    if (s->paste_auth && !secret_empty(&a->forest.auth_secret.value))
        edit_set(&s->auth, secret_reveal(&a->forest.auth_secret.value));
}

struct forest *forest_state(struct wizard *w)
{
    struct forest *s = wizard_state(w, SCREEN_FOREST);
    if (!s->begun)
        begin(w, s);
    return s;
}

// ---- build

static char *count_text(const struct edit *e)
{
    size_t n = edit_chars(e);
    return n ? mem_printf("%zu character%s", n, n == 1 ? "" : "s") : NULL;
}

// Where a secret came from that nobody typed; "" when it was typed.
static void tell_origin(const struct secret_answer *answer, char *out, size_t size)
{
    if (answer->from == SECRET_ENV)
        snprintf(out, size, "from the environment variable %s; ", answer->where);
    else if (answer->from == SECRET_FILE)
        snprintf(out, size, "from the file %s; ", answer->where);
    else
        *out = '\0';
}

static void tell_known(const struct json *known, struct view_status *status, char *text,
                       size_t size)
{
    const char *project = json_str(known, "project");
    const char *environment = json_str(known, "environment");
    if (project && environment)
        snprintf(text, size, "known to Forest: project \"%s\", environment %s", project,
                 environment);
    else
        snprintf(text, size, "known to Forest");
    *status = (struct view_status){VIEW_GOOD, text, NULL};
    if (!json_bool(known, "ip_whitelist", false))
        return;
    status->state = VIEW_WARN;
    status->remedy =
        "Its IP whitelist is on: your users' addresses must be on the list in Forest's "
        "project settings, or they are refused.";
}

// Forest's own word about a secret of the right form. Not reachable is no reason to stop.
static void ask_forest(struct wizard *w, struct view_status *status, char *text, size_t size)
{
    struct lookup known = lookup(w, CORE_FOREST, NULL);
    const char *word = json_str_or(known.value, "known", "unreachable");
    const char *detail =
        known.state == LOOKUP_FAILED ? known.err->message : json_str(known.value, "detail");
    if (known.state == LOOKUP_ASKING) {
        *status =
            (struct view_status){VIEW_BUSY, "asking Forest whether it knows this secret", NULL};
    } else if (str_eq(word, "yes")) {
        tell_known(known.value, status, text, size);
    } else if (str_eq(word, "no")) {
        *status = (struct view_status){VIEW_BAD, "Forest does not know this secret.",
                                       "Copy it again from Settings > Environments > your "
                                       "environment."};
    } else {
        snprintf(text, size, "the form is right; Forest could not be asked now%s%s",
                 detail ? ": " : "", detail ? detail : "");
        *status = (struct view_status){VIEW_WARN, text, NULL};
    }
}

static void build_env(struct wizard *w, struct view *view, struct forest *s)
{
    const struct secret_answer *answer = &w->answers.forest.env_secret;
    AUTO_FREE char *facts = count_text(&s->env);
    char origin[300], other[300];
    tell_origin(answer, origin, sizeof origin);
    env_secret_check(edit_text(&s->env), &s->env_verdict);
    struct view_status status = {s->env_verdict.state, s->env_verdict.text, s->env_verdict.remedy};
    if (s->env.problem)
        status = (struct view_status){VIEW_BAD, s->env.problem, NULL};
    else if (s->env_verdict.state == VIEW_GOOD)
        ask_forest(w, &status, other, sizeof other);
    else if (!*edit_text(&s->env) && answer->from == SECRET_FILE)
        status = (struct view_status){VIEW_GOOD, "read when it is needed", NULL};
    else if (!*edit_text(&s->env) && wizard_unset(w, answer, other, sizeof other))
        status = (struct view_status){VIEW_WARN, other, "Paste it, or start again with it set."};
    AUTO_FREE char *text = mem_printf("%s%s", origin, status.text ? status.text : "");
    status.text = *text ? text : NULL;
    view_field(view, &(struct view_field){
                         .id = "env_secret",
                         .label = "Environment secret",
                         .edit = &s->env,
                         .path = "forest.env_secret",
                         .hint = "paste it here",
                         .help = "64 characters, all 0-9 a-f. It is masked and never written to "
                                 "this machine's disk.",
                         .status = status,
                         .facts = facts,
                         .no_question_mark = true,
                     });
}

static const char *const auth_options[] = {"make one for me", "paste the one from Forest's setup"};

static void build_auth(struct wizard *w, struct view *view, struct forest *s)
{
    view_choice(view, &(struct view_choice){
                          .id = "auth_from",
                          .label = "Auth secret",
                          .options = auth_options,
                          .count = ARRAY_LEN(auth_options),
                          .chosen = s->paste_auth,
                          .path = "forest.auth_secret",
                          .help = "Signs your users' sessions. It never leaves AWS, and Forest "
                                  "does not need to know it.",
                      });
    if (!s->paste_auth)
        return;
    AUTO_FREE char *facts = count_text(&s->auth);
    char origin[300];
    tell_origin(&w->answers.forest.auth_secret, origin, sizeof origin);
    auth_secret_check(edit_text(&s->auth), edit_text(&s->env), &s->auth_verdict);
    AUTO_FREE char *text = mem_printf("%s%s", origin, s->auth_verdict.text);
    struct view_status status = {s->auth_verdict.state, *text ? text : NULL,
                                 s->auth_verdict.remedy};
    char unset[300];
    if (s->auth.problem)
        status = (struct view_status){VIEW_BAD, s->auth.problem, NULL};
    else if (!*edit_text(&s->auth) &&
             wizard_unset(w, &w->answers.forest.auth_secret, unset, sizeof unset))
        status = (struct view_status){VIEW_WARN, unset, "Paste it, or start again with it set."};
    view_field(view, &(struct view_field){
                         .id = "auth_secret",
                         .label = "Auth secret",
                         .edit = &s->auth,
                         .path = "forest.auth_secret",
                         .hint = "paste it here",
                         .help = "FOREST_AUTH_SECRET, as Forest showed it when the project was "
                                 "made.",
                         .status = status,
                         .facts = facts,
                     });
}

void forest_build_secrets(struct wizard *w, struct view *view)
{
    struct forest *s = forest_state(w);
    build_env(w, view, s);
    view_gap(view);
    build_auth(w, view, s);
}

// ---- act

static void forget_paste(struct edit *e)
{
    size_t n;
    const char *core = secret_core(edit_text(e), &n);
    if (n == strlen(edit_text(e)) || n == 0)
        return;
    // The edit's own buffer has room for it: a part of what it holds.
    char *value = mem_strndup(core, n);
    edit_set(e, value);
    secret_free(value);
}

static void take(struct wizard *w, struct secret_answer *answer, struct edit *e)
{
    forget_paste(e);
    const char *text = edit_text(e);
    secret_clear(&answer->value);
    str_replace(&answer->where, NULL);
    answer->from = *text ? SECRET_TYPED : SECRET_NONE;
    if (*text)
        secret_set(&answer->value, text, strlen(text), NULL); // fits: the field is smaller
    w->secrets_version++;
}

static void choose_auth(struct wizard *w, struct forest *s, bool paste)
{
    struct secret_answer *answer = &w->answers.forest.auth_secret;
    s->paste_auth = paste;
    if (paste) {
        take(w, answer, &s->auth);
        view_focus(w->view, "auth_secret");
        return;
    }
    secret_clear(&answer->value);
    str_replace(&answer->where, NULL);
    answer->from = SECRET_GENERATE;
    w->secrets_version++;
}

bool forest_act_secrets(struct wizard *w, const struct view_act *act)
{
    struct forest *s = forest_state(w);
    if (act->kind == ACT_CHANGED && str_eq(act->id, "env_secret")) {
        take(w, &w->answers.forest.env_secret, &s->env);
        s->told_unknown = false;
        return true;
    }
    if (act->kind == ACT_CHANGED && str_eq(act->id, "auth_secret")) {
        take(w, &w->answers.forest.auth_secret, &s->auth);
        return true;
    }
    if (act->kind == ACT_CHOSEN && str_eq(act->id, "auth_from")) {
        choose_auth(w, s, act->row == 1);
        return true;
    }
    return false;
}

// ---- ready

static bool refuse(struct ready *out, const char *id, const struct secret_verdict *verdict,
                   const char *missing)
{
    bool bad = verdict->state == VIEW_BAD;
    out->id = id;
    snprintf(out->text, sizeof out->text, "%s", bad ? verdict->text : missing);
    return false;
}

bool forest_ready(struct wizard *w, struct ready *out)
{
    struct forest *s = forest_state(w);
    const struct answers *a = &w->answers;
    struct secret_verdict env, auth;
    env_secret_check(edit_text(&s->env), &env);
    auth_secret_check(edit_text(&s->auth), edit_text(&s->env), &auth);
    bool env_file = a->forest.env_secret.from == SECRET_FILE && !*edit_text(&s->env);
    bool auth_file = a->forest.auth_secret.from == SECRET_FILE && !*edit_text(&s->auth);
    if (env.state != VIEW_GOOD && !env_file)
        return refuse(out, "env_secret", &env,
                      *edit_text(&s->env) ? "The environment secret is not complete: it has 64 "
                                            "characters."
                                          : "The environment secret is needed to go on.");
    if (s->paste_auth && auth.state != VIEW_GOOD && !auth_file)
        return refuse(out, "auth_secret", &auth,
                      *edit_text(&s->auth) ? "The auth secret is too short: it has at least 32 "
                                             "characters."
                                           : "Paste the auth secret, or let one be made.");
    return true;
}
