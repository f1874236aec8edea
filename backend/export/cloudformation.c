// SPDX-License-Identifier: MIT
// The stack as a CloudFormation template (JSON, so nothing can be misread) from the same rows, and
// the resources to import for an import change set. Everything is retained: CloudFormation asks for
// that before it takes over what exists.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/formats.h"
#include "backend/export/rows.h"
#include "backend/steps/discover.h"

struct template
{
    const struct export_input *in;
    struct record record;
    char *arn; // "arn:aws:", which becomes the partition's
};

// ---- text with references

static const struct reference *mark_at(const char *p)
{
    size_t count = 0;
    const struct reference *all = export_references(&count);
    if (!str_starts(p, REFERENCE_BEGIN))
        return NULL;
    p += strlen(REFERENCE_BEGIN);
    for (size_t i = 0; i < count; i++) {
        size_t n = strlen(all[i].key);
        if (strncmp(p, all[i].key, n) == 0 && str_starts(p + n, REFERENCE_END))
            return &all[i];
    }
    return NULL;
}

// What stands at `p` for something else; *length of it.
static const char *code_at(const struct template *t, const char *p, size_t *length)
{
    const struct reference *r = mark_at(p);
    if (r && r->cfn) {
        *length = strlen(REFERENCE_BEGIN) + strlen(r->key) + strlen(REFERENCE_END);
        return r->cfn;
    }
    const struct {
        const char *text, *code;
    } plain[] = {{t->arn, "arn:${AWS::Partition}:"},
                 {t->in->account, "${AWS::AccountId}"},
                 {t->in->region, "${AWS::Region}"}};
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        if (str_starts(p, plain[i].text)) {
            *length = strlen(plain[i].text);
            return plain[i].code;
        }
    return NULL;
}

// "${A}" -> Ref, "${A.B}" -> GetAtt, else Sub.
static struct json *function_of(const char *sub)
{
    size_t n = strlen(sub);
    bool whole = str_starts(sub, "${") && strchr(sub, '}') == sub + n - 1;
    if (!whole)
        return json_strings("Fn::Sub", sub, NULL);
    AUTO_FREE char *name = mem_strndup(sub + 2, n - 3);
    char *dot = strchr(name, '.');
    if (!dot) {
        name[strcspn(name, "[")] = '\0';
        return json_strings("Ref", name, NULL);
    }
    *dot = '\0';
    struct json *function = json_object();
    struct json *parts = json_put(function, "Fn::GetAtt", json_array());
    json_push_str(parts, name);
    json_push_str(parts, dot + 1);
    return function;
}

static struct json *text_value(const struct template *t, const char *text)
{
    struct str out;
    str_init(&out, STR_BODY);
    bool code = false;
    for (const char *p = text; *p;) {
        size_t n = 1;
        const char *found = code_at(t, p, &n);
        if (found)
            str_add(&out, found);
        else
            str_addc(&out, *p);
        if (!found && p[0] == '$' && p[1] == '{') { // in a Sub, "${!x}" is "${x}"
            str_add(&out, "{!");
            n = 2;
        }
        code = code || found;
        p += n;
    }
    AUTO_FREE char *sub = str_take(&out);
    return code ? function_of(sub) : json_string(text);
}

static struct json *tree_value(const struct template *t, const struct json *v, bool pascal);

static char *capital(const char *key)
{
    char *copy = mem_strdup(key);
    *copy = (char)toupper((unsigned char)*copy);
    return copy;
}

