// SPDX-License-Identifier: MIT
#include "backend/aws/retry.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/credentials/profile.h"

enum {
    BASE_TRANSIENT_MS = 50,
    BASE_THROTTLE_MS = 1000,
    DELAY_MAX_MS = 20000,
    SERVER_EXTRA_MAX_MS = 5000,
    COST_TRANSIENT = 14,
    COST_THROTTLE = 5,
    ATTEMPTS_LIMIT = 100,
};

static const char *const throttle_codes[] = {
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "ProvisionedThroughputExceededException",
    "TransactionInProgressException",
    "SlowDown",
    "EC2ThrottledException",
    "LimitExceededException", // unless retry_is_quota() says otherwise
};

static const char *const transient_codes[] = {
    "RequestTimeout",
    "RequestTimeoutException",
    "PriorRequestNotComplete",
    "IDPCommunicationError",
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "InternalServerException",
    "ServiceUnavailable",
    "ServiceUnavailableException",
    "Unavailable",
    "ServerException",
    "InternalServiceError",
};

// Credentials first: a refresh is right when there is no skew. RequestExpired is in both lists.
static const char *const credential_codes[] = {
    "InvalidClientTokenId", "UnrecognizedClientException",
    "ExpiredToken",         "ExpiredTokenException",
    "AuthFailure",          "RequestExpired",
};

static const char *const skew_codes[] = {
    "AuthFailure",        "InvalidSignatureException", "RequestExpired",
    "RequestInTheFuture", "RequestTimeTooSkewed",      "SignatureDoesNotMatch",
};

// In these services LimitExceededException is an account quota, although the SDKs list it under
// throttling.
static const enum aws_service quota_services[] = {AWS_ECR,  AWS_KMS, AWS_SECRETS,
                                                  AWS_LOGS, AWS_ECS, AWS_AUTOSCALING};

static bool listed(const char *const *list, size_t count, const char *code)
{
    for (size_t i = 0; code && i < count; i++)
        if (strcmp(list[i], code) == 0)
            return true;
    return false;
}
#define LISTED(list, code) listed((list), ARRAY_LEN(list), (code))

bool retry_is_quota(enum aws_service service, const char *code)
{
    if (str_empty(code) || str_eq(code, "RequestLimitExceeded") ||
        str_eq(code, "BandwidthLimitExceeded"))
        return false;
    if (str_eq(code, "LimitExceededException")) {
        for (size_t i = 0; i < ARRAY_LEN(quota_services); i++)
            if (quota_services[i] == service)
                return true;
        return false;
    }
    // VpcLimitExceeded, AddressLimitExceeded, InstanceQuotaExceeded, TooManyLoadBalancers...
    return str_ends(code, "LimitExceeded") || str_ends(code, "QuotaExceeded") ||
           str_ends(code, "QuotaExceededException") || str_ends(code, "LimitExceededFault") ||
           (str_starts(code, "TooMany") && !str_eq(code, "TooManyRequestsException"));
}

enum retry_class retry_classify(const struct retry_failure *f)
{
    if (!f->answered)
        return RETRY_TRANSIENT;
    if (retry_is_quota(f->service, f->code))
        return RETRY_FATAL;
    if (LISTED(throttle_codes, f->code) || f->status == 429)
        return RETRY_THROTTLE;
    if (LISTED(skew_codes, f->code))
        return RETRY_SKEW;
    if (LISTED(credential_codes, f->code))
        return RETRY_CREDENTIALS;
    if (LISTED(transient_codes, f->code))
        return RETRY_TRANSIENT;
    if (f->status == 500 || f->status == 502 || f->status == 503 || f->status == 504)
        return RETRY_TRANSIENT;
    // A success that could not be read: cut off, or not from AWS.
    if (f->status / 100 == 2)
        return RETRY_TRANSIENT;
    // So was a refusal whose document has no code: AWS gives one with each, and did nothing.
    if ((f->status == 400 || f->status == 404) && str_empty(f->code))
        return RETRY_TRANSIENT;
    return RETRY_FATAL;
}

