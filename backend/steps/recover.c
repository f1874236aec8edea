// SPDX-License-Identifier: MIT
// Looking a setup over with the probes of every run, and writing its records anew.
#include "backend/steps/recover.h"

#include <string.h>

#include "backend/aws/ecr.h"
#include "backend/base/fs.h"
#include "backend/engine/engine.h"
#include "backend/forest/forest.h"
#include "backend/setup/config.h"
#include "backend/steps/common.h"

struct found { // one setup as it is on AWS
    struct stack *stack;
    const char *name;
    struct recovered told;
    struct facts *facts;
    struct plan plan;
    bool image; // the image that its task names is there
    bool answers_url;
    unsigned done, total;
};

static void found_clear(struct found *f)
{
    engine_plan_clear(&f->plan);
    facts_free(f->facts);
    recovered_clear(&f->told);
}

// ---- looking

static bool is_thing(const struct step *step)
{
    return !(step->flags & (STEP_CHECK | STEP_EXISTING));
}

static bool ours(const struct found *f, const struct plan_item *item)
{
    if (str_eq(item->step->id, "image"))
        return f->image;
    return item->found == PROBE_SAME || item->found == PROBE_DIFFERS;
}

static bool complete(const struct found *f)
{
    return f->done == f->total;
}

static void learn_image(struct found *f)
{
    const struct recovered *r = &f->told;
    ERR_AUTO e = {0}; // no image, no right to see it: it is built or looked for by the next run
    f->image = r->image_digest && facts_get(f->facts, "repository.uri") &&
               ecr_has_image(f->stack->aws, f->stack->names.base, r->image_digest, &e);
    if (!f->image)
        return;
    facts_set(f->facts, "image.digest", r->image_digest);
    facts_set(f->facts, "image.source", r->image_source);
}

// Does it serve? What a run would check from outside, once each.
static bool serves(const struct found *f, struct cancel *cancel)
{
    const char *url = facts_get(f->facts, "api.url");
    struct backend_check check = {.http = f->stack->http, .url = url, .cancel = cancel};
    ERR_AUTO e = {0};
    bool retry = false;
    return url && f->told.running > 0 && forest_check_answers(&check, &retry, &e) &&
           forest_check_agent(&check, &retry, &e) && forest_check_cors(&check, &retry, &e) &&
           forest_check_wall(&check, &retry, &e);
}

// As a destroy looks: everything of ours by tag or name, without knowing secrets or source.
static bool look(struct found *f, struct cancel *cancel, struct err *err)
{
    f->facts = facts_new();
    if (!recover_answers(f->stack, f->name, &f->told, err))
        return false;
    struct engine_options o = {.world = f->stack,
                               .facts = f->facts,
                               .mode = STEP_MODE_DESTROY,
                               .cancel = cancel,
                               .region = f->stack->region};
    o.steps = stack_steps(&o.step_count);
    if (!engine_plan(&o, &f->plan, err))
        return false;
    learn_image(f);
    for (size_t i = 0; i < f->plan.count; i++) {
        const struct plan_item *item = &f->plan.items[i];
        if (item->found == PROBE_FAILED) { // half a look would rebuild half of the records
            err_copy(err, &item->err);
            return err_wrap(err, "looking for %s of %s", item->step->title, f->name);
        }
        f->total += is_thing(item->step);
        f->done += is_thing(item->step) && ours(f, item);
    }
    f->answers_url = complete(f) && serves(f, cancel);
    return true;
}

// ---- telling

static const char *state_of(const struct found *f)
{
    return !f->done ? "nothing" : f->answers_url ? "running" : "stopped";
}

static bool known_here(const char *name)
{
    AUTO_FREE char *dir = fs_state_dir(NULL);
    struct journal *journal = NULL;
    bool known = dir && journal_look(&journal, dir, name, NULL);
    journal_close(journal);
    return known;
}

