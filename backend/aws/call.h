// SPDX-License-Identifier: MIT
// One way to make an AWS call: build, sign, send, read with a cap, decode the error, retry, count.
//
// aws_client_new() with credentials and a region, then any number of threads call aws_query(),
// aws_json(), aws_rest(); aws_client_free() when none of them does. Retries follow the SDKs'
// standard mode (facts: base 50 ms transient, 1000 ms throttled, full jitter, cap 20 s, quota
// bucket 500/14/5), up to 8 attempts for calls marked AWS_READ or AWS_SAFE. A call with neither
// flag (a create without a client token) is only repeated when the server certainly did not act
// (throttled, connection never made, signature clock skew); otherwise it fails with
// err.outcome_unknown set and the caller must look before it calls again. Clock skew is corrected
// from the answer's Date header, once per call. Expired credentials are refreshed once per call;
// when that gives none, aws_client_login() decides.
// LimitExceeded codes that mean a quota are never retried. Errors carry code, HTTP status and
// request id; kinds: AUTH DENIED NOT_FOUND CONFLICT THROTTLED NET REMOTE INPUT. Denials get a
// remedy naming action and resource.
#ifndef FOREST_AWS_CALL_H
#define FOREST_AWS_CALL_H

#include <stdbool.h>
#include <stdint.h>

#include "backend/base/clock.h"
#include "backend/base/err.h"
#include "backend/codec/json.h"
#include "backend/codec/xml.h"
#include "backend/credentials/credentials.h"
#include "backend/net/http.h"

enum aws_service {
    AWS_IAM,
    AWS_STS,
    AWS_EC2,
    AWS_ELBV2,
    AWS_RDS,
    AWS_ECS,
    AWS_ECR,
    AWS_SECRETS,
    AWS_LOGS,
    AWS_KMS,
    AWS_AUTOSCALING,
    AWS_APIGATEWAY,
    AWS_TAGGING,
    AWS_SSO,      // unsigned: the bearer token is the proof (credentials/sso.c)
    AWS_SSO_OIDC, // unsigned
    AWS_SIGNIN,   // unsigned: the refresh of `aws login`
    AWS_SERVICE_COUNT,
};

enum aws_flags {
    AWS_WRITE = 0, // changes something and cannot tell a repeat: never repeated blindly
    AWS_READ = 1,  // changes nothing
    AWS_SAFE = 2,  // changes something, but the same call again changes nothing more (token, put,
                   // delete by id)
};

struct aws_client;

// Answers in the place of AWS, for whoever wants to know what would be sent: nothing leaves the
// machine, nothing is signed. `path` is "/" but for REST calls; `out` is the document of a success.
struct aws_instead {
    bool (*answer)(void *context, const char *operation, const char *path, const char *body,
                   struct str *out, struct err *err);
    void *context;
};

struct aws_client_options {
    struct http_client *http;               // borrowed
    struct credentials_source *credentials; // borrowed; asked before each call
    const struct aws_endpoints *endpoints;  // borrowed; overrides, may be NULL
    const char *region;
    struct cancel *cancel;             // borrowed, may be NULL
    const struct aws_instead *instead; // borrowed, NULL: AWS
    unsigned max_attempts;             // of a call; 0: as many as usual (retry_settings())
};

struct aws_client *aws_client_new(const struct aws_client_options *options);
void aws_client_free(struct aws_client *client);
const char *aws_client_region(const struct aws_client *client);
struct cancel *aws_client_cancel(struct aws_client *client);

// AWS's time now, milliseconds since 1970: the Date of its last answer and the time elapsed since,
// by a clock that counts sleep; this machine's own before the first answer. To the second.
int64_t aws_client_now(const struct aws_client *client);
// Asked before each request that may change something; false from it keeps the request here. Set
// before the first call, or while no call runs; NULL takes it away.
typedef bool aws_permit(void *context, struct err *err);
void aws_client_guard(struct aws_client *client, aws_permit *permit, void *context);
// Asked when a call cannot go on with the credentials there are and none come by themselves. May
// block until somebody has signed in; true: the call, which had no effect, is signed anew and sent
// again. `refused`: what it was signed with, empty when there were none. *err holds why, and is
// replaced by what ends the waiting. Called by any number of threads; set as the permit is.
typedef bool aws_login(void *context, const struct credentials *refused, struct err *err);
void aws_client_login(struct aws_client *client, aws_login *login, void *context);

// What was called, for the summary: name is "ec2.DescribeVpcs". Sorted by name; counts attempts
// separately.
struct aws_count {
    char *name;
    unsigned calls;    // answered logical calls
    unsigned attempts; // requests sent, with retries
    bool reading;
};
struct aws_counts {
    struct aws_count *items;
    size_t count;
};
void aws_client_counts(struct aws_client *client, struct aws_counts *out); // a copy
void aws_counts_clear(struct aws_counts *counts);
void aws_counts_add(struct aws_counts *to, const struct aws_counts *more);

// Parameters of the query and ec2 protocols, in the order they are added.
struct aws_params {
    struct str body;
};
void aws_params_init(struct aws_params *p);
void aws_params_clear(struct aws_params *p);
#define AWS_PARAMS_AUTO __attribute__((cleanup(aws_params_clear))) struct aws_params
// `name` may be a format: aws_param(p, value, "Filter.%d.Name", 1). A NULL value adds nothing.
void aws_param(struct aws_params *p, const char *value, const char *name_format, ...)
    __attribute__((format(printf, 3, 4)));
void aws_param_int(struct aws_params *p, long value, const char *name_format, ...)
    __attribute__((format(printf, 3, 4)));
void aws_param_bool(struct aws_params *p, bool value, const char *name_format, ...)
    __attribute__((format(printf, 3, 4)));

// IAM, STS, EC2, ELBv2, RDS. `params` may be NULL. On success *out is the document (caller:
// xml_free); out may be NULL.
bool aws_query(struct aws_client *client, enum aws_service service, const char *action,
               const struct aws_params *params, unsigned flags, struct xml **out, struct err *err);
// ECS, ECR, Secrets Manager, Logs, KMS, autoscaling, tagging. `body` may be NULL for {}. Bodies are
// never logged.
bool aws_json(struct aws_client *client, enum aws_service service, const char *operation,
              const struct json *body, unsigned flags, struct json **out, struct err *err);
// API Gateway v2. `operation` is the model's name, for counting and messages; `path` is already
// percent-encoded once and may carry a query. *out is NULL for an empty answer.
bool aws_rest(struct aws_client *client, enum aws_service service, const char *operation,
              const char *method, const char *path, const struct json *body, unsigned flags,
              struct json **out, struct err *err);

// Calls `page` for every page until the token is empty; a repeated token is ERR_REMOTE. `token` is
// NULL at first; `page` stores the next token (owned by the loop) in *next or leaves it NULL.
bool aws_pages(bool (*page)(void *context, const char *token, char **next, struct err *err),
               void *context, struct err *err);

#endif
