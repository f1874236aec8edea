// SPDX-License-Identifier: MIT
// The database as the URL names it, the optional key, the one secret, and the log group (facts
// aws.md 2.2 to 2.4).
#include <stdio.h>
#include <string.h>

#include "backend/aws/kms.h"
#include "backend/aws/logs.h"
#include "backend/aws/rds.h"
#include "backend/aws/secrets.h"
#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/codec/hash.h"
#include "backend/setup/postgres_url.h"
#include "backend/steps/common.h"
#include "backend/steps/tables.h"

// ---- the database: only looked at. Facts: host, port, name; vpc and group when RDS knows the
// host.

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
    }
    if (step_own(ctx, "host"))
        step_note(ctx, "%s on %s:%s", step_own(ctx, "name"), step_own(ctx, "host"),
                  step_own(ctx, "port"));
    return PROBE_SAME;
}

// ---- the optional key of the customer's own

static bool wants_key(const void *world)
{
    return ((const struct stack *)world)->answers->options.kms_key;
}

static enum probe probe_key(struct step_ctx *ctx, struct err *err)
{
    struct aws_client *c = stack_of(ctx)->aws;
    const char *alias = stack_of(ctx)->names.key_alias;
    struct kms_key key = {0};
    if (!kms_describe(c, alias, &key, err))
        return probe_missing(err);
    AUTO_FREE char *stack = NULL;
    enum probe result = !kms_tag(c, key.id, TAG_STACK, &stack, err) ? PROBE_FAILED
                        : step_is_ours(ctx, stack)                  ? PROBE_SAME
                                                   : probe_foreign(ctx, "key", alias, stack);
    if (result == PROBE_SAME) {
        step_set(ctx, "arn", key.arn);
        step_set(ctx, "id", key.id);
        if (str_eq(key.state, "PendingDeletion"))
            result = ctx->mode == STEP_MODE_DESTROY ? PROBE_ABSENT : PROBE_DIFFERS;
    }
    kms_key_clear(&key);
    return result;
}

// The account's root keeps full control (so that IAM policies decide), and Logs may use it for our
// group only.
static char *key_policy(const struct stack *s)
{
    return mem_printf(
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Account\",\"Effect\":\"Allow\","
        "\"Principal\":{\"AWS\":"
        "\"arn:%s:iam::%s:root\"},\"Action\":\"kms:*\",\"Resource\":\"*\"},{\"Sid\":\"Logs\","
        "\"Effect\":\"Allow\","
        "\"Principal\":{\"Service\":\"logs.%s.amazonaws.com\"},\"Action\":[\"kms:Encrypt*\",\"kms:"
        "Decrypt*\","
        "\"kms:ReEncrypt*\",\"kms:GenerateDataKey*\",\"kms:Describe*\"],\"Resource\":\"*\","
        "\"Condition\":{\"ArnEquals\":"
        "{\"kms:EncryptionContext:aws:logs:arn\":\"arn:%s:logs:%s:%s:log-group:%s\"}}}]}",
        s->partition, s->account, s->region, s->partition, s->region, s->account,
        s->names.log_group);
}

static bool apply_key(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    if (ctx->exists) {
        err_set(err, ERR_CONFLICT, "the key %s is scheduled for deletion", s->names.key_alias);
        return err_remedy(err, "Cancel its deletion (kms cancel-key-deletion, then enable-key), or "
                               "set options.kms_key to false.");
    }
    AUTO_FREE char *policy = key_policy(s);
    AUTO_FREE char *description = mem_printf("Forest Admin backend %s", s->answers->name);
    struct step_tags tags;
    struct kms_key key = {0};
    if (!kms_create(s->aws, description, policy, step_tags_init(&tags, ctx, s->names.base), &key,
                    err))
        return false;
    step_set(ctx, "arn", key.arn);
    step_set(ctx, "id", key.id);
    ERR_AUTO e = {0};
    bool ok = kms_enable_rotation(s->aws, key.id, &e) &&
              (kms_create_alias(s->aws, s->names.key_alias, key.id, &e) || already_exists(&e));
    kms_key_clear(&key);
    if (!ok)
        err_move(err, &e);
    return ok;
}

