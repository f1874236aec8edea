// SPDX-License-Identifier: MIT
// Private to the room: the provider table and one walk through it.
#ifndef FOREST_CREDENTIALS_CHAIN_H
#define FOREST_CREDENTIALS_CHAIN_H

#include <stddef.h>

#include "backend/credentials/credentials.h"
#include "backend/credentials/profile.h"

enum {
    CHAIN_MAX_DEPTH = 16,
    // As the SDKs: a call must not outlive its credentials.
    CREDENTIALS_REFRESH_MS = 10 * 60 * 1000,
};

// One resolution. `profile` and `name` change while source profiles are followed.
struct chain {
    const struct credentials_options *options;
    const char *name;
    const struct profile *profile; // NULL: there is no such profile
    const struct profile *top;     // the one it began with: endpoints and region of nested calls
    bool env_off;                  // the environment's keys and web identity do not count
    const struct secret *code;     // one-time code for the first role that wants one, or NULL
    const char *visited[CHAIN_MAX_DEPTH]; // assume-role profiles, outermost first
    size_t depth;
};

// One kind of credentials: a file that fills in the same three functions.
struct provider {
    const char *name;
    // Do the environment and the files ask for this kind? Reads nothing else.
    bool (*applies)(const struct chain *chain);
    // What can be said of it without asking anyone. May be NULL: nothing.
    void (*tell)(const struct chain *chain, struct credentials_facts *out);
    // May block; leaves *out empty when it fails (ERR_AUTH with a remedy, or what the network
    // said).
    bool (*fetch)(struct chain *chain, struct credentials *out, struct err *err);
};
extern const struct provider env_provider, role_provider, web_identity_provider, sso_provider,
    credentials_file_provider, login_provider, process_provider, config_file_provider,
    container_provider, imds_provider;

// For the profile of the options. ERR_AUTH when it is asked for by name and not there.
bool chain_begin(struct chain *chain, const struct credentials_options *options, struct err *err);
// The first provider that applies.
bool chain_fetch(const struct credentials_options *options, struct credentials *out,
                 struct err *err);
bool chain_fetch_on(struct chain *chain, struct credentials *out, struct err *err);
// The credentials of a source_profile of chain->profile.
bool chain_fetch_source(struct chain *chain, const char *name, struct credentials *out,
                        struct err *err);
// The profile's value and the environment's; NULL when absent or empty.
const char *chain_get(const struct chain *chain, const char *key);
const char *chain_env(const char *name);
// "arn:aws:iam::123456789012:role/path/Name" into account and role name.
void credentials_tell_role(const char *arn, struct credentials_facts *out);
// Where nested calls go: of the profile it began with. Never NULL.
const char *chain_region(const struct chain *chain);
int64_t chain_now(const struct chain *chain); // milliseconds since 1970

// "2026-11-23T13:04:11Z", also with a fraction or +HH:MM; milliseconds since 1970, or 0 when it is
// not a time.
int64_t credentials_time(const char *text);
// Fills *out; ERR_INPUT when a value cannot be a secret.
bool credentials_fill(struct credentials *out, const char *provider, const char *id,
                      const char *secret, const char *token, struct err *err);

#endif