// `pascal`: members of a request are lowerCamel, properties are not. Options of a log driver are a
// map of the user's.
static struct json *tree_value(const struct template *t, const struct json *v, bool pascal)
{
    if (json_type(v) == JSON_OBJECT) {
        struct json *object = json_object();
        for (const struct json *n = json_first(v); n; n = json_next(n)) {
            AUTO_FREE char *key = pascal ? capital(json_key(n)) : mem_strdup(json_key(n));
            json_put(object, key, tree_value(t, n, pascal && !str_eq(json_key(n), "options")));
        }
        return object;
    }
    if (json_type(v) != JSON_ARRAY)
        return json_text(v) ? text_value(t, json_text(v)) : json_copy(v);
    const char *only = json_count(v) == 1 ? json_text(json_first(v)) : NULL;
    const struct reference *r = only ? mark_at(only) : NULL;
    if (r && r->cfn && strstr(r->cfn, "[]}")) // stands for the whole list
        return function_of(r->cfn);
    struct json *list = json_array();
    for (const struct json *n = json_first(v); n; n = json_next(n))
        json_push(list, tree_value(t, n, pascal));
    return list;
}

// ---- properties

static struct json *tags_value(const struct json *tags, bool map)
{
    struct json *all = export_tags(tags);
    if (map)
        return all;
    struct json *list = json_array();
    for (const struct json *n = json_first(all); n; n = json_next(n))
        json_push(list, json_strings("Key", json_key(n), "Value", json_text(n), NULL));
    json_free(all);
    return list;
}

static struct json *number_value(const struct json *v)
{
    const char *text = json_text(v);
    return text ? json_parse(text, strlen(text), NULL, NULL) : json_copy(v);
}

static struct json *flag_value(const struct json *v)
{
    const char *text = json_text(v);
    bool on = text ? str_eq(text, "true") : json_bool(v, "", false);
    return json_parse(on ? "true" : "false", on ? 4 : 5, NULL, NULL);
}

static struct json *document_value(const struct template *t, const char *property,
                                   const struct json *v)
{
    const char *text = json_text(v);
    JSON_AUTO *parsed = text ? json_parse(text, strlen(text), NULL, NULL) : json_copy(v);
    return tree_value(t, parsed, str_eq(property, "ContainerDefinitions"));
}

static struct json *value_of(const struct template *t, const struct attribute *a,
                             const struct json *v)
{
    AUTO_FREE char *reference = a->ref ? record_reference(a->ref) : NULL;
    switch (a->kind) {
    case AS_NUMBER: return number_value(v);
    case AS_FLAG: return flag_value(v);
    case AS_DOCUMENT: return document_value(t, a->cfn, v);
    case AS_KNOWN: return text_value(t, reference);
    case AS_TAGS: return tags_value(v, false);
    case AS_TAGS_MAP: return tags_value(v, true);
    case AS_TEXT:
    case AS_SWITCH:
    case AS_INTERNAL:
    case AS_VALUE:
    case AS_NOTHING: break;
    }
    return tree_value(t, v, false);
}

static struct json *mutable(const struct json *node)
{
    return (struct json *)(uintptr_t)node; // of a tree that this file has built
}

// The object or list below `node`, made when it is not there. `next` tells which.
static struct json *below(struct json *node, const char *part, const char *next)
{
    bool list = next && isdigit((unsigned char)*next);
    if (json_type(node) == JSON_ARRAY) {
        const struct json *there = json_at(node, (size_t)strtoul(part, NULL, 10));
        return there ? mutable(there) : json_push(node, list ? json_array() : json_object());
    }
    const struct json *there = json_get(node, part);
    return there ? mutable(there) : json_put(node, part, list ? json_array() : json_object());
}

// "Attributes[key]": lists of keys and values.
static void put_pair(struct json *properties, const char *path, const struct json *v)
{
    const char *bracket = strchr(path, '[');
    AUTO_FREE char *list_name = mem_strndup(path, (size_t)(bracket - path));
    AUTO_FREE char *key = mem_strndup(bracket + 1, strcspn(bracket + 1, "]"));
    const struct json *there = json_get(properties, list_name);
    struct json *list = there ? mutable(there) : json_put(properties, list_name, json_array());
    json_push(list, json_strings("Key", key, "Value", json_text(v), NULL));
}

static void put_property(struct json *properties, const char *path, struct json *value)
{
    struct json *node = properties;
    const char *p = path;
    for (const char *dot = strchr(p, '.'); dot; dot = strchr(p, '.')) {
        AUTO_FREE char *part = mem_strndup(p, (size_t)(dot - p));
        node = below(node, part, dot + 1);
        p = dot + 1;
    }
    json_put(node, p, value);
}

