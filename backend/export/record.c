// SPDX-License-Identifier: MIT
#include "backend/export/record.h"

#include <stdlib.h>
#include <string.h>

#include "backend/aws/call.h"
#include "backend/base/clock.h"
#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/export/record_answers.h"
#include "backend/setup/config.h"
#include "backend/steps/common.h"
#include "backend/steps/documents.h"

char *record_reference(const char *key)
{
    return mem_printf(REFERENCE_BEGIN "%s" REFERENCE_END, key);
}

void record_clear(struct record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        mem_free(record->calls[i].action);
        mem_free(record->calls[i].part);
        json_free(record->calls[i].request);
    }
    mem_free(record->calls);
    *record = (struct record){0};
}

const struct json *record_request(const struct record *record, const char *step, const char *part,
                                  const char *action)
{
    for (size_t i = 0; i < record->count; i++)
        if (str_eq(record->calls[i].step, step) && str_eq(record->calls[i].action, action) &&
            (!part || str_eq(record->calls[i].part, part)))
            return record->calls[i].request;
    return NULL;
}

// ---- requests as trees

static bool is_number(const char *text)
{
    return *text && strspn(text, "0123456789") == strlen(text);
}

static struct json *child(struct json *node, const char *name, bool list)
{
    if (json_type(node) == JSON_ARRAY) { // the index is one more than the place
        size_t index = (size_t)strtoul(name, NULL, 10);
        const struct json *there = json_at(node, index ? index - 1 : 0);
        return there ? (struct json *)(uintptr_t)there
                     : json_push(node, list ? json_array() : json_object());
    }
    const struct json *there = json_get(node, name);
    return there ? (struct json *)(uintptr_t)there
                 : json_put(node, name, list ? json_array() : json_object());
}

// "TagSpecification.1.Tag.2.Key" = v: lists where a number follows; the query protocol's "member"
// is left out.
static void put_param(struct json *root, const char *name, const char *value)
{
    char *parts[16];
    size_t n = 0;
    AUTO_FREE char *copy = mem_strdup(name);
    char *rest = NULL;
    for (char *p = strtok_r(copy, ".", &rest); p && n < ARRAY_LEN(parts);
         p = strtok_r(NULL, ".", &rest))
        if (!str_eq(p, "member"))
            parts[n++] = p;
    if (n == 0)
        return;
    struct json *node = root;
    for (size_t i = 0; i + 1 < n; i++)
        node = child(node, parts[i], is_number(parts[i + 1]));
    if (json_type(node) == JSON_ARRAY)
        json_push_str(node, value);
    else
        json_put_str(node, parts[n - 1], value);
}

static struct json *query_tree(const char *body)
{
    struct json *root = json_object();
    for (const char *p = body; *p;) {
        size_t n = strcspn(p, "&");
        size_t equals = strcspn(p, "=");
        if (equals < n) {
            AUTO_FREE char *name = decode_uri(p, equals);
            AUTO_FREE char *value = decode_uri(p + equals + 1, n - equals - 1);
            if (name && value && !str_eq(name, "Action") && !str_eq(name, "Version"))
                put_param(root, name, value);
        }
        p += p[n] ? n + 1 : n;
    }
    return root;
}

// "/v2/apis/<id>/routes": the id is a member of the request in every model of it.
static void add_api(struct json *request, const char *path)
{
    static const char prefix[] = "/v2/apis/";
    if (!str_starts(path, prefix))
        return;
    const char *id = path + strlen(prefix);
    AUTO_FREE char *decoded = decode_uri(id, strcspn(id, "/"));
    json_put_str(request, "apiId", decoded);
}

// ---- the client's other end

struct recorder {
    struct record *record;
    const char *step;
};

static struct json *without(const struct json *request, const char *const *names, size_t count)
{
    struct json *kept = json_object();
    for (const struct json *n = json_first(request); n; n = json_next(n)) {
        bool drop = false;
        for (size_t i = 0; i < count; i++)
            drop = drop || str_eq(json_key(n), names[i]);
        if (!drop)
            json_put(kept, json_key(n), json_copy(n));
    }
    return kept;
}

