// SPDX-License-Identifier: MIT
// Plans and status for the wizard.
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/core/parts.h"
#include "backend/setup/fields.h"
#include "backend/steps/stack.h"

static const char *action_of(const struct plan_item *item, bool destroy)
{
    if (!destroy || item->action == PLAN_BLOCKED)
        return plan_action_name(item->action);
    bool there = item->action == PLAN_REUSE || item->action == PLAN_CHANGE;
    if (!there || (item->step->flags & STEP_CHECK))
        return NULL;
    if (item->step->flags & (STEP_EXISTING | STEP_KEPT))
        return "keep";
    return item->step->undo ? "delete" : NULL;
}

static void put_needs(struct json *o, const char *const *needs)
{
    struct json *list = json_put(o, "needs", json_array());
    for (size_t i = 0; i < STEP_NEEDS_MAX && needs[i]; i++)
        json_push_str(list, needs[i]);
}

static void put_made(struct json *o, const char *const *needs)
{
    struct json *list = json_put(o, "needs_made", json_array());
    for (size_t i = 0; i < STEP_NEEDS_MAX && needs[i]; i++)
        json_push_str(list, needs[i]);
}

static void push_item(struct json *list, const struct plan_item *item, const char *action)
{
    const struct step *step = item->step;
    struct json *o = json_push(list, json_strings("id", step->id, "title", step->title, "group",
                                                  step->group, "kind", step->kind, "action", action,
                                                  "text", item->text, NULL));
    json_put_int(o, "usual_s", item->usual_s);
    json_put_bool(o, "costs", (step->flags & STEP_COSTS) != 0);
    put_needs(o, step->needs);
    put_made(o, step->needs_made);
    if (item->action == PLAN_BLOCKED)
        json_put(o, "error",
                 json_strings("message", item->err.message, "remedy", item->err.remedy, "code",
                              item->err.code, NULL));
}

struct json *core_plan_json(struct session *session, const struct plan *plan, bool destroy)
{
    struct json *o =
        json_strings("name", session_name(session), "account", session_account(session), "region",
                     session_region(session), "caller", session_caller(session), NULL);
    json_put_int(o, "create", plan->create);
    json_put_int(o, "reuse", plan->reuse);
    json_put_int(o, "change", plan->change);
    json_put_int(o, "check", plan->check);
    json_put_int(o, "blocked", plan->blocked);
    json_put_int(o, "usual_s", plan->usual_s);
    struct json *items = json_put(o, "items", json_array());
    for (size_t i = 0; i < plan->count; i++) {
        const char *action = action_of(&plan->items[i], destroy);
        // What could not be looked at because of another item: that one tells the cause.
        bool follows = plan->items[i].action == PLAN_BLOCKED && plan->items[i].err.message &&
                       str_starts(plan->items[i].err.message, ENGINE_NOT_LOOKED_AT);
        if (action && !follows)
            push_item(items, &plan->items[i], action);
    }
    return o;
}

// ---- warnings come as events; the review shows them

struct warnings {
    struct json *list;
};

static void take_warning(void *context, const struct event *e)
{
    struct warnings *w = context;
    if (e->type == EVENT_WARNING && e->text)
        json_push_str(w->list, e->text);
}

static bool plan_of(struct session_options *options, bool destroy, struct json **out,
                    struct err *err)
{
    struct warnings warnings = {.list = json_array()};
    options->sink = (struct event_sink){take_warning, &warnings};
    struct session *session = NULL;
    struct plan plan = {0};
    bool ok = session_open(&session, options, err);
    // What cannot be probed is an item of the plan; the plan is shown with it.
    bool planned = ok && session_plan(session, &plan, err);
    if (ok && (planned || plan.count) && err->kind != ERR_CANCELLED) {
        *out = core_plan_json(session, &plan, destroy);
        json_put(*out, "warnings", mem_steal(warnings.list));
        err_clear(err);
    } else {
        ok = false;
    }
    json_free(warnings.list);
    engine_plan_clear(&plan);
    session_close(session);
    options->sink = (struct event_sink){0};
    return ok;
}

static void refer(struct secret_answer *answer, const char *path)
{
    const struct field *field = field_find(path);
    bool given = answer->from != SECRET_NONE &&
                 (answer->from != SECRET_TYPED || !secret_empty(&answer->value));
    if (given || !field)
        return;
    answer->from = SECRET_ENV;
    str_replace(&answer->where, field->variable);
}

void core_refer_to_secrets(struct answers *answers)
{
    refer(&answers->forest.env_secret, "forest.env_secret");
    refer(&answers->forest.auth_secret, "forest.auth_secret");
    refer(&answers->database.url, "database.url");
}

bool core_plan(const struct core_question *q, struct json **out, struct err *err)
{
    struct answers copy; // the session resolves and completes its own
    answers_copy(&copy, q->answers);
    struct session_options options = {
        .purpose = SESSION_PLAN, .answers = &copy, .secrets_stored = true, .cancel = q->cancel};
    core_refer_to_secrets(&copy);
    bool ok = plan_of(&options, false, out, err);
    answers_clear(&copy);
    return ok;
}

// Only looks: opened for a plan, by name, so that nothing is locked or written.
bool core_destroy_plan(const struct core_question *q, struct json **out, struct err *err)
{
    struct session_options options = {
        .purpose = SESSION_DESTROY, .name = q->what, .cancel = q->cancel};
    return plan_of(&options, true, out, err);
}

bool core_status(const struct core_question *q, struct json **out, struct err *err)
{
    struct session *session = NULL;
    struct session_options options = {
        .purpose = SESSION_LOOK, .name = q->what, .cancel = q->cancel};
    bool ok = session_open(&session, &options, err) && session_status(session, true, out, err);
    session_close(session);
    return ok;
}
