// SPDX-License-Identifier: MIT
// Private to the room: the dialect of ~/.aws/config and ~/.aws/credentials.
//
// A line is: blank; a comment (# or ; first); "[kind name]"; "key = value" or "key: value"; or,
// indented deeper than the key above it, a continuation of that key. Continuations of a key with an
// empty value are its nested "sub = value" pairs; of another they are more lines of the value. Keys
// are compared in lower case, nested ones as written. The credentials file, read second, wins over
// config; what it hides is kept, for keys are only used together with those of the same file.
//
// Whatever the AWS CLI (botocore's configloader) reads, this reads to the same result. Where the
// CLI refuses a file that the SDKs' shared test vectors define, the vectors are followed: sections
// and keys that come twice are merged, the later value wins; a header may have blanks around it; "
// #" and " ;" begin a comment behind a value (the CLI takes them for a part of it, which no key but
// credential_process can mean). A section whose name is not one word is of nobody, as for the CLI.
#ifndef FOREST_CREDENTIALS_INI_H
#define FOREST_CREDENTIALS_INI_H

#include <stdbool.h>
#include <stddef.h>

#include "backend/base/err.h"
#include "backend/credentials/profile.h"

enum ini_kind { INI_PROFILE, INI_SERVICES, INI_SSO_SESSION, INI_OTHER };

struct ini_value {
    char *key;
    char *sub; // NULL for a plain one
    char *text;
    char *hidden; // of the config file, when the credentials file has one, too; or NULL
    bool from_credentials;
};

struct profile { // a section of any kind; outside this room only profiles are seen
    const struct aws_config *config;
    enum ini_kind kind;
    char *name;
    unsigned hash; // of the name: thousands are told apart without comparing texts
    bool prefixed; // "[profile default]" rather than "[default]"
    struct profile *same_bucket;
    struct ini_value *values;
    size_t count;
};

enum { INI_BUCKETS = 1024 };

struct aws_config {
    struct profile *buckets[INI_BUCKETS]; // by the hash of the name
    struct profile **items;               // stable addresses: profiles are borrowed
    size_t count;
    struct profile **profiles; // those of kind INI_PROFILE, in order; made by ini_finish()
    size_t profile_count;
};

// Adds a text to `config`. ERR_INPUT "<path>:<line>: why".
bool ini_parse(struct aws_config *config, const char *text, size_t length, const char *path,
               bool credentials, struct err *err);
void ini_finish(struct aws_config *config); // after the last text
const struct profile *ini_section_find(const struct aws_config *config, enum ini_kind kind,
                                       const char *name);
void ini_section_clear(struct profile *section); // values are wiped: they may be keys

#endif
