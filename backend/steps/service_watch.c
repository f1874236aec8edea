// SPDX-License-Identifier: MIT
#include "backend/steps/service_watch.h"

#include <string.h>

#include "backend/aws/ecs.h"
#include "backend/aws/elbv2.h"
#include "backend/aws/logs.h"
#include "backend/base/text.h"
#include "backend/diagnose/diagnose.h"
#include "backend/setup/fargate.h"
#include "backend/steps/common.h"

enum {
    LINE_CHARS = 400,
    LOG_LINES = 50,
    SIGNALS_MAX = 200,
    STOPPED_EVERY = 5, // looks at stopped tasks at least every so many ticks
};

// What belongs to the deployment that is watched, by AWS's clock and not by this machine's.
struct scope {
    char *deployment; // its id, which its tasks carry as startedBy; NULL: not seen yet
    int64_t since_ms; // log lines, events and tasks from here on are its own
};

struct watch {
    struct scope scope;
    int64_t started_ms; // by the local clock
    struct logs_cursor log;
    char *newest_event; // id of the newest service event already shown
    unsigned tick;
};

// ---- signals

struct signals {
    struct signal items[SIGNALS_MAX];
    char *texts[SIGNALS_MAX];
    size_t count;
    size_t logs; // log lines stand at the end, oldest first, and only the newest are kept
};

static void drop_oldest_log(struct signals *s)
{
    size_t first = s->count - s->logs;
    mem_free(s->texts[first]);
    memmove(&s->items[first], &s->items[first + 1], (s->logs - 1) * sizeof s->items[0]);
    memmove(&s->texts[first], &s->texts[first + 1], (s->logs - 1) * sizeof s->texts[0]);
    s->count--;
    s->logs--;
}

static void add_signal(struct signals *s, enum signal_from from, const char *text)
{
    if (str_empty(text))
        return;
    if (s->logs == LOG_LINES || (s->logs && s->count == SIGNALS_MAX))
        drop_oldest_log(s);
    if (s->count == SIGNALS_MAX)
        return;
    s->logs += from == SIGNAL_LOG;
    s->texts[s->count] = text_safe(text, LINE_CHARS);
    s->items[s->count] = (struct signal){from, s->texts[s->count]};
    s->count++;
}

static void clear_signals(struct signals *s)
{
    for (size_t i = 0; i < s->count; i++)
        mem_free(s->texts[i]);
    s->count = 0;
    s->logs = 0;
}

static void follow(struct scope *scope, const struct json *deployment)
{
    double created_s = json_num(deployment, "createdAt", 0);
    str_replace(&scope->deployment, json_str(deployment, "id"));
    if (created_s > 0)
        scope->since_ms = (int64_t)(created_s * 1000);
}

static bool in_scope(const struct scope *scope, const struct json *created)
{
    return json_num(created, "createdAt", 0) * 1000 >= (double)scope->since_ms;
}

static void add_events(struct signals *out, const struct json *service, const struct scope *scope)
{
    for (const struct json *e = json_first(json_get(service, "events")); e; e = json_next(e)) {
        const char *text = json_str_or(e, "message", "");
        bool others = scope->deployment && strstr(text, "(deployment ecs-svc/") &&
                      !strstr(text, scope->deployment);
        if (in_scope(scope, e) && !others)
            add_signal(out, SIGNAL_SERVICE_EVENT, text);
    }
}

// Only tasks of this deployment: those of the one before, of the same revision too when its cause
// was repaired elsewhere, failed for reasons of their own.
static bool is_own(const struct step_ctx *ctx, const struct json *task, const struct scope *scope)
{
    if (!str_eq(json_str(task, "taskDefinitionArn"), step_fact(ctx, "task-definition.arn")))
        return false;
    const char *by = json_str(task, "startedBy");
    return scope->deployment && by ? str_eq(by, scope->deployment) : in_scope(scope, task);
}

