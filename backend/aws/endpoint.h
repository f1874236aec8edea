// SPDX-License-Identifier: MIT
// Where each service lives and how its requests are signed: partitions, global services, overrides.
// Overrides as the AWS CLI reads them: AWS_ENDPOINT_URL_<ID> > AWS_ENDPOINT_URL > the profile's
// services section > the profile's endpoint_url; AWS_IGNORE_CONFIGURED_ENDPOINT_URLS disables all.
// Plain http only to loopback. FIPS and dual-stack endpoints (AWS_USE_FIPS_ENDPOINT,
// AWS_USE_DUALSTACK_ENDPOINT, use_fips_endpoint, use_dualstack_endpoint) and the old global STS
// (sts_regional_endpoints = legacy) as botocore's rules have them.
#ifndef FOREST_AWS_ENDPOINT_H
#define FOREST_AWS_ENDPOINT_H

#include "backend/aws/call.h"

struct profile; // backend/credentials/profile.h

struct aws_endpoints {
    char *url[AWS_SERVICE_COUNT]; // owned; NULL: the real one
    bool fips, dualstack;
    bool sts_legacy; // regions of before 2019 ask the one STS in us-east-1
};

enum aws_protocol { AWS_PROTOCOL_QUERY, AWS_PROTOCOL_EC2, AWS_PROTOCOL_JSON, AWS_PROTOCOL_REST };

struct aws_service_info {
    const char *id;           // "ECS", as in AWS_ENDPOINT_URL_ECS
    const char *name;         // "ecs", as in counts and messages
    const char *host;         // "ecs", "api.ecr"
    const char *signing_name; // "ecs", "ecr"
    enum aws_protocol protocol;
    const char *version; // query protocols: Version=; json: target prefix; rest: NULL
    bool global;
    const char *dualstack_host; // when it is another one
    bool gov_fips_plain;        // in us-gov the plain endpoint is the FIPS one
};
const struct aws_service_info *aws_service_info(enum aws_service service);

// "aws", "aws-cn", "aws-us-gov", "aws-eusc"
const char *aws_partition(const char *region);
const char *aws_dns_suffix(const char *region);
// Base URL without a trailing slash, and the region that goes into the signature. Both the
// caller's.
void aws_endpoint(const struct aws_endpoints *overrides, enum aws_service service,
                  const char *region, char **out_url, char **out_signing_region);
// Reads the overrides from the environment and the profile (may be NULL). ERR_INPUT for a bad URL
// or plain http.
bool aws_endpoints_load(struct aws_endpoints *out, const struct profile *profile, struct err *err);
void aws_endpoints_clear(struct aws_endpoints *endpoints);

#endif
