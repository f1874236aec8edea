// SPDX-License-Identifier: MIT
#include "backend/steps/lease_private.h"

#include <stdlib.h>
#include <string.h>

#include "backend/aws/logs.h"
#include "backend/steps/common.h"

static char *prefix_of(const struct lease *l)
{
    return mem_printf("%s/lease/", l->stack->names.log_group);
}

char *lease_name(const struct lease *l, unsigned number)
{
    AUTO_FREE char *prefix = prefix_of(l);
    return mem_printf("%s%u", prefix, number);
}

char *lease_arn(const struct lease *l, unsigned number)
{
    AUTO_FREE char *name = lease_name(l, number);
    return mem_printf("arn:%s:logs:%s:%s:log-group:%s", l->stack->partition, l->stack->region,
                      l->stack->account, name);
}

void lease_claim_clear(struct lease_claim *c)
{
    char *all[] = {c->arn, c->claim, c->holder, c->since};
    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        mem_free(all[i]);
    *c = (struct lease_claim){0};
}

void lease_claim_move(struct lease_claim *to, struct lease_claim *from)
{
    *to = *from;
    *from = (struct lease_claim){0};
}

void lease_claims_clear(struct lease_claims *claims)
{
    for (size_t i = 0; i < claims->count; i++)
        lease_claim_clear(&claims->items[i]);
    mem_free(claims->items);
    *claims = (struct lease_claims){0};
}

struct reading {
    const struct lease *lease;
    size_t prefix_length;
    struct lease_claims *out;
};

static void take_group(void *context, const char *name, int64_t created_ms)
{
    struct reading *r = context;
    const char *text = name + r->prefix_length;
    char *end = NULL;
    unsigned long number = strtoul(text, &end, 10);
    if (*text < '1' || *text > '9' || *end || number > UINT32_MAX / 2)
        return; // not one of ours
    struct lease_claims *l = r->out;
    l->items = mem_realloc(l->items, l->count + 1, sizeof *l->items);
    l->items[l->count++] = (struct lease_claim){
        .number = (unsigned)number,
        .arn = lease_arn(r->lease, (unsigned)number),
        // One without the tag would hold for ever: it lives one term.
        .until_ms = created_ms + r->lease->term_ms,
    };
}

static int by_number(const void *a, const void *b)
{
    const struct lease_claim *x = a;
    const struct lease_claim *y = b;
    return x->number < y->number ? -1 : x->number > y->number;
}

static char *text_of(const struct json *tags, const char *key)
{
    const char *value = json_text(json_get(tags, key));
    return value ? mem_strdup(value) : NULL;
}

// False only on a failure; one that is gone keeps number 0.
static bool read_tags(struct lease *l, struct lease_claim *c, struct err *err)
{
    JSON_AUTO *tags = NULL;
    ERR_AUTO e = {0};
    if (!logs_tags(l->aws, c->arn, &tags, &e)) {
        if (e.kind == ERR_NOT_FOUND) {
            lease_claim_clear(c);
            return true;
        }
        err_move(err, &e);
        return false;
    }
    c->claim = text_of(tags, LEASE_CLAIM);
    c->holder = text_of(tags, LEASE_HOLDER);
    c->since = text_of(tags, LEASE_SINCE);
    const char *until = json_text(json_get(tags, LEASE_UNTIL));
    long long ms = until ? strtoll(until, NULL, 10) : 0;
    if (ms > 0)
        c->until_ms = ms;
    return true;
}

bool lease_read_claims(struct lease *l, struct lease_claims *out, struct err *err)
{
    *out = (struct lease_claims){0};
    AUTO_FREE char *prefix = prefix_of(l);
    struct reading r = {l, strlen(prefix), out};
    bool ok = logs_each_group(l->aws, prefix, take_group, &r, err);
    for (size_t i = 0; i < out->count && ok; i++)
        ok = read_tags(l, &out->items[i], err);
    if (!ok) {
        lease_claims_clear(out);
        return false;
    }
    size_t kept = 0;
    for (size_t i = 0; i < out->count; i++)
        if (out->items[i].number)
            out->items[kept++] = out->items[i];
    out->count = kept;
    if (kept)
        qsort(out->items, kept, sizeof *out->items, by_number);
    return true;
}
