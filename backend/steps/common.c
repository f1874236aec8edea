// SPDX-License-Identifier: MIT
#include "backend/steps/common.h"

#include <stdarg.h>
#include <string.h>

void step_tags_add(struct step_tags *t, const char *key, const char *value)
{
    if (t->tags.count < STEP_TAGS_MAX)
        t->items[t->tags.count++] = (struct aws_tag){key, value};
}

const struct aws_tags *step_tags_init(struct step_tags *t, const struct step_ctx *ctx,
                                      const char *name)
{
    const struct stack *s = stack_of(ctx);
    *t = (struct step_tags){0};
    t->tags.items = t->items;
    step_tags_add(t, TAG_STACK, s->names.stack);
    step_tags_add(t, TAG_SETUP, s->answers->name);
    step_tags_add(t, TAG_RESOURCE, ctx->step->id);
    step_tags_add(t, "Name", name);
    for (size_t i = 0; i < s->answers->options.tag_count; i++)
        step_tags_add(t, s->answers->options.tags[i].key, s->answers->options.tags[i].value);
    return &t->tags;
}

bool step_is_ours(const struct step_ctx *ctx, const char *stack_tag)
{
    return stack_tag && str_eq(stack_tag, stack_of(ctx)->names.stack);
}

enum probe probe_foreign(struct step_ctx *ctx, const char *what, const char *name,
                         const char *stack_tag)
{
    if (stack_tag)
        step_note(ctx, "%s %s exists and belongs to another setup (%s)", what, name, stack_tag);
    else
        step_note(ctx, "%s %s exists and was not made by forest-setup", what, name);
    return PROBE_FOREIGN;
}

enum probe probe_missing(struct err *err)
{
    if (!err || err->kind != ERR_NOT_FOUND)
        return PROBE_FAILED;
    err_clear(err);
    return PROBE_ABSENT;
}

bool gone_is_fine(bool ok, struct err *err)
{
    if (ok)
        return true;
    if (!err || err->kind != ERR_NOT_FOUND)
        return false;
    err_clear(err);
    return true;
}

bool already_exists(const struct err *err)
{
    return err && err->code &&
           (err_is(err, "EntityAlreadyExists") || err_is(err, "ResourceAlreadyExistsException") ||
            err_is(err, "RepositoryAlreadyExistsException") ||
            err_is(err, "InvalidGroup.Duplicate") || err_is(err, "ResourceExistsException") ||
            err_is(err, "AlreadyExistsException") || err_is(err, "ConflictException") ||
            err_is(err, "RouteAlreadyExists") || err_is(err, "InvalidPermission.Duplicate") ||
            err_is(err, "Resource.AlreadyAssociated") || err_is(err, "InvalidSubnet.Conflict"));
}

bool step_needs(const struct step_ctx *ctx, struct err *err, ...)
{
    va_list args;
    va_start(args, err);
    bool ok = true;
    for (const char *key = va_arg(args, const char *); key && ok; key = va_arg(args, const char *))
        ok = step_need(ctx, key, err) != NULL;
    va_end(args);
    return ok;
}

void step_recall(struct step_ctx *ctx, ...)
{
    va_list args;
    va_start(args, ctx);
    for (const char *name = va_arg(args, const char *); name; name = va_arg(args, const char *)) {
        const char *recorded = step_recorded(ctx, name);
        if (!step_own(ctx, name) && recorded)
            step_set(ctx, name, recorded);
    }
    va_end(args);
}

bool not_visible_yet(const struct err *err)
{
    return err->kind == ERR_NOT_FOUND || err_says(err, "does not exist") ||
           err_is(err, "InvalidSecurityGroup");
}

bool poll_fresh(const struct err *err, int64_t since_ms)
{
    return err->kind == ERR_NOT_FOUND && clock_wall_ms() - since_ms < (int64_t)VISIBLE_S * 1000;
}

bool list_has(const char *list, const char *item)
{
    size_t n = strlen(item);
    for (const char *p = list; p && *p;
         p += p[strcspn(p, ",")] ? strcspn(p, ",") + 1 : strcspn(p, ","))
        if (strcspn(p, ",") == n && memcmp(p, item, n) == 0)
            return true;
    return false;
}

size_t list_count(const char *list)
{
    if (str_empty(list))
        return 0;
    size_t n = 1;
    for (const char *p = list; *p; p++)
        n += *p == ',';
    return n;
}

char *list_first(const char *list)
{
    return mem_strndup(list, strcspn(list, ","));
}

bool list_same(const char *a, const char *b)
{
    if (list_count(a) != list_count(b))
        return false;
    for (const char *p = a; p && *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *item = mem_strndup(p, n);
        if (!list_has(b, item))
            return false;
        p += p[n] ? n + 1 : n;
    }
    return true;
}