// Not before the secret can be given up for good: its recovery window must not outlive its key.
static bool undo_key(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    unsigned days = s->answers->options.secret_recovery_days;
    return gone_is_fine(
               kms_schedule_deletion(s->aws, step_own(ctx, "id"), days < 7 ? 7 : days, err), err) &&
           gone_is_fine(kms_delete_alias(s->aws, s->names.key_alias, err), err);
}

// ---- the secret

// A key that never leaves this machine. The version id of the secret is an HMAC with it over the
// answers, so that the same answers are recognised without keeping or showing anything that could
// be guessed back.
static bool version_key(const struct stack *s, bool make, struct secret *out, struct err *err)
{
    if (!s->records_dir)
        return err_set(err, ERR_NOT_FOUND, "there are no records of this setup on this machine");
    AUTO_FREE char *path = fs_join(s->records_dir, "version-key");
    STR_AUTO text = {0};
    str_init(&text, 256);
    ERR_AUTO e = {0};
    if (fs_read(path, &text, &e)) {
        bool ok = secret_set(out, text.data, strcspn(text.data, "\n"), err);
        secret_wipe(text.data, text.len);
        return ok;
    }
    if (e.kind != ERR_NOT_FOUND || !make) {
        err_move(err, &e);
        return false;
    }
    char *made = random_hex(32);
    bool ok =
        fs_write(path, made, strlen(made), 0600, err) && secret_set(out, made, strlen(made), err);
    secret_free(made);
    return ok;
}

// What makes two versions different. A generated auth secret counts as "generated", whatever it is:
// it is kept.
static bool version_id(const struct stack *s, bool make_key, char **out, struct err *err)
{
    SECRET_AUTO key = {0};
    if (!version_key(s, make_key, &key, err))
        return false;
    const struct answers *a = s->answers;
    bool generated = a->forest.auth_secret.from == SECRET_GENERATE;
    struct str text;
    str_init(&text, 4 * SECRET_MAX_BYTES);
    str_addf(&text, "%s\n%s\n%s\n%s", s->names.stack, secret_reveal(&a->forest.env_secret.value),
             generated ? "generated" : secret_reveal(&a->forest.auth_secret.value),
             secret_reveal(&a->database.url.value));
    unsigned char mac[SHA256_BYTES];
    hmac_sha256(secret_reveal(&key), key.len, text.data, text.len, mac);
    secret_wipe(text.data, text.len);
    str_clear(&text);
    AUTO_FREE char *h = encode_hex(mac, sizeof mac);
    *out = mem_printf("%.8s-%.4s-%.4s-%.4s-%.12s", h, h + 8, h + 12, h + 16, h + 20);
    return true;
}

static enum probe compare_version(struct step_ctx *ctx, const char *current, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    if (!s->secrets_known || ctx->mode == STEP_MODE_DESTROY) {
        step_set(ctx, "version", current);
        return PROBE_SAME; // nobody gave other values
    }
    AUTO_FREE char *wanted = NULL;
    ERR_AUTO e = {0};
    if (!version_id(s, false, &wanted, &e)) {
        if (e.kind != ERR_NOT_FOUND) {
            err_move(err, &e);
            return PROBE_FAILED;
        }
        step_note(ctx, "a new version: the values cannot be compared on this machine");
        return PROBE_DIFFERS;
    }
    if (!str_eq(wanted, current)) {
        step_note(ctx, "a new version: the values changed");
        return PROBE_DIFFERS;
    }
    step_set(ctx, "version", current);
    step_note(ctx, "%s", s->names.secret);
    return PROBE_SAME;
}

static enum probe probe_secret(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct secret_state state = {0};
    step_note(ctx, "%s", s->names.secret);
    step_set(ctx, "version", NULL); // known again when it is the wanted one
    if (!secrets_describe(s->aws, s->names.secret, &state, err))
        return probe_missing(err);
    enum probe result;
    if (!step_is_ours(ctx, state.stack_tag)) {
        result = probe_foreign(ctx, "secret", s->names.secret, state.stack_tag);
    } else if (state.going) {
        step_set(ctx, "arn", state.arn);
        step_note(ctx, "%s is scheduled for deletion and will be restored", s->names.secret);
        result = ctx->mode == STEP_MODE_DESTROY ? PROBE_ABSENT : PROBE_DIFFERS;
    } else {
        step_set(ctx, "arn", state.arn);
        result = state.current ? compare_version(ctx, state.current, err) : PROBE_DIFFERS;
    }
    secret_state_clear(&state);
    return result;
}

