// SPDX-License-Identifier: MIT
// Runs that play the plan, and what else a core does.
#include <assert.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tests/unit/screens/fake_core_private.h"

static bool step_held(const void *step)
{
    return str_eq(fake.hold_step, step);
}

// ---- runs

struct playing {
    const struct core_run_options *o;
    unsigned finished, of;
};

static void emit(struct playing *p, enum event_type type, const struct json *item, const char *word,
                 const char *text, const struct err *why)
{
    const struct step step = {.id = json_str(item, "id"),
                              .title = json_str(item, "title"),
                              .group = json_str(item, "group"),
                              .kind = json_str(item, "kind"),
                              .usual_s = (unsigned)json_int(item, "usual_s", 0)};
    const struct event e = {.type = type,
                            .wall_ms = clock_wall_ms(),
                            .step = item ? &step : NULL,
                            .word = word,
                            .text = text,
                            .finished = p->finished,
                            .of = p->of,
                            .duration_ms = 1000,
                            .err = why};
    if (p->o->sink.emit)
        p->o->sink.emit(p->o->sink.context, &e);
}

static void tell_pause(struct playing *p)
{
    ERR_AUTO why = {0};
    err_set(&why, ERR_AUTH, "the sign-in of work has expired");
    err_remedy(&why, "run aws sso login --profile work");
    err_code(&why, "sso-login");
    const struct event e = {.type = EVENT_WARNING,
                            .word = EVENT_WORD_LOGIN,
                            .text = "paused: the AWS login of profile work has expired",
                            .err = &why,
                            .profile = "work"};
    p->o->sink.emit(p->o->sink.context, &e);
}

static bool play_step(struct playing *p, const struct json *item, struct err *err)
{
    const char *id = json_str(item, "id");
    const char *word = json_str(item, "action");
    emit(p, EVENT_STEP_STARTED, item, word, NULL, NULL);
    emit(p, EVENT_STEP_NOTE, item, word, "is being made", NULL);
    if (str_eq(json_str(item, "group"), "container")) {
        emit(p, EVENT_STEP_LOG, item, NULL, "listening on 3000", NULL);
        emit(p, EVENT_STEP_LOG, item, NULL, "database connected, 28 tables", NULL);
    }
    if (str_eq(fake.pause_step, id))
        tell_pause(p);
    fake_lock();
    bool go_on = fake_wait_while(step_held, id, p->o->cancel);
    bool fails = str_eq(fake.fail_step, id);
    if (!go_on)
        err_set(err, ERR_CANCELLED, "stopped");
    else if (fails)
        fake_copy_err(err, &fake.fail);
    fake_unlock();
    if (!go_on || fails) {
        emit(p, EVENT_STEP_FAILED, item, word, NULL, err);
        return false;
    }
    if (str_eq(fake.pause_step, id))
        emit(p, EVENT_WARNING, NULL, EVENT_WORD_SIGNED_IN, "signed in again; going on", NULL);
    p->finished++;
    emit(p, EVENT_STEP_DONE, item, word, json_str(item, "text"), NULL);
    return true;
}

static struct json *result_of(const struct playing *p, const struct json *failed)
{
    ERR_AUTO e = {0};
    struct json *result = json_parse(fake_canned_result, strlen(fake_canned_result), NULL, &e);
    json_put_int(result, "done", p->finished);
    json_put_int(result, "total", p->of);
    if (failed)
        json_put(
            result, "failed",
            json_strings("id", json_str(failed, "id"), "title", json_str(failed, "title"), NULL));
    return result;
}

bool fake_run(const struct core_run_options *o, struct json **out, struct err *err)
{
    fake_lock();
    fake.runs++;
    fake.last_run = o->what;
    answers_clear(&fake.run_answers);
    if (o->answers)
        answers_copy(&fake.run_answers, o->answers);
    const struct fake_row *r =
        fake_row_of(o->what == CORE_DESTROY ? CORE_DESTROY_PLAN : CORE_PLAN, o->name);
    struct json *plan = r->json ? json_copy(r->json) : NULL;
    if (!plan)
        fake_copy_err(err, &r->err);
    fake_unlock();
    if (!plan)
        return false;
    if (o->planned)
        o->planned(o->context, plan);
    const struct json *items = json_get(plan, "items");
    struct playing p = {.o = o, .of = (unsigned)json_count(items)};
    const struct json *failed = NULL;
    for (const struct json *item = json_first(items); item && !failed; item = json_next(item))
        if (!play_step(&p, item, err))
            failed = item;
    *out = result_of(&p, failed);
    json_free(plan);
    return !failed;
}