static struct json *tell(const struct found *f)
{
    struct json *o = json_strings("name", f->name, "stack", f->stack->names.stack, "state",
                                  state_of(f), "created", f->told.created, "owner", f->told.owner,
                                  "url", facts_get(f->facts, "api.url"), NULL);
    json_put_int(o, "done", f->done);
    json_put_int(o, "total", f->total);
    json_put_bool(o, "known", known_here(f->name));
    struct json *missing = json_put(o, "missing", json_array());
    struct json *foreign = json_put(o, "foreign", json_array());
    struct json *things = json_put(o, "things", json_array());
    for (size_t i = 0; i < f->plan.count; i++) {
        const struct plan_item *item = &f->plan.items[i];
        if (item->found == PROBE_FOREIGN)
            json_push_str(foreign, item->text);
        if (is_thing(item->step) && ours(f, item))
            json_push(things, json_strings("id", item->step->id, "title", item->step->title,
                                           "group", item->step->group, "text", item->text, NULL));
        else if (is_thing(item->step))
            json_push_str(missing, item->step->title);
    }
    json_put(o, "unknown", json_copy(f->told.unknown));
    return o;
}

static struct stack *open_stack(const struct recover_options *o, struct answers *none,
                                struct err *err)
{
    answers_init(none);
    struct stack_options options = {
        .answers = none, .profile = o->profile, .region = o->region, .cancel = o->cancel};
    struct stack *stack = NULL;
    return stack_open(&stack, &options, err) ? stack : NULL;
}

static bool list_one(struct stack *stack, const struct recover_options *o, const char *name,
                     struct json *setups, struct err *err)
{
    struct found f = {.stack = stack, .name = name};
    bool ok = look(&f, o->cancel, err);
    // A name whose things are gone already, or belong to somebody else, is no setup.
    if (ok && (f.done || f.plan.blocked))
        json_push(setups, tell(&f));
    found_clear(&f);
    return ok;
}

static bool list(struct stack *stack, const struct recover_options *o, struct json *out,
                 struct err *err)
{
    struct json *setups = json_put(out, "setups", json_array());
    struct json *foreign = json_put(out, "foreign", json_array());
    struct json *warnings = json_put(out, "warnings", json_array());
    if (o->name)
        return list_one(stack, o, o->name, setups, err);
    JSON_AUTO *names = json_object();
    bool ok = recover_names(stack, names, foreign, warnings, err);
    for (const struct json *n = json_first(names); n && ok; n = json_next(n))
        ok = list_one(stack, o, json_key(n), setups, err);
    return ok;
}

bool recover_list(const struct recover_options *options, struct json **out, struct err *err)
{
    struct answers none;
    struct stack *stack = open_stack(options, &none, err);
    bool ok = stack != NULL;
    if (ok) {
        JSON_AUTO *o = json_strings("account", stack->account, "region", stack->region, "caller",
                                    stack->caller, NULL);
        ok = list(stack, options, o, err);
        if (ok)
            *out = mem_steal(o);
    }
    stack_close(stack);
    answers_clear(&none);
    return ok;
}

// ---- writing

// Kinds that have no name of their own: one that was made a moment ago may hide from the lists, and
// a second one would be made beside it.
static bool nameless(const struct step *step)
{
    static const char *const kinds[] = {
        "apigatewayv2.",        "ec2.vpc",          "ec2.subnet",
        "ec2.internet-gateway", "ec2.elastic-ip",   "ec2.nat-gateway",
        "ec2.route-table",      "ec2.vpc-endpoint", "kms.key"};
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
        if (str_starts(step->kind, kinds[i]))
            return true;
    return false;
}

static bool write_thing(struct journal *journal, const struct found *f,
                        const struct plan_item *item, struct err *err)
{
    JSON_AUTO *facts = facts_of_step(f->facts, item->step->id);
    if (!ours(f, item))
        return !nameless(item->step) ||
               journal_write_intent(journal, item->step->id, "recover", err);
    if (complete(f) && f->answers_url)
        return journal_write_ready(journal, item->step->id, facts, 0, err);
    return journal_write_done(journal, item->step->id, facts, err);
}

// What the user's own network and database were, as far as it shows in what stands in them.
static bool write_existing(struct journal *journal, const struct found *f, struct err *err)
{
    const struct recovered *r = &f->told;
    const char *vpc = facts_get(f->facts, "network.vpc");
    bool ok = true;
    if (vpc && r->subnets && r->balancer && r->link) {
        JSON_AUTO *network = json_strings("vpc", vpc, "subnets", r->subnets, "alb_subnets",
                                          r->balancer, "link_subnets", r->link, NULL);
        ok = journal_write_ready(journal, "network", network, 0, err);
    }
    if (ok && r->database_port) {
        JSON_AUTO *database = json_strings("port", r->database_port, NULL);
        json_put_str(database, "group", r->database_group);
        json_put_str(database, "vpc", r->database_group ? vpc : NULL);
        ok = journal_write_ready(journal, "database", database, 0, err);
    }
    return ok;
}

