// SPDX-License-Identifier: MIT
// The world that the steps work in: one account, one region, one set of answers, and the table of
// all steps.
//
// stack_open() reads the AWS files, finds credentials and asks AWS who we are (one call);
// stack_close() last. The struct is read by many workers at once and written only before the engine
// starts, except where a member says so.
#ifndef FOREST_STEPS_STACK_H
#define FOREST_STEPS_STACK_H

#include <pthread.h>

#include "backend/aws/call.h"
#include "backend/aws/endpoint.h"
#include "backend/credentials/credentials.h"
#include "backend/credentials/profile.h"
#include "backend/engine/step.h"
#include "backend/net/http.h"
#include "backend/setup/answers.h"
#include "backend/setup/names.h"
#include "backend/source/source.h"

struct journal;
struct network; // steps/discover.h

struct stack {
    const struct answers *answers; // borrowed
    struct cancel *cancel;         // borrowed
    struct aws_config *aws_files;
    struct aws_endpoints endpoints;
    struct http_client *http;
    struct credentials_source *credentials;
    struct aws_client *aws;
    char *profile;         // its name
    bool profile_explicit; // keys in the environment do not count
    char *region;
    char *account;   // 12 digits
    char *partition; // "aws"
    char *caller;    // ARN of who we are
    char *cache_dir;
    struct names names;
    // Set by stack_use_records(): where the key for secret versions lies; NULL while only planning
    // a new setup.
    char *records_dir;
    bool secrets_known; // the answers' secrets are resolved
    char *tag_keys;     // names of the tags that an earlier run gave, comma list; NULL: not known
    // The network as it is, read once by the first step that asks (stack_network()).
    pthread_mutex_t network_lock;
    struct network *network;
    // The source opened once by the first step that asks (stack_source()).
    pthread_mutex_t source_lock;
    struct source source;
    bool source_open;
};

struct stack_options {
    const struct answers *answers;
    const char *profile; // overrides the answers', or NULL
    const char *region;
    struct cancel *cancel;
};
// ERR_AUTH, ERR_INPUT (region missing, pinned account differs: ERR_CONFLICT), ERR_NET.
bool stack_open(struct stack **out, const struct stack_options *options, struct err *err);
void stack_close(struct stack *stack);
void stack_use_records(struct stack *stack, const char *records_dir);
// "profile p now signs in to account a": ERR_CONFLICT.
bool stack_other_account(const struct stack *stack, const char *account, struct err *err);
// Turns to another setup of the same account and region; no step runs meanwhile.
void stack_take(struct stack *stack, const struct answers *answers);

// Every row of every table, in the order a reader would tell them.
const struct step *const *stack_steps(size_t *out_count);
// The one row whose URL exists before anything else does: the public address.
const struct step *const *stack_address_step(size_t *out_count);

#endif