static struct json *properties_of(const struct template *t, const struct resource *r,
                                  const struct json *request)
{
    struct json *properties = json_object();
    for (size_t i = 0; i < r->count; i++) {
        const struct attribute *a = &r->attributes[i];
        const struct json *v = resource_member(request, a->from);
        if (!a->cfn || !v || a->kind == AS_NOTHING)
            continue;
        if (strchr(a->cfn, '['))
            put_pair(properties, a->cfn, v);
        else
            put_property(properties, a->cfn, value_of(t, a, v));
    }
    return properties;
}

// ---- the template

// Checks of checkov that templates have, too: the id for Terraform, and the one for a template.
static const char *const template_checks[][2] = {
    {"CKV_AWS_2", "CKV_AWS_2"},     {"CKV_AWS_65", "CKV_AWS_65"},   {"CKV_AWS_76", "CKV_AWS_95"},
    {"CKV_AWS_91", "CKV_AWS_91"},   {"CKV_AWS_103", "CKV_AWS_103"}, {"CKV_AWS_136", "CKV_AWS_136"},
    {"CKV_AWS_149", "CKV_AWS_149"}, {"CKV_AWS_158", "CKV_AWS_158"},
};

static const char *template_check(const char *id)
{
    for (size_t i = 0; i < sizeof template_checks / sizeof template_checks[0]; i++)
        if (strcmp(template_checks[i][0], id) == 0)
            return template_checks[i][1];
    return NULL;
}

// The answers to findings of checkov, where it looks for them in a template.
static void put_skips(const struct template *t, struct json *one, const struct resource *r)
{
    struct json *list = NULL;
    for (size_t i = 0; r->skips && r->skips[i]; i += 2) {
        const char *id = template_check(r->skips[i]);
        if (!id || export_skip_is_moot(t->in, r->skips[i + 1]))
            continue;
        if (!list)
            list = json_put(
                json_put(json_put(one, "Metadata", json_object()), "checkov", json_object()),
                "skip", json_array());
        json_push(list, json_strings("id", id, "comment", r->skips[i + 1], NULL));
    }
}

static void put_resource(const struct template *t, struct json *resources, const struct resource *r,
                         const struct json *request)
{
    struct json *one = json_put(resources, r->cfn_name,
                                json_strings("Type", r->cfn_type, "DeletionPolicy", "Retain",
                                             "UpdateReplacePolicy", "Retain", NULL));
    for (const char *p = r->cfn_depends; p && *p;) {
        size_t n = strcspn(p, ",");
        AUTO_FREE char *name = mem_strndup(p, n);
        const struct json *list = json_get(one, "DependsOn");
        json_push_str(list ? mutable(list) : json_put(one, "DependsOn", json_array()), name);
        p += p[n] ? n + 1 : n;
    }
    put_skips(t, one, r);
    json_put(one, "Properties", properties_of(t, r, request));
}

static void put_import(const struct export_input *in, struct json *imports,
                       const struct resource *r)
{
    AUTO_FREE char *id = export_made(in, r->step) ? resource_id(r->cfn_import, in) : NULL;
    if (!id)
        return;
    struct json *one = json_push(
        imports, json_strings("ResourceType", r->cfn_type, "LogicalResourceId", r->cfn_name, NULL));
    struct json *identifier = json_put(one, "ResourceIdentifier", json_object());
    for (const char *p = id; *p;) {
        size_t n = strcspn(p, "|");
        size_t equals = strcspn(p, "=");
        AUTO_FREE char *key = mem_strndup(p, equals);
        AUTO_FREE char *value = mem_strndup(p + equals + 1, n - equals - 1);
        json_put_str(identifier, key, value);
        p += p[n] ? n + 1 : n;
    }
}

static struct json *parameter(struct json *all, const char *name, const char *type,
                              const char *description, const char *value)
{
    struct json *one =
        json_put(all, name, json_strings("Type", type, "Description", description, NULL));
    json_put_str(one, "Default", value);
    return one;
}

