// SPDX-License-Identifier: MIT
// What the lease's files share: lease.c takes, keeps and gives back; lease_claims.c reads.
#ifndef FOREST_STEPS_LEASE_PRIVATE_H
#define FOREST_STEPS_LEASE_PRIVATE_H

#include <pthread.h>
#include <stdatomic.h>

#include "backend/steps/lease.h"

#define LEASE_CLAIM  "forestadmin:claim"  // 32 hex, new for each
#define LEASE_HOLDER "forestadmin:holder" // "alice@laptop pid 4711"
#define LEASE_SINCE  "forestadmin:since"
#define LEASE_UNTIL  "forestadmin:until" // milliseconds since 1970 by AWS's clock

struct lease {
    const struct stack *stack;
    struct cancel *cancel;
    struct aws_client *aws;
    char *records_dir;
    char *claim;
    unsigned number; // of the log group; 0: not held
    int64_t term_ms;
    atomic_llong valid_until_ms; // of clock_ms(); before it no renewal is needed to write
    pthread_mutex_t lock;        // of a renewal
    bool lost;
    struct err doubt;   // why it is not known whether the last claim was made; kind ERR_NONE: it is
    struct cancel stop; // ends the thread
    pthread_t thread;
    bool keeping;
};

struct lease_claim { // owned
    unsigned number;
    char *arn, *claim, *holder, *since;
    int64_t until_ms;
};
struct lease_claims { // by number
    struct lease_claim *items;
    size_t count;
};

char *lease_name(const struct lease *lease, unsigned number); // the caller's
char *lease_arn(const struct lease *lease, unsigned number);
// Every claim there is, with its tags; one that goes away meanwhile is left out.
bool lease_read_claims(struct lease *lease, struct lease_claims *out, struct err *err);
void lease_claims_clear(struct lease_claims *claims);
void lease_claim_clear(struct lease_claim *claim);
void lease_claim_move(struct lease_claim *to, struct lease_claim *from);

#endif
