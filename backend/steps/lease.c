// SPDX-License-Identifier: MIT
#include "backend/steps/lease.h"

#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "backend/aws/logs.h"
#include "backend/base/fs.h"
#include "backend/base/random.h"
#include "backend/base/text.h"
#include "backend/steps/common.h"
#include "backend/steps/lease_private.h"

enum { TERM_MS = 60000, TERM_MIN_MS = 2000, RENEWALS = 4, MARGIN_PART = 6, TRIES = 6 };

// Tests shorten it, as they do with the time that AWS may hide what is new.
static int64_t term_ms(void)
{
    const char *text = getenv("FOREST_SETUP_LEASE_MS");
    long ms = text ? strtol(text, NULL, 10) : 0;
    return ms >= TERM_MIN_MS ? ms : TERM_MS;
}

// ---- who we are

static void user_name(char *out, size_t size)
{
    struct passwd entry;
    struct passwd *found = NULL;
    char buffer[4096];
    const char *name = getenv("USER");
    if (getpwuid_r(geteuid(), &entry, buffer, sizeof buffer, &found) == 0 && found)
        name = found->pw_name;
    snprintf(out, size, "%s", name ? name : "somebody");
}

// "alice@laptop pid 4711", in the characters that a tag takes.
static char *holder_text(void)
{
    char user[64];
    char host[128] = "?";
    user_name(user, sizeof user);
    (void)gethostname(host, sizeof host - 1);
    char *text = mem_printf("%s@%s pid %ld", user, host, (long)getpid());
    for (char *p = text; *p; p++)
        if (!strchr("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 _.:/=+-@", *p))
            *p = '_';
    return text;
}

// ---- the claim on this machine

static char *claim_path(const struct lease *l)
{
    return fs_join(l->records_dir, "lease");
}

static char *known_claim(const struct lease *l)
{
    AUTO_FREE char *path = claim_path(l);
    STR_AUTO text = {0};
    str_init(&text, 256);
    return fs_read(path, &text, NULL) && text.len ? mem_strdup(text.data) : NULL;
}

// On the disk before the call, so that a run that is killed in between knows its own lease again.
static bool remember_claim(struct lease *l, struct err *err)
{
    AUTO_FREE char *path = claim_path(l);
    mem_free(l->claim);
    l->claim = random_hex(16);
    return fs_write(path, l->claim, strlen(l->claim), 0600, err);
}

// ---- tags

static char *until_text(const struct lease *l)
{
    int64_t until = aws_client_now(l->aws) + l->term_ms;
    return mem_printf("%lld", (long long)until);
}

static bool create(struct lease *l, unsigned number, struct err *err)
{
    AUTO_FREE char *name = lease_name(l, number);
    AUTO_FREE char *holder = holder_text();
    AUTO_FREE char *until = until_text(l);
    AUTO_FREE char *since = clock_format(aws_client_now(l->aws));
    const struct aws_tag items[] = {{TAG_STACK, l->stack->names.stack},
                                    {TAG_SETUP, l->stack->answers->name},
                                    {TAG_RESOURCE, "lease"},
                                    {LEASE_CLAIM, l->claim},
                                    {LEASE_HOLDER, holder},
                                    {LEASE_SINCE, since},
                                    {LEASE_UNTIL, until}};
    const struct aws_tags tags = {items, ARRAY_LEN(items)};
    return logs_create_group(l->aws, name, NULL, &tags, err);
}

static bool write_tags(struct lease *l, const char *arn, struct err *err)
{
    AUTO_FREE char *holder = holder_text();
    AUTO_FREE char *until = until_text(l);
    const struct aws_tag items[] = {{LEASE_HOLDER, holder}, {LEASE_UNTIL, until}};
    const struct aws_tags tags = {items, ARRAY_LEN(items)};
    return logs_put_tags(l->aws, arn, &tags, err);
}

