// SPDX-License-Identifier: MIT
// The lookups that were asked for, each under a key made from the answers it depends on.
#include "screens/lookup.h"

#include <string.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/config.h"
#include "screens/lookup_private.h"
#include "screens/wizard.h"

// Enough for every profile and VPC of a large company once; the oldest unused one goes first.
enum { ENTRIES_MAX = 256, KEY_MAX = 64 * 1024 };

struct asked { // one job's own; the entry may be gone before it ends
    struct answers answers;
    char *what;
    enum core_look kind;
    unsigned pause_ms;
    struct json *value;
    struct err err;
    int64_t (*clock)(void);
    struct entry *entry; // UI thread only; NULL: nobody waits for it any more
};

struct entry {
    char *key, *what;
    enum core_look kind;
    struct lookup known;
    struct json *value;
    struct err err;
    int64_t came_ms;
    uint64_t used; // counts up with each use
    struct asked *asked;
    struct job *job; // while asking
    struct entry *next;
};

struct lookups {
    struct entry *entries, *gone; // gone: freed at the next frame, screens may still look at them
    size_t count;
    uint64_t uses;
    bool held;
    struct secret seen[3]; // to tell a changed secret from the same one
    unsigned number[3];
};

// Which answers a kind depends on.
enum depends {
    ON_WHAT = 1,
    ON_PROFILE = 2,
    ON_REGION = 4,
    ON_NETWORK = 8,
    ON_SOURCE = 16,
    ON_IMAGE = 32,
    ON_ENV_SECRET = 64,
    ON_ALL = 128
};
static const struct {
    unsigned depends;
    unsigned pause_ms; // for what is typed letter by letter: asked when the typing pauses
} kinds[CORE_LOOKS] = {
    [CORE_PROFILES] = {0, 0},
    [CORE_IDENTITY] = {ON_WHAT, 0},
    [CORE_REGIONS] = {ON_PROFILE, 0},
    [CORE_NETWORKS] = {ON_PROFILE | ON_REGION, 0},
    [CORE_NETWORK_CHOICE] = {ON_PROFILE | ON_REGION | ON_NETWORK, 150},
    [CORE_DATABASES] = {ON_WHAT | ON_PROFILE | ON_REGION, 0},
    [CORE_FOREST] = {ON_ENV_SECRET, 150},
    [CORE_BUILDER] = {ON_IMAGE | ON_SOURCE, 150},
    [CORE_SOURCE] = {ON_SOURCE, 400},
    [CORE_PLAN] = {ON_ALL, 0},
    [CORE_DESTROY_PLAN] = {ON_WHAT, 0},
    [CORE_STATUS] = {ON_WHAT, 0},
    [CORE_RIGHTS] = {ON_ALL, 0},
    [CORE_FOUND] = {ON_PROFILE | ON_REGION, 0},
    [CORE_FORMS] = {0, 0},
};

static struct secret_answer *secret_of(struct answers *a, size_t index)
{
    struct secret_answer *const all[] = {&a->forest.env_secret, &a->forest.auth_secret,
                                         &a->database.url};
    return all[index];
}

static bool same_secret(const struct secret *a, const struct secret *b)
{
    return a->len == b->len &&
           (a->len == 0 || memcmp(secret_reveal(a), secret_reveal(b), a->len) == 0);
}

// A number that changes with the secret: it stands in the key for it.
static unsigned secret_number(struct wizard *wizard, size_t index)
{
    struct lookups *l = wizard->lookups;
    const struct secret *now = &secret_of(&wizard->answers, index)->value;
    if (!same_secret(&l->seen[index], now)) {
        secret_clear(&l->seen[index]);
        if (!secret_empty(now))
            secret_copy(&l->seen[index], now);
        l->number[index]++;
    }
    return l->number[index];
}

static void add(struct str *key, const char *text)
{
    // With its length, so that no two different lists of texts make one key.
    str_addf(key, "|%zu:%s", text ? strlen(text) : 0, text ? text : "");
}

static void add_network(struct str *key, const struct answers *a)
{
    str_addf(key, "|%d", a->network.new_vpc);
    add(key, a->network.cidr);
    add(key, a->network.vpc);
    for (size_t i = 0; i < a->network.subnet_count; i++)
        add(key, a->network.subnets[i]);
}

