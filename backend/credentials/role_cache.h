// SPDX-License-Identifier: MIT
// The AWS CLI's cache of assumed roles, ~/.aws/cli/cache/<sha1>.json (facts 9.3): read so that a
// one-time code is asked for once, written so that the CLI need not ask either. Used for roles that
// ask for a code only.
#ifndef FOREST_CREDENTIALS_ROLE_CACHE_H
#define FOREST_CREDENTIALS_ROLE_CACHE_H

#include "backend/credentials/chain.h"

// err.code of a role that needs a one-time code now; credentials_mfa() takes it.
#define MFA_CODE_NEEDED "mfa-code"

struct role { // what the profile says; all borrowed
    const char *arn;
    const char *external_id;
    const char *session_name;
    const char *mfa_serial;
    long duration_s; // 0: not given
};

// The caller's; NULL without HOME.
char *role_cache_path(const struct role *role);
// False when there is nothing that lasts another quarter of an hour.
bool role_cache_read(const char *path, int64_t now_wall_ms, struct credentials *out);
bool role_cache_write(const char *path, const struct credentials *credentials, struct err *err);

// The arguments of AssumeRole as Python's json.dumps(sort_keys=True) writes them: what the CLI
// hashes. The caller's.
char *role_cache_text(const struct role *role);

#endif