static void keep(struct recorder *r, const char *operation, struct json *request)
{
    struct record *to = r->record;
    to->calls = mem_realloc(to->calls, to->count + 1, sizeof *to->calls);
    to->calls[to->count++] =
        (struct record_call){.step = r->step, .action = mem_strdup(operation), .request = request};
}

// Each permission becomes a call, and the answer tells its rule, whose id is the call's place.
static void keep_rules(struct recorder *r, const char *operation, const struct json *request,
                       struct str *out)
{
    str_addf(out, "<%sResponse><securityGroupRuleSet>", operation);
    for (const struct json *p = json_first(json_get(request, "IpPermissions")); p;
         p = json_next(p)) {
        const char *group = json_str(p, "Groups.0.GroupId");
        str_addf(out,
                 "<item><securityGroupRuleId>%zu</securityGroupRuleId><groupId>%s</groupId>"
                 "<isEgress>%s</isEgress><ipProtocol>%s</ipProtocol><fromPort>%s</fromPort>"
                 "<toPort>%s</toPort><cidrIpv4>%s</cidrIpv4>%s%s%s</item>",
                 r->record->count, json_str_or(request, "GroupId", ""),
                 str_ends(operation, "Egress") ? "true" : "false", json_str_or(p, "IpProtocol", ""),
                 json_str_or(p, "FromPort", ""), json_str_or(p, "ToPort", ""),
                 json_str_or(p, "IpRanges.0.CidrIp", ""),
                 group ? "<referencedGroupInfo><groupId>" : "", group ? group : "",
                 group ? "</groupId></referencedGroupInfo>" : "");
        struct json *rule = json_copy(p);
        json_put(rule, "GroupId", json_copy(json_get(request, "GroupId")));
        json_put(rule, "TagSpecification", json_copy(json_get(request, "TagSpecification")));
        keep(r, operation, rule);
    }
    str_addf(out, "</securityGroupRuleSet></%sResponse>", operation);
}

static bool answer(void *context, const char *operation, const char *path, const char *body,
                   struct str *out, struct err *err)
{
    static const char *const dropped[] = {"ClientToken", "clientToken", "ClientRequestToken",
                                          "SecretString"};
    struct recorder *r = context;
    bool xml = str_starts(body, "Action=");
    bool rules = str_starts(operation, "AuthorizeSecurityGroup");
    if (!rules && !record_answer(operation, xml, out))
        return err_set(err, ERR_INTERNAL, "no answer is known to %s", operation);
    if (str_starts(operation, "Describe") || str_starts(operation, "Get"))
        return true;
    JSON_AUTO *request = xml     ? query_tree(body)
                         : *body ? json_parse(body, strlen(body), NULL, err)
                                 : json_object();
    if (!request)
        return false;
    add_api(request, path);
    if (rules)
        keep_rules(r, operation, request, out);
    else
        keep(r, operation, without(request, dropped, ARRAY_LEN(dropped)));
    return true;
}

// ---- running the steps

// What is only looked at, built elsewhere or a check has no request of its own.
static bool has_requests(const struct step *step)
{
    return !(step->flags & (STEP_EXISTING | STEP_CHECK)) && !str_eq(step->id, "image");
}

static void refer(struct facts *facts, const char *key)
{
    AUTO_FREE char *reference = record_reference(key);
    facts_set(facts, key, reference);
}

static void given_facts(const struct export_input *in, struct facts *facts)
{
    static const char *const always[] = {"image.digest", "secret.version"};
    static const char *const existing[] = {"network.vpc", "network.subnets", "network.alb_subnets",
                                           "network.link_subnets"};
    for (size_t i = 0; i < ARRAY_LEN(always); i++)
        refer(facts, always[i]);
    facts_set(facts, "zones.ids",
              REFERENCE_BEGIN "zones.a" REFERENCE_END "," REFERENCE_BEGIN "zones.b" REFERENCE_END);
    for (size_t i = 0; i < ARRAY_LEN(existing) && !in->answers->network.new_vpc; i++)
        refer(facts, existing[i]);
    static const char *const database[] = {"database.port", "database.group", "database.vpc"};
    for (size_t i = 0; i < ARRAY_LEN(database); i++)
        facts_set(facts, database[i], facts_get(in->facts, database[i]));
    // The firewall compares the database's VPC with the network's to know whether its group counts.
    const char *vpc = facts_get(in->facts, "network.vpc");
    if (vpc && str_eq(vpc, facts_get(in->facts, "database.vpc")))
        facts_set(facts, "database.vpc", facts_get(facts, "network.vpc"));
}

