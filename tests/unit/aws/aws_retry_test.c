// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "backend/aws/retry.h"
#include "backend/base/mem.h"

static enum retry_class classify(enum aws_service service, int status, const char *code)
{
    return retry_classify(&(struct retry_failure){service, status != 0, status, code});
}

static void classes_follow_code_and_status(void **state)
{
    // Each code of the SDKs' lists falls into its class; the status decides when there is no known
    // code.
    static const struct {
        int status;
        const char *code;
        enum retry_class class;
    } table[] = {
        {0, NULL, RETRY_TRANSIENT},
        {500, "InternalFailure", RETRY_TRANSIENT},
        {502, NULL, RETRY_TRANSIENT},
        {503, "ServiceUnavailable", RETRY_TRANSIENT},
        {504, NULL, RETRY_TRANSIENT},
        {501, NULL, RETRY_FATAL},
        {400, "RequestTimeout", RETRY_TRANSIENT},
        {400, "PriorRequestNotComplete", RETRY_TRANSIENT},
        {400, "IDPCommunicationError", RETRY_TRANSIENT},
        {200, NULL, RETRY_TRANSIENT},
        {429, NULL, RETRY_THROTTLE},
        {429, "TooManyRequestsException", RETRY_THROTTLE},
        {400, "Throttling", RETRY_THROTTLE},
        {400, "ThrottlingException", RETRY_THROTTLE},
        {503, "RequestLimitExceeded", RETRY_THROTTLE},
        {503, "SlowDown", RETRY_THROTTLE},
        {400, "ExpiredToken", RETRY_CREDENTIALS},
        {400, "ExpiredTokenException", RETRY_CREDENTIALS},
        {403, "InvalidClientTokenId", RETRY_CREDENTIALS},
        {400, "UnrecognizedClientException", RETRY_CREDENTIALS},
        {403, "SignatureDoesNotMatch", RETRY_SKEW},
        {401, "AuthFailure", RETRY_SKEW},
        {400, "RequestExpired", RETRY_SKEW},
        {403, "RequestTimeTooSkewed", RETRY_SKEW},
        {403, "AccessDenied", RETRY_FATAL},
        {400, "ValidationError", RETRY_FATAL},
        {404, "NoSuchEntity", RETRY_FATAL},
        {301, NULL, RETRY_FATAL},
        {400, NULL, RETRY_TRANSIENT}, // cut off: AWS names a code with each refusal
        {404, NULL, RETRY_TRANSIENT},
        {403, NULL, RETRY_FATAL}, // a gateway's own
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_int_equal(classify(AWS_EC2, table[i].status, table[i].code), table[i].class);
}

static void quota_is_not_throttling(void **state)
{
    // LimitExceededException is a used-up quota in six services, and throttling elsewhere;
    // *LimitExceeded is a quota.
    static const enum aws_service quotas[] = {AWS_ECR,  AWS_KMS, AWS_SECRETS,
                                              AWS_LOGS, AWS_ECS, AWS_AUTOSCALING};
    for (size_t i = 0; i < ARRAY_LEN(quotas); i++) {
        assert_true(retry_is_quota(quotas[i], "LimitExceededException"));
        assert_int_equal(classify(quotas[i], 400, "LimitExceededException"), RETRY_FATAL);
    }
    assert_int_equal(classify(AWS_TAGGING, 400, "LimitExceededException"), RETRY_THROTTLE);
    static const char *const codes[] = {"VpcLimitExceeded",      "AddressLimitExceeded",
                                        "LimitExceeded",         "TooManyLoadBalancers",
                                        "InstanceQuotaExceeded", "QuotaExceeded"};
    for (size_t i = 0; i < ARRAY_LEN(codes); i++)
        assert_int_equal(classify(AWS_EC2, 400, codes[i]), RETRY_FATAL);
    assert_false(retry_is_quota(AWS_EC2, "RequestLimitExceeded"));
    assert_false(retry_is_quota(AWS_APIGATEWAY, "TooManyRequestsException"));
    assert_false(retry_is_quota(AWS_EC2, NULL));
}

static void only_harmless_calls_repeat_the_unknown(void **state)
{
    // An unflagged call repeats when the server certainly did not act, and only then.
    assert_false(retry_may_repeat(RETRY_TRANSIENT, AWS_WRITE, true));
    assert_true(retry_may_repeat(RETRY_TRANSIENT, AWS_WRITE, false));
    assert_true(retry_may_repeat(RETRY_THROTTLE, AWS_WRITE, false));
    assert_true(retry_may_repeat(RETRY_TRANSIENT, AWS_READ, true));
    assert_true(retry_may_repeat(RETRY_TRANSIENT, AWS_SAFE, true));
    assert_false(retry_may_repeat(RETRY_FATAL, AWS_READ, false));
}

static void clocks_that_agree_leave_the_credentials(void **state)
{
    // AuthFailure and RequestExpired then mean the key; a wrong signature means neither.
    assert_int_equal(retry_without_skew("AuthFailure"), RETRY_CREDENTIALS);
    assert_int_equal(retry_without_skew("RequestExpired"), RETRY_CREDENTIALS);
    assert_int_equal(retry_without_skew("SignatureDoesNotMatch"), RETRY_FATAL);
}

static void delay_doubles_to_a_limit(void **state)
{
    // Full jitter under base * 2^n, base 50 ms or 1 s, never over 20 s; the server's wish counts
    // within 5 s.
    assert_int_equal(retry_delay_ms(RETRY_TRANSIENT, 0, 0.5, -1), 25);
    assert_int_equal(retry_delay_ms(RETRY_TRANSIENT, 3, 0.5, -1), 200);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLE, 0, 0.5, -1), 500);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLE, 2, 0.25, -1), 1000);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLE, 60, 0.5, -1), 10000);
    assert_int_equal(retry_delay_ms(RETRY_TRANSIENT, 6, 0.0, -1), 0);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLE, 0, 0.5, 100), 500);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLE, 0, 0.5, 3000), 3000);
    assert_int_equal(retry_delay_ms(RETRY_THROTTLE, 0, 0.5, 60000), 5500);
}

static void quota_bounds_the_sum_of_retries(void **state)
{
    // 500 tokens are 35 transient retries; a success gives back what its retry took, a clean one
    // gives 1.
    struct retry_quota q;
    retry_quota_init(&q);
    int cost = 0;
    for (int i = 0; i < 35; i++)
        assert_true(retry_quota_take(&q, RETRY_TRANSIENT, &cost));
    assert_int_equal(cost, 14);
    assert_int_equal(q.tokens, 10);
    assert_false(retry_quota_take(&q, RETRY_TRANSIENT, &cost));
    assert_int_equal(cost, 0);
    assert_true(retry_quota_take(&q, RETRY_THROTTLE, &cost));
    assert_int_equal(q.tokens, 5);
    retry_quota_refund(&q, 14);
    assert_int_equal(q.tokens, 19);
    retry_quota_refund(&q, 0);
    assert_int_equal(q.tokens, 20);
    for (int i = 0; i < 100; i++)
        retry_quota_refund(&q, 14);
    assert_int_equal(q.tokens, 500);
    retry_quota_clear(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_follow_code_and_status),
        cmocka_unit_test(quota_is_not_throttling),
        cmocka_unit_test(only_harmless_calls_repeat_the_unknown),
        cmocka_unit_test(clocks_that_agree_leave_the_credentials),
        cmocka_unit_test(delay_doubles_to_a_limit),
        cmocka_unit_test(quota_bounds_the_sum_of_retries),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
