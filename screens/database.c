// SPDX-License-Identifier: MIT
// Which database the backend shows: by its URL, or an instance of RDS with user and password. What
// is typed becomes the answer at once, so that leaving at any point loses nothing.
#include "screens/database.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/secret.h"
#include "backend/base/str.h"
#include "backend/setup/validate.h"
#include "screens/ready.h"
#include "screens/screens.h"

static struct database_screen *state_of(struct wizard *w)
{
    return wizard_state(w, SCREEN_DATABASE);
}

// ---- what is typed becomes the answer

static void take_url(struct wizard *w, const char *url)
{
    struct secret_answer *a = &w->answers.database.url;
    str_replace(&a->where, NULL);
    secret_clear(&a->value);
    a->from = SECRET_NONE;
    if (*url && secret_set(&a->value, url, strlen(url), NULL))
        a->from = SECRET_TYPED;
    w->secrets_version++;
}

static void take_parts(struct wizard *w, struct database_screen *s)
{
    const struct json *d = database_instance(w, s->rds);
    if (!d || !*edit_text(&s->user) || !*edit_text(&s->password)) {
        take_url(w, "");
        return;
    }
    char *url =
        database_compose(edit_text(&s->user), edit_text(&s->password), json_str_or(d, "host", ""),
                         (unsigned)json_int(d, "port", 5432), edit_text(&s->name));
    take_url(w, url);
    edit_set(&s->url, url);
    secret_free(url);
}

static void take_text(char **slot, const char *text)
{
    str_replace(slot, *text ? text : NULL);
}

// A rule for the group of another database would open the wrong door.
static void forget_ingress(struct wizard *w, struct database_screen *s)
{
    str_replace(&w->answers.database.ingress_security_group, NULL);
    edit_set(&s->group, "");
}

static void changed(struct wizard *w, struct database_screen *s, const char *id)
{
    if (str_eq(id, "url"))
        take_url(w, edit_text(&s->url));
    else if (str_eq(id, "user") || str_eq(id, "password") || str_eq(id, "name"))
        take_parts(w, s);
    else if (str_eq(id, "group"))
        take_text(&w->answers.database.ingress_security_group, edit_text(&s->group));
    else if (str_eq(id, "schema"))
        take_text(&w->answers.database.schema, edit_text(&s->schema));
}

static void choose_instance(struct wizard *w, struct database_screen *s, const char *id)
{
    const struct json *d = database_instance(w, id);
    if (!str_eq(s->rds, id)) {
        str_replace(&s->rds, id);
        edit_set(&s->user, json_str_or(d, "user", ""));
        edit_set(&s->password, "");
        edit_set(&s->name, json_str_or(d, "database", "postgres"));
        forget_ingress(w, s);
    }
    take_parts(w, s);
    view_focus(w->view, *edit_text(&s->user) ? "password" : "user");
}

static void choose_way(struct wizard *w, struct database_screen *s, bool from_rds)
{
    if (s->from_rds == from_rds)
        return;
    s->from_rds = from_rds;
    if (from_rds)
        take_parts(w, s);
    else
        take_url(w, edit_text(&s->url));
}

// The group that the switch, or the option of the choice, stands for.
static const char *group_at(struct wizard *w, size_t index)
{
    struct postgres_url url = {0};
    const char *group = NULL;
    const struct secret *value = &w->answers.database.url.value;
    if (!secret_empty(value) && postgres_url_parse(secret_reveal(value), &url, NULL)) {
        struct database_known k = database_known(w, &url);
        group = json_text(json_at(json_get(k.instance, "groups"), index));
    }
    postgres_url_clear(&url);
    return group;
}

