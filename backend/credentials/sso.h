// SPDX-License-Identifier: MIT
// IAM Identity Center: the token that `aws sso login` leaves, its refresh, and signing in from
// here.
//
// The token files are the AWS CLI's own (facts 9.5): same names, same format, 0600, replaced as a
// whole, so that one signs the other in. sso_provider (chain.h) gives the keys; sso_login_*() is
// the device flow: sso_login_begin() gives the code and the URL to show, sso_login_wait() blocks
// until the user has agreed (or the code ran out) and writes the token file; sso_login_clear()
// always.
#ifndef FOREST_CREDENTIALS_SSO_H
#define FOREST_CREDENTIALS_SSO_H

#include "backend/credentials/chain.h"

// err.code when only signing in helps.
#define SSO_LOGIN_NEEDED "sso-login"

struct sso_login {
    char *code;       // "ABCD-EFGH", to compare with what the browser shows
    char *url;        // complete, with the code in it
    char *page;       // where to type the code by hand
    int64_t until_ms; // clock_ms() when the code runs out
    // Private.
    struct credentials_options options;
    char *profile, *region, *start_url, *session, *client_id, *endpoint;
    char *registered_until; // RFC 3339
    struct secret client_secret, device_code;
    int64_t pause_ms;
    const char *scopes;
};

bool sso_login_begin(struct sso_login *login, const struct credentials_options *options,
                     struct err *err);
bool sso_login_wait(struct sso_login *login, struct err *err);
void sso_login_clear(struct sso_login *login);

#endif
