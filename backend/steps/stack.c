// SPDX-License-Identifier: MIT
#include "backend/steps/stack.h"

#include <stdlib.h>

#include "backend/aws/iam.h"
#include "backend/aws/retry.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/credentials/imds.h"
#include "backend/steps/discover.h"

static const char *chosen_profile(const struct stack_options *o)
{
    return o->profile ? o->profile : o->answers->aws.profile;
}

static bool open_files(struct stack *s, const struct stack_options *o, struct err *err)
{
    s->aws_files = aws_config_load(err);
    if (!s->aws_files)
        return false;
    const char *wanted = chosen_profile(o);
    s->profile_explicit = wanted != NULL;
    s->profile = mem_strdup(wanted ? wanted : profile_default_name());
    const struct profile *profile = profile_find(s->aws_files, s->profile);
    if (!profile && wanted) {
        err_set(err, ERR_AUTH, "there is no AWS profile \"%s\"", wanted);
        return err_remedy(err, "`forest-setup profiles` lists those on this machine.");
    }
    s->http = http_client_new(profile ? profile_get(profile, "ca_bundle") : NULL);
    return aws_endpoints_load(&s->endpoints, profile, err);
}

static struct credentials_options login_of(const struct stack *s)
{
    return (struct credentials_options){.config = s->aws_files,
                                        .profile = s->profile,
                                        .profile_explicit = s->profile_explicit,
                                        .region = s->region,
                                        .http = s->http,
                                        .cancel = s->cancel};
}

// The answers', the environment's, the profile's; on an instance its own.
static bool choose_region(struct stack *s, const struct stack_options *o, struct err *err)
{
    const struct profile *profile = profile_find(s->aws_files, s->profile);
    const char *named = profile_region(profile, o->region ? o->region : o->answers->aws.region);
    struct credentials_options login = login_of(s);
    s->region = named ? mem_strdup(named) : imds_region(&login, profile);
    if (s->region)
        return true;
    err_set(err, ERR_INPUT,
            "no region: neither aws.region nor AWS_REGION nor the profile \"%s\" names one",
            s->profile);
    return err_remedy(err,
                      "Put \"region\" into \"aws\" of the config file, for example eu-west-3.");
}

static bool open_clients(struct stack *s, const struct stack_options *o, struct err *err)
{
    struct credentials_options login = login_of(s);
    s->credentials = credentials_source_new(&login);
    unsigned attempts = 0;
    if (!retry_settings(profile_find(s->aws_files, s->profile), &attempts, err))
        return false;
    struct aws_client_options aws = {.max_attempts = attempts,
                                     .http = s->http,
                                     .credentials = s->credentials,
                                     .endpoints = &s->endpoints,
                                     .region = s->region,
                                     .cancel = o->cancel};
    s->aws = aws_client_new(&aws);
    return sts_get_caller_identity(s->aws, &s->account, &s->caller, err) ||
           err_wrap(err, "signing in with profile \"%s\"", s->profile);
}

static bool check_account(const struct stack *s, struct err *err)
{
    const char *pinned = s->answers->aws.account;
    if (!pinned || str_eq(pinned, s->account))
        return true;
    err_set(err, ERR_CONFLICT, "profile \"%s\" signs in to account %s, but aws.account says %s",
            s->profile, s->account, pinned);
    return err_remedy(err, "Choose the profile of account %s, or change aws.account.", pinned);
}

// Of keys that came anew in the middle of the work.
static bool same_account(void *context, const struct credentials *fresh, struct err *err)
{
    struct stack *s = context;
    struct credentials_source *fixed = credentials_source_fixed(fresh);
    struct aws_client *client =
        aws_client_new(&(struct aws_client_options){.http = s->http,
                                                    .credentials = fixed,
                                                    .endpoints = &s->endpoints,
                                                    .region = s->region,
                                                    .cancel = s->cancel});
    AUTO_FREE char *account = NULL;
    AUTO_FREE char *caller = NULL;
    bool ok = sts_get_caller_identity(client, &account, &caller, err);
    aws_client_free(client);
    credentials_source_free(fixed);
    return ok && (str_eq(account, s->account) || stack_other_account(s, account, err));
}

bool stack_other_account(const struct stack *s, const char *account, struct err *err)
{
    err_set(err, ERR_CONFLICT,
            "profile \"%s\" now signs in to account %s, but this setup is in account %s",
            s->profile, account, s->account);
    return err_remedy(err, "Sign in to account %s again, then resume.", s->account);
}

bool stack_open(struct stack **out, const struct stack_options *options, struct err *err)
{
    struct stack *s = mem_calloc(1, sizeof *s);
    s->answers = options->answers;
    s->cancel = options->cancel;
    pthread_mutex_init(&s->network_lock, NULL);
    pthread_mutex_init(&s->source_lock, NULL);
    s->cache_dir = fs_cache_dir(err);
    if (!s->cache_dir || !fs_mkdirs(s->cache_dir, err) || !open_files(s, options, err) ||
        !choose_region(s, options, err) || !open_clients(s, options, err) ||
        !check_account(s, err)) {
        stack_close(s);
        return false;
    }
    s->partition = mem_strdup(aws_partition(s->region));
    credentials_source_check(s->credentials, same_account, s);
    if (s->answers->name)
        names_init(&s->names, s->answers->name, s->account, s->region);
    *out = s;
    return true;
}

void stack_use_records(struct stack *stack, const char *records_dir)
{
    str_replace(&stack->records_dir, records_dir);
}

void stack_take(struct stack *stack, const struct answers *answers)
{
    stack->answers = answers;
    names_clear(&stack->names);
    names_init(&stack->names, answers->name, stack->account, stack->region);
}

void stack_close(struct stack *s)
{
    if (!s)
        return;
    if (s->source_open)
        source_close(&s->source);
    network_free(s->network);
    aws_client_free(s->aws);
    credentials_source_free(s->credentials);
    http_client_free(s->http);
    aws_endpoints_clear(&s->endpoints);
    aws_config_free(s->aws_files);
    names_clear(&s->names);
    char *all[] = {s->profile, s->region,    s->account,     s->partition,
                   s->caller,  s->cache_dir, s->records_dir, s->tag_keys};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    pthread_mutex_destroy(&s->network_lock);
    pthread_mutex_destroy(&s->source_lock);
    mem_free(s);
}
