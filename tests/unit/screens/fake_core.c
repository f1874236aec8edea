// SPDX-License-Identifier: MIT
#include "tests/unit/screens/fake_core.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tests/unit/screens/fake_core_private.h"

enum { HOLD_STEP_MS = 5, ROWS_MAX = 64 };

struct row { // newest wins
    enum core_look look;
    char *what;        // NULL: any
    struct json *json; // or
    struct err err;
};

static struct {
    pthread_mutex_t lock;
    struct row rows[ROWS_MAX];
    size_t count;
    bool hold[CORE_LOOKS];
    unsigned asked[CORE_LOOKS];
    unsigned held;
    char *hold_step, *fail_step;
    struct err fail;
    unsigned runs;
    enum core_run last_run;
    struct answers run_answers;
    char *exported, *url_set;
    struct err set_url;
} fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void lock(void)
{
    pthread_mutex_lock(&fake.lock);
}

static void unlock(void)
{
    pthread_mutex_unlock(&fake.lock);
}

static bool copy_err(struct err *to, const struct err *from)
{
    err_set(to, from->kind, "%s", from->message ? from->message : "");
    if (from->remedy)
        err_remedy(to, "%s", from->remedy);
    err_code(to, from->code);
    return false;
}

// ---- looks

static struct row *row_of(enum core_look look, const char *what)
{
    struct row *any = NULL;
    for (size_t i = fake.count; i-- > 0;) {
        struct row *r = &fake.rows[i];
        if (r->look != look)
            continue;
        if (r->what && str_eq(r->what, what ? what : ""))
            return r;
        if (!r->what && !any)
            any = r;
    }
    return any;
}

static struct row *add_row(enum core_look look, const char *what)
{
    assert(fake.count < ROWS_MAX);
    struct row *r = &fake.rows[fake.count++];
    *r = (struct row){.look = look, .what = what ? mem_strdup(what) : NULL};
    return r;
}

static bool step_held(const void *step)
{
    return str_eq(fake.hold_step, step);
}

static bool look_held(const void *look)
{
    return fake.hold[*(const enum core_look *)look];
}

// Called and returns locked. False when cancelled.
static bool wait_while(bool (*held)(const void *), const void *arg, struct cancel *cancel)
{
    fake.held++;
    while (held(arg) && !cancel_requested(cancel)) {
        unlock();
        cancel_sleep(cancel, HOLD_STEP_MS);
        lock();
    }
    fake.held--;
    return !cancel_requested(cancel);
}