enum retry_class retry_without_skew(const char *code)
{
    return LISTED(credential_codes, code) ? RETRY_CREDENTIALS : RETRY_FATAL;
}

bool retry_may_repeat(enum retry_class class, unsigned aws_flags, bool outcome_unknown)
{
    if (class == RETRY_FATAL)
        return false;
    return !outcome_unknown || (aws_flags & (AWS_READ | AWS_SAFE)) != 0;
}

int64_t retry_delay_ms(enum retry_class class, unsigned retry, double random01, int64_t server_ms)
{
    int64_t delay = 0;
    if (class == RETRY_TRANSIENT || class == RETRY_THROTTLE) {
        int64_t top = class == RETRY_THROTTLE ? BASE_THROTTLE_MS : BASE_TRANSIENT_MS;
        for (unsigned i = 0; i < retry && top < DELAY_MAX_MS; i++)
            top *= 2;
        top = top < DELAY_MAX_MS ? top : DELAY_MAX_MS;
        delay = (int64_t)(random01 * (double)top);
    }
    if (server_ms <= delay)
        return delay;
    return server_ms < delay + SERVER_EXTRA_MAX_MS ? server_ms : delay + SERVER_EXTRA_MAX_MS;
}

// The variable's value, else the profile's; `where` says which for a message.
static const char *setting(const struct profile *profile, const char *variable, const char *key,
                           const char **where)
{
    const char *value = getenv(variable);
    *where = variable;
    if (!str_empty(value))
        return value;
    *where = key;
    value = profile ? profile_get(profile, key) : NULL;
    return str_empty(value) ? NULL : value;
}

bool retry_settings(const struct profile *profile, unsigned *out_attempts, struct err *err)
{
    const char *where = NULL;
    const char *mode = setting(profile, "AWS_RETRY_MODE", "retry_mode", &where);
    if (mode && strcasecmp(mode, "legacy") != 0 && strcasecmp(mode, "standard") != 0 &&
        strcasecmp(mode, "adaptive") != 0)
        return err_set(err, ERR_INPUT, "%s is not legacy, standard or adaptive", where);
    const char *text = setting(profile, "AWS_MAX_ATTEMPTS", "max_attempts", &where);
    char *end = NULL;
    long attempts = text ? strtol(text, &end, 10) : RETRY_MAX_ATTEMPTS;
    if (text && (*end || attempts < 1))
        return err_set(err, ERR_INPUT, "%s is not a number of attempts, 1 or more", where);
    *out_attempts = attempts < ATTEMPTS_LIMIT ? (unsigned)attempts : ATTEMPTS_LIMIT;
    return true;
}

void retry_quota_init(struct retry_quota *q)
{
    pthread_mutex_init(&q->lock, NULL);
    q->tokens = RETRY_QUOTA;
}

void retry_quota_clear(struct retry_quota *q)
{
    pthread_mutex_destroy(&q->lock);
}

bool retry_quota_take(struct retry_quota *q, enum retry_class class, int *cost)
{
    int price = class == RETRY_THROTTLE    ? COST_THROTTLE
                : class == RETRY_TRANSIENT ? COST_TRANSIENT
                                           : 0;
    pthread_mutex_lock(&q->lock);
    bool ok = q->tokens >= price;
    if (ok)
        q->tokens -= price;
    pthread_mutex_unlock(&q->lock);
    *cost = ok ? price : 0;
    return ok;
}

void retry_quota_refund(struct retry_quota *q, int cost)
{
    pthread_mutex_lock(&q->lock);
    q->tokens += cost > 0 ? cost : 1;
    if (q->tokens > RETRY_QUOTA)
        q->tokens = RETRY_QUOTA;
    pthread_mutex_unlock(&q->lock);
}
