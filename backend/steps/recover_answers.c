// SPDX-License-Identifier: MIT
// The answers, read back from what they became: network, database rule, size, scaling, key, tags,
// and the source by the tags of its task definition (task_definition.c writes them).
#include "backend/steps/recover.h"

#include <stdlib.h>
#include <string.h>

#include "backend/aws/apigateway.h"
#include "backend/aws/autoscaling.h"
#include "backend/aws/ec2.h"
#include "backend/aws/ecs.h"
#include "backend/aws/elbv2.h"
#include "backend/aws/iam.h"
#include "backend/aws/kms.h"
#include "backend/aws/logs.h"
#include "backend/setup/rules.h"
#include "backend/steps/common.h"
#include "backend/steps/documents.h"
#include "backend/steps/session_private.h"

void recovered_clear(struct recovered *r)
{
    answers_clear(&r->answers);
    char *all[] = {r->created,       r->owner,          r->subnets,      r->balancer,    r->link,
                   r->database_port, r->database_group, r->image_digest, r->image_source};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    json_free(r->unknown);
    *r = (struct recovered){0};
}

// What is not there tells nothing; whatever else goes wrong ends it.
static bool absent(bool ok, struct err *e, struct err *err)
{
    if (ok || e->kind == ERR_NOT_FOUND) {
        err_clear(e);
        return true;
    }
    err_move(err, e);
    return false;
}

static char *joined(const struct json *list)
{
    STR_AUTO out = {0};
    str_init(&out, STR_LINE);
    for (const struct json *n = json_first(list); n; n = json_next(n))
        if (json_text(n))
            str_addf(&out, "%s%s", out.len ? "," : "", json_text(n));
    return out.len ? mem_strdup(out.data) : NULL;
}

// ---- the network

struct network_look {
    struct recovered *r;
    const char *stack;
};

static bool take_vpc(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct recovered *r = context;
    r->answers.network.new_vpc = true;
    str_replace(&r->answers.network.cidr, xml_str(node, "cidrBlock"));
    return true;
}

static bool take_group(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct recovered *r = context;
    if (!r->answers.network.new_vpc)
        str_replace(&r->answers.network.vpc, xml_str(node, "vpcId"));
    return true;
}

static bool take_link(void *context, const struct json *link)
{
    struct network_look *l = context;
    const struct json *tags = json_get(link, "tags");
    if (str_eq(json_text(json_get(tags, TAG_STACK)), l->stack) && !l->r->link)
        l->r->link = joined(json_get(link, "subnetIds"));
    return true;
}

static bool take_api(void *context, const struct json *api)
{
    struct network_look *l = context;
    const struct json *tags = json_get(api, "tags");
    if (str_eq(json_text(json_get(tags, TAG_STACK)), l->stack))
        str_replace(&l->r->created, json_str(api, "createdDate"));
    return true;
}

static bool read_network(struct stack *s, struct recovered *r, struct err *err)
{
    struct network_look l = {r, s->names.stack};
    struct elb_balancer b = {0};
    AUTO_FREE char *owner = NULL;
    ERR_AUTO e = {0};
    bool ok = ec2_describe(s->aws, "DescribeVpcs", "vpcSet/item", "tag:" TAG_STACK, s->names.stack,
                           take_vpc, r, err) &&
              ec2_describe(s->aws, "DescribeSecurityGroups", "securityGroupInfo/item",
                           "tag:" TAG_STACK, s->names.stack, take_group, r, err) &&
              apigw_each_link(s->aws, take_link, &l, err) &&
              apigw_each_api(s->aws, take_api, &l, err) &&
              absent(elb_find_balancer(s->aws, s->names.load_balancer, &b, &e), &e, err) &&
              (!b.arn || elb_tag(s->aws, b.arn, TAG_STACK, &owner, err));
    if (ok && str_eq(owner, s->names.stack)) {
        r->balancer = mem_strdup(b.subnets);
        if (!r->answers.network.new_vpc)
            str_replace(&r->answers.network.vpc, b.vpc);
    }
    elb_balancer_clear(&b);
    return ok;
}

// ---- the database: the rule on its group, and the port and group that the backend may reach

enum { HTTPS = 443 };

static bool take_rule(void *context, const struct xml_node *node, struct err *err)
{
    (void)err;
    struct recovered *r = context;
    const char *step = aws_tag_in_xml(node, "tagSet/item", "key", "value", TAG_RESOURCE);
    long port = xml_long(node, "fromPort", -1);
    bool egress = xml_is(node, "isEgress", "true");
    if (str_eq(step, "database-rule"))
        str_replace(&r->answers.database.ingress_security_group, xml_str(node, "groupId"));
    // Of our own groups only the task's has a way to a database: see firewall.c.
    if (!str_eq(step, "firewall") || !egress || port == HTTPS ||
        !str_eq(xml_str(node, "description"), "to the database"))
        return true;
    mem_free(r->database_port);
    r->database_port = mem_printf("%ld", port);
    str_replace(&r->database_group, xml_str(node, "referencedGroupInfo/groupId"));
    return true;
}

