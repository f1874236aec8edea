// SPDX-License-Identifier: MIT
// The user's own tags on what was made with others. Every create carries them, so there is
// something to do only after the answers have changed: then what carries our stack tag gets the new
// ones, and loses those of them that are not asked for any more.
#include <string.h>

#include "backend/aws/autoscaling.h"
#include "backend/aws/iam.h"
#include "backend/steps/common.h"
#include "backend/steps/leftovers.h"
#include "backend/steps/tables.h"

// Of a list without an entry, so that the records tell "none any more" from "not known".
#define NO_KEYS ","

struct tag_look {
    struct step_ctx *ctx;
    struct json *wanted; // {"Key": "Value"}
    struct json *gone;   // names of ours that nobody asks for any more
    struct json *arns;   // what differs
    struct json *roles;  // what differs: names
    size_t seen;         // things of ours
};

static void look_clear(struct tag_look *l)
{
    json_free(l->wanted);
    json_free(l->gone);
    json_free(l->arns);
    json_free(l->roles);
}
#define LOOK_AUTO __attribute__((cleanup(look_clear))) struct tag_look

static bool wants_tags(const void *world)
{
    const struct stack *s = world;
    return s->answers->options.tag_count > 0 || (s->tag_keys && !str_eq(s->tag_keys, NO_KEYS));
}

static char *keys_of(const struct stack *s)
{
    struct str keys;
    str_init(&keys, STR_BODY);
    for (size_t i = 0; i < s->answers->options.tag_count; i++)
        str_addf(&keys, "%s%s", i ? "," : "", s->answers->options.tags[i].key);
    if (!keys.len)
        str_add(&keys, NO_KEYS);
    return str_take(&keys);
}

static void look_init(struct tag_look *l, struct step_ctx *ctx)
{
    const struct stack *s = stack_of(ctx);
    *l = (struct tag_look){ctx, json_object(), json_array(), json_array(), json_array(), 0};
    for (size_t i = 0; i < s->answers->options.tag_count; i++)
        json_put_str(l->wanted, s->answers->options.tags[i].key, s->answers->options.tags[i].value);
    for (const char *p = s->tag_keys; p && *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *key = mem_strndup(p, n);
        if (*key && !json_get(l->wanted, key))
            json_push_str(l->gone, key);
        p += p[n] ? n + 1 : n;
    }
}

static const char *value_of(const struct json *tags, const char *key)
{
    return aws_tag_in_list(tags, "Key", "Value", key);
}

static bool as_wanted(const struct tag_look *l, const struct json *tags)
{
    for (const struct json *w = json_first(l->wanted); w; w = json_next(w))
        if (!str_eq(value_of(tags, json_key(w)), json_text(w)))
            return false;
    for (const struct json *g = json_first(l->gone); g; g = json_next(g))
        if (value_of(tags, json_text(g)))
            return false;
    return true;
}

// The lease is not of the setup but of a run. Of task definitions only the one in use: older ones
// cannot be used again. A scalable target is known by its service's tags.
static bool is_left_out(const struct step_ctx *ctx, const char *arn)
{
    if (strstr(arn, ":task-definition/"))
        return !str_eq(arn, step_fact(ctx, "task-definition.arn"));
    return strstr(arn, "/lease/") || strstr(arn, ":task/") ||
           strstr(arn, ":application-autoscaling:");
}

// The tagging API lists deleted things for a while: what differs must be there.
static bool take_thing(void *context, const char *arn, const struct json *tags, struct err *err)
{
    struct tag_look *l = context;
    if (!step_is_ours(l->ctx, value_of(tags, TAG_STACK)) || is_left_out(l->ctx, arn))
        return true;
    l->seen++;
    if (as_wanted(l, tags))
        return true;
    ERR_AUTO e = {0};
    if (strstr(arn, ":task-definition/") || leftovers_there(stack_of(l->ctx), arn, &e) == THERE_YES)
        json_push_str(l->arns, arn);
    if (e.kind == ERR_NONE || e.kind == ERR_NOT_FOUND)
        return true;
    err_move(err, &e);
    return false;
}

// The tagging API never lists roles: their own step has read them. Those that an administrator made
// keep what they were given, and those that this run makes have theirs.
static void take_role(struct tag_look *l, const char *step, const char *name)
{
    AUTO_FREE char *key = mem_printf("%s.tags", step);
    const char *text = step_fact(l->ctx, key);
    JSON_AUTO *tags = text ? json_parse(text, strlen(text), NULL, NULL) : NULL;
    if (!tags || json_get(tags, TAG_OWNER))
        return;
    JSON_AUTO *list = json_array();
    for (const struct json *t = json_first(tags); t; t = json_next(t))
        json_push(list, json_strings("Key", json_key(t), "Value", json_text(t), NULL));
    l->seen++;
    if (!as_wanted(l, list))
        json_push_str(l->roles, name);
}

static bool look(struct tag_look *l, struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    look_init(l, ctx);
    take_role(l, "exec-role", s->names.exec_role);
    take_role(l, "task-role", s->names.task_role);
    return tagging_each_tagged(s->aws, TAG_STACK, take_thing, l, err);
}

