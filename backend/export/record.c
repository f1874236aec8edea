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
        json_free(record->calls[i].request);
    }
    mem_free(record->calls);
    *record = (struct record){0};
}

const struct json *record_request(const struct record *record, const char *step, const char *action)
{
    for (size_t i = 0; i < record->count; i++)
        if (str_eq(record->calls[i].step, step) &&
            (!action || str_eq(record->calls[i].action, action)))
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

static bool answer(void *context, const char *operation, const char *path, const char *body,
                   struct str *out, struct err *err)
{
    static const char *const dropped[] = {"ClientToken", "clientToken", "ClientRequestToken",
                                          "SecretString"};
    struct recorder *r = context;
    bool xml = str_starts(body, "Action=");
    if (!record_answer(operation, xml, out))
        return err_set(err, ERR_INTERNAL, "no answer is known to %s", operation);
    if (str_starts(operation, "Describe") || str_starts(operation, "Get"))
        return true;
    JSON_AUTO *request = xml     ? query_tree(body)
                         : *body ? json_parse(body, strlen(body), NULL, err)
                                 : json_object();
    if (!request)
        return false;
    add_api(request, path);
    struct record *to = r->record;
    to->calls = mem_realloc(to->calls, to->count + 1, sizeof *to->calls);
    to->calls[to->count++] = (struct record_call){r->step, mem_strdup(operation),
                                                  without(request, dropped, ARRAY_LEN(dropped))};
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

static bool run_step(struct step_ctx *ctx, struct err *err)
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
            if (!run_step(ctx, err))
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
    facts_free(ctx.facts);
    cancel_clear(&cancel);
    aws_client_free(stack.aws);
    if (!ok)
        record_clear(out);
    return ok;
}