static void add_stopped(struct step_ctx *ctx, struct signals *out, const struct scope *scope)
{
    JSON_AUTO *tasks = NULL;
    if (!ecs_tasks(stack_of(ctx)->aws, step_fact(ctx, "cluster.arn"), stack_of(ctx)->names.base,
                   "STOPPED", &tasks, NULL))
        return;
    for (const struct json *t = json_first(tasks); t; t = json_next(t)) {
        if (!is_own(ctx, t, scope))
            continue;
        const char *code = json_str_or(t, "stopCode", "");
        if (str_eq(code, "ServiceSchedulerInitiated") &&
            !strstr(json_str_or(t, "stoppedReason", ""), "ELB"))
            continue; // scaled down or replaced: no fault
        add_signal(out, SIGNAL_STOPPED_TASK, json_str(t, "stoppedReason"));
        for (const struct json *c = json_first(json_get(t, "containers")); c; c = json_next(c)) {
            add_signal(out, SIGNAL_STOPPED_TASK, json_str(c, "reason"));
            int64_t exit_code = json_int(c, "exitCode", 0);
            AUTO_FREE char *text = mem_printf("container exit code %d", (int)exit_code);
            if (exit_code)
                add_signal(out, SIGNAL_STOPPED_TASK, text);
        }
    }
}

static bool take_target(void *context, const struct elb_target *t)
{
    if (!str_eq(t->state, "unhealthy"))
        return true;
    AUTO_FREE char *text =
        mem_printf("%s: %s", t->reason ? t->reason : "", t->description ? t->description : "");
    add_signal(context, SIGNAL_TARGET, text);
    return true;
}

static bool take_log_signal(void *context, int64_t at_ms, const char *id, const char *message)
{
    (void)at_ms;
    (void)id;
    add_signal(context, SIGNAL_LOG, message);
    return true;
}

static void fill_facts(const struct step_ctx *ctx, struct diagnose_facts *f, char **port,
                       char **memory, char **next)
{
    const struct stack *s = stack_of(ctx);
    const struct answers *a = s->answers;
    *port = mem_printf("%u", a->backend.port);
    *memory = mem_printf("%u", a->backend.memory_mib);
    unsigned next_cpu = 0;
    unsigned next_memory = a->backend.memory_mib;
    (void)fargate_next(a->backend.cpu_units, a->backend.memory_mib, &next_cpu, &next_memory);
    *next = mem_printf("%u", next_memory);
    *f = (struct diagnose_facts){.subnets = step_fact(ctx, "network.subnets"),
                                 .task_group = step_fact(ctx, "task-group.id"),
                                 .database_group = step_fact(ctx, "database.group"),
                                 .repository = s->names.base,
                                 .digest = step_fact(ctx, "image.digest"),
                                 .architecture = a->backend.arch == ARCH_ARM64 ? "ARM64" : "X86_64",
                                 .secret_name = s->names.secret,
                                 .log_group = s->names.log_group,
                                 .role = s->names.exec_role,
                                 .port = *port,
                                 .memory_mib = *memory,
                                 .next_memory_mib = *next,
                                 .url = step_fact(ctx, "api.url"),
                                 .region = s->region,
                                 .setup = a->name};
    if (a->database.ingress_security_group)
        f->database_group = a->database.ingress_security_group;
}

static const struct json *primary(const struct json *service)
{
    for (const struct json *d = json_first(json_get(service, "deployments")); d; d = json_next(d))
        if (str_eq(json_str(d, "status"), "PRIMARY"))
            return d;
    return NULL;
}

static bool is_ours(const struct step_ctx *ctx, const struct json *deployment)
{
    return str_eq(json_str(deployment, "taskDefinition"), step_fact(ctx, "task-definition.arn"));
}

static bool diagnosed(const struct step_ctx *ctx, const struct signals *signals,
                      struct diagnosis *out)
{
    struct diagnose_facts facts;
    AUTO_FREE char *port = NULL;
    AUTO_FREE char *memory = NULL;
    AUTO_FREE char *next = NULL;
    fill_facts(ctx, &facts, &port, &memory, &next);
    return diagnose(signals->items, signals->count, &facts, out);
}

static void collect(struct step_ctx *ctx, const struct json *service, const struct scope *scope,
                    struct signals *out)
{
    const struct stack *s = stack_of(ctx);
    add_stopped(ctx, out, scope);
    if (service)
        add_events(out, service, scope);
    const char *targets = step_fact(ctx, "target-group.arn");
    if (targets)
        (void)elb_target_health(s->aws, targets, take_target, out, NULL);
    (void)logs_since(s->aws, s->names.log_group, scope->since_ms, take_log_signal, out, NULL);
}

// A rule in a security group cannot help a database that stands in another VPC.
static void name_other_vpc(const struct step_ctx *ctx, const struct diagnosis *d, struct err *err)
{
    const char *database = step_fact(ctx, "database.vpc");
    const char *network = step_fact(ctx, "network.vpc");
    bool no_way = str_eq(d->id, "database-no-answer") || str_eq(d->id, "database-unreachable");
    if (no_way && database && network && !str_eq(database, network))
        err_remedy(err,
                   "The database stands in %s, the backend in %s: peer the two VPCs, or choose %s "
                   "as network.vpc.",
                   database, network, database);
}