static void given_network(const struct export_input *in, struct facts *facts)
{
    if (!in->answers->network.new_vpc || facts_get(facts, "network.vpc"))
        return;
    const char *a = facts_get(facts, "subnet-private-a.id");
    const char *b = facts_get(facts, "subnet-private-b.id");
    if (!a || !b)
        return;
    AUTO_FREE char *both = mem_printf("%s,%s", a, b);
    facts_set(facts, "network.vpc", facts_get(facts, "vpc.id"));
    facts_set(facts, "network.subnets", both);
    facts_set(facts, "network.alb_subnets", both);
    facts_set(facts, "network.link_subnets", both);
}

static bool run_step(struct step_ctx *ctx, struct recorder *r, struct err *err)
{
    bool ok;
    if (str_eq(ctx->step->id, "secret")) {
        SECRET_AUTO nothing = {0};
        ok = secret_create(ctx, "00000000", &nothing, err);
    } else {
        ok = ctx->step->apply(ctx, err);
    }
    // Attributes of these two are set while they are waited for.
    bool more = str_eq(ctx->step->id, "load-balancer") || str_eq(ctx->step->id, "target-group");
    if (!ok || (more && !ctx->step->wait(ctx, err)))
        return err_wrap(err, "describing %s", ctx->step->id);
    JSON_AUTO *own = facts_of_step(ctx->facts, ctx->step->id);
    for (const struct json *f = json_first(own); f; f = json_next(f)) {
        size_t place = is_number(json_text(f)) ? (size_t)strtoul(json_text(f), NULL, 10) : SIZE_MAX;
        if (place < r->record->count)
            str_replace(&r->record->calls[place].part, json_key(f));
        AUTO_FREE char *key = mem_printf("%s.%s", ctx->step->id, json_key(f));
        refer(ctx->facts, key);
    }
    return true;
}

static bool needs_met(const struct step *step, const struct step *const *steps, const bool *open,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        for (size_t n = 0; n < STEP_NEEDS_MAX && open[i]; n++)
            if ((step->needs[n] && str_eq(step->needs[n], steps[i]->id)) ||
                (step->needs_made[n] && str_eq(step->needs_made[n], steps[i]->id)))
                return false;
    return true;
}

enum { STEPS_MAX = 96 };

static bool run_all(const struct export_input *in, struct step_ctx *ctx, struct recorder *r,
                    struct err *err)
{
    size_t count = 0;
    const struct step *const *steps = stack_steps(&count);
    bool open[STEPS_MAX] = {false};
    for (size_t i = 0; i < count; i++)
        open[i] = has_requests(steps[i]) && (!steps[i]->wanted || steps[i]->wanted(ctx->world));
    for (bool progress = true; progress;) {
        progress = false;
        for (size_t i = 0; i < count; i++) {
            if (!open[i] || !needs_met(steps[i], steps, open, count))
                continue;
            ctx->step = steps[i];
            r->step = steps[i]->id;
            if (!run_step(ctx, r, err))
                return false;
            open[i] = false;
            progress = true;
            given_network(in, ctx->facts);
        }
    }
    for (size_t i = 0; i < count; i++)
        if (open[i])
            return err_set(err, ERR_INTERNAL, "%s waits for a step that never comes", steps[i]->id);
    return true;
}

// ---- what depends on values that were references

static struct record_call *call_of(struct record *record, const char *step, const char *action)
{
    for (size_t i = 0; i < record->count; i++)
        if (str_eq(record->calls[i].step, step) && str_eq(record->calls[i].action, action))
            return &record->calls[i];
    return NULL;
}