static void add_source(struct str *key, const struct answers *a)
{
    str_addf(key, "|%d", (int)a->backend.source);
    add(key, a->backend.folder);
    add(key, a->backend.git_url);
    add(key, a->backend.git_ref);
    add(key, a->backend.git_folder);
}

static void add_everything(struct str *key, struct wizard *wizard)
{
    JSON_AUTO *all = config_write(&wizard->answers);
    AUTO_FREE char *text = json_print(all);
    add(key, text);
    for (size_t i = 0; i < ARRAY_LEN(wizard->lookups->seen); i++)
        str_addf(key, "|%u", secret_number(wizard, i));
}

static char *make_key(struct wizard *wizard, enum core_look kind, const char *what)
{
    const struct answers *a = &wizard->answers;
    unsigned on = kinds[kind].depends;
    struct str key;
    str_init(&key, KEY_MAX);
    str_addf(&key, "%d", (int)kind);
    add(&key, what);
    if (on & ON_PROFILE)
        add(&key, a->aws.profile);
    if (on & ON_REGION)
        add(&key, a->aws.region);
    if (on & ON_NETWORK)
        add_network(&key, a);
    if (on & ON_SOURCE)
        add_source(&key, a);
    if (on & ON_IMAGE)
        str_addf(&key, "|%d|%d|%s", (int)a->backend.builder, (int)a->backend.arch,
                 a->backend.base_image ? a->backend.base_image : "");
    if (on & ON_ENV_SECRET) {
        add(&key, a->forest.server_url);
        str_addf(&key, "|%u", secret_number(wizard, 0));
    }
    if (on & ON_ALL)
        add_everything(&key, wizard);
    return str_take(&key);
}

// Only what the kind needs leaves this thread: fewer copies of a secret.
static void copy_answers(struct answers *to, const struct wizard *wizard, enum core_look kind)
{
    answers_copy(to, &wizard->answers);
    for (size_t i = 0; i < 3; i++)
        if (!(kinds[kind].depends & ON_ALL) && !(i == 0 && (kinds[kind].depends & ON_ENV_SECRET)))
            secret_clear(&secret_of(to, i)->value);
}

static void ask(void *arg, struct cancel *cancel)
{
    struct asked *asked = arg;
    if (asked->pause_ms && !cancel_sleep(cancel, asked->pause_ms)) {
        err_set(&asked->err, ERR_CANCELLED, "stopped");
        return;
    }
    const struct core *core = core_get(&asked->err);
    if (core && !core->look(asked->kind, &asked->answers, asked->what, cancel, &asked->value,
                            &asked->err)) {
        json_free(asked->value);
        asked->value = NULL;
    }
}

static void asked_free(struct asked *asked)
{
    answers_clear(&asked->answers);
    mem_free(asked->what);
    json_free(asked->value);
    err_clear(&asked->err);
    mem_free(asked);
}

static void answered(void *arg, bool dropped)
{
    struct asked *asked = arg;
    struct entry *e = dropped ? NULL : asked->entry;
    if (e) {
        e->asked = NULL;
        e->job = NULL;
        e->came_ms = asked->clock();
        e->value = mem_steal(asked->value);
        err_move(&e->err, &asked->err);
        if (!e->value && e->err.kind == ERR_NONE)
            err_set(&e->err, ERR_INTERNAL, "nothing was answered and no reason given");
        e->known.state = e->value ? LOOKUP_KNOWN : LOOKUP_FAILED;
        e->known.value = e->value;
        e->known.err = e->value ? NULL : &e->err;
    }
    asked_free(asked);
}

static void entry_free(struct entry *e)
{
    mem_free(e->key);
    mem_free(e->what);
    json_free(e->value);
    err_clear(&e->err);
    mem_free(e);
}

// Takes an entry out; what it waits for is not waited for any more.
static void forget(struct lookups *l, struct entry **at)
{
    struct entry *e = *at;
    *at = e->next;
    l->count--;
    if (e->asked) {
        e->asked->entry = NULL;
        job_cancel(e->job);
    }
    e->next = l->gone;
    l->gone = e;
}

static struct entry **find(struct lookups *l, const char *key)
{
    struct entry **at = &l->entries;
    while (*at && strcmp((*at)->key, key) != 0)
        at = &(*at)->next;
    return at;
}

