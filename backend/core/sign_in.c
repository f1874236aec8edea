// SPDX-License-Identifier: MIT
// Signing a profile in: what the wizard does when a look says "sso-login" or "mfa-code".
#include "backend/base/mem.h"
#include "backend/core/parts.h"
#include "backend/credentials/profile.h"
#include "backend/credentials/sso.h"

// The AWS files and a client for one exchange.
struct desk {
    struct aws_config *files;
    struct credentials_options options;
};

static bool desk_open(struct desk *d, const char *profile, struct cancel *cancel, struct err *err)
{
    d->files = aws_config_load(err);
    if (!d->files)
        return false;
    const char *name = profile && *profile ? profile : profile_default_name();
    const struct profile *own = profile_find(d->files, name);
    d->options = (struct credentials_options){
        .config = d->files,
        .profile = name,
        .profile_explicit = true,
        .http = http_client_new(own ? profile_get(own, "ca_bundle") : NULL),
        .cancel = cancel};
    return true;
}

static void desk_close(struct desk *d)
{
    http_client_free(d->options.http);
    aws_config_free(d->files);
}

bool core_sso_login(const char *profile, void (*show)(void *context, const struct json *told),
                    void *context, struct cancel *cancel, struct err *err)
{
    struct desk d = {0};
    struct sso_login login = {0};
    bool ok = desk_open(&d, profile, cancel, err) && sso_login_begin(&login, &d.options, err);
    if (ok) {
        JSON_AUTO *told =
            json_strings("code", login.code, "url", login.url, "page", login.page, NULL);
        json_put_int(told, "seconds", (login.until_ms - clock_ms()) / 1000);
        show(context, told);
        ok = sso_login_wait(&login, err);
    }
    sso_login_clear(&login);
    desk_close(&d);
    return ok;
}

bool core_mfa(const char *profile, const struct secret *code, struct cancel *cancel,
              struct err *err)
{
    struct desk d = {0};
    bool ok = desk_open(&d, profile, cancel, err) && credentials_mfa(&d.options, code, err);
    desk_close(&d);
    return ok;
}
