// SPDX-License-Identifier: MIT
// Forest's API in the name of a user: which environment is ours, and setting its backend URL, as
// `forest environments:update` does (facts forest.md 3).
//
// The token is the user's application token; it is sent to `server_url` only and kept nowhere.
// Blocks. Errors: ERR_AUTH (token refused), ERR_NOT_FOUND (no environment of this user has our
// secret), ERR_INPUT (URL refused), ERR_NET, ERR_REMOTE, ERR_CANCELLED.
#ifndef FOREST_FOREST_ENVIRONMENT_H
#define FOREST_FOREST_ENVIRONMENT_H

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/secret.h"
#include "backend/net/http.h"

struct forest_user {
    struct http_client *http;
    const char *server_url;
    const struct secret *token;
    struct cancel *cancel;
};

struct forest_environment { // owned
    char *id, *name, *project, *url;
};
void forest_environment_clear(struct forest_environment *environment);

// The environment whose secret this is.
bool forest_environment_find(const struct forest_user *user, const struct secret *env_secret,
                             struct forest_environment *out, struct err *err);
bool forest_environment_set_url(const struct forest_user *user,
                                const struct forest_environment *environment, const char *url,
                                struct err *err);
// The token that Forest's own command line left on this machine (TOKEN_PATH or ~,
// .forest.d/.forestrc or .forestrc); false when there is none.
bool forest_token_of_cli(struct secret *out);

#endif