static void put_parameters(const struct export_input *in, struct json *all)
{
    const struct facts *f = in->facts;
    const char *const subnets = "List<AWS::EC2::Subnet::Id>";
    if (in->answers->network.new_vpc) {
        AUTO_FREE char *usual = zones_usual(in->region);
        const char *zones = facts_get(f, "zones.ids");
        zones = zones ? zones : usual;
        AUTO_FREE char *a = zones ? mem_strndup(zones, strcspn(zones, ",")) : NULL;
        parameter(all, "ZoneA", "String", "Id of the first zone", a);
        parameter(all, "ZoneB", "String", "Id of the second zone",
                  zones ? zones + strcspn(zones, ",") + 1 : NULL);
    } else {
        parameter(all, "VpcId", "AWS::EC2::VPC::Id", "The VPC that the backend runs in",
                  facts_get(f, "network.vpc"));
        parameter(all, "TaskSubnetIds", subnets, "Private subnets with a way out, for the backend",
                  facts_get(f, "network.subnets"));
        parameter(all, "BalancerSubnetIds", subnets,
                  "Private subnets for the load balancer, one for each zone",
                  facts_get(f, "network.alb_subnets"));
        parameter(all, "LinkSubnetIds", subnets,
                  "Private subnets for the VPC link, in zones where API Gateway supports it",
                  facts_get(f, "network.link_subnets"));
    }
    struct json *digest = parameter(all, "ImageDigest", "String",
                                    "The image in the repository that runs, as sha256:...",
                                    facts_get(f, "image.digest"));
    json_put_str(digest, "AllowedPattern", "sha256:[0-9a-f]{64}");
    const char *version = facts_get(f, "secret.version");
    parameter(all, "SecretVersion", "String",
              "The version of the secret that the backend reads; empty: the current one. Its "
              "values are written with forest-setup or put-secret-value, never here",
              version ? version : "");
}

static void put_outputs(struct json *template)
{
    struct json *outputs = json_put(template, "Outputs", json_object());
    struct json *url = json_put(outputs, "Url", json_object());
    json_put_str(url, "Description", "The address to give to Forest Admin");
    json_put(url, "Value", function_of("${Api.ApiEndpoint}"));
}

static bool put_resources(struct template *t, struct json *resources, struct json *imports,
                          struct err *err)
{
    size_t count = 0;
    const struct resource *const *rows = export_resources(&count);
    for (size_t i = 0; i < count; i++) {
        JSON_AUTO *request = resource_request(rows[i], &t->record);
        if (!request || !rows[i]->cfn_type)
            continue;
        if (!resource_check(rows[i], request, err))
            return false;
        put_resource(t, resources, rows[i], request);
        put_import(t->in, imports, rows[i]);
    }
    return true;
}

static char *file_text(const struct json *tree)
{
    AUTO_FREE char *text = json_print_pretty(tree);
    return str_ends(text, "\n") ? mem_steal(text) : mem_printf("%s\n", text);
}

bool export_make_cloudformation(const struct export_input *in, struct export_files *out,
                                struct err *err)
{
    struct template t = {.in = in};
    if (!record_stack(in, &t.record, err))
        return false;
    t.arn = mem_printf("arn:%s:", in->partition);
    AUTO_FREE char *description = mem_printf("Forest Admin backend %s", in->answers->name);
    JSON_AUTO *template =
        json_strings("AWSTemplateFormatVersion", "2010-09-09", "Description", description, NULL);
    put_parameters(in, json_put(template, "Parameters", json_object()));
    JSON_AUTO *imports = json_array();
    bool ok = put_resources(&t, json_put(template, "Resources", json_object()), imports, err);
    if (ok) {
        put_outputs(template);
        export_files_add(out, "cloudformation/template.json", file_text(template));
        if (json_count(imports))
            export_files_add(out, "cloudformation/resources-to-import.json", file_text(imports));
    }
    mem_free(t.arn);
    record_clear(&t.record);
    return ok;
}
