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
    [AWS_IAM] = {"IAM", "iam", "iam", "iam", AWS_PROTOCOL_QUERY, "2010-05-08", true, NULL, true},
    [AWS_STS] = {"STS", "sts", "sts", "sts", AWS_PROTOCOL_QUERY, "2011-06-15", false, NULL, true},
    [AWS_EC2] = {"EC2", "ec2", "ec2", "ec2", AWS_PROTOCOL_EC2, "2016-11-15", false, NULL, true},
    [AWS_ELBV2] = {"ELASTIC_LOAD_BALANCING_V2", "elbv2", "elasticloadbalancing",
                   "elasticloadbalancing", AWS_PROTOCOL_QUERY, "2015-12-01", false, NULL, true},
    [AWS_RDS] = {"RDS", "rds", "rds", "rds", AWS_PROTOCOL_QUERY, "2014-10-31", false, NULL, true},
    [AWS_ECS] = {"ECS", "ecs", "ecs", "ecs", AWS_PROTOCOL_JSON,
                 "AmazonEC2ContainerServiceV20141113", false, NULL, false},
    [AWS_ECR] = {"ECR", "ecr", "api.ecr", "ecr", AWS_PROTOCOL_JSON,
                 "AmazonEC2ContainerRegistry_V20150921", false, "ecr", false},
    [AWS_SECRETS] = {"SECRETS_MANAGER", "secretsmanager", "secretsmanager", "secretsmanager",
                     AWS_PROTOCOL_JSON, "secretsmanager", false, NULL, false},
    [AWS_LOGS] = {"CLOUDWATCH_LOGS", "logs", "logs", "logs", AWS_PROTOCOL_JSON, "Logs_20140328",
                  false, NULL, true},
    [AWS_KMS] = {"KMS", "kms", "kms", "kms", AWS_PROTOCOL_JSON, "TrentService", false, NULL, false},
    [AWS_AUTOSCALING] = {"APPLICATION_AUTO_SCALING", "application-autoscaling",
                         "application-autoscaling", "application-autoscaling", AWS_PROTOCOL_JSON,
                         "AnyScaleFrontendService", false, NULL, true},
    [AWS_APIGATEWAY] = {"APIGATEWAYV2", "apigateway", "apigateway", "apigateway", AWS_PROTOCOL_REST,
                        NULL, false, NULL, false},
    [AWS_TAGGING] = {"RESOURCE_GROUPS_TAGGING_API", "tagging", "tagging", "tagging",
                     AWS_PROTOCOL_JSON, "ResourceGroupsTaggingAPI_20170126", false, NULL, false},
    [AWS_SSO] = {"SSO", "sso", "portal.sso", "awsssoportal", AWS_PROTOCOL_REST, NULL, false, NULL,
                 true},
    [AWS_SSO_OIDC] = {"SSO_OIDC", "sso-oidc", "oidc", "sso-oauth", AWS_PROTOCOL_REST, NULL, false,
                      NULL, true},
    [AWS_SIGNIN] = {"SIGNIN", "signin", "signin", "signin", AWS_PROTOCOL_REST, NULL, false, NULL,
                    false},
};

struct partition {
    const char *region_prefix;
    const char *name;
    const char *dns_suffix;
    const char *global_region;   // signs the global services; NULL: the region itself
    const char *global_location; // what stands between "iam." and the suffix; "" for nothing
    const char *dualstack_suffix;
    const char *dualstack_global; // as global_location
    const char *signin_suffix;    // behind "<region>.signin."
};