// ---- the rest of the table

const char *fake_fix_of(const char *code)
{
    static const char *const names[] = {"forest", "aws", "network", "database", "backend"};
    for (size_t i = 0; code && i < ARRAY_LEN(names); i++)
        if (str_starts(code, names[i]))
            return names[i];
    return NULL;
}

bool fake_export(const struct answers *answers, const struct core_export *what, struct json **out,
                 struct err *err)
{
    assert(answers);
    if (str_eq(what->dir, "mine") && !what->force) {
        err_set(err, ERR_INPUT, "mine: setup.json is not from an export of this setup");
        return err_remedy(err, "Nothing was written.");
    }
    AUTO_FREE char *told =
        mem_printf("%s in %s%s", what->formats, what->dir, what->git ? ", git" : "");
    fake_lock();
    str_replace(&fake.exported, told);
    fake_unlock();
    *out = json_strings("dir", what->dir, NULL);
    json_put_int(*out, "changed", 3);
    return true;
}

bool fake_set_url(const struct answers *answers, const struct secret *token, const char *url,
                  struct cancel *cancel, struct json **out, struct err *err)
{
    (void)cancel;
    assert(answers && token);
    if (secret_empty(token)) { // as on a machine without Forest's command line
        err_set(err, ERR_NOT_FOUND, "there is no Forest token on this machine");
        err_code(err, "no-token");
        return false;
    }
    fake_lock();
    bool ok = fake.set_url.kind == ERR_NONE;
    if (ok) {
        str_replace(&fake.url_set, url);
        *out = json_strings("environment", "Production", NULL);
        json_put_bool(*out, "redirect_ok", true);
    } else {
        fake_copy_err(err, &fake.set_url);
    }
    fake_unlock();
    return ok;
}

bool fake_connect(const struct answers *answers, const char *url, struct cancel *cancel,
                  struct json **out, struct err *err)
{
    (void)cancel;
    (void)err;
    assert(answers);
    fake_lock();
    bool set = str_eq(fake.url_set, url);
    fake_unlock();
    *out = json_strings("held", set ? url : "https://old.example", NULL);
    json_put_bool(*out, "redirect_ok", set);
    json_put_bool(*out, "restarted", true);
    return true;
}

// Fails as the look CORE_FOUND for that name does; else the records are there.
bool fake_recover(const struct answers *where, const char *name, struct cancel *cancel,
                  struct json **out, struct err *err)
{
    (void)cancel;
    assert(where && name);
    fake_lock();
    const struct fake_row *r = fake_row_of(CORE_FOUND, name);
    bool ok = r && r->json;
    if (!ok)
        fake_copy_err(err, &r->err);
    fake_unlock();
    if (ok)
        *out = json_strings("name", name, NULL);
    return ok;
}

// The code first, then the browser: held as a look of CORE_IDENTITY is.
bool fake_sso_login(const char *profile, void (*show)(void *context, const struct json *told),
                    void *context, struct cancel *cancel, struct err *err)
{
    JSON_AUTO *told =
        json_strings("code", "WDJB-MJHT", "url",
                     "https://acme.awsapps.com/start/#/device?user_code=WDJB-MJHT", NULL);
    json_put_int(told, "seconds", 600);
    show(context, told);
    enum core_look look = CORE_IDENTITY;
    fake_lock();
    bool ok = fake_wait_while(fake_look_held, &look, cancel);
    if (ok && fake.sign_in.kind != ERR_NONE)
        ok = fake_copy_err(err, &fake.sign_in);
    else if (!ok)
        err_set(err, ERR_CANCELLED, "stopped");
    else
        str_replace(&fake.signed_in, profile);
    fake_unlock();
    return ok;
}

bool fake_mfa(const char *profile, const struct secret *code, struct cancel *cancel,
              struct err *err)
{
    (void)cancel;
    bool ok = !secret_empty(code) && str_eq(secret_reveal(code), "123456");
    fake_lock();
    if (ok)
        str_replace(&fake.signed_in, profile);
    else
        err_set(err, ERR_INPUT, "the code is not the one of this device");
    fake_unlock();
    return ok;
}