// The hash of the revision is the one of real values; without them there is no such tag.
static void settle_spec(const struct export_input *in, struct step_ctx *ctx, struct record *record)
{
    struct record_call *call = call_of(record, "task-definition", "RegisterTaskDefinition");
    struct step_ctx real = *ctx;
    real.facts = in->facts;
    AUTO_FREE char *spec = export_made(in, "task-definition") ? task_definition_spec(&real) : NULL;
    struct json *tags = json_array();
    for (const struct json *t = json_first(json_get(call->request, "tags")); t; t = json_next(t)) {
        bool hash = str_eq(json_str(t, "key"), TAG_SPEC);
        if (!hash || spec)
            json_push(tags,
                      hash ? json_strings("key", TAG_SPEC, "value", spec, NULL) : json_copy(t));
    }
    json_put(call->request, "tags", tags);
}

static char *replaced(const char *text, const char *from, const char *to)
{
    struct str out;
    str_init(&out, STR_BODY);
    for (const char *p = text; *p;) {
        bool here = str_starts(p, from);
        if (here)
            str_add(&out, to);
        else
            str_addc(&out, *p);
        p += here ? strlen(from) : 1;
    }
    return str_take(&out);
}

// Its name carries a hash of the VPC's id, unless the VPC is the setup's own.
static void settle_target_group(const struct export_input *in, struct step_ctx *ctx,
                                struct record *record)
{
    const struct answers *a = in->answers;
    if (a->network.new_vpc)
        return;
    struct record_call *call = call_of(record, "target-group", "CreateTargetGroup");
    const char *vpc = facts_get(in->facts, "network.vpc");
    if (!vpc && a->network.vpc && str_starts(a->network.vpc, "vpc-"))
        vpc = a->network.vpc;
    AUTO_FREE char *from =
        names_target_group(&in->names, a->backend.port, facts_get(ctx->facts, "network.vpc"));
    AUTO_FREE char *to = names_target_group(&in->names, a->backend.port, vpc);
    AUTO_FREE char *printed = json_print(call->request);
    AUTO_FREE char *text = replaced(printed, from, to);
    json_free(call->request);
    call->request = json_parse(text, strlen(text), NULL, NULL);
}

static bool answers_are_plain(const struct export_input *in, struct err *err)
{
    JSON_AUTO *tree = config_write(in->answers);
    AUTO_FREE char *text = json_print(tree);
    if (!strstr(text, REFERENCE_BEGIN) && !strstr(text, REFERENCE_END))
        return true;
    return err_set(err, ERR_INPUT,
                   "the answers hold characters of a private use (U+E000, U+E001), which cannot "
                   "be exported");
}

bool record_stack(const struct export_input *in, struct record *out, struct err *err)
{
    *out = (struct record){0};
    if (!export_need_names(in, "exported", err) || !answers_are_plain(in, err))
        return false;
    struct recorder recorder = {.record = out};
    const struct aws_instead instead = {answer, &recorder};
    struct cancel cancel;
    cancel_init(&cancel);
    const struct aws_client_options options = {
        .region = in->region, .cancel = &cancel, .instead = &instead};
    struct stack stack = {.answers = in->answers,
                          .cancel = &cancel,
                          .aws = aws_client_new(&options),
                          .region = in->region,
                          .account = in->account,
                          .partition = (char *)(uintptr_t)in->partition,
                          .names = in->names};
    struct step_ctx ctx = {
        .world = &stack, .facts = facts_new(), .cancel = &cancel, .mode = STEP_MODE_APPLY};
    given_facts(in, ctx.facts);
    bool ok = run_all(in, &ctx, &recorder, err);
    if (ok) {
        settle_spec(in, &ctx, out);
        settle_target_group(in, &ctx, out);
    }
    facts_free(ctx.facts);
    cancel_clear(&cancel);
    aws_client_free(stack.aws);
    if (!ok)
        record_clear(out);
    return ok;
}
