// SPDX-License-Identifier: MIT
// Private to the room: the provider table and one walk through it.
#ifndef FOREST_CREDENTIALS_CHAIN_H
#define FOREST_CREDENTIALS_CHAIN_H

#include <stddef.h>

#include "backend/credentials/credentials.h"
#include "backend/credentials/profile.h"

enum { CHAIN_MAX_DEPTH = 16 };

// One resolution. `profile` and `name` change while source profiles are followed.
struct chain {
    const struct credentials_options *options;
    const char *name;
    const struct profile *profile;        // NULL: there is no such profile
    const char *visited[CHAIN_MAX_DEPTH]; // assume-role profiles, outermost first
    size_t depth;
};

// One kind of credentials. `fetch` may block; it leaves *out empty when it fails (ERR_AUTH with a
// remedy, or what the network said).
struct provider {
    const char *name;
    bool (*applies)(const struct chain *chain);
    bool (*fetch)(struct chain *chain, struct credentials *out, struct err *err);
};

// The first provider that applies, for the profile of the options.
bool chain_fetch(const struct credentials_options *options, struct credentials *out,
                 struct err *err);
// The credentials of a source_profile of chain->profile.
bool chain_fetch_source(struct chain *chain, const char *name, struct credentials *out,
                        struct err *err);
// One provider by its name ("env", "imds"...), for credential_source.
bool chain_fetch_by(struct chain *chain, const char *provider, struct credentials *out,
                    struct err *err);

// A source that always gives these. The caller frees it.
struct credentials_source *credentials_source_fixed(const struct credentials *credentials);

bool role_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool static_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool env_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool web_identity_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool sso_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool login_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool process_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool container_fetch(struct chain *chain, struct credentials *out, struct err *err);
bool imds_fetch(struct chain *chain, struct credentials *out, struct err *err);
// "2026-11-23T13:04:11Z", also with a fraction or +HH:MM; milliseconds since 1970, or 0 when it is
// not a time.
int64_t credentials_time(const char *text);
// Fills *out; ERR_INPUT when a value cannot be a secret.
bool credentials_fill(struct credentials *out, const char *provider, const char *id,
                      const char *secret, const char *token, struct err *err);

#endif
