// SPDX-License-Identifier: MIT
// When a failed call is worth another try, and how long to wait: the SDKs' standard mode as of
// 2026-11 (facts 0.4). Pure policy: no clock, no random source and no network of its own. Only the
// quota is shared and locks itself.
#ifndef FOREST_AWS_RETRY_H
#define FOREST_AWS_RETRY_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "backend/aws/call.h"

struct profile; // backend/credentials/profile.h

enum retry_class {
    RETRY_FATAL,       // the same call would fail again
    RETRY_TRANSIENT,   // the network or the server stumbled
    RETRY_THROTTLE,    // refused for its rate, certainly not executed
    RETRY_SKEW,        // the signature's time may be wrong: compare with the Date header
    RETRY_CREDENTIALS, // fetch the credentials anew
};

enum {
    RETRY_MAX_ATTEMPTS = 8, // the SDKs' 3 are too few for an installer that runs for 20 minutes
    RETRY_QUOTA = 500,
    RETRY_SKEW_MIN_MS = 4 * 60 * 1000, // a smaller difference is not why a signature was refused
};

// What is known about one failed attempt.
struct retry_failure {
    enum aws_service service;
    bool answered;    // there was an HTTP answer that could be read
    int status;       // 0 without an answer
    const char *code; // the service's code, NULL when it gave none
};

enum retry_class retry_classify(const struct retry_failure *failure);
// What a failure of class RETRY_SKEW is when the clocks agree.
enum retry_class retry_without_skew(const char *code);
// Does `code` of `service` mean that a quota of the account is used up? Never worth a retry.
bool retry_is_quota(enum aws_service service, const char *code);
// May the call be sent again without looking first? The caller has the flags of the call.
bool retry_may_repeat(enum retry_class class, unsigned aws_flags, bool outcome_unknown);
// Milliseconds before retry number `retry` (0 is the first). `random01` is in [0,1). `server_ms` is
// x-amz-retry-after, or -1: the answer is then in [delay, delay + 5 s].
int64_t retry_delay_ms(enum retry_class class, unsigned retry, double random01, int64_t server_ms);

// How many attempts a call has: AWS_MAX_ATTEMPTS, else max_attempts of the profile (may be NULL),
// else RETRY_MAX_ATTEMPTS. ERR_INPUT for what is no number from 1 on, and for a retry mode
// (AWS_RETRY_MODE, retry_mode) that is none of legacy, standard, adaptive; all three are standard
// here, for it alone keeps the sum of retries bounded.
bool retry_settings(const struct profile *profile, unsigned *out_attempts, struct err *err);

// One bucket per client: when the service is down, the sum of all retries stays bounded.
struct retry_quota {
    pthread_mutex_t lock;
    int tokens;
};
void retry_quota_init(struct retry_quota *q);
void retry_quota_clear(struct retry_quota *q);
// False when the bucket is empty; otherwise *cost is what to give back when the retry succeeds.
bool retry_quota_take(struct retry_quota *q, enum retry_class class, int *cost);
void retry_quota_refund(struct retry_quota *q, int cost); // 0: a clean success, adds 1

#endif
