// SPDX-License-Identifier: MIT
// Credentials that are simply there: in the environment or in a file.
#include <stdlib.h>
#include <string.h>

#include "backend/base/clock.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/base/text.h"
#include "backend/credentials/chain.h"

bool credentials_fill(struct credentials *out, const char *provider, const char *id,
                      const char *secret, const char *token, struct err *err)
{
    *out = (struct credentials){.provider = provider};
    if (strpbrk(id, " \t\r\n,/=") || strlen(id) > 128)
        return err_set(err, ERR_AUTH,
                       "the access key id has characters that access key ids do not have");
    out->access_key_id = mem_strdup(id);
    bool ok = secret_set(&out->secret_access_key, secret, strlen(secret), err) &&
              (str_empty(token) || secret_set(&out->session_token, token, strlen(token), err));
    if (ok && !strpbrk(secret_reveal(&out->session_token), "\r\n"))
        return true;
    credentials_clear(out);
    return ok ? err_set(err, ERR_AUTH, "the session token has line ends in it") : false;
}

static bool half(const char *have, const char *miss, const char *where, struct err *err)
{
    AUTO_FREE char *safe = text_safe(where, 150);
    err_set(err, ERR_AUTH, "%s is set and %s is not, in %s", have, miss, safe);
    return err_remedy(err, "set both or neither");
}

// ---- the environment

static bool env_applies(const struct chain *chain)
{
    // A profile that was asked for by name wins over keys that lie around in the environment; a
    // secret without its id counts as nothing, as for the CLI.
    return !chain->env_off && chain_env("AWS_ACCESS_KEY_ID");
}

static void env_tell(const struct chain *chain, struct credentials_facts *out)
{
    (void)chain;
    if (chain_env("AWS_ACCOUNT_ID"))
        out->account = text_safe(chain_env("AWS_ACCOUNT_ID"), 20);
}

static bool env_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    (void)chain;
    const char *id = chain_env("AWS_ACCESS_KEY_ID");
    const char *secret = chain_env("AWS_SECRET_ACCESS_KEY");
    const char *token = chain_env("AWS_SECURITY_TOKEN"); // the older name is looked at first
    const char *expires = chain_env("AWS_CREDENTIAL_EXPIRATION");
    if (!token)
        token = chain_env("AWS_SESSION_TOKEN");
    if (!id && !secret) {
        err_set(err, ERR_AUTH, "credentials are expected in the environment and are not there");
        return err_remedy(err, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY");
    }
    if (!id || !secret)
        return half(id ? "AWS_ACCESS_KEY_ID" : "AWS_SECRET_ACCESS_KEY",
                    id ? "AWS_SECRET_ACCESS_KEY" : "AWS_ACCESS_KEY_ID", "the environment", err);
    int64_t until = expires ? credentials_time(expires) : 0;
    if (expires && until == 0)
        return err_set(err, ERR_AUTH,
                       "AWS_CREDENTIAL_EXPIRATION is not a time such as 2026-11-23T13:04:11Z");
    if (!credentials_fill(out, "env", id, secret, token, err))
        return err_wrap(err, "the environment");
    out->expires_wall_ms = until;
    return true;
}

const struct provider env_provider = {"env", env_applies, env_tell, env_fetch};

// ---- the files, each for itself: id, secret and token belong together

static bool file_fetch(const struct chain *chain, bool credentials_file, struct credentials *out,
                       struct err *err)
{
    const struct profile *p = chain->profile;
    const char *id = profile_get_in(p, "aws_access_key_id", credentials_file);
    const char *secret = profile_get_in(p, "aws_secret_access_key", credentials_file);
    const char *token = profile_get_in(p, "aws_security_token", credentials_file);
    if (!token)
        token = profile_get_in(p, "aws_session_token", credentials_file);
    AUTO_FREE char *safe = text_safe(chain->name, 100);
    AUTO_FREE char *where = mem_printf("the profile %s of the %s file", safe,
                                       credentials_file ? "credentials" : "config");
    if (str_empty(id) || str_empty(secret))
        return half(str_empty(id) ? "aws_secret_access_key" : "aws_access_key_id",
                    str_empty(id) ? "aws_access_key_id" : "aws_secret_access_key", where, err);
    return credentials_fill(out, "static", id, secret, token, err) || err_wrap(err, "%s", where);
}

static bool credentials_file_applies(const struct chain *chain)
{
    return chain->profile && profile_get_in(chain->profile, "aws_access_key_id", true);
}

static bool credentials_file_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    return file_fetch(chain, true, out, err);
}

const struct provider credentials_file_provider = {"static", credentials_file_applies, NULL,
                                                   credentials_file_fetch};

static bool config_file_applies(const struct chain *chain)
{
    return chain->profile && profile_get_in(chain->profile, "aws_access_key_id", false);
}

static bool config_file_fetch(struct chain *chain, struct credentials *out, struct err *err)
{
    return file_fetch(chain, false, out, err);
}

const struct provider config_file_provider = {"static", config_file_applies, NULL,
                                              config_file_fetch};

// ---- times

// Minutes east of UTC, or -10000 when `text` is no zone.
static int zone_minutes(const char *text)
{
    if (strcmp(text, "Z") == 0 || strcmp(text, "UTC") == 0)
        return 0;
    if ((*text != '+' && *text != '-') || strlen(text) < 5)
        return -10000;
    int hours = clock_digits(text + 1, 2);
    int minutes = clock_digits(text + 3 + (text[3] == ':'), 2);
    if (hours < 0 || minutes < 0)
        return -10000;
    return (*text == '-' ? -1 : 1) * (hours * 60 + minutes);
}

int64_t credentials_time(const char *text)
{
    if (!text || strlen(text) < 20 || text[4] != '-' || text[7] != '-' ||
        (text[10] != 'T' && text[10] != ' ') || text[13] != ':' || text[16] != ':')
        return 0;
    struct tm t = {.tm_year = clock_digits(text, 4) - 1900,
                   .tm_mon = clock_digits(text + 5, 2) - 1,
                   .tm_mday = clock_digits(text + 8, 2),
                   .tm_hour = clock_digits(text + 11, 2),
                   .tm_min = clock_digits(text + 14, 2),
                   .tm_sec = clock_digits(text + 17, 2)};
    if (t.tm_year < 70 || t.tm_mon < 0 || t.tm_mon > 11 || t.tm_mday < 1 || t.tm_mday > 31 ||
        t.tm_hour < 0 || t.tm_min < 0 || t.tm_sec < 0)
        return 0;
    const char *rest = text + 19;
    if (*rest == '.')
        rest += 1 + strspn(rest + 1, "0123456789");
    int zone = zone_minutes(rest);
    return zone == -10000 ? 0 : ((int64_t)clock_from_utc(&t) - (int64_t)zone * 60) * 1000;
}