static void valid_from(struct lease *l, int64_t sent_ms)
{
    atomic_store(&l->valid_until_ms, sent_ms + l->term_ms - l->term_ms / MARGIN_PART);
}

// ---- taking it

static bool held_by(const struct lease *l, const struct lease_claim *c, struct err *err)
{
    AUTO_FREE char *holder = text_safe(c->holder ? c->holder : "somebody", 200);
    AUTO_FREE char *since = text_safe(c->since ? c->since : "a moment ago", 40);
    AUTO_FREE char *until = clock_format(c->until_ms);
    err_set(err, ERR_CONFLICT, "another forest-setup is working on %s: %s, since %s",
            l->stack->answers->name, holder, since);
    err_code(err, LEASE_HELD);
    return err_remedy(err,
                      "Wait until it has ended: --wait does. If it was killed, its claim ends by "
                      "itself at %s.",
                      until);
}

static bool delete_number(struct lease *l, unsigned number, struct err *err)
{
    AUTO_FREE char *name = lease_name(l, number);
    return gone_is_fine(logs_delete_group(l->aws, name, err), err);
}

// Is somebody else's claim alive, now that ours is made? Then ours goes: both step back rather than
// both going on. What has run out is swept away.
static bool confirm(struct lease *l, unsigned number, struct lease_claim *rival, struct err *err)
{
    struct lease_claims now = {0};
    bool ok = lease_read_claims(l, &now, err);
    for (size_t i = 0; i < now.count && ok; i++) {
        struct lease_claim *c = &now.items[i];
        if (c->number == number || str_eq(c->claim, l->claim))
            continue;
        if (aws_client_now(l->aws) < c->until_ms) {
            lease_claim_move(rival, c);
            break;
        }
        ok = delete_number(l, c->number, err);
    }
    lease_claims_clear(&now);
    return ok;
}

static bool make(struct lease *l, unsigned number, bool *out_held, struct err *err)
{
    struct lease_claim rival = {0};
    ERR_AUTO e = {0};
    int64_t sent_ms = clock_ms();
    if (!remember_claim(l, err))
        return false;
    if (!create(l, number, &e)) {
        // Another one was faster, or nobody knows: the next look tells.
        if (already_exists(&e))
            return true;
        bool unknown = e.outcome_unknown;
        err_move(unknown ? &l->doubt : err, &e);
        return unknown;
    }
    l->number = number;
    bool ok = confirm(l, number, &rival, err);
    if (ok && rival.number) {
        ok = delete_number(l, number, err);
        l->number = 0;
    }
    *out_held = ok && l->number;
    if (*out_held)
        valid_from(l, sent_ms);
    lease_claim_clear(&rival);
    return ok;
}

// Ours from a run that was killed: this machine's lock says that it is dead.
static bool adopt(struct lease *l, const struct lease_claim *c, bool *out_held, struct err *err)
{
    struct lease_claim rival = {0};
    ERR_AUTO e = {0};
    int64_t sent_ms = clock_ms();
    str_replace(&l->claim, c->claim);
    if (!write_tags(l, c->arn, &e)) {
        if (e.kind == ERR_NOT_FOUND)
            return true; // it ran out and was swept away a moment ago
        err_move(err, &e);
        return false;
    }
    bool ok = confirm(l, c->number, &rival, err);
    *out_held = ok && !rival.number;
    if (*out_held) {
        l->number = c->number;
        valid_from(l, sent_ms);
    }
    lease_claim_clear(&rival);
    return ok;
}

