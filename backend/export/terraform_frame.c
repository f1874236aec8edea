// SPDX-License-Identifier: MIT
// What stands around the resources of the Terraform module: versions, variables, locals, the
// secret's version, imports and outputs.
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/terraform_private.h"
#include "backend/steps/common.h"
#include "backend/steps/discover.h"

static bool secret_exists(const struct module *m)
{
    return export_made(m->in, "secret") && facts_get(m->in->facts, "secret.version");
}

// ---- variables: a default where the value is known

static void variable(struct module *m, const char *name, const char *type, const char *description,
                     const struct json *value)
{
    struct hcl *h = module_file(m, "variables.tf");
    const struct hcl_references *references = h->references;
    hcl_empty(h);
    hcl_begin(h, "variable", name, NULL);
    h->references = NULL; // a default is a constant
    hcl_text(h, "description", description);
    hcl_code(h, "type", type);
    if (value)
        hcl_value(h, "default", value);
    h->references = references;
    hcl_end(h);
}

static void text_variable(struct module *m, const char *name, const char *description,
                          const char *value)
{
    JSON_AUTO *text = value ? json_string(value) : NULL;
    variable(m, name, "string", description, text);
}

static void list_variable(struct module *m, const char *name, const char *description,
                          const char *comma_list)
{
    JSON_AUTO *list = comma_list ? json_array() : NULL;
    for (const char *p = comma_list; p && *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *one = mem_strndup(p, n);
        json_push_str(list, one);
        p += p[n] ? n + 1 : n;
    }
    variable(m, name, "list(string)", description, list);
}

static void network_variables(struct module *m)
{
    const struct export_input *in = m->in;
    const struct answers *a = in->answers;
    if (a->network.new_vpc) {
        const char *known = facts_get(in->facts, "zones.ids");
        AUTO_FREE char *usual = zones_usual(in->region);
        list_variable(m, "availability_zone_ids",
                      "Ids of the two zones; VPC links of API Gateway do not work in every zone.",
                      known ? known : usual);
        return;
    }
    const char *given =
        a->network.vpc && str_starts(a->network.vpc, "vpc-") ? a->network.vpc : NULL;
    const char *vpc = facts_get(in->facts, "network.vpc");
    text_variable(m, "vpc_id", "The VPC that the backend runs in; it is not managed here.",
                  vpc ? vpc : given);
    list_variable(m, "task_subnet_ids", "Private subnets with a way out, for the backend.",
                  facts_get(in->facts, "network.subnets"));
    list_variable(m, "balancer_subnet_ids",
                  "Private subnets for the load balancer, one for each zone.",
                  facts_get(in->facts, "network.alb_subnets"));
    list_variable(m, "link_subnet_ids",
                  "Private subnets for the VPC link, in zones where API Gateway supports it.",
                  facts_get(in->facts, "network.link_subnets"));
}

static void secret_variable(struct module *m, const char *name, const char *description)
{
    struct hcl *h = module_file(m, "variables.tf");
    hcl_empty(h);
    hcl_begin(h, "variable", name, NULL);
    hcl_text(h, "description", description);
    hcl_code(h, "type", "string");
    hcl_code(h, "sensitive", "true");
    hcl_code(h, "ephemeral", "true");
    hcl_end(h);
}

static void secret_variables(struct module *m)
{
    if (secret_exists(m)) {
        text_variable(m, "secret_version_id",
                      "The version of the secret that the backend reads. Its values are in Secrets "
                      "Manager only: neither here nor in the state.",
                      facts_get(m->in->facts, "secret.version"));
        return;
    }
    secret_variable(m, "forest_env_secret", "FOREST_ENV_SECRET. Not kept in plan or state.");
    secret_variable(m, "forest_auth_secret",
                    "FOREST_AUTH_SECRET: 64 random hexadecimal digits. Not kept in plan or state.");
    secret_variable(m, "postgresql_url",
                    "POSTGRESQL_URL: postgres://user:password@host:5432/name. Not kept in plan or "
                    "state.");
    JSON_AUTO *one = json_parse("1", 1, NULL, NULL);
    variable(m, "secret_revision", "number", "Raise it to write the secret's values again.", one);
}

static void variables(struct module *m)
{
    const struct export_input *in = m->in;
    text_variable(m, "region", "The region of the stack.", in->region);
    text_variable(m, "account_id", "The account of the stack; any other is refused.", in->account);
    network_variables(m);
    const char *group = in->answers->database.ingress_security_group;
    if (!group)
        group = facts_get(in->facts, "database.group");
    if (group)
        text_variable(m, "database_security_group_id",
                      "The security group of the database; it is not managed here.", group);
    const char *digest = facts_get(in->facts, "image.digest");
    text_variable(
        m, "image_digest",
        digest ? "The image in the repository that runs, as sha256:... `forest-setup apply` "
                 "builds and pushes it."
               : "The image in the repository that runs, as sha256:... For a first apply give "
                 "sha256: and 64 zeros; `forest-setup apply` then builds the image, pushes "
                 "it, and has the service run it.",
        digest);
    secret_variables(m);
}