bool service_explain(struct step_ctx *ctx, const char *seen, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    __attribute__((cleanup(clear_signals))) struct signals signals = {0};
    if (seen)
        add_signal(&signals,
                   err && str_starts(err->code, "gateway-") ? SIGNAL_GATEWAY : SIGNAL_BACKEND,
                   seen);
    struct diagnosis d = {0};
    // What the backend says of itself is the best there is; only without it is the rest looked at.
    // A gateway only says that something behind it is wrong.
    bool gateway = err && str_starts(err->code, "gateway-");
    if (!seen || gateway || !diagnosed(ctx, &signals, &d)) {
        JSON_AUTO *service = NULL;
        const char *cluster = step_fact(ctx, "cluster.arn");
        if (cluster)
            (void)ecs_get_service(s->aws, cluster, s->names.base, &service, NULL);
        struct scope scope = {.since_ms = clock_wall_ms() - (int64_t)15 * 60 * 1000};
        const struct json *deployment = primary(service);
        if (deployment && is_ours(ctx, deployment))
            follow(&scope, deployment);
        collect(ctx, service, &scope, &signals);
        mem_free(scope.deployment);
        if (!diagnosed(ctx, &signals, &d))
            return false;
    }
    diagnosis_to_err(&d, err);
    name_other_vpc(ctx, &d, err);
    diagnosis_clear(&d);
    return false;
}

// ---- the container's log, as it is written

static bool show_line(void *context, int64_t at_ms, const char *id, const char *message)
{
    struct step_ctx *ctx = context;
    struct watch *w = ctx->scratch;
    if (!logs_cursor_new(&w->log, at_ms, id))
        return true;
    AUTO_FREE char *safe = text_safe(message, LINE_CHARS);
    step_log(ctx, safe);
    return true;
}

static void show_new_lines(struct step_ctx *ctx)
{
    struct watch *w = ctx->scratch;
    int64_t from = w->log.newest_ms > w->scope.since_ms ? w->log.newest_ms : w->scope.since_ms;
    (void)logs_since(stack_of(ctx)->aws, stack_of(ctx)->names.log_group, from, show_line, ctx,
                     NULL);
}

// ---- the deployment

static void show_state(struct step_ctx *ctx, const struct json *service,
                       const struct json *deployment)
{
    const struct json *newest = json_path(service, "events.0");
    struct watch *w = ctx->scratch;
    const char *id = json_str(newest, "id");
    if (id && !str_eq(id, w->newest_event) && in_scope(&w->scope, newest)) {
        str_replace(&w->newest_event, id);
        AUTO_FREE char *safe = text_safe(json_str_or(newest, "message", ""), LINE_CHARS);
        step_note(ctx, "%s", safe);
        return;
    }
    step_note(ctx, "%d of %d tasks running", (int)json_int(deployment, "runningCount", 0),
              (int)json_int(deployment, "desiredCount", 0));
}

// The first deployment has nothing to go back to, and the circuit breaker would let it fail twice
// more: stop it, so that nothing keeps starting. A later one is rolled back by the circuit breaker
// itself.
static void stop_trying(struct step_ctx *ctx, const struct json *service)
{
    if (json_count(json_get(service, "deployments")) != 1)
        return;
    const struct stack *s = stack_of(ctx);
    JSON_AUTO *body =
        json_strings("cluster", step_fact(ctx, "cluster.arn"), "service", s->names.base, NULL);
    json_put_int(body, "desiredCount", 0);
    (void)ecs_update_service(s->aws, body, NULL);
}

static enum poll give_up(struct step_ctx *ctx, const struct json *service, const char *why,
                         struct err *err)
{
    const struct watch *w = ctx->scratch;
    __attribute__((cleanup(clear_signals))) struct signals signals = {0};
    show_new_lines(ctx);
    collect(ctx, service, &w->scope, &signals);
    struct diagnosis d = {0};
    if (diagnosed(ctx, &signals, &d)) {
        diagnosis_to_err(&d, err);
        diagnosis_clear(&d);
    } else {
        err_set(err, ERR_REMOTE, "the backend did not become stable: %s", why);
        err_remedy(err, "Read the container's log: forest-setup logs %s",
                   stack_of(ctx)->answers->name);
    }
    return POLL_FAILED;
}