// The first row whose prefix fits; the last fits all.
static const struct partition partitions[] = {
    {"cn-", "aws-cn", "amazonaws.com.cn", "cn-north-1", "cn-north-1.",
     "api.amazonwebservices.com.cn", "global.", "amazonaws.cn"},
    {"us-gov-", "aws-us-gov", "amazonaws.com", "us-gov-west-1", "us-gov.", "api.aws", "us-gov.",
     "amazonaws-us-gov.com"},
    {"eusc-", "aws-eusc", "amazonaws.eu", NULL, NULL, "api.amazonwebservices.eu", "global.",
     "amazonaws-eusc.eu"},
    {"", "aws", "amazonaws.com", "us-east-1", "", "api.aws", "global.", "aws.amazon.com"},
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

// The regions that the one STS of us-east-1 served before each had its own (botocore's list).
static bool has_legacy_sts(const char *region)
{
    static const char *const regions[] = {
        "ap-northeast-1", "ap-south-1", "ap-southeast-1", "ap-southeast-2", "ca-central-1",
        "eu-central-1",   "eu-north-1", "eu-west-1",      "eu-west-2",      "eu-west-3",
        "sa-east-1",      "us-east-1",  "us-east-2",      "us-west-1",      "us-west-2"};
    for (size_t i = 0; i < ARRAY_LEN(regions); i++)
        if (str_eq(regions[i], region))
            return true;
    return false;
}

// Secrets Manager has no other name for dual-stack: its usual one answers over IPv6, too.
static bool has_dualstack(enum aws_service service, const struct partition *p)
{
    return service != AWS_SECRETS || str_eq(p->name, "aws-eusc");
}

static char *real_url(const struct aws_endpoints *modes, enum aws_service service,
                      const char *region)
{
    const struct aws_service_info *info = &services[service];
    const struct partition *p = partition_of(region);
    bool gov = str_eq(p->name, "aws-us-gov");
    bool dual = modes && modes->dualstack && has_dualstack(service, p);
    bool fips = modes && modes->fips;
    bool global = info->global && p->global_region;
    if (gov && info->gov_fips_plain && (!dual || info->global))
        fips = false;
    if (service == AWS_SIGNIN && !fips && !dual)
        return mem_printf("https://%s.signin.%s", region, p->signin_suffix);
    if (service == AWS_SIGNIN && gov && !dual)
        return str_eq(region, "us-gov-west-1")
                   ? mem_strdup("https://signin-fips.amazonaws-us-gov.com")
                   : mem_printf("https://%s.signin-fips.amazonaws-us-gov.com", region);
    const char *host = dual && info->dualstack_host ? info->dualstack_host : info->host;
    AUTO_FREE char *regional = mem_printf("%s.", region);
    const char *where = info->global && dual ? p->dualstack_global
                        : global             ? p->global_location
                                             : regional;
    return mem_printf("https://%s%s.%s%s", host, fips ? "-fips" : "", where,
                      dual ? p->dualstack_suffix : p->dns_suffix);
}

void aws_endpoint(const struct aws_endpoints *overrides, enum aws_service service,
                  const char *region, char **out_url, char **out_signing_region)
{
    const struct aws_service_info *info = &services[service];
    const struct partition *p = partition_of(region);
    bool global = info->global && p->global_region;
    const char *signs = global ? p->global_region : region;
    if (overrides && overrides->url[service]) {
        *out_url = mem_strdup(overrides->url[service]);
    } else if (service == AWS_STS && overrides && overrides->sts_legacy && !overrides->fips &&
               !overrides->dualstack && has_legacy_sts(region)) {
        *out_url = mem_strdup("https://sts.amazonaws.com");
        signs = "us-east-1";
    } else {
        *out_url = real_url(overrides, service, region);
    }
    *out_signing_region = mem_strdup(signs);
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

static bool check_services(const struct profile *profile, struct err *err)
{
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
    const char *sts = getenv("AWS_STS_REGIONAL_ENDPOINTS");
    *out = (struct aws_endpoints){
        .fips = wanted(profile, "AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"),
        .dualstack = wanted(profile, "AWS_USE_DUALSTACK_ENDPOINT", "use_dualstack_endpoint"),
        .sts_legacy = str_eq(str_empty(sts) ? from_profile(profile, "sts_regional_endpoints") : sts,
                             "legacy"),
    };
    if (!check_services(profile, err))
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
