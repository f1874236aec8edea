// SPDX-License-Identifier: MIT
// The one secret: what is in it, which version, and how it is found again (facts aws.md 2.3).
#include <string.h>

#include "backend/aws/secrets.h"
#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/random.h"
#include "backend/codec/hash.h"
#include "backend/steps/common.h"
#include "backend/steps/documents.h"
#include "backend/steps/tables.h"

enum { VERSION_KEY_BYTES = 32 };

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
        bool whole = strspn(text.data, "0123456789abcdef") == (size_t)2 * VERSION_KEY_BYTES;
        bool ok = whole && secret_set(out, text.data, strcspn(text.data, "\n"), err);
        secret_wipe(text.data, text.len);
        if (whole)
            return ok;
        err_set(&e, ERR_NOT_FOUND, "%s is damaged", path); // as good as lost
    }
    if (e.kind != ERR_NOT_FOUND || !make) {
        err_move(err, &e);
        return false;
    }
    char *made = random_hex(VERSION_KEY_BYTES);
    bool ok =
        fs_write(path, made, strlen(made), 0600, err) && secret_set(out, made, strlen(made), err);
    secret_free(made);
    return ok;
}

// What makes two versions different. A generated auth secret counts as "generated", whatever it is:
// it is kept.
bool secret_version_id(const struct stack *s, bool make_key, char **out, struct err *err)
{
    SECRET_AUTO key = {0};
    if (!version_key(s, make_key, &key, err))
        return false;
    const struct answers *a = s->answers;
    bool generated = a->forest.auth_secret.from == SECRET_GENERATE;
    struct str text;
    str_init(&text, (size_t)4 * SECRET_MAX_BYTES);
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

static bool fill(struct secret_answer *answer, struct json *stored, const char *key,
                 struct err *err)
{
    const char *text = json_str(stored, key);
    bool ok = text ? secret_set(&answer->value, text, strlen(text), err)
                   : err_set(err, ERR_REMOTE, "the stored secret has no %s", key);
    json_wipe(stored, key);
    return ok;
}

bool secret_answers_fill(struct answers *a, const struct secret *stored, struct err *err)
{
    struct json *parsed = json_parse(secret_reveal(stored), stored->len, NULL, NULL);
    bool env = fill(&a->forest.env_secret, parsed, "FOREST_ENV_SECRET", err);
    bool auth = fill(&a->forest.auth_secret, parsed, "FOREST_AUTH_SECRET", env ? err : NULL);
    bool url = fill(&a->database.url, parsed, "POSTGRESQL_URL", env && auth ? err : NULL);
    json_free(parsed);
    return env && auth && url;
}

static bool same_secret(const struct secret_answer *a, const struct secret_answer *b)
{
    return a->value.len == b->value.len &&
           memcmp(secret_reveal(&a->value), secret_reveal(&b->value), a->value.len) == 0;
}

// Without the key that names versions (records lost, another machine) the values themselves are
// compared: what did not change is not written again, and nothing is deployed for it. They differ,
// too, when they may not be read.
static bool compare_values(const struct step_ctx *ctx, const char *arn, bool *out_same,
                           struct err *err)
{
    const struct answers *given = stack_of(ctx)->answers;
    ERR_AUTO e = {0};
    SECRET_AUTO value = {0};
    *out_same = false;
    if (!secrets_get_value(stack_of(ctx)->aws, arn, &value, &e)) {
        if (e.kind == ERR_DENIED || e.kind == ERR_NOT_FOUND)
            return true;
        err_move(err, &e);
        return false;
    }
    struct answers stored;
    answers_init(&stored);
    *out_same = secret_answers_fill(&stored, &value, NULL) &&
                same_secret(&stored.forest.env_secret, &given->forest.env_secret) &&
                (given->forest.auth_secret.from == SECRET_GENERATE ||
                 same_secret(&stored.forest.auth_secret, &given->forest.auth_secret)) &&
                same_secret(&stored.database.url, &given->database.url);
    answers_clear(&stored);
    return true;
}

static enum probe compare_version(struct step_ctx *ctx, const char *current, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    if (!s->secrets_known || answers_stored(s->answers) || ctx->mode == STEP_MODE_DESTROY) {
        step_set(ctx, "version", current);
        return PROBE_SAME; // nobody gave other values
    }
    AUTO_FREE char *wanted = NULL;
    ERR_AUTO e = {0};
    bool same = false;
    bool named = secret_version_id(s, false, &wanted, &e);
    if (!named && e.kind != ERR_NOT_FOUND) {
        err_move(err, &e);
        return PROBE_FAILED;
    }
    if (!named && !compare_values(ctx, step_own(ctx, "arn"), &same, err))
        return PROBE_FAILED;
    if (!named && !same) {
        step_note(ctx, "a new version: other values, or they may not be compared on this machine");
        return PROBE_DIFFERS;
    }
    if (named && !str_eq(wanted, current)) {
        step_note(ctx, "a new version: the values changed");
        return PROBE_DIFFERS;
    }
    step_set(ctx, "version", current);
    step_note(ctx, "%s", s->names.secret);
    return PROBE_SAME;
}

// Secret, image repository and log stay encrypted with it, and a task without the right to use it
// cannot start any more.
static enum probe key_stays(struct step_ctx *ctx, bool going, struct err *err)
{
    const char *name = stack_of(ctx)->names.secret;
    if (going) {
        err_set(err, ERR_CONFLICT,
                "%s is left from a destroyed setup of this name and encrypted with its key, which "
                "is scheduled for deletion, too",
                name);
        err_remedy(err, "Set options.kms_key to true, and both come back; or give the setup "
                        "another name.");
        return PROBE_FAILED;
    }
    err_set(err, ERR_CONFLICT, "the key of your own cannot be taken away: %s is encrypted with it",
            name);
    err_remedy(err, "Set options.kms_key back to true, or destroy the setup and make it anew.");
    return PROBE_FAILED;
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
        if (state.going) // nobody can make one of that name before it has ended
            step_note(
                ctx,
                "secret %s, not made by forest-setup, was deleted and keeps its name until its "
                "recovery window of up to 30 days ends",
                s->names.secret);
    } else if (state.key && !s->answers->options.kms_key && ctx->mode == STEP_MODE_PLAN) {
        result = key_stays(ctx, state.going, err);
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

bool secret_create(struct step_ctx *ctx, const char *version, const struct secret *value,
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

// A secret that was deleted at once keeps its name for up to two minutes (facts aws.md 2.3).
static bool name_still_taken(const struct err *err)
{
    return err_is(err, "InvalidRequestException") && err_says(err, "scheduled for deletion");
}

static bool attempt_secret(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    AUTO_FREE char *version = NULL;
    SECRET_AUTO value = {0};
    return secret_version_id(s, true, &version, err) &&
           compose(s->answers, secret_reveal(&s->answers->forest.auth_secret.value), &value, err) &&
           secret_create(ctx, version, &value, err);
}

static bool apply_secret(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    if (!s->secrets_known) {
        err_set(err, ERR_INPUT, "the secrets are needed to write %s and are not known",
                s->names.secret);
        return err_remedy(err, "Set what forest.env_secret and database.url of the config file "
                               "name, and continue.");
    }
    AUTO_FREE char *version = NULL;
    if (!secret_version_id(s, true, &version, err))
        return false;
    bool ok = ctx->exists ? renew_secret(ctx, version, err)
                          : step_retry(ctx, 150, attempt_secret, name_still_taken, err);
    if (!ok)
        return false;
    step_set(ctx, "version", version);
    step_note(ctx, "%s", s->names.secret);
    return true;
}

// AWS has several words for it.
static bool on_its_way_out(const struct err *err)
{
    return err_is(err, "InvalidRequestException") &&
           (err_says(err, "scheduled for deletion") || err_says(err, "marked for deletion") ||
            err_says(err, "marked deleted"));
}

static bool undo_secret(struct step_ctx *ctx, struct err *err)
{
    const struct stack *s = stack_of(ctx);
    ERR_AUTO e = {0};
    if (secrets_delete(s->aws, step_own(ctx, "arn"), s->answers->options.secret_recovery_days,
                       &e) ||
        e.kind == ERR_NOT_FOUND || on_its_way_out(&e)) // asked for before a lost answer
        return true;
    err_move(err, &e);
    return false;
}

const struct step secret_steps[] = {
    {.id = "secret",
     .title = "secret",
     .group = "secret",
     .kind = "secretsmanager.secret",
     .flags = STEP_COSTS | STEP_REPEATABLE,
     .usual_s = 2,
     .needs = {"kms-key"},
     .probe = probe_secret,
     .apply = apply_secret,
     .undo = undo_secret},
};
const size_t secret_step_count = ARRAY_LEN(secret_steps);
