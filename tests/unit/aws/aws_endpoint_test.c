// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/aws/endpoint.h"
#include "backend/base/mem.h"
#include "backend/credentials/profile.h"

static const char *const variables[] = {"AWS_ENDPOINT_URL",
                                        "AWS_ENDPOINT_URL_ECS",
                                        "AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2",
                                        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
                                        "AWS_USE_FIPS_ENDPOINT",
                                        "AWS_USE_DUALSTACK_ENDPOINT",
                                        "AWS_STS_REGIONAL_ENDPOINTS"};

static int clean_environment(void **state)
{
    for (size_t i = 0; i < ARRAY_LEN(variables); i++)
        unsetenv(variables[i]);
    return 0;
}

static void hosts_are_botocores(void **state)
{
    // Host and signing region of each service and partition, as botocore 1.44.5 resolves them.
    static const struct {
        enum aws_service service;
        const char *region;
        const char *url;
        const char *signing_region;
    } table[] = {
        {AWS_IAM, "eu-west-3", "https://iam.amazonaws.com", "us-east-1"},
        {AWS_IAM, "cn-northwest-1", "https://iam.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {AWS_IAM, "us-gov-east-1", "https://iam.us-gov.amazonaws.com", "us-gov-west-1"},
        {AWS_IAM, "eusc-de-east-1", "https://iam.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
        {AWS_STS, "eu-west-3", "https://sts.eu-west-3.amazonaws.com", "eu-west-3"},
        {AWS_EC2, "cn-north-1", "https://ec2.cn-north-1.amazonaws.com.cn", "cn-north-1"},
        {AWS_ELBV2, "eu-west-3", "https://elasticloadbalancing.eu-west-3.amazonaws.com",
         "eu-west-3"},
        {AWS_RDS, "us-gov-west-1", "https://rds.us-gov-west-1.amazonaws.com", "us-gov-west-1"},
        {AWS_ECS, "eusc-de-east-1", "https://ecs.eusc-de-east-1.amazonaws.eu", "eusc-de-east-1"},
        {AWS_ECR, "eu-west-3", "https://api.ecr.eu-west-3.amazonaws.com", "eu-west-3"},
        {AWS_SECRETS, "eu-west-3", "https://secretsmanager.eu-west-3.amazonaws.com", "eu-west-3"},
        {AWS_LOGS, "eu-west-3", "https://logs.eu-west-3.amazonaws.com", "eu-west-3"},
        {AWS_KMS, "eu-west-3", "https://kms.eu-west-3.amazonaws.com", "eu-west-3"},
        {AWS_AUTOSCALING, "eu-west-3", "https://application-autoscaling.eu-west-3.amazonaws.com",
         "eu-west-3"},
        {AWS_APIGATEWAY, "eu-west-3", "https://apigateway.eu-west-3.amazonaws.com", "eu-west-3"},
        {AWS_TAGGING, "eu-west-3", "https://tagging.eu-west-3.amazonaws.com", "eu-west-3"},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        AUTO_FREE char *url = NULL;
        AUTO_FREE char *region = NULL;
        aws_endpoint(NULL, table[i].service, table[i].region, &url, &region);
        assert_string_equal(url, table[i].url);
        assert_string_equal(region, table[i].signing_region);
    }
    assert_string_equal(aws_partition("us-gov-west-1"), "aws-us-gov");
    assert_string_equal(aws_partition("eu-west-3"), "aws");
    assert_string_equal(aws_service_info(AWS_ECR)->signing_name, "ecr");
}

static struct aws_config *config_with(const char *text)
{
    ERR_AUTO err = {0};
    struct aws_config *config = aws_config_parse(text, NULL, &err);
    assert_non_null(config);
    return config;
}

static const char services_config[] =
    "[profile p]\nservices = local\nendpoint_url = https://general.example\n"
    "[services local]\necs =\n  endpoint_url = https://ecs.example/\n";

static void overrides_have_their_order(void **state)
{
    // AWS_ENDPOINT_URL_<ID> > AWS_ENDPOINT_URL > services section > endpoint_url; the signing
    // region stays.
    struct aws_config *config = config_with(services_config);
    const struct profile *p = profile_find(config, "p");
    struct aws_endpoints e;
    assert_true(aws_endpoints_load(&e, p, NULL));
    assert_string_equal(e.url[AWS_ECS], "https://ecs.example");
    assert_string_equal(e.url[AWS_EC2], "https://general.example");
    AUTO_FREE char *url = NULL;
    AUTO_FREE char *region = NULL;
    aws_endpoint(&e, AWS_IAM, "eu-west-3", &url, &region);
    assert_string_equal(url, "https://general.example");
    assert_string_equal(region, "us-east-1");
    aws_endpoints_clear(&e);
    setenv("AWS_ENDPOINT_URL", "http://localhost:4566/x/", 1);
    setenv("AWS_ENDPOINT_URL_ECS", "http://127.0.0.1:1", 1);
    setenv("AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2", "http://[::1]:2", 1);
    assert_true(aws_endpoints_load(&e, p, NULL));
    assert_string_equal(e.url[AWS_ECS], "http://127.0.0.1:1");
    assert_string_equal(e.url[AWS_EC2], "http://localhost:4566/x");
    assert_string_equal(e.url[AWS_ELBV2], "http://[::1]:2");
    aws_endpoints_clear(&e);
    setenv("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", 1);
    assert_true(aws_endpoints_load(&e, p, NULL));
    assert_null(e.url[AWS_ECS]);
    aws_endpoints_clear(&e);
    aws_config_free(config);
}

static void dangerous_endpoints_are_refused(void **state)
{
    // Plain http to another host, passwords, queries, an unknown services section, FIPS: ERR_INPUT.
    static const char *const urls[] = {"http://example.com", "http://10.0.0.1:4566",
                                       "https://u:p@host", "https://h/?q", "nonsense"};
    for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
        setenv("AWS_ENDPOINT_URL", urls[i], 1);
        struct aws_endpoints e;
        ERR_AUTO err = {0};
        assert_false(aws_endpoints_load(&e, NULL, &err));
        assert_int_equal(err.kind, ERR_INPUT);
        aws_endpoints_clear(&e);
    }
    unsetenv("AWS_ENDPOINT_URL");
    struct aws_config *config = config_with("[default]\nservices = nowhere\n");
    struct aws_endpoints e;
    ERR_AUTO err = {0};
    assert_false(aws_endpoints_load(&e, profile_find(config, "default"), &err));
    assert_non_null(strstr(err.message, "[services nowhere]"));
    aws_config_free(config);
    err_clear(&err);
}

static void host_is(const struct aws_endpoints *e, enum aws_service service, const char *region,
                    const char *url, const char *signs)
{
    AUTO_FREE char *got = NULL;
    AUTO_FREE char *by = NULL;
    aws_endpoint(e, service, region, &got, &by);
    assert_string_equal(got, url);
    assert_string_equal(by, signs);
}

static void modes_are_botocores(void **state)
{
    // FIPS, dual-stack and the old global STS, from the environment or the profile. All services
    // and regions are compared with botocore's rules in tests/aws/test_credentials_differential.py.
    struct aws_config *config =
        config_with("[default]\nuse_fips_endpoint = true\nuse_dualstack_endpoint = true\n"
                    "sts_regional_endpoints = legacy\n");
    struct aws_endpoints e;
    assert_true(aws_endpoints_load(&e, profile_find(config, "default"), NULL));
    host_is(&e, AWS_ECR, "us-east-1", "https://ecr-fips.us-east-1.api.aws", "us-east-1");
    setenv("AWS_USE_DUALSTACK_ENDPOINT", "false", 1);
    assert_true(aws_endpoints_load(&e, profile_find(config, "default"), NULL));
    host_is(&e, AWS_ECR, "us-east-1", "https://api.ecr-fips.us-east-1.amazonaws.com", "us-east-1");
    setenv("AWS_USE_FIPS_ENDPOINT", "false", 1);
    assert_true(aws_endpoints_load(&e, profile_find(config, "default"), NULL));
    host_is(&e, AWS_STS, "eu-west-3", "https://sts.amazonaws.com", "us-east-1");
    host_is(&e, AWS_STS, "eu-south-1", "https://sts.eu-south-1.amazonaws.com", "eu-south-1");
    setenv("AWS_STS_REGIONAL_ENDPOINTS", "regional", 1);
    assert_true(aws_endpoints_load(&e, profile_find(config, "default"), NULL));
    host_is(&e, AWS_STS, "eu-west-3", "https://sts.eu-west-3.amazonaws.com", "eu-west-3");
    aws_config_free(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(hosts_are_botocores, clean_environment),
        cmocka_unit_test_setup(overrides_have_their_order, clean_environment),
        cmocka_unit_test_setup(dangerous_endpoints_are_refused, clean_environment),
        cmocka_unit_test_setup(modes_are_botocores, clean_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
