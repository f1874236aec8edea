// SPDX-License-Identifier: MIT
// What the files of Identity Center share: what a profile says, and the token file.
#ifndef FOREST_CREDENTIALS_SSO_PRIVATE_H
#define FOREST_CREDENTIALS_SSO_PRIVATE_H

#include "backend/aws/endpoint.h"
#include "backend/credentials/ask.h"
#include "backend/credentials/sso.h"

struct sso_profile {     // borrowed from the profile
    const char *session; // NULL: the legacy form
    const char *start_url, *region, *account, *role;
    const char *scopes; // of the session; NULL: the usual one
};

// ERR_AUTH names what is missing or contradicts itself.
bool sso_profile_read(const struct chain *chain, struct sso_profile *out, struct err *err);
// ~/.aws/sso/cache/<sha1>.json; the caller's. NULL without HOME.
char *sso_token_path(const struct sso_profile *profile, struct err *err);
// The caller's; NULL unless it has a token and says when it ends.
struct json *sso_token_read(const char *path);
bool sso_token_write(const char *path, const struct json *token, struct err *err);
// The endpoint of portal or oidc in the sso region; the caller's. NULL with err.
char *sso_endpoint(const struct chain *chain, enum aws_service service, const char *region,
                   struct err *err);
// "2026-11-23T13:04:11Z"; the caller's.
char *sso_time(int64_t wall_ms);
bool sso_needs_login(const struct chain *chain, struct err *err);

#endif
