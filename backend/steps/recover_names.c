// SPDX-License-Identifier: MIT
// Which setups there may be: by the tag that all their things carry, and by the names of what the
// tagging API does not know (facts aws.md 1, "Lost local state").
#include "backend/steps/recover.h"

#include <string.h>

#include "backend/aws/apigateway.h"
#include "backend/aws/autoscaling.h"
#include "backend/base/text.h"
#include "backend/setup/rules.h"
#include "backend/steps/common.h"

enum { WHERE_CHARS = 120 };

struct search {
    struct stack *stack;
    struct json *names, *foreign;
};

// The id that a setup of this name has in this account and region.
static bool is_stack_of(const struct stack *s, const char *name, const char *stack)
{
    struct names names;
    names_init(&names, name, s->account, s->region);
    bool same = str_eq(names.stack, stack);
    names_clear(&names);
    return same;
}

static bool in_list(const struct json *list, const char *text)
{
    for (const struct json *n = json_first(list); n; n = json_next(n))
        if (str_eq(json_text(n), text))
            return true;
    return false;
}

static void push_once(struct json *list, const char *text)
{
    if (!in_list(list, text))
        json_push_str(list, text);
}

static void take(struct search *s, const char *where, const char *name, const char *stack)
{
    if (!stack)
        return;
    if (name && rule_setup_name(name, NULL) && is_stack_of(s->stack, name, stack)) {
        json_put_str(s->names, name, stack);
        return;
    }
    AUTO_FREE char *safe = text_safe(name ? name : "no name", 64);
    AUTO_FREE char *thing = text_safe(where, WHERE_CHARS);
    AUTO_FREE char *text =
        mem_printf("%s carries a tag of forest-setup (%s), but not the id that a setup of that "
                   "name has in this account and region",
                   thing, safe);
    push_once(s->foreign, text);
}

static bool take_tagged(void *context, const char *arn, const struct json *tags, struct err *err)
{
    (void)err;
    take(context, arn, aws_tag_in_list(tags, "Key", "Value", TAG_SETUP),
         aws_tag_in_list(tags, "Key", "Value", TAG_STACK));
    return true;
}

// What was made seconds ago, the tagging API may not know yet.
static bool take_api(void *context, const struct json *object)
{
    const struct json *tags = json_get(object, "tags");
    AUTO_FREE char *where = mem_printf("API or link %s", json_str_or(object, "name", "?"));
    take(context, where, json_text(json_get(tags, TAG_SETUP)),
         json_text(json_get(tags, TAG_STACK)));
    return true;
}

// "forestadmin-<name>-exec-<region>"; whether the role is ours, its probe finds out.
static bool take_role(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct search *s = context;
    const char *role = xml_str_or(node, "RoleName", "");
    static const char *const kinds[] = {"exec", "task"};
    for (size_t i = 0; i < ARRAY_LEN(kinds) && str_starts(role, "forestadmin-"); i++) {
        const char *begin = role + strlen("forestadmin-");
        AUTO_FREE char *end = mem_printf("-%s-%s", kinds[i], s->stack->region);
        if (!str_ends(begin, end))
            continue;
        AUTO_FREE char *name = mem_strndup(begin, strlen(begin) - strlen(end));
        if (rule_setup_name(name, NULL) && !json_get(s->names, name))
            json_put_str(s->names, name, "");
    }
    return true;
}

static bool each_role(struct search *s, struct err *err)
{
    AWS_PARAMS_AUTO p;
    aws_params_init(&p);
    aws_param_int(&p, 1000, "MaxItems");
    struct aws_listing listing = {.service = AWS_IAM,
                                  .action = "ListRoles",
                                  .params = &p,
                                  .items = "ListRolesResult/Roles/member",
                                  .token_in = "Marker",
                                  .token_out = "ListRolesResult/Marker",
                                  .item = take_role,
                                  .context = s};
    return aws_list(s->stack->aws, &listing, err);
}

// A part of the search that this login may not make is told, and the rest goes on.
static bool go_on(bool ok, struct json *warnings, const char *what, struct err *e, struct err *err)
{
    if (ok)
        return true;
    if (e->kind != ERR_DENIED) {
        err_move(err, e);
        return false;
    }
    AUTO_FREE char *text = mem_printf("%s: %s", what, e->message);
    json_push_str(warnings, text);
    err_clear(e);
    return true;
}

bool recover_names(struct stack *stack, struct json *names, struct json *foreign,
                   struct json *warnings, struct err *err)
{
    struct search s = {stack, names, foreign};
    ERR_AUTO e = {0};
    bool ok = tagging_each_tagged(stack->aws, TAG_STACK, take_tagged, &s, &e);
    if (!go_on(ok, warnings, "things by their tags could not be listed", &e, err))
        return false;
    ok = apigw_each_api(stack->aws, take_api, &s, &e) &&
         apigw_each_link(stack->aws, take_api, &s, &e);
    if (!go_on(ok, warnings, "addresses could not be listed", &e, err))
        return false;
    ok = each_role(&s, &e);
    return go_on(ok, warnings, "a setup that has roles only would not be found", &e, err);
}