// One look, and what follows from it. *out_held stays false when it is to be looked at again.
static bool try_once(struct lease *l, bool *out_held, struct err *err)
{
    struct lease_claims seen = {0};
    AUTO_FREE char *mine = known_claim(l);
    bool ok = lease_read_claims(l, &seen, err);
    const struct lease_claim *own = NULL;
    const struct lease_claim *alive = NULL;
    unsigned highest = 0;
    for (size_t i = 0; i < seen.count && ok; i++) {
        const struct lease_claim *c = &seen.items[i];
        highest = c->number > highest ? c->number : highest;
        if (mine && str_eq(c->claim, mine))
            own = c;
        else if (aws_client_now(l->aws) < c->until_ms)
            alive = c;
    }
    if (ok && alive)
        ok = held_by(l, alive, err);
    else if (ok)
        ok = own ? adopt(l, own, out_held, err) : make(l, highest + 1, out_held, err);
    lease_claims_clear(&seen);
    return ok;
}

static bool take(struct lease *l, struct err *err)
{
    bool held = false;
    for (int tries = 0; tries < TRIES && !held; tries++) {
        uint32_t dice = 0;
        random_bytes(&dice, sizeof dice);
        if (tries && !cancel_sleep(l->cancel, 100 + (int64_t)(dice % 400) * tries))
            return err_set(err, ERR_CANCELLED, "stopped while another forest-setup was asked for");
        if (!try_once(l, &held, err))
            return false;
    }
    if (held)
        return true;
    if (l->doubt.kind != ERR_NONE) { // nobody else, but the way to AWS
        err_move(err, &l->doubt);
        return err_wrap(err, "claiming %s for this run", l->stack->answers->name);
    }
    err_set(err, ERR_CONFLICT, "another forest-setup begins to work on %s at this moment",
            l->stack->answers->name);
    err_code(err, LEASE_HELD);
    return err_remedy(err, "Try again in some seconds.");
}

// ---- keeping it

static bool lost(struct lease *l, struct err *err)
{
    l->lost = true;
    atomic_store(&l->valid_until_ms, 0);
    struct lease_claims seen = {0};
    ERR_AUTO e = {0}; // who has it now is good to know, no more
    AUTO_FREE char *who = NULL;
    if (lease_read_claims(l, &seen, &e) && seen.count)
        who = text_safe(seen.items[seen.count - 1].holder, 200);
    lease_claims_clear(&seen);
    err_set(err, ERR_CONFLICT,
            "another forest-setup has taken over %s (%s), because this one was not heard of for "
            "%lld s",
            l->stack->answers->name, who ? who : "nobody knows who", (long long)l->term_ms / 1000);
    err_code(err, LEASE_LOST);
    return err_remedy(err, "Nothing more is changed from here. Look at it again when the other one "
                           "has ended.");
}

// With the lock held. Writes the new end, then looks whether somebody has taken over.
static bool renew(struct lease *l, struct err *err)
{
    struct lease_claims seen = {0};
    ERR_AUTO e = {0};
    int64_t sent_ms = clock_ms();
    AUTO_FREE char *arn = lease_arn(l, l->number);
    bool ok = !l->lost && write_tags(l, arn, &e) && lease_read_claims(l, &seen, &e);
    bool there = false;
    bool rival = false;
    for (size_t i = 0; i < seen.count; i++) {
        there =
            there || (seen.items[i].number == l->number && str_eq(seen.items[i].claim, l->claim));
        rival = rival || seen.items[i].number > l->number;
    }
    lease_claims_clear(&seen);
    if (l->lost || e.kind == ERR_NOT_FOUND || (ok && !there))
        return lost(l, err);
    if (ok && !rival) {
        valid_from(l, sent_ms);
        return true;
    }
    if (ok) { // one of the two steps back within moments: the next look tells which
        err_set(&e, ERR_CONFLICT, "another forest-setup tries to take over %s",
                l->stack->answers->name);
        err_code(&e, LEASE_LOST);
    }
    err_move(err, &e);
    return false;
}

static void *keep(void *context)
{
    struct lease *l = context;
    while (cancel_sleep(&l->stop, l->term_ms / RENEWALS)) {
        ERR_AUTO ignored = {0}; // a write that needs it finds out, and says so
        pthread_mutex_lock(&l->lock);
        (void)renew(l, &ignored);
        pthread_mutex_unlock(&l->lock);
    }
    return NULL;
}

