// SPDX-License-Identifier: MIT
#include "backend/aws/endpoint.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/text.h"
#include "backend/credentials/profile.h"
#include "backend/net/http.h"

// Hosts, signing names and versions from the service models (facts 0.1). One row a service.
static const struct aws_service_info services[AWS_SERVICE_COUNT] = {
    [AWS_IAM] = {"IAM", "iam", "iam", "iam", AWS_PROTOCOL_QUERY, "2010-05-08", true},
    [AWS_STS] = {"STS", "sts", "sts", "sts", AWS_PROTOCOL_QUERY, "2011-06-15", false},
    [AWS_EC2] = {"EC2", "ec2", "ec2", "ec2", AWS_PROTOCOL_EC2, "2016-11-15", false},
    [AWS_ELBV2] = {"ELASTIC_LOAD_BALANCING_V2", "elbv2", "elasticloadbalancing",
                   "elasticloadbalancing", AWS_PROTOCOL_QUERY, "2015-12-01", false},
    [AWS_RDS] = {"RDS", "rds", "rds", "rds", AWS_PROTOCOL_QUERY, "2014-10-31", false},
    [AWS_ECS] = {"ECS", "ecs", "ecs", "ecs", AWS_PROTOCOL_JSON,
                 "AmazonEC2ContainerServiceV20141113", false},
    [AWS_ECR] = {"ECR", "ecr", "api.ecr", "ecr", AWS_PROTOCOL_JSON,
                 "AmazonEC2ContainerRegistry_V20150921", false},
    [AWS_SECRETS] = {"SECRETS_MANAGER", "secretsmanager", "secretsmanager", "secretsmanager",
                     AWS_PROTOCOL_JSON, "secretsmanager", false},
    [AWS_LOGS] = {"CLOUDWATCH_LOGS", "logs", "logs", "logs", AWS_PROTOCOL_JSON, "Logs_20140328",
                  false},
    [AWS_KMS] = {"KMS", "kms", "kms", "kms", AWS_PROTOCOL_JSON, "TrentService", false},
    [AWS_AUTOSCALING] = {"APPLICATION_AUTO_SCALING", "application-autoscaling",
                         "application-autoscaling", "application-autoscaling", AWS_PROTOCOL_JSON,
                         "AnyScaleFrontendService", false},
    [AWS_APIGATEWAY] = {"APIGATEWAYV2", "apigateway", "apigateway", "apigateway", AWS_PROTOCOL_REST,
                        NULL, false},
    [AWS_TAGGING] = {"RESOURCE_GROUPS_TAGGING_API", "tagging", "tagging", "tagging",
                     AWS_PROTOCOL_JSON, "ResourceGroupsTaggingAPI_20170126", false},
    [AWS_SSO] = {"SSO", "sso", "portal.sso", "awsssoportal", AWS_PROTOCOL_REST, NULL, false},
    [AWS_SSO_OIDC] = {"SSO_OIDC", "sso-oidc", "oidc", "sso-oauth", AWS_PROTOCOL_REST, NULL, false},
};

struct partition {
    const char *region_prefix;
    const char *name;
    const char *dns_suffix;
    const char *global_region;   // signs the global services; NULL: the region itself
    const char *global_location; // what stands between "iam." and the suffix; "" for nothing
};

// The first row whose prefix fits; the last fits all.
static const struct partition partitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn", "cn-north-1", "cn-north-1."},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "us-gov-west-1", "us-gov."},
    {"eusc-", "aws-eusc", "amazonaws.eu", NULL, NULL},
    {"", "aws", "amazonaws.com", "us-east-1", ""},
};

const struct aws_service_info *aws_service_info(enum aws_service service)
{
    return &services[service];
}

static const struct partition *partition_of(const char *region)
{
    const struct partition *p = partitions;
    while (!str_starts(region ? region : "", p->region_prefix))
        p++;
    return p;
}

const char *aws_partition(const char *region)
{
    return partition_of(region)->name;
}

const char *aws_dns_suffix(const char *region)
{
    return partition_of(region)->dns_suffix;
}

void aws_endpoint(const struct aws_endpoints *overrides, enum aws_service service,
                  const char *region, char **out_url, char **out_signing_region)
{
    const struct aws_service_info *info = &services[service];
    const struct partition *p = partition_of(region);
    bool global = info->global && p->global_region;
    if (overrides && overrides->url[service])
        *out_url = mem_strdup(overrides->url[service]);
    else if (global)
        *out_url = mem_printf("https://%s.%s%s", info->host, p->global_location, p->dns_suffix);
    else
        *out_url = mem_printf("https://%s.%s.%s", info->host, region, p->dns_suffix);
    *out_signing_region = mem_strdup(global ? p->global_region : region);
}

