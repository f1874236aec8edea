// SPDX-License-Identifier: MIT
// Where the backend runs: an existing VPC that can carry it, which of its subnets, or a new VPC.
#include "screens/network.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/validate.h"
#include "screens/ready.h"
#include "screens/screens.h"

enum { CIDR_BYTES = 32 };

// ---- what is chosen, what would be

bool list_holds(const char *list, const char *id)
{
    size_t n = strlen(id);
    for (const char *p = list; p && *p;) {
        size_t k = strcspn(p, ",");
        if (k == n && strncmp(p, id, n) == 0)
            return true;
        p += k + (p[k] == ',');
    }
    return false;
}

bool network_is_answer(const struct wizard *w, const struct json *vpc)
{
    const char *wanted = w->answers.network.vpc;
    return !str_empty(wanted) && (str_eq(json_text(json_get(vpc, "id")), wanted) ||
                                  str_eq(json_text(json_get(vpc, "name")), wanted));
}

const struct json *network_answered(const struct wizard *w, const struct json *vpcs)
{
    if (str_empty(w->answers.network.vpc))
        return NULL;
    for (const struct json *v = json_first(vpcs); v; v = json_next(v))
        if (network_is_answer(w, v))
            return v;
    return NULL;
}

// A database of the account: its VPC is the one to be in.
static const struct json *database_in(const struct json *databases, const char *vpc)
{
    for (const struct json *d = json_first(databases); d; d = json_next(d))
        if (str_eq(json_str(d, "vpc"), vpc))
            return d;
    return NULL;
}

static int64_t free_addresses(const struct json *vpc)
{
    int64_t sum = 0;
    const struct json *subnets = json_get(vpc, "subnets");
    for (const struct json *s = json_first(subnets); s; s = json_next(s))
        if (str_starts(json_str_or(s, "kind", ""), "private"))
            sum += json_int(s, "free_addresses", 0);
    return sum;
}

struct candidate {
    const struct json *vpc, *database;
    int64_t free;
    size_t usable; // how many there are
};

// With a database before without, not the account's default VPC, then the most free addresses.
static bool better(const struct candidate *a, const struct candidate *b)
{
    if (!b->vpc || !a->database != !b->database)
        return !b->vpc || a->database;
    bool a_default = json_bool(a->vpc, "default", false);
    bool b_default = json_bool(b->vpc, "default", false);
    if (a_default != b_default)
        return b_default;
    return a->free > b->free;
}

static struct candidate find_best(const struct json *vpcs, const struct json *databases)
{
    struct candidate found = {0};
    for (const struct json *v = json_first(vpcs); v; v = json_next(v)) {
        if (!json_bool(v, "usable", false))
            continue;
        struct candidate c = {.vpc = v,
                              .database = database_in(databases, json_str(v, "id")),
                              .free = free_addresses(v),
                              .usable = found.usable};
        if (better(&c, &found))
            found = c;
        found.usable++;
    }
    return found;
}

static void tell_why(struct network_screen *s, const struct candidate *c)
{
    snprintf(s->suggested, sizeof s->suggested, "%s",
             c->vpc ? json_str_or(c->vpc, "id", "") : NETWORK_NEW);
    if (!c->vpc)
        snprintf(s->why, sizeof s->why, "Suggested: no existing VPC can run the backend.");
    else if (c->database)
        snprintf(s->why, sizeof s->why, "Suggested: the database %s is in it.",
                 json_str_or(c->database, "id", ""));
    else if (c->usable == 1)
        snprintf(s->why, sizeof s->why, "Suggested: the only one that can run the backend.");
    else
        snprintf(s->why, sizeof s->why, "Suggested: it has the most free addresses.");
}

static bool same(const struct lookup *a, const struct lookup *b)
{
    return a->value == b->value && a->since_ms == b->since_ms && a->state == b->state;
}

// Thousands of VPCs are weighed once, not for every frame.
static void suggest_best(struct network_screen *s, struct lookup vpcs, struct lookup databases)
{
    if (s->suggested[0] && same(&s->weighed, &vpcs) && same(&s->weighed_databases, &databases))
        return;
    s->weighed = vpcs;
    s->weighed_databases = databases;
    struct candidate c = find_best(vpcs.value, databases.value);
    tell_why(s, &c);
}