bool lease_permit(void *context, struct err *err)
{
    struct lease *l = context;
    if (clock_ms() < atomic_load(&l->valid_until_ms))
        return true;
    pthread_mutex_lock(&l->lock);
    bool ok = clock_ms() < atomic_load(&l->valid_until_ms) || renew(l, err);
    for (int tries = 1; !ok && !l->lost && tries < TRIES && err->kind == ERR_CONFLICT; tries++) {
        err_clear(err);
        ok = cancel_sleep(l->cancel, 300) && renew(l, err);
    }
    pthread_mutex_unlock(&l->lock);
    return ok;
}

// ---- life

static struct lease *open_lease(const struct lease_options *o)
{
    struct lease *l = mem_calloc(1, sizeof *l);
    l->stack = o->stack;
    l->cancel = o->cancel;
    l->records_dir = o->records_dir ? mem_strdup(o->records_dir) : NULL;
    l->term_ms = term_ms();
    pthread_mutex_init(&l->lock, NULL);
    cancel_init(&l->stop);
    atomic_init(&l->valid_until_ms, 0);
    // A client of its own: what it writes is not asked for a permit, and it must be able to give
    // the lease back when the run was cancelled.
    struct aws_client_options aws = {.http = o->stack->http,
                                     .credentials = o->stack->credentials,
                                     .endpoints = &o->stack->endpoints,
                                     .region = o->stack->region};
    l->aws = aws_client_new(&aws);
    return l;
}

// Signals are for the thread that waits for them.
static void start_keeping(struct lease *l)
{
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    l->keeping = pthread_create(&l->thread, NULL, keep, l) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

bool lease_take(struct lease **out, const struct lease_options *options, struct err *err)
{
    struct lease *l = open_lease(options);
    if (!take(l, err)) {
        lease_free(l);
        return false;
    }
    start_keeping(l);
    *out = l;
    return true;
}

bool lease_look(const struct lease_options *options, struct err *err)
{
    struct lease *l = open_lease(options);
    struct lease_claims seen = {0};
    AUTO_FREE char *mine = known_claim(l);
    bool ok = lease_read_claims(l, &seen, err);
    for (size_t i = 0; i < seen.count && ok; i++)
        if (!str_eq(seen.items[i].claim, mine) && aws_client_now(l->aws) < seen.items[i].until_ms)
            ok = held_by(l, &seen.items[i], err);
    lease_claims_clear(&seen);
    lease_free(l);
    return ok;
}

static void stop_keeping(struct lease *l)
{
    cancel_request(&l->stop);
    if (l->keeping)
        pthread_join(l->thread, NULL);
    l->keeping = false;
}

bool lease_release(struct lease *l, struct err *err)
{
    stop_keeping(l);
    bool ok = !l->number || l->lost || delete_number(l, l->number, err);
    if (ok && l->number) { // without the file the next run knows that nothing is to be given back
        AUTO_FREE char *path = claim_path(l);
        (void)unlink(path);
    }
    if (ok)
        l->number = 0;
    return ok;
}

bool lease_remembered(const char *records_dir)
{
    AUTO_FREE char *path = fs_join(records_dir, "lease");
    return fs_exists(path);
}

void lease_counts(struct lease *l, struct aws_counts *out)
{
    aws_client_counts(l->aws, out);
}

void lease_free(struct lease *l)
{
    if (!l)
        return;
    ERR_AUTO ignored = {0}; // it ends by itself
    (void)lease_release(l, &ignored);
    aws_client_free(l->aws);
    cancel_clear(&l->stop);
    pthread_mutex_destroy(&l->lock);
    err_clear(&l->doubt);
    mem_free(l->claim);
    mem_free(l->records_dir);
    mem_free(l);
}
