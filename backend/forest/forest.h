// SPDX-License-Identifier: MIT
// What Forest Admin can tell us: is a secret known, and does a backend really run behind a URL.
// All calls block, use plain HTTPS through net/http, and never print a secret.
#ifndef FOREST_FOREST_FOREST_H
#define FOREST_FOREST_FOREST_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/secret.h"
#include "backend/net/http.h"

#define FOREST_SERVER_URL_DEFAULT "https://api.forestadmin.com"
#define FOREST_APP_ORIGIN         "https://app.forestadmin.com"

// By the agent's own rule, offline: 64 lower-case hex digits. ERR_INPUT says what it looks like
// instead ("48 characters: this looks like an auth secret"), with the remedy, without the value.
bool forest_env_secret_check(const struct secret *secret, struct err *err);
bool forest_auth_secret_check(const struct secret *secret,
                              struct err *err); // at least 32 characters

enum forest_known { FOREST_KNOWN, FOREST_UNKNOWN, FOREST_UNREACHABLE };
struct forest_check {
    enum forest_known known;
    bool ip_whitelist; // Forest's IP whitelisting is on: say so
    char *detail;      // owned: why unreachable or refused
};
// Never fails for an unreachable Forest: says FOREST_UNREACHABLE. False only when cancelled.
bool forest_secret_known(struct http_client *http, const char *server_url,
                         const struct secret *env_secret, struct cancel *cancel,
                         struct forest_check *out, struct err *err);
void forest_check_clear(struct forest_check *check);

// One look at a backend from outside. Each is one HTTP exchange; false with a cause in err.code (a
// stable word such as "not-answering", "agent-starting", "database-auth"), message and remedy.
// err.kind ERR_REMOTE may pass by itself when *out_retry is true.
struct backend_check {
    struct http_client *http;
    const char *url; // https://..., no trailing slash
    struct cancel *cancel;
};
bool forest_check_answers(const struct backend_check *check, bool *out_retry,
                          struct err *err); // GET /
bool forest_check_agent(const struct backend_check *check, bool *out_retry,
                        struct err *err); // GET /forest
bool forest_check_cors(const struct backend_check *check, bool *out_retry,
                       struct err *err); // OPTIONS preflight
bool forest_check_wall(const struct backend_check *check, bool *out_retry,
                       struct err *err); // 401 without login
// Has Forest received the schema? *out_collections is the number announced. Needs the env secret.
bool forest_check_schema(struct http_client *http, const char *server_url,
                         const struct secret *env_secret, struct cancel *cancel,
                         size_t *out_collections, bool *out_retry, struct err *err);
// Does Forest hold this URL for the environment (from the login redirect)? *out_url is what it
// holds, or NULL. Owned.
bool forest_redirect_url(const struct backend_check *check, char **out_url, struct err *err);

#endif