static bool compose(const struct answers *a, const char *auth, struct secret *out, struct err *err)
{
    char *parts[] = {encode_json(secret_reveal(&a->forest.env_secret.value)), encode_json(auth),
                     encode_json(secret_reveal(&a->database.url.value))};
    char *text = mem_printf(
        "{\"FOREST_ENV_SECRET\":\"%s\",\"FOREST_AUTH_SECRET\":\"%s\",\"POSTGRESQL_URL\":\"%s\"}",
        parts[0], parts[1], parts[2]);
    bool ok = secret_set(out, text, strlen(text), err);
    secret_free(text);
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        secret_free(parts[i]);
    return ok;
}

// The auth secret that was generated for an earlier version stays: a new one would log every user
// out.
static bool keep_auth(struct step_ctx *ctx, struct secret *auth, struct err *err)
{
    SECRET_AUTO value = {0};
    if (!secrets_get_value(stack_of(ctx)->aws, step_own(ctx, "arn"), &value, err)) {
        err_wrap(err, "reading the auth secret that was generated earlier");
        return err_remedy(err, "Allow secretsmanager:GetSecretValue on it, or give "
                               "forest.auth_secret a value of its own.");
    }
    struct json *parsed = json_parse(secret_reveal(&value), value.len, NULL, NULL);
    const char *text = json_str(parsed, "FOREST_AUTH_SECRET");
    bool ok = text ? secret_set(auth, text, strlen(text), err)
                   : err_set(err, ERR_REMOTE, "the secret has no FOREST_AUTH_SECRET");
    json_wipe(parsed, "FOREST_ENV_SECRET");
    json_wipe(parsed, "FOREST_AUTH_SECRET");
    json_wipe(parsed, "POSTGRESQL_URL");
    json_free(parsed);
    return ok;
}

static bool create_secret(struct step_ctx *ctx, const char *version, const struct secret *value,
                          struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *description = mem_printf("Forest Admin backend %s", s->answers->name);
    struct step_tags tags;
    AUTO_FREE char *arn = NULL;
    if (!secrets_create(s->aws, s->names.secret, description, version, value,
                        step_fact(ctx, "kms-key.arn"), step_tags_init(&tags, ctx, s->names.secret),
                        &arn, err))
        return false;
    step_set(ctx, "arn", arn);
    return true;
}

// Brings back a secret that an earlier destroy scheduled for deletion; *out_current is its version
// then.
static bool revive(struct step_ctx *ctx, char **out_current, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct secret_state now = {0};
    bool ok = secrets_describe(s->aws, s->names.secret, &now, err) &&
              (!now.going || secrets_restore(s->aws, now.arn, err));
    if (ok)
        *out_current = mem_steal(now.current);
    secret_state_clear(&now);
    return ok;
}

// Answers that were given once before are a version that is there already, but not the current one.
static bool make_current(struct step_ctx *ctx, const char *version, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct secret_state now = {0};
    bool ok = secrets_describe(s->aws, s->names.secret, &now, err) &&
              (str_eq(now.current, version) ||
               secrets_make_current(s->aws, now.arn, version, now.current, err));
    secret_state_clear(&now);
    return ok;
}

// The same answers give the same version id: a restored secret may hold that version already.
static bool renew_secret(struct step_ctx *ctx, const char *version, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *current = NULL;
    if (!revive(ctx, &current, err))
        return false;
    if (str_eq(current, version))
        return true;
    SECRET_AUTO auth = {0};
    secret_copy(&auth, &s->answers->forest.auth_secret.value);
    if (current && s->answers->forest.auth_secret.from == SECRET_GENERATE &&
        !keep_auth(ctx, &auth, err))
        return false;
    SECRET_AUTO value = {0};
    return compose(s->answers, secret_reveal(&auth), &value, err) &&
           secrets_put_value(s->aws, step_own(ctx, "arn"), version, &value, err) &&
           make_current(ctx, version, err);
}

