// SPDX-License-Identifier: MIT
#include "backend/setup/validate.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/setup/fargate.h"
#include "backend/setup/fields.h"

bool validate_text(const char *path, const char *text, struct err *err)
{
    const struct field *field = field_find(path);
    return !field || !field->rule || field->rule(text, err);
}

static void check_size(const struct answers *a, struct problems *problems)
{
    ERR_AUTO err = {0};
    if (!fargate_cpu_valid(a->backend.cpu_units)) {
        fargate_check(a->backend.cpu_units, a->backend.memory_mib, &err);
        problems_add_err(problems, "backend.cpu", 0, &err);
    } else if (!fargate_check(a->backend.cpu_units, a->backend.memory_mib, &err)) {
        problems_add_err(problems, "backend.memory", 0, &err);
    }
}

static void check_network(const struct answers *a, struct problems *problems)
{
    if (a->network.new_vpc && (a->network.vpc || a->network.subnet_count))
        problems_add(problems, "network.new_vpc", 0, "keep either new_vpc, or vpc and subnets",
                     "does not go with an existing VPC");
    if (a->network.subnet_count && !a->network.vpc && !a->network.new_vpc)
        problems_add(problems, "network.subnets", 0, "add \"vpc\": its id or its name",
                     "stand there without their VPC");
}

static void check_tasks(const struct answers *a, struct problems *problems)
{
    if (!a->options.autoscaling)
        return;
    if (a->options.min_tasks > a->options.max_tasks)
        problems_add(problems, "options.autoscaling.min", 0, "make min at most max",
                     "%u is more than max, %u", a->options.min_tasks, a->options.max_tasks);
    else if (a->backend.tasks < a->options.min_tasks || a->backend.tasks > a->options.max_tasks)
        problems_add(problems, "backend.tasks", 0, "choose a number in between",
                     "%u is not between autoscaling's min and max, %u and %u", a->backend.tasks,
                     a->options.min_tasks, a->options.max_tasks);
}

// They lie on AWS together, as one secret. One that was generated is kept in any case.
static void check_stored(const struct answers *a, struct problems *problems)
{
    bool stored = answers_stored(a);
    enum secret_from auth = a->forest.auth_secret.from;
    if (stored != (a->database.url.from == SECRET_STORED))
        problems_add(problems, "database.url", 0,
                     "write \"stored\" for forest.env_secret and database.url, or for neither",
                     "and forest.env_secret lie on AWS as one secret");
    else if (auth == SECRET_STORED ? !stored : stored && auth != SECRET_GENERATE)
        problems_add(problems, "forest.auth_secret", 0,
                     "write \"stored\" for all three secrets, or for none",
                     "and forest.env_secret lie on AWS as one secret");
}

bool validate_together(const struct answers *a, struct problems *problems)
{
    size_t before = problems->count;
    check_size(a, problems);
    check_network(a, problems);
    check_tasks(a, problems);
    check_stored(a, problems);
    return problems->count == before;
}

bool validate_complete(const struct answers *a, struct problems *problems)
{
    size_t before = problems->count;
    if (str_empty(a->name))
        problems_add(problems, "name", 0, "add \"name\": \"my-admin\" to the file, or give --name",
                     "is missing");
    if (a->forest.env_secret.from == SECRET_NONE)
        problems_add(problems, "forest.env_secret", 0,
                     "add \"env_secret\": \"env:FOREST_ENV_SECRET\"", "is missing");
    if (!a->network.new_vpc && str_empty(a->network.vpc))
        problems_add(problems, "network", 0,
                     "add \"vpc\": \"prod\" (its id or name), or \"new_vpc\": {}", "names no VPC");
    if (a->database.url.from == SECRET_NONE)
        problems_add(problems, "database.url", 0, "add \"url\": \"env:POSTGRESQL_URL\"",
                     "is missing");
    return problems->count == before;
}