static void act(struct wizard *w, const struct view_act *act)
{
    static const char *const modes[] = {"preferred", "required", "verify", "disabled"};
    struct database_screen *s = state_of(w);
    char **ingress = &w->answers.database.ingress_security_group;
    if (act->kind == ACT_CHANGED) {
        changed(w, s, act->id);
    } else if (act->kind == ACT_TOGGLED && str_eq(act->id, "open")) {
        str_replace(ingress, *ingress ? NULL : group_at(w, 0));
    } else if (act->kind == ACT_CHOSEN && str_eq(act->id, "open_which")) {
        str_replace(ingress, act->row ? group_at(w, act->row - 1) : NULL);
    } else if (act->kind == ACT_CHOSEN && str_eq(act->id, "way")) {
        choose_way(w, s, act->row == 1);
    } else if (act->kind == ACT_CHOSEN && str_eq(act->id, "rds")) {
        choose_instance(w, s, act->key);
    } else if (act->kind == ACT_CHOSEN && str_eq(act->id, "tls") && act->row < ARRAY_LEN(modes)) {
        str_replace(&w->answers.database.ssl_mode, modes[act->row]);
    } else if (str_eq(act->id, "again")) {
        lookup_again(w, CORE_DATABASES, NULL);
    }
}

// ---- may the user go on

static bool ready_url(struct wizard *w, struct ready *out)
{
    const struct secret *value = &w->answers.database.url.value;
    const struct database_screen *s = w->states[SCREEN_DATABASE];
    bool parts = s && s->from_rds;
    ERR_AUTO e = {0};
    if (secret_empty(value)) {
        out->id = !parts ? "url" : !s->rds ? "rds" : *edit_text(&s->user) ? "password" : "user";
        snprintf(out->text, sizeof out->text, "%s",
                 !parts    ? "Paste the URL of your database."
                 : !s->rds ? "Choose a database."
                           : "Type its user and password.");
        return false;
    }
    struct postgres_url url = {0};
    bool ok = postgres_url_parse(secret_reveal(value), &url, &e);
    if (ok && url.place == POSTGRES_THIS_MACHINE) {
        err_set(&e, ERR_INPUT, "the host is this machine, which nothing on AWS can reach");
        err_remedy(&e, "give the name under which the VPC knows it");
        ok = false;
    }
    postgres_url_clear(&url);
    return ok || ready_err(out, parts ? "name" : "url", &e);
}

static bool ready(struct wizard *w, struct ready *out)
{
    return ready_url(w, out) &&
           ready_text("database.ingress_security_group", w->answers.database.ingress_security_group,
                      "group", out) &&
           ready_text("database.schema", w->answers.database.schema, "schema", out);
}

// ---- come and go

static void enter(struct wizard *w)
{
    struct database_screen *s = state_of(w);
    const struct answers *a = &w->answers;
    if (secret_empty(&a->database.url.value) && !s->from_rds)
        view_focus(w->view, "url"); // so that it can be pasted at once
    if (s->entered)
        return;
    s->entered = true;
    edit_init(&s->url, DATABASE_URL_BYTES, true);
    edit_init(&s->password, DATABASE_TEXT_BYTES, true);
    edit_init(&s->user, DATABASE_TEXT_BYTES, false);
    edit_init(&s->name, DATABASE_TEXT_BYTES, false);
    edit_init(&s->group, DATABASE_TEXT_BYTES, false);
    edit_init(&s->schema, DATABASE_TEXT_BYTES, false);
    if (!secret_empty(&a->database.url.value))
        edit_set(&s->url, secret_reveal(&a->database.url.value));
    edit_set(&s->group,
             a->database.ingress_security_group ? a->database.ingress_security_group : "");
    edit_set(&s->schema, a->database.schema ? a->database.schema : "");
}

static void hide(struct wizard *w)
{
    struct database_screen *s = state_of(w);
    s->url.shown = false;
    s->password.shown = false;
}

static void clear(void *state)
{
    struct database_screen *s = state;
    struct edit *const edits[] = {&s->url, &s->user, &s->password, &s->name, &s->group, &s->schema};
    for (size_t i = 0; i < ARRAY_LEN(edits); i++)
        edit_clear(edits[i]);
    mem_free(s->rds);
}

const struct screen screen_database = {.id = SCREEN_DATABASE,
                                       .name = "database",
                                       .title = "Database",
                                       .step = 4,
                                       .state_size = sizeof(struct database_screen),
                                       .enter = enter,
                                       .build = database_build,
                                       .act = act,
                                       .ready = ready,
                                       .leave = hide,
                                       .clear = clear};