// ---- versions, locals

static void versions(struct module *m)
{
    struct hcl *h = module_file(m, "versions.tf");
    JSON_AUTO *provider = json_strings("source", "hashicorp/aws", "version", "~> 6.0", NULL);
    hcl_begin(h, "terraform", NULL, NULL);
    // Write-only arguments and ephemeral variables came with 1.11, import blocks before.
    hcl_text(h, "required_version", secret_exists(m) ? ">= 1.7" : ">= 1.11");
    hcl_empty(h);
    hcl_begin(h, "required_providers", NULL, NULL);
    hcl_value(h, "aws", provider);
    hcl_end(h);
    hcl_end(h);
    hcl_empty(h);
    hcl_begin(h, "provider", "aws", NULL);
    hcl_code(h, "region", "var.region");
    hcl_code(h, "allowed_account_ids", "[var.account_id]");
    hcl_end(h);
}

static void locals(struct module *m)
{
    struct hcl *h = module_file(m, "locals.tf");
    hcl_begin(h, "locals", NULL, NULL);
    const struct hcl_references *references = h->references;
    h->references = NULL;
    hcl_comment(h, "The name of everything; forest-setup finds the stack by its names and tags.");
    hcl_text(h, "name", m->in->names.base);
    hcl_empty(h);
    hcl_comment(h,
                "forestadmin:stack is of this account and region: for others export with theirs in "
                "the answers.");
    hcl_value(h, "tags", m->common_tags);
    h->references = references;
    hcl_empty(h);
    hcl_comment(h, "As the provider reads it back; an ARN would show as a change after an import.");
    hcl_code(h, "task_definition",
             "\"${aws_ecs_task_definition.backend.family}:${aws_ecs_task_definition.backend."
             "revision}\"");
    hcl_empty(h);
    hcl_code(h, "secret_version",
             secret_exists(m) ? "var.secret_version_id"
                              : "aws_secretsmanager_secret_version.env.version_id");
    hcl_end(h);
}

void module_frame(struct module *m)
{
    versions(m);
    variables(m);
    locals(m);
}

// ---- imports

void module_import(struct module *m, const struct resource *r)
{
    if (!export_made(m->in, r->step))
        return;
    AUTO_FREE char *id = resource_id(r->import, m->in);
    AUTO_FREE char *address = mem_printf("%s.%s", r->type, r->label);
    struct hcl *h = module_file(m, "imports.tf");
    hcl_empty(h);
    if (!id) {
        AUTO_FREE char *why = mem_printf(
            "%s: its id is not in the records; `forest-setup apply` writes it there.", address);
        hcl_comment(h, why);
        return;
    }
    AUTO_FREE char *quoted = hcl_quote(NULL, id);
    hcl_begin(h, "import", NULL, NULL);
    hcl_code(h, "to", address);
    hcl_code(h, "id", quoted);
    hcl_end(h);
}

// ---- the rest

static void secret_version(struct module *m)
{
    struct hcl *h = module_file(m, "secret.tf");
    hcl_empty(h);
    hcl_comment(h, "Write-only: the values go to Secrets Manager and nowhere else.");
    hcl_begin(h, "resource", "aws_secretsmanager_secret_version", "env");
    hcl_code(h, "secret_id", "aws_secretsmanager_secret.env.id");
    hcl_code(h, "secret_string_wo_version", "var.secret_revision");
    AUTO_FREE char *env = record_reference("forest_env_secret");
    AUTO_FREE char *auth = record_reference("forest_auth_secret");
    AUTO_FREE char *url = record_reference("postgresql_url");
    JSON_AUTO *values = json_strings("FOREST_ENV_SECRET", env, "FOREST_AUTH_SECRET", auth,
                                     "POSTGRESQL_URL", url, NULL);
    hcl_document(h, "secret_string_wo", values);
    hcl_end(h);
}

static void output(struct hcl *h, const char *name, const char *description, const char *code)
{
    hcl_empty(h);
    hcl_begin(h, "output", name, NULL);
    hcl_text(h, "description", description);
    hcl_code(h, "value", code);
    hcl_end(h);
}

void module_rest(struct module *m)
{
    if (!secret_exists(m))
        secret_version(m);
    struct hcl *h = module_file(m, "outputs.tf");
    output(h, "url", "The address to give to Forest Admin.",
           "aws_apigatewayv2_api.main.api_endpoint");
    output(h, "repository", "Where images of the backend go.",
           "aws_ecr_repository.backend.repository_url");
    output(h, "log_group", "Where the backend writes its log.",
           "aws_cloudwatch_log_group.backend.name");
    output(h, "cluster", "The cluster, and the service in it.", "aws_ecs_cluster.main.name");
}
