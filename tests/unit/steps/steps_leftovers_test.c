// SPDX-License-Identifier: MIT
// The ARNs that the tagging API lists are taken apart as the proof after a destroy needs them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/steps/leftovers.h"

static void arns_have_a_service_and_a_resource(void **state)
{
    (void)state;
    // API Gateway has no account, log groups have colons in their resource.
    static const struct {
        const char *arn, *service, *resource;
    } rows[] = {
        {"arn:aws:ec2:eu-west-3:123456789012:vpc/vpc-1", "ec2:", "vpc/vpc-1"},
        {"arn:aws:apigateway:eu-west-3::/apis/a1/stages/$default",
         "apigateway:", "/apis/a1/stages/$default"},
        {"arn:aws-cn:logs:cn-north-1:123456789012:log-group:/ecs/x", "logs:", "log-group:/ecs/x"},
        {"arn:aws:elasticloadbalancing:eu-west-3:1:listener/app/n/1/2",
         "elasticloadbalancing:", "listener/app/n/1/2"},
        {"arn:aws:secretsmanager:eu-west-3:1:secret:forestadmin-x/env-AbCdEf",
         "secretsmanager:", "secret:forestadmin-x/env-AbCdEf"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct arn parts;
        assert_true(arn_split(rows[i].arn, &parts));
        assert_true(str_starts(parts.service, rows[i].service));
        assert_string_equal(parts.resource, rows[i].resource);
    }
}

static void what_is_no_arn_is_refused(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "", "arn", "arn:aws:ec2", "arn:aws:ec2:r:a", "arn:aws:ec2:r:a:", "urn:aws:ec2:r:a:vpc/1"};
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct arn parts;
        if (arn_split(texts[i], &parts))
            fail_msg("\"%s\" passes", texts[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arns_have_a_service_and_a_resource),
        cmocka_unit_test(what_is_no_arn_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