static enum poll look_at_stopped(struct step_ctx *ctx, const struct json *service, struct err *err)
{
    const struct watch *w = ctx->scratch;
    __attribute__((cleanup(clear_signals))) struct signals signals = {0};
    add_stopped(ctx, &signals, &w->scope);
    if (signals.count == 0)
        return POLL_AGAIN;
    collect(ctx, service, &w->scope, &signals);
    struct diagnosis d = {0};
    if (!diagnosed(ctx, &signals, &d))
        return POLL_AGAIN;
    enum poll result = POLL_AGAIN;
    if (d.certain) {
        show_new_lines(ctx);
        diagnosis_to_err(&d, err);
        stop_trying(ctx, service);
        result = POLL_FAILED;
    } else {
        step_note(ctx, "a task stopped: %s", d.cause);
    }
    diagnosis_clear(&d);
    return result;
}

static enum poll look_service(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct watch *w = ctx->scratch;
    JSON_AUTO *service = NULL;
    ERR_AUTO e = {0};
    if (!ecs_get_service(s->aws, step_fact(ctx, "cluster.arn"), s->names.base, &service, &e)) {
        if (poll_fresh(&e, w->started_ms))
            return POLL_AGAIN;
        err_move(err, &e);
        return POLL_FAILED;
    }
    const struct json *deployment = primary(service);
    if (!deployment)
        return POLL_AGAIN;
    bool ours = is_ours(ctx, deployment);
    if (ours)
        follow(&w->scope, deployment);
    show_new_lines(ctx);
    show_state(ctx, service, deployment);
    const char *rollout = json_str_or(deployment, "rolloutState", "COMPLETED");
    if (!ours)
        return give_up(ctx, service, "ECS went back to the revision before", err);
    if (str_eq(rollout, "FAILED"))
        return give_up(ctx, service, json_str_or(deployment, "rolloutStateReason", "ECS gave up"),
                       err);
    if (str_eq(rollout, "COMPLETED") &&
        json_int(deployment, "runningCount", 0) >= json_int(deployment, "desiredCount", 0))
        return POLL_DONE;
    bool failing = json_int(deployment, "failedTasks", 0) > 0;
    if (failing || ++w->tick % STOPPED_EVERY == 0)
        return look_at_stopped(ctx, service, err);
    return POLL_AGAIN;
}

static bool try_drop_targets(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(elb_delete_target_group(stack_of(ctx)->aws, step_own(ctx, "target"), err),
                        err);
}

static bool targets_in_use(const struct err *err)
{
    return err_is(err, "ResourceInUse");
}

// Another port or VPC had a target group of its own: nothing uses it once the new tasks have taken
// over. One that cannot go now goes with the setup.
static void drop_old_targets(struct step_ctx *ctx)
{
    const char *old = step_own(ctx, "target");
    const char *now = step_fact(ctx, "target-group.arn");
    AUTO_FREE char *stack = NULL;
    ERR_AUTO e = {0};
    if (!old || !now || str_eq(old, now) ||
        !elb_tag(stack_of(ctx)->aws, old, TAG_STACK, &stack, &e) || !step_is_ours(ctx, stack))
        return;
    if (step_retry(ctx, 60, try_drop_targets, targets_in_use, &e))
        step_set(ctx, "target", now);
    else
        step_warn(ctx, "the targets of the former port stay until destroy: %s", e.message);
}

bool service_wait(struct step_ctx *ctx, struct err *err)
{
    // Until the deployment is seen; then its own time counts.
    int64_t now_ms = clock_wall_ms();
    struct watch w = {.scope = {.since_ms = now_ms - 5000}, .started_ms = now_ms};
    ctx->scratch = &w;
    ERR_AUTO e = {0};
    bool ok = step_poll(ctx, look_service, &e);
    if (ok) {
        const struct stack *s = stack_of(ctx);
        step_note(ctx, "%u task%s running", s->answers->backend.tasks,
                  s->answers->backend.tasks == 1 ? "" : "s");
    } else if (e.kind == ERR_REMOTE && !e.code) {
        (void)service_explain(ctx, NULL, &e); // it ran out of time: say why, if it can be seen
    }
    logs_cursor_clear(&w.log);
    mem_free(w.newest_event);
    mem_free(w.scope.deployment);
    ctx->scratch = NULL;
    if (ok)
        drop_old_targets(ctx);
    else
        err_move(err, &e);
    return ok;
}