static bool fake_look(enum core_look look, const struct answers *answers, const char *what,
                      struct cancel *cancel, struct json **out, struct err *err)
{
    assert(answers);
    lock();
    fake.asked[look]++;
    bool ok = wait_while(look_held, &look, cancel);
    if (!ok) {
        err_set(err, ERR_CANCELLED, "stopped");
    } else {
        const struct row *r = row_of(look, what);
        assert(r);
        ok = r->json != NULL;
        if (ok)
            *out = json_copy(r->json);
        else
            copy_err(err, &r->err);
    }
    unlock();
    return ok;
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
    lock();
    bool go_on = wait_while(step_held, id, p->o->cancel);
    bool fails = str_eq(fake.fail_step, id);
    if (!go_on)
        err_set(err, ERR_CANCELLED, "stopped");
    else if (fails)
        copy_err(err, &fake.fail);
    unlock();
    if (!go_on || fails) {
        emit(p, EVENT_STEP_FAILED, item, word, NULL, err);
        return false;
    }
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

static bool fake_run(const struct core_run_options *o, struct json **out, struct err *err)
{
    lock();
    fake.runs++;
    fake.last_run = o->what;
    answers_clear(&fake.run_answers);
    if (o->answers)
        answers_copy(&fake.run_answers, o->answers);
    const struct row *r = row_of(o->what == CORE_DESTROY ? CORE_DESTROY_PLAN : CORE_PLAN, o->name);
    struct json *plan = r->json ? json_copy(r->json) : NULL;
    if (!plan)
        copy_err(err, &r->err);
    unlock();
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

static const char *fake_fix_of(const char *code)
{
    static const char *const names[] = {"forest", "aws", "network", "database", "backend"};
    for (size_t i = 0; code && i < ARRAY_LEN(names); i++)
        if (str_starts(code, names[i]))
            return names[i];
    return NULL;
}

static bool fake_export(const struct answers *answers, const char *path, struct err *err)
{
    (void)err;
    assert(answers);
    lock();
    str_replace(&fake.exported, path);
    unlock();
    return true;
}

static bool fake_set_url(const struct answers *answers, const struct secret *token, const char *url,
                         struct cancel *cancel, struct json **out, struct err *err)
{
    (void)cancel;
    assert(answers && token);
    if (secret_empty(token)) { // as on a machine without Forest's command line
        err_set(err, ERR_NOT_FOUND, "there is no Forest token on this machine");
        err_code(err, "no-token");
        return false;
    }
    lock();
    bool ok = fake.set_url.kind == ERR_NONE;
    if (ok) {
        str_replace(&fake.url_set, url);
        *out = json_strings("environment", "Production", NULL);
        json_put_bool(*out, "redirect_ok", true);
    } else {
        copy_err(err, &fake.set_url);
    }
    unlock();
    return ok;
}

static bool fake_connect(const struct answers *answers, const char *url, struct cancel *cancel,
                         struct json **out, struct err *err)
{
    (void)cancel;
    (void)err;
    assert(answers);
    lock();
    bool set = str_eq(fake.url_set, url);
    unlock();
    *out = json_strings("held", set ? url : "https://old.example", NULL);
    json_put_bool(*out, "redirect_ok", set);
    json_put_bool(*out, "restarted", true);
    return true;
}

static const struct core table = {.version = CORE_VERSION,
                                  .look = fake_look,
                                  .run = fake_run,
                                  .fix_of = fake_fix_of,
                                  .export_json = fake_export,
                                  .forest_set_url = fake_set_url,
                                  .forest_connect = fake_connect};

// ---- what tests call

void fake_core_use(void)
{
    fake_core_done(); // a test that failed did not come to it
    for (int i = 0; i < CORE_LOOKS; i++)
        fake_core_answer((enum core_look)i, NULL, fake_canned[i]);
    core_use(&table);
}

void fake_core_done(void)
{
    core_use(NULL);
    lock();
    for (size_t i = 0; i < fake.count; i++) {
        mem_free(fake.rows[i].what);
        json_free(fake.rows[i].json);
        err_clear(&fake.rows[i].err);
    }
    fake.count = 0;
    memset(fake.hold, 0, sizeof fake.hold);
    memset(fake.asked, 0, sizeof fake.asked);
    char **const texts[] = {&fake.hold_step, &fake.fail_step, &fake.exported, &fake.url_set};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        str_replace(texts[i], NULL);
    err_clear(&fake.fail);
    err_clear(&fake.set_url);
    answers_clear(&fake.run_answers);
    fake.runs = 0;
    unlock();
}

void fake_core_answer(enum core_look look, const char *what, const char *json)
{
    ERR_AUTO e = {0};
    struct json *parsed = json_parse(json, strlen(json), NULL, &e);
    if (!parsed) {
        fprintf(stderr, "fake core, look %d: %s\n", (int)look, e.message);
        abort();
    }
    lock();
    add_row(look, what)->json = parsed;
    unlock();
}

void fake_core_fail(enum core_look look, const char *what, enum err_kind kind, const char *message,
                    const char *remedy)
{
    lock();
    struct row *r = add_row(look, what);
    err_set(&r->err, kind, "%s", message);
    if (remedy)
        err_remedy(&r->err, "%s", remedy);
    unlock();
}

void fake_core_hold(enum core_look look, bool hold)
{
    lock();
    fake.hold[look] = hold;
    unlock();
}

unsigned fake_core_asked(enum core_look look)
{
    lock();
    unsigned n = fake.asked[look];
    unlock();
    return n;
}

unsigned fake_core_held(void)
{
    lock();
    unsigned n = fake.held;
    unlock();
    return n;
}

void fake_core_many_networks(size_t count)
{
    struct json *list = json_array();
    for (size_t i = 0; i < count; i++) {
        AUTO_FREE char *id = mem_printf("vpc-%017zx", i);
        AUTO_FREE char *name = mem_printf("net-%zu", i);
        bool usable = i % 3 != 2;
        struct json *o = json_push(
            list, json_strings("id", id, "name", name, "cidr", "10.0.0.0/16", "verdict",
                               usable ? "2 private subnets with a NAT" : "no private subnets",
                               "remedy", usable ? NULL : "choose another VPC", NULL));
        json_put_bool(o, "default", false);
        json_put_bool(o, "usable", usable);
        json_put(o, "subnets", json_array());
    }
    lock();
    add_row(CORE_NETWORKS, NULL)->json = list;
    unlock();
}

void fake_core_run_fails(const char *step, enum err_kind kind, const char *message,
                         const char *remedy, const char *code)
{
    lock();
    str_replace(&fake.fail_step, step);
    err_clear(&fake.fail);
    if (step) {
        err_set(&fake.fail, kind, "%s", message);
        if (remedy)
            err_remedy(&fake.fail, "%s", remedy);
        err_code(&fake.fail, code);
    }
    unlock();
}

void fake_core_run_holds(const char *step)
{
    lock();
    str_replace(&fake.hold_step, step);
    unlock();
}

unsigned fake_core_runs(void)
{
    lock();
    unsigned n = fake.runs;
    unlock();
    return n;
}

enum core_run fake_core_last_run(void)
{
    lock();
    enum core_run what = fake.last_run;
    unlock();
    return what;
}

const struct answers *fake_core_run_answers(void)
{
    return &fake.run_answers;
}

const char *fake_core_exported_to(void)
{
    return fake.exported;
}

const char *fake_core_url_set(void)
{
    return fake.url_set;
}

void fake_core_set_url_fails(const char *message, const char *remedy)
{
    lock();
    err_clear(&fake.set_url);
    if (message) {
        err_set(&fake.set_url, ERR_DENIED, "%s", message);
        if (remedy)
            err_remedy(&fake.set_url, "%s", remedy);
    }
    unlock();
}