// The same question for older answers is not waited for any more.
static void forget_older(struct lookups *l, enum core_look kind, const char *what)
{
    struct entry **at = &l->entries;
    while (*at) {
        struct entry *e = *at;
        if (e->kind == kind && e->asked && str_eq(e->what, what))
            forget(l, at);
        else
            at = &e->next;
    }
}

static void make_room(struct lookups *l)
{
    if (l->count < ENTRIES_MAX)
        return;
    struct entry **oldest = NULL;
    for (struct entry **at = &l->entries; *at; at = &(*at)->next)
        if (!(*at)->asked && (!oldest || (*at)->used < (*oldest)->used))
            oldest = at;
    if (oldest)
        forget(l, oldest);
}

static struct entry *start(struct wizard *wizard, enum core_look kind, const char *what, char *key)
{
    struct lookups *l = wizard->lookups;
    forget_older(l, kind, what);
    make_room(l);
    struct entry *e = mem_calloc(1, sizeof *e);
    *e = (struct entry){.key = key,
                        .what = what ? mem_strdup(what) : NULL,
                        .kind = kind,
                        .known = {.state = LOOKUP_ASKING, .since_ms = wizard->clock()},
                        .next = l->entries};
    l->entries = e;
    l->count++;
    struct asked *asked = mem_calloc(1, sizeof *asked);
    copy_answers(&asked->answers, wizard, kind);
    asked->what = what ? mem_strdup(what) : NULL;
    asked->kind = kind;
    asked->pause_ms = kinds[kind].pause_ms;
    asked->clock = wizard->clock;
    asked->entry = e;
    e->asked = asked;
    e->job = job_start(wizard->jobs, ask, answered, asked);
    return e;
}

static struct lookup use(struct lookups *l, struct entry *e)
{
    e->used = ++l->uses;
    return e->known;
}

struct lookup lookup(struct wizard *wizard, enum core_look kind, const char *what)
{
    struct lookups *l = wizard->lookups;
    char *key = make_key(wizard, kind, what);
    struct entry *e = *find(l, key);
    if (!e && l->held) {
        mem_free(key);
        return (struct lookup){.state = LOOKUP_ASKING, .since_ms = wizard->clock()};
    }
    if (e)
        mem_free(key);
    else
        e = start(wizard, kind, what, key);
    return use(l, e);
}

struct lookup lookup_peek(struct wizard *wizard, enum core_look kind, const char *what)
{
    AUTO_FREE char *key = make_key(wizard, kind, what);
    struct entry *e = *find(wizard->lookups, key);
    return e ? use(wizard->lookups, e) : (struct lookup){.state = LOOKUP_ASKING};
}

void lookup_again(struct wizard *wizard, enum core_look kind, const char *what)
{
    AUTO_FREE char *key = make_key(wizard, kind, what);
    struct entry **at = find(wizard->lookups, key);
    if (*at)
        forget(wizard->lookups, at);
}

int64_t lookup_age_ms(struct wizard *wizard, enum core_look kind, const char *what)
{
    AUTO_FREE char *key = make_key(wizard, kind, what);
    const struct entry *e = *find(wizard->lookups, key);
    return e && !e->asked ? wizard->clock() - e->came_ms : -1;
}

void lookups_new(struct wizard *wizard)
{
    wizard->lookups = mem_calloc(1, sizeof *wizard->lookups);
}

void lookups_hold(struct wizard *wizard, bool held)
{
    wizard->lookups->held = held;
}

void lookups_sweep(struct wizard *wizard)
{
    struct lookups *l = wizard->lookups;
    while (l->gone) {
        struct entry *e = l->gone;
        l->gone = e->next;
        entry_free(e);
    }
}

void lookups_free(struct wizard *wizard)
{
    struct lookups *l = wizard->lookups;
    if (!l)
        return;
    lookups_sweep(wizard);
    while (l->entries) {
        struct entry *e = l->entries;
        l->entries = e->next;
        entry_free(e);
    }
    for (size_t i = 0; i < ARRAY_LEN(l->seen); i++)
        secret_clear(&l->seen[i]);
    mem_free(l);
    wizard->lookups = NULL;
}
