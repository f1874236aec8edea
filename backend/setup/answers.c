// SPDX-License-Identifier: MIT
#include "backend/setup/answers.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

void answers_init(struct answers *a)
{
    *a = (struct answers){0};
    a->forest.auth_secret.from = SECRET_GENERATE;
    a->database.ssl_mode = mem_strdup("preferred");
    a->backend.cpu_units = 256;
    a->backend.memory_mib = 512;
    a->backend.arch = ARCH_X86_64;
    a->backend.base_image = mem_strdup("public.ecr.aws/docker/library/node:22-slim");
    a->backend.tasks = 1;
    a->backend.port = 3000;
    a->network.cidr = mem_strdup("10.42.0.0/16");
    a->options.min_tasks = 1;
    a->options.max_tasks = 4;
    a->options.cpu_percent = 60;
    a->options.log_days = 30;
    a->options.secret_recovery_days = 7;
}

static void secret_answer_clear(struct secret_answer *s)
{
    mem_free(s->where);
    secret_clear(&s->value);
}

void answers_clear(struct answers *a)
{
    char *texts[] = {a->name,
                     a->aws.profile,
                     a->aws.region,
                     a->aws.account,
                     a->forest.server_url,
                     a->network.cidr,
                     a->network.vpc,
                     a->database.ingress_security_group,
                     a->database.ssl_mode,
                     a->database.schema,
                     a->backend.folder,
                     a->backend.git_url,
                     a->backend.git_ref,
                     a->backend.git_folder,
                     a->backend.base_image,
                     a->options.permissions_boundary};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        mem_free(texts[i]);
    secret_answer_clear(&a->forest.env_secret);
    secret_answer_clear(&a->forest.auth_secret);
    secret_answer_clear(&a->database.url);
    for (size_t i = 0; i < a->network.subnet_count; i++)
        mem_free(a->network.subnets[i]);
    mem_free(a->network.subnets);
    for (size_t i = 0; i < a->options.tag_count; i++) {
        mem_free(a->options.tags[i].key);
        mem_free(a->options.tags[i].value);
    }
    mem_free(a->options.tags);
    *a = (struct answers){0};
}

static void own(char **slot)
{
    *slot = *slot ? mem_strdup(*slot) : NULL;
}

static void own_secret(struct secret_answer *dst, const struct secret_answer *src)
{
    own(&dst->where);
    dst->value = (struct secret){0};
    secret_copy(&dst->value, &src->value);
}

void answers_copy(struct answers *dst, const struct answers *src)
{
    *dst = *src;
    char **texts[] = {&dst->name,
                      &dst->aws.profile,
                      &dst->aws.region,
                      &dst->aws.account,
                      &dst->forest.server_url,
                      &dst->network.cidr,
                      &dst->network.vpc,
                      &dst->database.ingress_security_group,
                      &dst->database.ssl_mode,
                      &dst->database.schema,
                      &dst->backend.folder,
                      &dst->backend.git_url,
                      &dst->backend.git_ref,
                      &dst->backend.git_folder,
                      &dst->backend.base_image,
                      &dst->options.permissions_boundary};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        own(texts[i]);
    own_secret(&dst->forest.env_secret, &src->forest.env_secret);
    own_secret(&dst->forest.auth_secret, &src->forest.auth_secret);
    own_secret(&dst->database.url, &src->database.url);
    dst->network.subnets = NULL;
    dst->network.subnet_count = 0;
    for (size_t i = 0; i < src->network.subnet_count; i++)
        answers_add_subnet(dst, src->network.subnets[i]);
    dst->options.tags = NULL;
    dst->options.tag_count = 0;
    for (size_t i = 0; i < src->options.tag_count; i++)
        answers_add_tag(dst, src->options.tags[i].key, src->options.tags[i].value);
}

void answers_add_subnet(struct answers *a, const char *id)
{
    size_t n = a->network.subnet_count++;
    a->network.subnets = mem_realloc(a->network.subnets, n + 1, sizeof *a->network.subnets);
    a->network.subnets[n] = mem_strdup(id);
}

void answers_add_tag(struct answers *a, const char *key, const char *value)
{
    size_t n = a->options.tag_count++;
    a->options.tags = mem_realloc(a->options.tags, n + 1, sizeof *a->options.tags);
    a->options.tags[n] = (struct tag_answer){mem_strdup(key), mem_strdup(value)};
}

bool answers_stored(const struct answers *a)
{
    return a->forest.env_secret.from == SECRET_STORED;
}