static bool apply_secret(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    if (!s->secrets_known)
        return err_set(err, ERR_INPUT, "the secrets are needed to write %s and are not known",
                       s->names.secret);
    AUTO_FREE char *version = NULL;
    if (!version_id(s, true, &version, err))
        return false;
    SECRET_AUTO value = {0};
    bool ok = ctx->exists
                  ? renew_secret(ctx, version, err)
                  : compose(s->answers, secret_reveal(&s->answers->forest.auth_secret.value),
                            &value, err) &&
                        create_secret(ctx, version, &value, err);
    if (!ok)
        return false;
    step_set(ctx, "version", version);
    step_note(ctx, "%s", s->names.secret);
    return true;
}

static bool undo_secret(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    return gone_is_fine(
        secrets_delete(s->aws, step_own(ctx, "arn"), s->answers->options.secret_recovery_days, err),
        err);
}

// ---- the log group: made before the service, because the execution role may not make it

static enum probe probe_log_group(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *arn = NULL;
    AUTO_FREE char *stack = NULL;
    unsigned days = 0;
    step_note(ctx, "%s, kept %u days", s->names.log_group, s->answers->options.log_days);
    if (!logs_find_group(s->aws, s->names.log_group, &arn, &days, err))
        return probe_missing(err);
    if (!logs_tag(s->aws, arn, TAG_STACK, &stack, err))
        return PROBE_FAILED;
    if (!step_is_ours(ctx, stack))
        return probe_foreign(ctx, "log group", s->names.log_group, stack);
    step_set(ctx, "arn", arn);
    return days == s->answers->options.log_days ? PROBE_SAME : PROBE_DIFFERS;
}

static bool key_not_ready(const struct err *err)
{
    return err_is(err, "OperationAbortedException") ||
           (err_is(err, "InvalidParameterException") && err_says(err, "kms"));
}

static bool attempt_log_group(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    struct step_tags tags;
    ERR_AUTO e = {0};
    if (!logs_create_group(s->aws, s->names.log_group, step_fact(ctx, "kms-key.arn"),
                           step_tags_init(&tags, ctx, s->names.log_group), &e)) {
        if (!already_exists(&e)) {
            err_move(err, &e);
            return false;
        }
        // Somebody's or ours after a lost answer: the tag decides.
        if (probe_log_group(ctx, err) == PROBE_FOREIGN)
            return err_set(err, ERR_CONFLICT, "the log group %s belongs to somebody else",
                           s->names.log_group);
    }
    AUTO_FREE char *arn = mem_printf("arn:%s:logs:%s:%s:log-group:%s", s->partition, s->region,
                                     s->account, s->names.log_group);
    step_set(ctx, "arn", arn);
    return true;
}

static bool apply_log_group(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    if (!ctx->exists && !step_retry(ctx, 60, attempt_log_group, key_not_ready, err))
        return false;
    return logs_put_retention(s->aws, s->names.log_group, s->answers->options.log_days, err);
}

static bool undo_log_group(struct step_ctx *ctx, struct err *err)
{
    return gone_is_fine(logs_delete_group(stack_of(ctx)->aws, stack_of(ctx)->names.log_group, err),
                        err);
}

const struct step secret_steps[] = {
    {.id = "database",
     .title = "database",
     .group = "secret",
     .kind = "rds.db-instance",
     .flags = STEP_EXISTING,
     .usual_s = 1,
     .needs = {"network"},
     .probe = probe_database},
    {.id = "kms-key",
     .title = "key of your own",
     .group = "secret",
     .kind = "kms.key",
     .flags = STEP_COSTS | STEP_KEPT,
     .usual_s = 2,
     .wanted = wants_key,
     .probe = probe_key,
     .apply = apply_key,
     .undo = undo_key},
    {.id = "secret",
     .title = "secret",
     .group = "secret",
     .kind = "secretsmanager.secret",
     .flags = STEP_COSTS,
     .usual_s = 2,
     .needs = {"kms-key"},
     .probe = probe_secret,
     .apply = apply_secret,
     .undo = undo_secret},
    {.id = "log-group",
     .title = "log",
     .group = "container",
     .kind = "logs.log-group",
     .usual_s = 1,
     .needs = {"kms-key"},
     .probe = probe_log_group,
     .apply = apply_log_group,
     .undo = undo_log_group},
};
const size_t secret_step_count = ARRAY_LEN(secret_steps);
