// SPDX-License-Identifier: MIT
// Where AWS credentials come from: a table of providers tried in the AWS CLI's order (facts 9.2),
// behind one source that caches, refreshes before expiry and is safe to ask from any thread.
//
// credentials_source_new() with a profile name or NULL; credentials_get() before each call (fills a
// copy that the caller clears); credentials_expired() when AWS said so, forces the next get to
// fetch anew; credentials_source_free(). credentials_tell() says what the files alone know of a
// profile. Adding a kind of credentials = one row in the provider table of chain.c and one file.
// Tests give an http client of their own (http_client_fake()), files by HOME and AWS_CONFIG_FILE,
// and the time by options.now.
#ifndef FOREST_CREDENTIALS_CREDENTIALS_H
#define FOREST_CREDENTIALS_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/base/secret.h"

struct http_client;
struct aws_config; // profile.h: the parsed config and credentials files

struct credentials {
    char *access_key_id;
    struct secret secret_access_key;
    struct secret session_token; // empty when none
    int64_t expires_wall_ms;     // 0: never
    const char *provider;        // static word: "env", "static", "assume-role"...
};
void credentials_clear(struct credentials *c);
void credentials_copy(struct credentials *dst, const struct credentials *src);

struct credentials_source;

struct credentials_options {
    const struct aws_config *config; // borrowed for the life of the source
    const char *profile;             // NULL: AWS_PROFILE, AWS_DEFAULT_PROFILE, "default"
    bool profile_explicit; // given on the command line or in the config file: environment keys are
                           // skipped
    const char *region;    // for nested STS calls
    struct http_client *http; // borrowed
    struct cancel *cancel;    // borrowed
    int64_t (*now)(void);     // milliseconds since 1970; NULL: the clock
};
struct credentials_source *credentials_source_new(const struct credentials_options *options);
// Always gives these.
struct credentials_source *credentials_source_fixed(const struct credentials *credentials);
void credentials_source_free(struct credentials_source *source);
// ERR_AUTH with the reason and the remedy ("run aws sso login --profile x") when there are none.
bool credentials_get(struct credentials_source *source, struct credentials *out, struct err *err);
void credentials_expired(struct credentials_source *source);
// From now on keys with another id than those that serve are taken only when `check` says so: a
// long run must not go on in another account. It may call AWS with them; ERR_CONFLICT ends the use
// of this source, after any other failure the old keys serve while they last.
void credentials_source_check(struct credentials_source *source,
                              bool (*check)(void *context, const struct credentials *fresh,
                                            struct err *err),
                              void *context);
// The files were read anew, because somebody signed in: the next get fetches by `config`, which is
// borrowed for the life of the source; the one before is not looked at again.
void credentials_reload(struct credentials_source *source, const struct aws_config *config);

// What the files say of a profile, without a call, a program or a look at the clock.
struct credentials_facts {
    const char *kind; // static word: a provider's name, "empty" when none applies
    char *account;    // of the role, the session or aws_account_id; or NULL
    char *role;       // the role's name, or NULL
    char *source;     // source_profile or credential_source, or NULL
};
// Keys of the environment count unless options->profile_explicit. Clear *out in every case.
void credentials_tell(const struct credentials_options *options, struct credentials_facts *out);
void credentials_facts_clear(struct credentials_facts *facts);

// For a role that failed with err.code "mfa-code": assumes it with the 6 digits and keeps the
// result in the AWS CLI's cache, from where credentials_get() takes it. ERR_INPUT (not 6 digits),
// ERR_AUTH.
bool credentials_mfa(const struct credentials_options *options, const struct secret *code,
                     struct err *err);

#endif
