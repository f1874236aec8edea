// SPDX-License-Identifier: MIT
// The database: only looked at. Facts: host, port, name; vpc and group when RDS knows the host.
// They are recorded, for a resume that is not given the URL again.
#include <string.h>

#include "backend/aws/rds.h"
#include "backend/setup/postgres_url.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

struct database_search {
    const char *host;
    struct step_ctx *ctx;
    bool found;
};

static bool match_database(void *context, const struct rds_database *d)
{
    struct database_search *s = context;
    if (!str_eq(d->host, s->host))
        return true;
    step_set(s->ctx, "vpc", d->vpc);
    AUTO_FREE char *first = list_first(d->groups);
    step_set(s->ctx, "group", *first ? first : NULL);
    step_set(s->ctx, "rds", d->id);
    s->found = true;
    return false;
}

static bool look_up_rds(struct step_ctx *ctx, const char *host, struct err *err)
{
    if (!strstr(host, ".rds."))
        return true;
    struct database_search s = {.host = host, .ctx = ctx};
    ERR_AUTO e = {0};
    if (!rds_each_postgres(stack_of(ctx)->aws, match_database, &s, &e)) {
        if (e.kind == ERR_CANCELLED || e.kind == ERR_AUTH) {
            err_move(err, &e);
            return false;
        }
        step_warn(ctx, "could not look the database up in RDS: %s", e.message);
        return true;
    }
    if (!s.found)
        step_warn(ctx, "no PostgreSQL instance of this account and region has the host %s", host);
    return true;
}

static void warn_of_vpc(struct step_ctx *ctx)
{
    const char *database = step_own(ctx, "vpc");
    const char *network = step_fact(ctx, "network.vpc");
    if (database && network && !str_eq(database, network))
        step_warn(ctx,
                  "the database stands in %s, the backend will run in %s: it is reachable only "
                  "when the two are peered",
                  database, network);
}

static bool read_url(struct step_ctx *ctx, struct err *err)
{
    const struct answers *a = stack_of(ctx)->answers;
    struct postgres_url url = {0};
    if (!postgres_url_parse(secret_reveal(&a->database.url.value), &url, err)) {
        postgres_url_clear(&url);
        return err_wrap(err, "database.url");
    }
    bool ok = true;
    if (url.place == POSTGRES_THIS_MACHINE) {
        err_set(err, ERR_INPUT,
                "database.url names this machine (%s), which nothing on AWS can reach", url.host);
        ok =
            err_remedy(err, "Give the host name under which the database is known inside the VPC.");
    }
    AUTO_FREE char *port = mem_printf("%u", url.port);
    step_set(ctx, "host", url.host);
    step_set(ctx, "port", port);
    step_set(ctx, "name", url.database);
    postgres_url_clear(&url);
    return ok;
}

static enum probe probe_database(struct step_ctx *ctx, struct err *err)
{
    if (stack_of(ctx)->secrets_known && ctx->mode != STEP_MODE_DESTROY) {
        if (!read_url(ctx, err) || !look_up_rds(ctx, step_own(ctx, "host"), err))
            return PROBE_FAILED;
        warn_of_vpc(ctx);
    } else {
        // Only the URL names the port and the group that the firewall rules are made for.
        step_recall(ctx, "host", "port", "name", "vpc", "group", "rds", NULL);
    }
    if (step_own(ctx, "host"))
        step_note(ctx, "%s on %s:%s", step_own(ctx, "name"), step_own(ctx, "host"),
                  step_own(ctx, "port"));
    return PROBE_SAME;
}

const struct step database_steps[] = {
    {.id = "database",
     .title = "database",
     .group = "secret",
     .kind = "rds.db-instance",
     .flags = STEP_EXISTING,
     .usual_s = 1,
     .needs = {"network"},
     .probe = probe_database},
};
const size_t database_step_count = ARRAY_LEN(database_steps);
