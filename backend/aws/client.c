// SPDX-License-Identifier: MIT
#include <string.h>

#include "backend/aws/core.h"
#include "backend/base/mem.h"

struct aws_client *aws_client_new(const struct aws_client_options *options)
{
    struct aws_client *client = mem_calloc(1, sizeof *client);
    client->http = options->http;
    client->credentials = options->credentials;
    client->endpoints = options->endpoints;
    client->region = mem_strdup(options->region);
    client->cancel = options->cancel;
    client->instead = options->instead;
    client->max_attempts = options->max_attempts ? options->max_attempts : RETRY_MAX_ATTEMPTS;
    atomic_init(&client->skew_ms, 0);
    atomic_init(&client->date_ms, 0);
    retry_quota_init(&client->quota);
    pthread_mutex_init(&client->counts_lock, NULL);
    return client;
}

void aws_client_free(struct aws_client *client)
{
    if (!client)
        return;
    aws_counts_clear(&client->counts);
    pthread_mutex_destroy(&client->counts_lock);
    retry_quota_clear(&client->quota);
    mem_free(client->region);
    mem_free(client);
}

const char *aws_client_region(const struct aws_client *client)
{
    return client->region;
}

struct cancel *aws_client_cancel(struct aws_client *client)
{
    return client->cancel;
}

int64_t aws_client_now(const struct aws_client *client)
{
    int64_t offset = atomic_load(&client->date_ms);
    return offset ? clock_ms() + offset : clock_wall_ms();
}

void aws_client_guard(struct aws_client *client, aws_permit *permit, void *context)
{
    client->permit = permit;
    client->permit_context = context;
}

void aws_client_login(struct aws_client *client, aws_login *login, void *context)
{
    client->login = login;
    client->login_context = context;
}

// The entry of that name, made where it belongs when there is none yet.
static struct aws_count *entry(struct aws_counts *counts, const char *name)
{
    size_t at = 0;
    while (at < counts->count && strcmp(counts->items[at].name, name) < 0)
        at++;
    if (at < counts->count && str_eq(counts->items[at].name, name))
        return &counts->items[at];
    counts->items = mem_realloc(counts->items, counts->count + 1, sizeof *counts->items);
    memmove(counts->items + at + 1, counts->items + at,
            (counts->count - at) * sizeof *counts->items);
    counts->count++;
    counts->items[at] = (struct aws_count){.name = mem_strdup(name)};
    return &counts->items[at];
}

void aws_client_count(struct aws_client *client, const struct aws_call *call, bool answered,
                      unsigned attempts)
{
    AUTO_FREE char *name = mem_printf("%s.%s", call->info->name, call->operation);
    pthread_mutex_lock(&client->counts_lock);
    struct aws_count *e = entry(&client->counts, name);
    e->calls += answered;
    e->attempts += attempts;
    e->reading = (call->flags & AWS_READ) != 0;
    pthread_mutex_unlock(&client->counts_lock);
}

void aws_client_counts(struct aws_client *client, struct aws_counts *out)
{
    *out = (struct aws_counts){0};
    pthread_mutex_lock(&client->counts_lock);
    const struct aws_counts *from = &client->counts;
    out->items = mem_calloc(from->count + 1, sizeof *out->items);
    for (size_t i = 0; i < from->count; i++) {
        out->items[i] = from->items[i];
        out->items[i].name = mem_strdup(from->items[i].name);
    }
    out->count = from->count;
    pthread_mutex_unlock(&client->counts_lock);
}

void aws_counts_add(struct aws_counts *to, const struct aws_counts *more)
{
    for (size_t i = 0; i < more->count; i++) {
        const struct aws_count *from = &more->items[i];
        struct aws_count *e = entry(to, from->name);
        e->calls += from->calls;
        e->attempts += from->attempts;
        e->reading = from->reading;
    }
}

void aws_counts_clear(struct aws_counts *counts)
{
    if (!counts)
        return;
    for (size_t i = 0; i < counts->count; i++)
        mem_free(counts->items[i].name);
    mem_free(counts->items);
    *counts = (struct aws_counts){0};
}