static bool read_database(struct stack *s, struct recovered *r, struct err *err)
{
    return ec2_describe(s->aws, "DescribeSecurityGroupRules", "securityGroupRuleSet/item",
                        "tag:" TAG_STACK, s->names.stack, take_rule, r, err);
}

// ---- the container

static void unknown(struct recovered *r, const char *path)
{
    json_push_str(r->unknown, path);
}

static const char *variable(const struct json *container, const char *name)
{
    const struct json *list = json_get(container, "environment");
    for (const struct json *v = json_first(list); v; v = json_next(v))
        if (str_eq(json_str(v, "name"), name))
            return json_str(v, "value");
    return NULL;
}

static unsigned number(const char *text, unsigned fallback)
{
    unsigned long value = text ? strtoul(text, NULL, 10) : 0;
    return value ? (unsigned)value : fallback;
}

// A folder of another machine, or one that nobody wrote down. Never "built-in": that would put
// another application in the place of the user's. A folder that is not here keeps the image.
static void source_not_known(struct recovered *r)
{
    r->answers.backend.source = SOURCE_FOLDER;
    str_replace(&r->answers.backend.folder, SOURCE_NOT_KNOWN);
}

static void read_source(struct recovered *r, const struct json *tags)
{
    struct answers *a = &r->answers;
    const char *source = aws_tag_in_list(tags, "key", "value", TAG_SOURCE);
    const char *at = aws_tag_in_list(tags, "key", "value", TAG_SOURCE_AT);
    const char *base = aws_tag_in_list(tags, "key", "value", TAG_BASE_IMAGE);
    if (base && rule_base_image(base, NULL))
        str_replace(&a->backend.base_image, base);
    if (str_eq(source, "builtin"))
        return;
    if (str_eq(source, "git") && at && rule_git_url(at, NULL)) {
        a->backend.source = SOURCE_GIT;
        str_replace(&a->backend.git_url, at);
        str_replace(&a->backend.git_ref, aws_tag_in_list(tags, "key", "value", TAG_SOURCE_REF));
        str_replace(&a->backend.git_folder,
                    aws_tag_in_list(tags, "key", "value", TAG_SOURCE_FOLDER));
        return;
    }
    source_not_known(r);
    unknown(r, "backend.source");
}

// What no task definition tells is as this machine has it for a new setup: a mirror of the base
// image, another Forest (or those of the practice cloud).
static bool usual_places(struct recovered *r, struct err *err)
{
    const char *base = getenv("FOREST_SETUP_BASE_IMAGE");
    if (!str_empty(base) && rule_base_image(base, NULL))
        str_replace(&r->answers.backend.base_image, base);
    return session_take_server(&r->answers, err);
}

static void read_user_tags(struct recovered *r, const struct json *tags)
{
    for (const struct json *t = json_first(tags); t; t = json_next(t)) {
        const char *key = json_str_or(t, "key", "");
        if (!str_starts(key, "forestadmin:") && !str_starts(key, "aws:") && !str_eq(key, "Name"))
            answers_add_tag(&r->answers, key, json_str_or(t, "value", ""));
    }
}

static void read_definition(struct recovered *r, const struct json *found)
{
    struct answers *a = &r->answers;
    const struct json *d = json_get(found, "taskDefinition");
    const struct json *c = json_path(d, "containerDefinitions.0");
    a->backend.cpu_units = number(json_str(d, "cpu"), a->backend.cpu_units);
    a->backend.memory_mib = number(json_str(d, "memory"), a->backend.memory_mib);
    a->backend.arch =
        str_eq(json_str(d, "runtimePlatform.cpuArchitecture"), "ARM64") ? ARCH_ARM64 : ARCH_X86_64;
    a->backend.port = (unsigned)json_int(c, "portMappings.0.containerPort", a->backend.port);
    const char *mode = variable(c, "DATABASE_SSL_MODE");
    if (mode)
        str_replace(&a->database.ssl_mode, mode);
    str_replace(&a->database.schema, variable(c, "DATABASE_SCHEMA"));
    str_replace(&a->forest.server_url, variable(c, "FOREST_SERVER_URL"));
    const char *image = json_str_or(c, "image", "");
    const char *at = strchr(image, '@');
    r->image_digest = at ? mem_strdup(at + 1) : NULL;
    const struct json *tags = json_get(found, "tags");
    const char *source = aws_tag_in_list(tags, "key", "value", TAG_SOURCE);
    r->image_source = source ? mem_strdup(source) : NULL;
    r->owner = json_str(d, "registeredBy") ? mem_strdup(json_str(d, "registeredBy")) : NULL;
    read_source(r, tags);
    read_user_tags(r, tags);
}

