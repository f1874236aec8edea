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

enum { HOLD_STEP_MS = 5 };

struct fake_core fake = {.lock = PTHREAD_MUTEX_INITIALIZER};

void fake_lock(void)
{
    pthread_mutex_lock(&fake.lock);
}

void fake_unlock(void)
{
    pthread_mutex_unlock(&fake.lock);
}

bool fake_copy_err(struct err *to, const struct err *from)
{
    err_set(to, from->kind, "%s", from->message ? from->message : "");
    if (from->remedy)
        err_remedy(to, "%s", from->remedy);
    err_code(to, from->code);
    return false;
}

// ---- looks

struct fake_row *fake_row_of(enum core_look look, const char *what)
{
    struct fake_row *any = NULL;
    for (size_t i = fake.count; i-- > 0;) {
        struct fake_row *r = &fake.rows[i];
        if (r->look != look)
            continue;
        if (r->what && str_eq(r->what, what ? what : ""))
            return r;
        if (!r->what && !any)
            any = r;
    }
    return any;
}

static struct fake_row *add_row(enum core_look look, const char *what)
{
    assert(fake.count < FAKE_ROWS_MAX);
    struct fake_row *r = &fake.rows[fake.count++];
    *r = (struct fake_row){.look = look, .what = what ? mem_strdup(what) : NULL};
    return r;
}

bool fake_look_held(const void *look)
{
    return fake.hold[*(const enum core_look *)look];
}

// Called and returns locked. False when cancelled.
bool fake_wait_while(bool (*held)(const void *), const void *arg, struct cancel *cancel)
{
    fake.held++;
    while (held(arg) && !cancel_requested(cancel)) {
        fake_unlock();
        cancel_sleep(cancel, HOLD_STEP_MS);
        fake_lock();
    }
    fake.held--;
    return !cancel_requested(cancel);
}

static bool fake_look(enum core_look look, const struct answers *answers, const char *what,
                      struct cancel *cancel, struct json **out, struct err *err)
{
    assert(answers);
    fake_lock();
    fake.asked[look]++;
    bool ok = fake_wait_while(fake_look_held, &look, cancel);
    if (!ok) {
        err_set(err, ERR_CANCELLED, "stopped");
    } else {
        const struct fake_row *r = fake_row_of(look, what);
        assert(r);
        ok = r->json != NULL;
        if (ok)
            *out = json_copy(r->json);
        else
            fake_copy_err(err, &r->err);
    }
    fake_unlock();
    return ok;
}

static const struct core table = {.version = CORE_VERSION,
                                  .look = fake_look,
                                  .run = fake_run,
                                  .fix_of = fake_fix_of,
                                  .export_files = fake_export,
                                  .sso_login = fake_sso_login,
                                  .mfa = fake_mfa,
                                  .forest_set_url = fake_set_url,
                                  .forest_connect = fake_connect,
                                  .recover = fake_recover};

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
    fake_lock();
    for (size_t i = 0; i < fake.count; i++) {
        mem_free(fake.rows[i].what);
        json_free(fake.rows[i].json);
        err_clear(&fake.rows[i].err);
    }
    fake.count = 0;
    memset(fake.hold, 0, sizeof fake.hold);
    memset(fake.asked, 0, sizeof fake.asked);
    char **const texts[] = {&fake.hold_step, &fake.pause_step, &fake.fail_step,
                            &fake.exported,  &fake.url_set,    &fake.signed_in};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        str_replace(texts[i], NULL);
    err_clear(&fake.fail);
    err_clear(&fake.set_url);
    err_clear(&fake.sign_in);
    answers_clear(&fake.run_answers);
    fake.runs = 0;
    fake_unlock();
}

void fake_core_answer(enum core_look look, const char *what, const char *json)
{
    ERR_AUTO e = {0};
    struct json *parsed = json_parse(json, strlen(json), NULL, &e);
    if (!parsed) {
        fprintf(stderr, "fake core, look %d: %s\n", (int)look, e.message);
        abort();
    }
    fake_lock();
    add_row(look, what)->json = parsed;
    fake_unlock();
}

void fake_core_fail(enum core_look look, const char *what, enum err_kind kind, const char *message,
                    const char *remedy)
{
    fake_lock();
    struct fake_row *r = add_row(look, what);
    err_set(&r->err, kind, "%s", message);
    if (remedy)
        err_remedy(&r->err, "%s", remedy);
    fake_unlock();
}

void fake_core_fail_with(enum core_look look, const char *what, enum err_kind kind,
                         const char *code, const char *message)
{
    fake_lock();
    struct fake_row *r = add_row(look, what);
    err_set(&r->err, kind, "%s", message);
    err_code(&r->err, code);
    fake_unlock();
}

void fake_core_hold(enum core_look look, bool hold)
{
    fake_lock();
    fake.hold[look] = hold;
    fake_unlock();
}

unsigned fake_core_asked(enum core_look look)
{
    fake_lock();
    unsigned n = fake.asked[look];
    fake_unlock();
    return n;
}

unsigned fake_core_held(void)
{
    fake_lock();
    unsigned n = fake.held;
    fake_unlock();
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
    fake_lock();
    add_row(CORE_NETWORKS, NULL)->json = list;
    fake_unlock();
}

void fake_core_run_fails(const char *step, enum err_kind kind, const char *message,
                         const char *remedy, const char *code)
{
    fake_lock();
    str_replace(&fake.fail_step, step);
    err_clear(&fake.fail);
    if (step) {
        err_set(&fake.fail, kind, "%s", message);
        if (remedy)
            err_remedy(&fake.fail, "%s", remedy);
        err_code(&fake.fail, code);
    }
    fake_unlock();
}

void fake_core_run_holds(const char *step)
{
    fake_lock();
    str_replace(&fake.hold_step, step);
    fake_unlock();
}

void fake_core_run_pauses(const char *step)
{
    fake_lock();
    str_replace(&fake.pause_step, step);
    fake_unlock();
}

unsigned fake_core_runs(void)
{
    fake_lock();
    unsigned n = fake.runs;
    fake_unlock();
    return n;
}

enum core_run fake_core_last_run(void)
{
    fake_lock();
    enum core_run what = fake.last_run;
    fake_unlock();
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

const char *fake_core_signed_in(void)
{
    return fake.signed_in;
}

void fake_core_sign_in_fails(const char *message)
{
    fake_lock();
    err_clear(&fake.sign_in);
    if (message)
        err_set(&fake.sign_in, ERR_AUTH, "%s", message);
    fake_unlock();
}

void fake_core_set_url_fails(const char *message, const char *remedy)
{
    fake_lock();
    err_clear(&fake.set_url);
    if (message) {
        err_set(&fake.set_url, ERR_DENIED, "%s", message);
        if (remedy)
            err_remedy(&fake.set_url, "%s", remedy);
    }
    fake_unlock();
}
