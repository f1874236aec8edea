// SPDX-License-Identifier: MIT
// Setups that AWS knows and this machine does not: found by tag and by name, and their records
// rebuilt.
//
// recover_list() looks and writes nothing; recover_setup() writes the records of one setup on this
// machine and nothing on AWS. Both block.
//
// What makes a thing ours is the value of its tag forestadmin:stack. It is a hash of account,
// region and name (setup/names.h), so it is known here without any record, and a thing that carries
// the name of a setup but another id, or no tag, is foreign: shown, never taken over. The tagging
// API gives the names and nothing else: whether a thing is there is asked of its own service, by
// the same probes that every run uses.
//
// What is lost with the records and cannot be found again:
//   the salt of client tokens   a new one: all tokens are of a new kind, so none repeats the answer
//                               of an earlier call. What such a call may still have made is looked
//                               for before it is made: kinds without a name of their own are
//                               recorded as begun, so that the next run waits until one that was
//                               made a moment ago must be visible.
//   the key of secret versions  a new one, made when secrets are written: values given again are a
//                               new version. The stored ones stay on AWS and are not needed here.
//   answers that AWS holds nowhere (days of a secret's recovery): their defaults.
#ifndef FOREST_STEPS_RECOVER_H
#define FOREST_STEPS_RECOVER_H

#include "backend/codec/json.h"
#include "backend/steps/stack.h"

struct recover_options {
    const char *profile, *region; // may be NULL
    const char *name;             // only this one; NULL: all
    struct cancel *cancel;
};

// {"account","region","caller","setups":[SETUP],"foreign":["..."],"warnings":["..."]}. SETUP:
// {"name","stack","state":"running"|"stopped"|"nothing","done","total","missing":["title"],
//  "created","owner","url","known":here,"unknown":["answer"],"foreign":["..."],"things":[{"id",
//  "title","group","text"}]}.
bool recover_list(const struct recover_options *options, struct json **out, struct err *err);
// Writes the records of `options->name`; *out: its SETUP. ERR_NOT_FOUND: AWS knows none.
// ERR_CONFLICT: this machine has records of it that can be read. Damaged ones are put aside as
// <name>.damaged-<time>.
bool recover_setup(const struct recover_options *options, struct json **out, struct err *err);

// ---- between the files of this part

// The names of setups in this account and region: {"name":"stack id or empty"}; what carries a tag
// of ours without being ours goes to `foreign`, what could not be asked to `warnings`.
bool recover_names(struct stack *stack, struct json *names, struct json *foreign,
                   struct json *warnings, struct err *err);

struct recovered { // what AWS tells of one setup beside its things; owned
    struct answers answers;
    char *created;                     // RFC 3339, or NULL
    char *owner;                       // ARN of who registered its task last, or NULL
    char *subnets, *balancer, *link;   // comma lists or NULL
    char *database_port;               // or NULL
    char *database_group;              // or NULL
    char *image_digest, *image_source; // or NULL
    struct json *unknown;              // paths of answers that AWS does not tell
    long running, desired;             // containers; desired -1: no service
};
// `stack` is that of the setup (stack_take()).
bool recover_answers(struct stack *stack, const char *name, struct recovered *out, struct err *err);
void recovered_clear(struct recovered *r);

#endif