const char *network_now(struct wizard *w)
{
    struct network_screen *s = wizard_state(w, SCREEN_NETWORK);
    struct lookup vpcs = lookup_peek(w, CORE_NETWORKS, NULL);
    if (w->answers.network.new_vpc)
        return NETWORK_NEW;
    const struct json *answered = network_answered(w, vpcs.value);
    if (answered)
        return json_str(answered, "id");
    if (vpcs.state != LOOKUP_KNOWN)
        return w->answers.network.vpc;
    suggest_best(s, vpcs, lookup_peek(w, CORE_DATABASES, NULL));
    return s->suggested;
}

struct lookup network_choice_of(struct wizard *w, const struct json *vpc, bool start)
{
    struct answers *a = &w->answers;
    bool own = network_is_answer(w, vpc);
    // A lookup is for the answers as they are; these stand in for the time of the call.
    __typeof__(a->network) saved = a->network;
    char id[NETWORK_ID_BYTES];
    snprintf(id, sizeof id, "%s", json_str_or(vpc, "id", ""));
    a->network.new_vpc = false;
    a->network.vpc = id;
    if (!own)
        a->network.subnet_count = 0;
    struct lookup found =
        start ? lookup(w, CORE_NETWORK_CHOICE, NULL) : lookup_peek(w, CORE_NETWORK_CHOICE, NULL);
    a->network = saved;
    return found;
}

bool network_uses(const struct wizard *w, const struct json *vpc, struct lookup choice,
                  const struct json *subnet)
{
    const struct answers *a = &w->answers;
    const char *id = json_str_or(subnet, "id", "");
    if (!network_is_answer(w, vpc) || !a->network.subnet_count) {
        // Until the check has answered: what it will most likely take.
        if (choice.state == LOOKUP_ASKING)
            return json_bool(vpc, "usable", false) &&
                   str_starts(json_str_or(subnet, "kind", ""), "private");
        return list_holds(json_str(choice.value, "tasks"), id);
    }
    for (size_t i = 0; i < a->network.subnet_count; i++)
        if (str_eq(a->network.subnets[i], id))
            return true;
    return false;
}

// ---- may the user go on

static bool ready_existing(struct wizard *w, struct ready *out)
{
    struct lookup vpcs = lookup_peek(w, CORE_NETWORKS, NULL);
    if (vpcs.state == LOOKUP_FAILED && w->at == SCREEN_NETWORK)
        return ready_err(out, "vpc", vpcs.err);
    if (vpcs.state != LOOKUP_KNOWN)
        return true;
    const struct json *vpc = network_answered(w, vpcs.value);
    if (!vpc)
        return ready_no(out, "vpc", "%s is not in this region. Choose another VPC.",
                        w->answers.network.vpc);
    if (!json_bool(vpc, "usable", false))
        return ready_no(out, "vpc", "It cannot run here: %s. %s", json_str_or(vpc, "verdict", ""),
                        json_str_or(vpc, "remedy", ""));
    struct lookup choice = network_choice_of(w, vpc, false);
    if (choice.state == LOOKUP_FAILED && choice.err->kind == ERR_INPUT)
        return ready_err(out, "subnet", choice.err);
    return true;
}

static bool ready(struct wizard *w, struct ready *out)
{
    const struct answers *a = &w->answers;
    if (a->network.new_vpc) {
        ERR_AUTO e = {0};
        return validate_text("network.new_vpc.cidr", a->network.cidr ? a->network.cidr : "", &e) ||
               ready_err(out, "cidr", &e);
    }
    bool reading = lookup_peek(w, CORE_NETWORKS, NULL).state == LOOKUP_ASKING;
    if (str_empty(a->network.vpc) && w->at == SCREEN_NETWORK && reading)
        return ready_no(out, "vpc", "The networks are still being read. A moment.");
    if (str_empty(a->network.vpc))
        return ready_no(out, "vpc", "Choose where the backend shall run.");
    return ready_existing(w, out);
}

// ---- what the user did

static struct network_screen *state_of(struct wizard *w)
{
    return wizard_state(w, SCREEN_NETWORK);
}

static void forget_subnets(struct answers *a)
{
    for (size_t i = 0; i < a->network.subnet_count; i++)
        mem_free(a->network.subnets[i]);
    a->network.subnet_count = 0;
}

static void choose(struct wizard *w, const char *key)
{
    struct answers *a = &w->answers;
    bool new_vpc = str_eq(key, NETWORK_NEW);
    const struct json *before = network_answered(w, lookup_peek(w, CORE_NETWORKS, NULL).value);
    if (new_vpc || !before || !str_eq(json_str(before, "id"), key))
        forget_subnets(a);
    a->network.new_vpc = new_vpc;
    // The same VPC by its name stays as it was written.
    if (new_vpc)
        str_replace(&a->network.vpc, NULL);
    else if (!before || !str_eq(json_str(before, "id"), key))
        str_replace(&a->network.vpc, key);
}

