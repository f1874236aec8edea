// SPDX-License-Identifier: MIT
#include "backend/steps/rights.h"

#include <string.h>

#include "backend/aws/iam.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/rights_table.h"

enum { MISSING_MAX = 60 };

// The principal IAM knows: a session of a role is asked about as its role. NULL for what cannot be
// asked about (root, a federated user). The role's path is not in the session's ARN; a role below
// a path answers NoSuchEntity and is told as unknown.
static char *principal_of(const struct stack *s)
{
    const char *assumed = strstr(s->caller, ":assumed-role/");
    if (assumed) {
        const char *name = assumed + strlen(":assumed-role/");
        return mem_printf("arn:%s:iam::%s:role/%.*s", s->partition, s->account,
                          (int)strcspn(name, "/"), name);
    }
    return strstr(s->caller, ":user/") ? mem_strdup(s->caller) : NULL;
}

static void take_decision(struct rights *out, const struct xml_node *result)
{
    const char *action = xml_str(result, "EvalActionName");
    bool allowed = xml_is(result, "EvalDecision", "allowed");
    out->asked++;
    if (!allowed && action && out->missing_count < MISSING_MAX)
        out->missing[out->missing_count++] = mem_strdup(action);
}

static void add_context(struct aws_params *p, int n, const char *key, const char *value)
{
    aws_param(p, key, "ContextEntries.member.%d.ContextKeyName", n);
    aws_param(p, "string", "ContextEntries.member.%d.ContextKeyType", n);
    aws_param(p, value, "ContextEntries.member.%d.ContextKeyValues.member.1", n);
}

// All questions about one resource in one call: policies that name resources say no to "*".
static bool ask_about(struct stack *s, const char *principal, const struct right_question *all,
                      size_t count, size_t first, struct rights *out, struct err *err)
{
    AWS_PARAMS_AUTO p;
    aws_params_init(&p);
    aws_param(&p, principal, "PolicySourceArn");
    int n = 0;
    for (size_t i = first; i < count; i++)
        if (str_eq(all[i].resource, all[first].resource))
            aws_param(&p, all[i].action, "ActionNames.member.%d", ++n);
    aws_param(&p, all[first].resource, "ResourceArns.member.1");
    add_context(&p, 1, "iam:PassedToService", "ecs-tasks.amazonaws.com");
    add_context(&p, 2, "aws:ResourceTag/forestadmin:stack", s->names.stack);
    add_context(&p, 3, "aws:RequestTag/forestadmin:stack", s->names.stack);
    add_context(&p, 4, "ec2:CreateAction", "CreateSecurityGroup");
    aws_param_int(&p, 1000, "MaxItems"); // more than there are: one page
    XML_AUTO *document = NULL;
    if (!aws_query(s->aws, AWS_IAM, "SimulatePrincipalPolicy", &p, AWS_READ, &document, err))
        return false;
    const struct xml_node *result =
        xml_find(xml_root(document), "SimulatePrincipalPolicyResult/EvaluationResults/member");
    for (; result; result = xml_next(result))
        take_decision(out, result);
    return true;
}

static bool asked_before(const struct right_question *all, size_t i)
{
    for (size_t k = 0; k < i; k++)
        if (str_eq(all[k].resource, all[i].resource))
            return true;
    return false;
}

static bool ask_all(struct stack *s, const char *principal, const struct right_question *all,
                    size_t count, struct rights *out, struct err *err)
{
    for (size_t i = 0; i < count; i++)
        if (!asked_before(all, i) && !ask_about(s, principal, all, count, i, out, err))
            return false;
    return true;
}

// Who may not look finds out when the roles are made.
static bool roles_handed_over(struct stack *s)
{
    struct iam_role role = {0};
    bool handed = iam_get_role(s->aws, s->names.exec_role, &role, NULL) && role.owner_tag;
    iam_role_clear(&role);
    return handed;
}

static bool is_root(const struct stack *s)
{
    return str_ends(s->caller, ":root");
}

bool rights_ask(struct stack *s, struct rights *out, struct err *err)
{
    *out = (struct rights){.missing = mem_calloc(MISSING_MAX, sizeof(char *))};
    struct rights_for who = {.answers = s->answers,
                             .names = &s->names,
                             .partition = s->partition,
                             .account = s->account,
                             .region = s->region,
                             .handed_over = roles_handed_over(s)};
    struct right_question *all = NULL;
    size_t count = rights_questions(&who, &all);
    AUTO_FREE char *principal = principal_of(s);
    ERR_AUTO e = {0};
    bool ok = true;
    if (!principal) {
        out->asked = is_root(s) ? count : 0;
        out->unknown = !is_root(s);
        out->why = out->unknown ? mem_strdup("IAM cannot be asked about this kind of login") : NULL;
    } else if (!ask_all(s, principal, all, count, out, &e)) {
        ok = e.kind == ERR_DENIED || e.kind == ERR_NOT_FOUND || e.kind == ERR_INPUT;
        out->unknown = true;
        out->why = mem_strdup(
            e.kind == ERR_DENIED ? "you may not ask IAM (iam:SimulatePrincipalPolicy)" : e.message);
        if (!ok)
            err_move(err, &e);
    }
    rights_questions_clear(all, count);
    return ok;
}

void rights_clear(struct rights *rights)
{
    for (size_t i = 0; i < rights->missing_count; i++)
        mem_free(rights->missing[i]);
    mem_free(rights->missing);
    mem_free(rights->why);
    *rights = (struct rights){0};
}