static void add_words(struct str *text, const char *word, const char *value)
{
    str_addf(text, "%s%s%s%s", text->len ? ", " : "", word, value ? "=" : "", value ? value : "");
}

// "Team=ops on 18 things; CostCenter goes"
static void tell(struct step_ctx *ctx, const struct tag_look *l)
{
    struct str wanted;
    struct str gone;
    str_init(&wanted, STR_LINE);
    str_init(&gone, STR_LINE);
    for (const struct json *w = json_first(l->wanted); w; w = json_next(w))
        add_words(&wanted, json_key(w), json_text(w));
    for (const struct json *g = json_first(l->gone); g; g = json_next(g))
        add_words(&gone, json_text(g), NULL);
    size_t things = json_count(l->arns) + json_count(l->roles);
    AUTO_FREE char *on = things ? mem_printf(" on %zu thing%s", things, things == 1 ? "" : "s")
                                : mem_strdup(l->seen ? "" : " on all that is made");
    step_note(ctx, "%s%s%s%s%s", wanted.len ? wanted.data : "", on,
              wanted.len && gone.len ? "; " : "", gone.len ? gone.data : "",
              gone.len ? (json_count(l->gone) == 1 ? " goes" : " go") : "");
    str_clear(&wanted);
    str_clear(&gone);
}

static enum probe probe_tags(struct step_ctx *ctx, struct err *err)
{
    if (ctx->mode == STEP_MODE_DESTROY)
        return PROBE_SAME; // they go with what carries them
    LOOK_AUTO l = {0};
    if (!look(&l, ctx, err))
        return PROBE_FAILED;
    AUTO_FREE char *keys = keys_of(stack_of(ctx));
    step_set(ctx, "keys", keys);
    tell(ctx, &l);
    if (!l.seen)
        return PROBE_ABSENT;
    bool others = json_count(l.arns) || json_count(l.roles) ||
                  (stack_of(ctx)->tag_keys && !list_same(stack_of(ctx)->tag_keys, keys));
    return others ? PROBE_DIFFERS : PROBE_SAME;
}

// What went meanwhile needs no tags.
static bool judge_failures(const struct step_ctx *ctx, const struct json *failed, struct err *err)
{
    for (const struct json *f = json_first(failed); f; f = json_next(f)) {
        ERR_AUTO e = {0};
        if (leftovers_there(stack_of(ctx), json_key(f), &e) == THERE_NO)
            continue;
        const char *code = json_str_or(f, "ErrorCode", "unknown");
        err_set(err, str_starts(code, "AccessDenied") ? ERR_DENIED : ERR_REMOTE,
                "the tags of %s: %s", json_key(f), json_str_or(f, "ErrorMessage", code));
        err_code(err, code);
        return err_remedy(err, "Allow it (forest-setup export --as policy says what), or put "
                               "options.tags back.");
    }
    return true;
}

static bool write_things(const struct tag_look *l, const struct json *some, bool add,
                         struct err *err)
{
    JSON_AUTO *failed = NULL;
    return tagging_write(stack_of(l->ctx)->aws, some, add ? l->wanted : NULL, add ? NULL : l->gone,
                         &failed, err) &&
           judge_failures(l->ctx, failed, err);
}

static bool change_things(const struct tag_look *l, bool add, struct err *err)
{
    const struct json *next = json_first(l->arns);
    while (next) {
        JSON_AUTO *some = json_array();
        for (size_t n = 0; next && n < TAGGING_MAX; n++, next = json_next(next))
            json_push_str(some, json_text(next));
        if (!write_things(l, some, add, err))
            return false;
    }
    return true;
}

static bool change_roles(const struct tag_look *l, bool add, struct err *err)
{
    struct aws_client *c = stack_of(l->ctx)->aws;
    for (const struct json *r = json_first(l->roles); r; r = json_next(r))
        if (!(add ? iam_tag_role(c, json_text(r), l->wanted, err)
                  : iam_untag_role(c, json_text(r), l->gone, err)))
            return false;
    return true;
}

static bool apply_tags(struct step_ctx *ctx, struct err *err)
{
    AUTO_FREE char *keys = keys_of(stack_of(ctx));
    LOOK_AUTO l = {0};
    // Nothing was there when the plan was made: all of it is made with them.
    bool ok = !ctx->exists || look(&l, ctx, err);
    if (ok && json_count(l.wanted))
        ok = change_things(&l, true, err) && change_roles(&l, true, err);
    if (ok && json_count(l.gone))
        ok = change_things(&l, false, err) && change_roles(&l, false, err);
    step_set(ctx, "keys", keys);
    return ok;
}

const struct step tag_steps[] = {
    {.id = "tags",
     .title = "tags",
     .group = "container",
     .kind = "tags",
     .flags = STEP_REPEATABLE,
     .usual_s = 3,
     .needs = {"task-definition", "exec-role", "task-role"},
     .wanted = wants_tags,
     .probe = probe_tags,
     .apply = apply_tags},
};
const size_t tag_step_count = ARRAY_LEN(tag_steps);