static const struct json *vpc_by_id(struct wizard *w, const char *id)
{
    const struct json *vpcs = lookup_peek(w, CORE_NETWORKS, NULL).value;
    for (const struct json *v = json_first(vpcs); v; v = json_next(v))
        if (str_eq(json_str(v, "id"), id))
            return v;
    return NULL;
}

// The row whose inside is shown; one that is gone by now is forgotten.
const char *network_looked_at(struct wizard *w)
{
    const struct network_screen *s = state_of(w);
    if (str_eq(s->looking, NETWORK_NEW) || vpc_by_id(w, s->looking))
        return s->looking;
    return network_now(w);
}

static void go_on(struct wizard *w)
{
    struct lookup vpcs = lookup_peek(w, CORE_NETWORKS, NULL);
    const char *key = network_looked_at(w);
    if (key && vpcs.state == LOOKUP_KNOWN)
        choose(w, key);
    wizard_next(w);
}

// The whole new selection is written, also what was only suggested until now.
static void toggle(struct wizard *w, const char *subnet)
{
    char key[NETWORK_ID_BYTES];
    snprintf(key, sizeof key, "%s", network_looked_at(w) ? network_looked_at(w) : "");
    const struct json *vpc = vpc_by_id(w, key);
    struct lookup choice = network_choice_of(w, vpc, false);
    struct answers picked;
    answers_init(&picked);
    const struct json *subnets = json_get(vpc, "subnets");
    for (const struct json *s = json_first(subnets); s; s = json_next(s)) {
        const char *id = json_str_or(s, "id", "");
        if (network_uses(w, vpc, choice, s) != str_eq(id, subnet))
            answers_add_subnet(&picked, id);
    }
    choose(w, key);
    forget_subnets(&w->answers);
    for (size_t i = 0; i < picked.network.subnet_count; i++)
        answers_add_subnet(&w->answers, picked.network.subnets[i]);
    if (!picked.network.subnet_count)
        wizard_note(w, VIEW_QUIET, "None chosen: the suggested subnets are used.");
    answers_clear(&picked);
}

// The inside of the row with the focus is shown, also after Tab has left the list.
static void follow_focus(struct wizard *w)
{
    struct network_screen *s = state_of(w);
    const char *row = view_focused_row(w->view);
    if (str_eq(view_focused(w->view), "vpc") && row)
        snprintf(s->looking, sizeof s->looking, "%s", row);
}

static void ask_again(struct wizard *w)
{
    lookup_again(w, CORE_NETWORKS, NULL);
    lookup_again(w, CORE_DATABASES, NULL);
    lookup_again(w, CORE_NETWORK_CHOICE, NULL);
}

static void act(struct wizard *w, const struct view_act *act)
{
    struct network_screen *s = state_of(w);
    follow_focus(w);
    if (str_eq(act->id, "cidr") && act->kind == ACT_CHANGED) {
        str_replace(&w->answers.network.cidr, edit_text(&s->cidr));
    } else if (str_eq(act->id, "vpc") && act->kind == ACT_CHOSEN) {
        snprintf(s->looking, sizeof s->looking, "%s", act->key);
        go_on(w);
    } else if (str_eq(act->id, "subnet") && act->kind == ACT_TOGGLED) {
        toggle(w, act->key);
    } else if (act->kind == ACT_SUBMIT || (str_eq(act->id, "subnet") && act->kind == ACT_CHOSEN)) {
        go_on(w);
    } else if (str_eq(act->id, "suggested") && act->kind == ACT_KEY) {
        forget_subnets(&w->answers);
    } else if (str_eq(act->id, "again")) {
        ask_again(w);
    }
}

static void enter(struct wizard *w)
{
    struct network_screen *s = state_of(w);
    if (!s->entered) {
        edit_init(&s->cidr, CIDR_BYTES, false);
        edit_set(&s->cidr, w->answers.network.cidr ? w->answers.network.cidr : "");
        s->entered = true;
    }
    s->looking[0] = '\0';
}

static void clear(void *state)
{
    struct network_screen *s = state;
    edit_clear(&s->cidr);
    mem_free(s->order);
    mem_free(s->subnets);
}

const struct screen screen_network = {.id = SCREEN_NETWORK,
                                      .name = "network",
                                      .title = "Network",
                                      .step = 3,
                                      .state_size = sizeof(struct network_screen),
                                      .enter = enter,
                                      .build = network_build,
                                      .act = act,
                                      .ready = ready,
                                      .clear = clear};