static bool read_task(struct stack *s, struct recovered *r, struct err *err)
{
    JSON_AUTO *found = NULL;
    ERR_AUTO e = {0};
    if (!absent(ecs_get_task_definition(s->aws, s->names.base, &found, &e), &e, err))
        return false;
    const struct json *tags = json_get(found, "tags");
    if (str_eq(aws_tag_in_list(tags, "key", "value", TAG_STACK), s->names.stack)) {
        read_definition(r, found);
    } else {
        source_not_known(r);
        unknown(r, "backend");
    }
    return found || usual_places(r, err);
}

static bool read_service(struct stack *s, struct recovered *r, struct err *err)
{
    JSON_AUTO *service = NULL;
    ERR_AUTO e = {0};
    r->desired = -1;
    bool ok = ecs_get_service(s->aws, s->names.base, s->names.base, &service, &e);
    if (!absent(ok || err_is(&e, "ClusterNotFoundException"), &e, err))
        return false;
    if (!service || str_eq(json_str(service, "status"), "INACTIVE"))
        return true;
    r->running = (long)json_int(service, "runningCount", 0);
    r->desired = (long)json_int(service, "desiredCount", 0);
    if (r->desired > 0)
        r->answers.backend.tasks = (unsigned)r->desired;
    const struct json *subnets =
        json_path(service, "networkConfiguration.awsvpcConfiguration.subnets");
    r->subnets = joined(subnets);
    for (const struct json *n = json_first(subnets); n && !r->answers.network.new_vpc;
         n = json_next(n))
        answers_add_subnet(&r->answers, json_text(n));
    return true;
}

static bool read_scaling(struct stack *s, struct recovered *r, struct err *err)
{
    AUTO_FREE char *resource = mem_printf("service/%s/%s", s->names.base, s->names.base);
    struct answers *a = &r->answers;
    long min = 0;
    long max = 0;
    double percent = 0;
    ERR_AUTO e = {0};
    if (!scaling_get_target(s->aws, resource, &min, &max, &e))
        return absent(false, &e, err);
    a->options.autoscaling = true;
    a->options.min_tasks = (unsigned)min;
    a->options.max_tasks = (unsigned)max;
    if (scaling_get_policy(s->aws, resource, s->names.scaling_policy, &percent, &e))
        a->options.cpu_percent = (unsigned)percent;
    return absent(e.kind == ERR_NONE, &e, err);
}

// ---- the rest

static bool read_key(struct stack *s, struct recovered *r, struct err *err)
{
    struct kms_key key = {0};
    AUTO_FREE char *stack = NULL;
    ERR_AUTO e = {0};
    bool ok = kms_describe(s->aws, s->names.key_alias, &key, &e) &&
              kms_tag(s->aws, key.id, TAG_STACK, &stack, &e);
    kms_key_clear(&key);
    r->answers.options.kms_key = ok && str_eq(stack, s->names.stack);
    // A key of somebody else may not even be looked at; it is none of this setup then.
    return ok || e.kind == ERR_DENIED || absent(false, &e, err);
}

static bool read_log(struct stack *s, struct recovered *r, struct err *err)
{
    AUTO_FREE char *arn = NULL;
    unsigned days = 0;
    ERR_AUTO e = {0};
    if (logs_find_group(s->aws, s->names.log_group, &arn, &days, &e) && days)
        r->answers.options.log_days = days;
    return absent(e.kind == ERR_NONE, &e, err);
}

static bool read_role(struct stack *s, struct recovered *r, struct err *err)
{
    struct iam_role role = {0};
    ERR_AUTO e = {0};
    bool ok = iam_get_role(s->aws, s->names.exec_role, &role, &e);
    if (ok && str_eq(role.stack_tag, s->names.stack))
        str_replace(&r->answers.options.permissions_boundary, role.boundary);
    iam_role_clear(&role);
    return absent(ok, &e, err);
}

static void say_where(struct stack *s, const char *name, struct recovered *r)
{
    struct answers *a = &r->answers;
    str_replace(&a->name, name);
    str_replace(&a->aws.region, s->region);
    str_replace(&a->aws.account, s->account);
    // References as in every file that a wizard writes: looked for when they are needed.
    a->forest.env_secret.from = SECRET_ENV;
    str_replace(&a->forest.env_secret.where, "FOREST_ENV_SECRET");
    a->database.url.from = SECRET_ENV;
    str_replace(&a->database.url.where, "POSTGRESQL_URL");
}

bool recover_answers(struct stack *stack, const char *name, struct recovered *out, struct err *err)
{
    *out = (struct recovered){.unknown = json_array()};
    answers_init(&out->answers);
    say_where(stack, name, out);
    stack_take(stack, &out->answers);
    bool ok = read_network(stack, out, err) && read_database(stack, out, err) &&
              read_task(stack, out, err) && read_service(stack, out, err) &&
              read_scaling(stack, out, err) && read_key(stack, out, err) &&
              read_log(stack, out, err) && read_role(stack, out, err);
    if (ok && !out->answers.network.new_vpc && !out->answers.network.vpc)
        unknown(out, "network");
    return ok;
}