static bool truthy(const char *text)
{
    return text && strcasecmp(text, "true") == 0;
}

static const char *from_profile(const struct profile *profile, const char *key)
{
    return profile ? profile_get(profile, key) : NULL;
}

static bool wanted(const struct profile *profile, const char *variable, const char *key)
{
    const char *text = getenv(variable);
    return truthy(str_empty(text) ? from_profile(profile, key) : text);
}

// `id =` under the profile's services section: lower case, as "elastic_load_balancing_v2".
static const char *from_services(const struct profile *profile, const char *id)
{
    const char *section = from_profile(profile, "services");
    if (str_empty(section))
        return NULL;
    AUTO_FREE char *key = mem_strdup(id);
    for (char *p = key; *p; p++)
        *p = (char)tolower((unsigned char)*p);
    return aws_config_section_get(profile_config(profile), "services", section, key,
                                  "endpoint_url");
}

static const char *configured(const struct profile *profile, const char *id)
{
    AUTO_FREE char *variable = mem_printf("AWS_ENDPOINT_URL_%s", id);
    const char *url = getenv(variable);
    if (str_empty(url))
        url = getenv("AWS_ENDPOINT_URL");
    if (str_empty(url))
        url = from_services(profile, id);
    if (str_empty(url))
        url = from_profile(profile, "endpoint_url");
    return str_empty(url) ? NULL : url;
}

static bool accept_url(const char *id, const char *text, char **out, struct err *err)
{
    struct http_url url;
    if (!http_url_parse(text, &url, err))
        return err_wrap(err, "the endpoint configured for %s", id);
    bool secure = str_eq(url.scheme, "https") || http_host_is_loopback(url.host);
    bool query = url.query != NULL;
    AUTO_FREE char *host = text_safe(url.host, 100);
    http_url_clear(&url);
    if (query)
        return err_set(err, ERR_INPUT, "the endpoint configured for %s must not have a query", id);
    if (!secure) {
        err_set(err, ERR_INPUT,
                "the endpoint configured for %s is plain http to %s: that would send signed "
                "requests and secrets unprotected",
                id, host);
        return err_remedy(err, "use https://, or a loopback address");
    }
    size_t length = strlen(text);
    while (length && text[length - 1] == '/')
        length--;
    *out = mem_strndup(text, length);
    return true;
}

static bool check_modes(const struct profile *profile, struct err *err)
{
    // Quietly talking to the ordinary endpoints would break a rule the user has set.
    if (wanted(profile, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"))
        return err_set(err, ERR_INPUT,
                       "FIPS endpoints are asked for (AWS_USE_FIPS_ENDPOINT or "
                       "use_fips_endpoint) and not supported");
    if (wanted(profile, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"))
        return err_set(err, ERR_INPUT,
                       "dual-stack endpoints are asked for (AWS_USE_DUALSTACK_ENDPOINT or "
                       "use_dualstack_endpoint) and not supported");
    const char *section = from_profile(profile, "services");
    if (str_empty(section) ||
        aws_config_section_exists(profile_config(profile), "services", section))
        return true;
    AUTO_FREE char *name = text_safe(section, 100);
    return err_set(err, ERR_INPUT,
                   "the profile names services = %s, but there is no section [services %s]", name,
                   name);
}

bool aws_endpoints_load(struct aws_endpoints *out, const struct profile *profile, struct err *err)
{
    *out = (struct aws_endpoints){0};
    if (!check_modes(profile, err))
        return false;
    if (wanted(profile, "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls"))
        return true;
    for (int i = 0; i < AWS_SERVICE_COUNT; i++) {
        const char *url = configured(profile, services[i].id);
        if (url && !accept_url(services[i].id, url, &out->url[i], err)) {
            aws_endpoints_clear(out);
            return false;
        }
    }
    return true;
}

void aws_endpoints_clear(struct aws_endpoints *endpoints)
{
    if (!endpoints)
        return;
    for (int i = 0; i < AWS_SERVICE_COUNT; i++)
        mem_free(endpoints->url[i]);
    *endpoints = (struct aws_endpoints){0};
}
