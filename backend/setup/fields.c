// SPDX-License-Identifier: MIT
#include "backend/setup/fields.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/answers.h"
#include "backend/setup/rules.h"

static const char *const ssl_modes[] = {"preferred", "required", "verify", "disabled", NULL};
static const char *const architectures[] = {"x86_64", "arm64", NULL}; // enum cpu_arch
static const char *const builders[] = {"auto",   "builtin", "docker",
                                       "podman", "buildah", NULL}; // enum image_builder

static const char *const ask_screens[] = {"forest",   "aws",     "network",
                                          "database", "backend", NULL}; // enum ask_screen

#define AT(member) .offset = offsetof(struct answers, member)

// In the order in which a file is written.
static const struct field table[] = {
    {.path = "name", .kind = FIELD_TEXT, AT(name), .rule = rule_setup_name},
    {.path = "ask", .kind = FIELD_ASK, AT(ask), .words = ask_screens},
    {.path = "aws.profile", .kind = FIELD_TEXT, AT(aws.profile), .rule = rule_profile},
    {.path = "aws.region", .kind = FIELD_TEXT, AT(aws.region), .rule = rule_region},
    {.path = "aws.account", .kind = FIELD_TEXT, AT(aws.account), .rule = rule_account},
    {.path = "forest.env_secret",
     .kind = FIELD_SECRET,
     AT(forest.env_secret),
     .variable = "FOREST_ENV_SECRET"},
    {.path = "forest.auth_secret",
     .kind = FIELD_SECRET,
     AT(forest.auth_secret),
     .variable = "FOREST_AUTH_SECRET",
     .may_generate = true},
    {.path = "forest.server_url",
     .kind = FIELD_TEXT,
     AT(forest.server_url),
     .rule = rule_server_url},
    {.path = "network.vpc", .kind = FIELD_TEXT, AT(network.vpc), .rule = rule_vpc},
    {.path = "network.subnets", .kind = FIELD_SUBNETS, AT(network.subnets), .rule = rule_subnet},
    {.path = "network.new_vpc", .kind = FIELD_PRESENT, AT(network.new_vpc)},
    {.path = "network.new_vpc.cidr", .kind = FIELD_TEXT, AT(network.cidr), .rule = rule_cidr},
    {.path = "database.url", .kind = FIELD_SECRET, AT(database.url), .variable = "POSTGRESQL_URL"},
    {.path = "database.ingress_security_group",
     .kind = FIELD_TEXT,
     AT(database.ingress_security_group),
     .rule = rule_security_group},
    {.path = "database.ssl_mode", .kind = FIELD_CHOICE, AT(database.ssl_mode), .words = ssl_modes},
    {.path = "database.schema", .kind = FIELD_TEXT, AT(database.schema), .rule = rule_schema},
    {.path = "backend.source", .kind = FIELD_SOURCE, AT(backend.source)},
    {.path = "backend.source.folder", .kind = FIELD_TEXT, AT(backend.folder), .rule = rule_folder},
    {.path = "backend.source.git.url",
     .kind = FIELD_TEXT,
     AT(backend.git_url),
     .rule = rule_git_url},
    {.path = "backend.source.git.ref",
     .kind = FIELD_TEXT,
     AT(backend.git_ref),
     .rule = rule_git_ref},
    {.path = "backend.source.git.folder",
     .kind = FIELD_TEXT,
     AT(backend.git_folder),
     .rule = rule_git_folder},
    {.path = "backend.cpu", .kind = FIELD_NUMBER, AT(backend.cpu_units), .min = 256, .max = 16384},
    {.path = "backend.memory",
     .kind = FIELD_NUMBER,
     AT(backend.memory_mib),
     .min = 512,
     .max = 122880},
    {.path = "backend.architecture", .kind = FIELD_WORD, AT(backend.arch), .words = architectures},
    {.path = "backend.builder", .kind = FIELD_WORD, AT(backend.builder), .words = builders},
    {.path = "backend.base_image",
     .kind = FIELD_TEXT,
     AT(backend.base_image),
     .rule = rule_base_image},
    {.path = "backend.tasks", .kind = FIELD_NUMBER, AT(backend.tasks), .min = 1, .max = 20},
    {.path = "backend.port", .kind = FIELD_NUMBER, AT(backend.port), .min = 1024, .max = 65535},
    {.path = "options.kms_key", .kind = FIELD_BOOL, AT(options.kms_key)},
    {.path = "options.autoscaling", .kind = FIELD_PRESENT, AT(options.autoscaling)},
    {.path = "options.autoscaling.min",
     .kind = FIELD_NUMBER,
     AT(options.min_tasks),
     .min = 1,
     .max = 20},
    {.path = "options.autoscaling.max",
     .kind = FIELD_NUMBER,
     AT(options.max_tasks),
     .min = 1,
     .max = 20},
    {.path = "options.autoscaling.cpu_percent",
     .kind = FIELD_NUMBER,
     AT(options.cpu_percent),
     .min = 10,
     .max = 90},
    {.path = "options.log_retention_days",
     .kind = FIELD_NUMBER,
     AT(options.log_days),
     .number_rule = rule_log_days},
    {.path = "options.permissions_boundary",
     .kind = FIELD_TEXT,
     AT(options.permissions_boundary),
     .rule = rule_boundary},
    {.path = "options.secret_recovery_days",
     .kind = FIELD_NUMBER,
     AT(options.secret_recovery_days),
     .number_rule = rule_recovery_days},
    {.path = "options.tags", .kind = FIELD_TAGS, AT(options.tags)},
};

const struct field *fields(size_t *out_count)
{
    *out_count = ARRAY_LEN(table);
    return table;
}

const struct field *field_find(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (str_eq(table[i].path, path))
            return &table[i];
    return NULL;
}

bool field_is_group(const char *path)
{
    size_t n = strlen(path);
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        if (n == 0 || (strncmp(table[i].path, path, n) == 0 && table[i].path[n] == '.'))
            return true;
    return false;
}

bool answers_asks(const struct answers *a, const char *screen)
{
    for (size_t i = 0; ask_screens[i]; i++)
        if (str_eq(ask_screens[i], screen))
            return a->ask & (1U << i);
    return false;
}
