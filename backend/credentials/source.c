// SPDX-License-Identifier: MIT
// The cache in front of the providers: one set of credentials, fetched anew before it expires.
#include <pthread.h>

#include "backend/base/log.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/credentials/ask.h"

enum { REFRESH_PAUSE_MS = 30 * 1000 }; // after a failed refresh while the old ones are still good

struct credentials_source {
    struct credentials_options options; // with strings of its own
    pthread_mutex_t lock;               // held while fetching: the others need the result anyway
    struct credentials cached;
    bool valid;
    bool fixed;
    int64_t pause_until_ms; // monotonic
    bool (*check)(void *context, const struct credentials *fresh, struct err *err);
    void *check_context;
    struct err ended; // what the check refused: nothing is fetched any more
};

void credentials_clear(struct credentials *c)
{
    if (!c)
        return;
    mem_free(c->access_key_id);
    secret_clear(&c->secret_access_key);
    secret_clear(&c->session_token);
    *c = (struct credentials){0};
}

void credentials_copy(struct credentials *dst, const struct credentials *src)
{
    struct credentials copy = {.expires_wall_ms = src->expires_wall_ms, .provider = src->provider};
    str_replace(&copy.access_key_id, src->access_key_id);
    secret_copy(&copy.secret_access_key, &src->secret_access_key);
    secret_copy(&copy.session_token, &src->session_token);
    credentials_clear(dst);
    *dst = copy;
}

struct credentials_source *credentials_source_new(const struct credentials_options *options)
{
    struct credentials_source *s = mem_calloc(1, sizeof *s);
    char *profile = NULL;
    char *region = NULL;
    str_replace(&profile, options->profile);
    str_replace(&region, options->region);
    s->options = *options;
    s->options.profile = profile;
    s->options.region = region;
    pthread_mutex_init(&s->lock, NULL);
    return s;
}

struct credentials_source *credentials_source_fixed(const struct credentials *credentials)
{
    struct credentials_source *s = credentials_source_new(&(struct credentials_options){0});
    credentials_copy(&s->cached, credentials);
    s->valid = true;
    s->fixed = true;
    return s;
}

void credentials_source_free(struct credentials_source *source)
{
    if (!source)
        return;
    credentials_clear(&source->cached);
    err_clear(&source->ended);
    char *profile = (char *)(uintptr_t)source->options.profile;
    char *region = (char *)(uintptr_t)source->options.region;
    mem_free(profile);
    mem_free(region);
    pthread_mutex_destroy(&source->lock);
    mem_free(source);
}

static bool lasts(const struct credentials_source *s, const struct credentials *c, int64_t ms)
{
    int64_t now = s->options.now ? s->options.now() : clock_wall_ms();
    return c->expires_wall_ms == 0 || c->expires_wall_ms - now > ms;
}

static bool expired(const struct credentials *c, struct err *err)
{
    AUTO_FREE char *when = clock_format(c->expires_wall_ms);
    err_set(err, ERR_AUTH, "the credentials (%s) expired at %s", c->provider, when);
    return err_remedy(err, "sign in again, or export fresh credentials, then resume");
}

static bool accepted(const struct credentials_source *s, const struct credentials *fresh,
                     struct err *err)
{
    bool others = !str_eq(fresh->access_key_id, s->cached.access_key_id);
    return (lasts(s, fresh, 0) || expired(fresh, err)) &&
           (!s->check || !others || s->check(s->check_context, fresh, err));
}

// Under the lock.
static bool renew(struct credentials_source *s, struct err *err)
{
    bool old_good = s->valid && lasts(s, &s->cached, 0);
    if (s->ended.kind != ERR_NONE) {
        if (err)
            err_copy(err, &s->ended);
        return false;
    }
    if (s->fixed || (old_good && clock_ms() < s->pause_until_ms))
        return old_good || expired(&s->cached, err);
    struct credentials fresh = {0};
    ERR_AUTO failure = {0};
    if (chain_fetch(&s->options, &fresh, &failure) && accepted(s, &fresh, &failure)) {
        credentials_clear(&s->cached);
        s->cached = fresh;
        s->valid = true;
        return true;
    }
    credentials_clear(&fresh);
    if (old_good && failure.kind != ERR_CANCELLED && failure.kind != ERR_CONFLICT) {
        log_line("credentials", "refresh failed, the old ones still serve: %s", failure.message);
        s->pause_until_ms = clock_ms() + REFRESH_PAUSE_MS;
        return true;
    }
    if (failure.kind == ERR_CONFLICT)
        err_copy(&s->ended, &failure);
    if (err)
        err_move(err, &failure);
    return false;
}

void credentials_source_check(struct credentials_source *source,
                              bool (*check)(void *context, const struct credentials *fresh,
                                            struct err *err),
                              void *context)
{
    pthread_mutex_lock(&source->lock);
    source->check = check;
    source->check_context = context;
    pthread_mutex_unlock(&source->lock);
}

bool credentials_get(struct credentials_source *source, struct credentials *out, struct err *err)
{
    pthread_mutex_lock(&source->lock);
    bool ok = (source->valid && lasts(source, &source->cached, CREDENTIALS_REFRESH_MS)) ||
              renew(source, err);
    if (ok)
        credentials_copy(out, &source->cached);
    pthread_mutex_unlock(&source->lock);
    return ok;
}

void credentials_expired(struct credentials_source *source)
{
    credentials_forget_asked();
    pthread_mutex_lock(&source->lock);
    source->valid = source->fixed;
    pthread_mutex_unlock(&source->lock);
}

void credentials_reload(struct credentials_source *source, const struct aws_config *config)
{
    pthread_mutex_lock(&source->lock);
    source->options.config = config;
    source->pause_until_ms = 0;
    err_clear(&source->ended);
    source->valid = source->fixed;
    pthread_mutex_unlock(&source->lock);
}