static bool write_outcome(struct journal *journal, const struct found *f, struct err *err)
{
    JSON_AUTO *o = json_strings("command", "recover", "result", f->answers_url ? "done" : "stopped",
                                "url", facts_get(f->facts, "api.url"), NULL);
    AUTO_FREE char *when = clock_format(clock_wall_ms());
    json_put_str(o, "at", when);
    struct json *ids = json_put(o, "steps", json_array());
    for (size_t i = 0; i < f->plan.count; i++)
        if (!(f->plan.items[i].step->flags & STEP_EXISTING))
            json_push_str(ids, f->plan.items[i].step->id);
    if (!f->answers_url)
        json_put_str(o, "text",
                     complete(f) ? "its records were rebuilt from AWS; the backend does not answer "
                                   "as it should"
                                 : "its records were rebuilt from AWS; not all of it is there");
    return journal_write_outcome(journal, o, err);
}

static bool write_records(struct journal *journal, const struct found *f, struct err *err)
{
    JSON_AUTO *answers = config_write(&f->told.answers);
    if (!journal_write_answers(journal, answers, err) || !write_existing(journal, f, err))
        return false;
    for (size_t i = 0; i < f->plan.count; i++) {
        const struct plan_item *item = &f->plan.items[i];
        bool check = (item->step->flags & STEP_CHECK) != 0;
        if (is_thing(item->step) && !write_thing(journal, f, item, err))
            return false;
        if (check && f->answers_url && !journal_write_ready(journal, item->step->id, NULL, 0, err))
            return false;
    }
    return write_outcome(journal, f, err);
}

// Records that cannot be read are kept beside, for whoever wants to know what was in them; the key
// of secret versions goes over, so that the same secrets are known to be the same.
static bool make_room(const char *state_dir, const char *name, struct err *err)
{
    struct journal *journal = NULL;
    ERR_AUTO e = {0};
    bool readable = journal_look(&journal, state_dir, name, &e);
    bool begun = readable && journal_answers(journal);
    journal_close(journal);
    if (readable && !begun) // nothing can go on from them
        return journal_set_aside(state_dir, name, err);
    if (readable) {
        err_set(err, ERR_CONFLICT, "this machine has records of %s, and they can be read", name);
        return err_remedy(err, "Go on with it: forest-setup resume %s", name);
    }
    if (e.kind == ERR_NOT_FOUND)
        return true;
    if (e.kind == ERR_IO)
        return journal_set_aside(state_dir, name, err);
    err_move(err, &e); // a newer version's, for example: they are good, but not for us
    return false;
}

static bool rebuild(const struct found *f, struct err *err)
{
    AUTO_FREE char *state_dir = fs_state_dir(err);
    struct journal *journal = NULL;
    struct journal_identity identity = {.name = f->name,
                                        .account = f->stack->account,
                                        .region = f->stack->region,
                                        .stack = f->stack->names.stack};
    bool ok = state_dir && fs_mkdirs(state_dir, err) && make_room(state_dir, f->name, err) &&
              journal_open(&journal, state_dir, &identity, err) && write_records(journal, f, err);
    journal_close(journal);
    return ok;
}

static bool recover_one(struct stack *stack, const struct recover_options *o, struct json **out,
                        struct err *err)
{
    struct found f = {.stack = stack, .name = o->name};
    bool ok = look(&f, o->cancel, err);
    if (ok && !f.done) {
        ok = err_set(err, ERR_NOT_FOUND, "AWS knows no setup %s in account %s, %s", o->name,
                     stack->account, stack->region);
        err_remedy(err,
                   "forest-setup recover lists those that it knows. Another account or region: "
                   "--profile, --region.");
    }
    if (ok && o->profile)
        str_replace(&f.told.answers.aws.profile, o->profile);
    ok = ok && rebuild(&f, err);
    if (ok)
        *out = tell(&f);
    found_clear(&f);
    return ok;
}

bool recover_setup(const struct recover_options *options, struct json **out, struct err *err)
{
    struct answers none;
    struct stack *stack = open_stack(options, &none, err);
    bool ok = stack && recover_one(stack, options, out, err);
    stack_close(stack);
    answers_clear(&none);
    return ok;
}
