// SPDX-License-Identifier: MIT
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "backend/aws/core.h"
#include "backend/base/mem.h"

static struct aws_client client = {.region = NULL};
static char region[] = "eu-west-3";

static struct aws_call call_of(enum aws_service service, const char *operation)
{
    client.region = region;
    return (struct aws_call){.client = &client,
                             .service = service,
                             .info = aws_service_info(service),
                             .operation = operation,
                             .method = "GET"};
}

static void answer_of(struct http_answer *a, int status, const char *body, const char *header,
                      const char *value)
{
    *a = (struct http_answer){.status = status};
    str_init(&a->body, STR_FILE);
    str_add(&a->body, body);
    if (header)
        http_headers_add(&a->headers, header, value);
}

struct expected {
    enum aws_protocol protocol;
    const char *body;
    const char *header;
    const char *value;
    const char *code;
    const char *message;
    const char *request_id;
};

static void check_decoding(const struct expected *e)
{
    HTTP_ANSWER_AUTO answer;
    answer_of(&answer, 400, e->body, e->header, e->value);
    struct aws_error said;
    aws_error_decode(e->protocol, &answer, &said);
    assert_true(str_eq(said.code, e->code));
    assert_true(str_eq(said.message, e->message));
    assert_true(str_eq(said.request_id, e->request_id));
    aws_error_clear(&said);
}

static void four_protocols_are_read(void **state)
{
    // Code, message and request id are found where each protocol puts them.
    static const struct expected table[] = {
        {AWS_PROTOCOL_QUERY,
         "<ErrorResponse "
         "xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</"
         "Type><Code>NoSuchEntity"
         "</Code><Message>The role x cannot be "
         "found.</Message></Error><RequestId>r-1</RequestId></ErrorResponse>",
         NULL, NULL, "NoSuchEntity", "The role x cannot be found.", "r-1"},
        {AWS_PROTOCOL_EC2,
         "<?xml "
         "version=\"1.0\"?><Response><Errors><Error><Code>InvalidVpcID.NotFound</"
         "Code><Message>none</Message></Error>"
         "</Errors><RequestID>r-2</RequestID></Response>",
         NULL, NULL, "InvalidVpcID.NotFound", "none", "r-2"},
        {AWS_PROTOCOL_JSON,
         "{\"__type\":\"com.amazonaws.ecs#ClusterNotFoundException\",\"message\":\"gone\"}",
         "x-amzn-RequestId", "r-3", "ClusterNotFoundException", "gone", "r-3"},
        {AWS_PROTOCOL_JSON, "{\"__type\":\"AccessDeniedException:http://x/\",\"Message\":\"no\"}",
         NULL, NULL, "AccessDeniedException", "no", NULL},
        {AWS_PROTOCOL_REST, "{\"message\":\"Invalid API id\"}", "x-amzn-ErrorType",
         "NotFoundException:http://x", "NotFoundException", "Invalid API id", NULL},
        {AWS_PROTOCOL_REST, "{\"code\":\"ConflictException\",\"Message\":\"again\"}", NULL, NULL,
         "ConflictException", "again", NULL},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        check_decoding(&table[i]);
}

static void nonsense_gives_nothing(void **state)
{
    // HTML, emptiness, half documents, wrong types: no code, no message, no crash, in every
    // protocol.
    static const char *const bodies[] = {
        "",
        "<html><body>502 Bad Gateway</body></html>",
        "<ErrorResponse><Error><Code>NoSu",
        "{\"__type\":\"Acc",
        "{\"__type\":7,\"message\":[1]}",
        "[]",
        "\"text\"",
        "{\"__type\":\"#\",\"message\":\"\"}",
        "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><a>&y;</a>"};
    for (size_t i = 0; i < ARRAY_LEN(bodies); i++)
        for (int p = AWS_PROTOCOL_QUERY; p <= AWS_PROTOCOL_REST; p++)
            check_decoding(
                &(struct expected){(enum aws_protocol)p, bodies[i], NULL, NULL, NULL, NULL, NULL});
}

static void kinds_say_what_to_do(void **state)
{
    // Each family of codes falls into the kind that tells the caller what to do.
    static const struct {
        enum aws_service service;
        int status;
        const char *code;
        enum err_kind kind;
    } table[] = {
        {AWS_IAM, 404, "NoSuchEntity", ERR_NOT_FOUND},
        {AWS_EC2, 400, "InvalidVpcID.NotFound", ERR_NOT_FOUND},
        {AWS_EC2, 400, "NatGatewayNotFound", ERR_NOT_FOUND},
        {AWS_RDS, 404, "DBClusterNotFoundFault", ERR_NOT_FOUND},
        {AWS_SECRETS, 400, "ResourceNotFoundException", ERR_NOT_FOUND},
        {AWS_IAM, 409, "EntityAlreadyExists", ERR_CONFLICT},
        {AWS_EC2, 400, "InvalidPermission.Duplicate", ERR_CONFLICT},
        {AWS_EC2, 400, "InvalidGroup.InUse", ERR_CONFLICT},
        {AWS_EC2, 400, "DependencyViolation", ERR_CONFLICT},
        {AWS_EC2, 400, "InvalidSubnet.Conflict", ERR_CONFLICT},
        {AWS_ELBV2, 400, "DuplicateLoadBalancerName", ERR_CONFLICT},
        {AWS_ELBV2, 400, "ResourceInUse", ERR_CONFLICT},
        {AWS_LOGS, 400, "ResourceAlreadyExistsException", ERR_CONFLICT},
        {AWS_IAM, 409, "DeleteConflict", ERR_CONFLICT},
        {AWS_EC2, 400, "InvalidParameterValue", ERR_INPUT},
        {AWS_RDS, 400, "ValidationError", ERR_INPUT},
        {AWS_ECS, 400, "ClientException", ERR_INPUT},
        {AWS_KMS, 400, "MalformedPolicyDocumentException", ERR_INPUT},
        {AWS_STS, 403, "InvalidClientTokenId", ERR_AUTH},
        {AWS_EC2, 401, "AuthFailure", ERR_AUTH},
        {AWS_STS, 400, "ExpiredTokenException", ERR_AUTH},
        {AWS_ECS, 400, "UnrecognizedClientException", ERR_AUTH},
        {AWS_IAM, 403, "SignatureDoesNotMatch", ERR_AUTH},
        {AWS_IAM, 403, "AccessDenied", ERR_DENIED},
        {AWS_EC2, 403, "UnauthorizedOperation", ERR_DENIED},
        {AWS_ECS, 400, "AccessDeniedException", ERR_DENIED},
        {AWS_EC2, 503, "RequestLimitExceeded", ERR_THROTTLED},
        {AWS_APIGATEWAY, 429, "TooManyRequestsException", ERR_THROTTLED},
        {AWS_EC2, 400, "VpcLimitExceeded", ERR_REMOTE},
        {AWS_ECS, 500, "ServerException", ERR_REMOTE},
        {AWS_EC2, 400, "SomethingNew", ERR_INPUT},
        {AWS_EC2, 404, NULL, ERR_NOT_FOUND},
        {AWS_EC2, 418, NULL, ERR_REMOTE},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++)
        assert_int_equal(aws_error_kind(table[i].service, table[i].status, table[i].code),
                         table[i].kind);
}

static void raise(enum aws_service service, const char *operation, int status, const char *body,
                  struct err *err)
{
    HTTP_ANSWER_AUTO answer;
    answer_of(&answer, status, body, NULL, NULL);
    struct aws_call call = call_of(service, operation);
    assert_false(aws_error_raise(&call, &answer, err));
    assert_int_equal(err->http_status, status);
}

static void denial_names_action_and_resource(void **state)
{
    // The remedy says what to allow on what, taken from the message; the encoded blob is not shown.
    ERR_AUTO err = {0};
    raise(AWS_IAM, "CreateRole", 403,
          "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is "
          "not authorized to "
          "perform: iam:CreateRole on resource: arn:aws:iam::1:role/x because no identity-based "
          "policy allows the "
          "iam:CreateRole action</Message></Error></ErrorResponse>",
          &err);
    assert_int_equal(err.kind, ERR_DENIED);
    assert_true(err_is(&err, "AccessDenied"));
    assert_string_equal(err.remedy,
                        "ask an administrator to allow iam:CreateRole on arn:aws:iam::1:role/x");
    err_clear(&err);
    // IAM names a role that is there by its kind and name.
    raise(AWS_IAM, "GetRole", 403,
          "<ErrorResponse><Error><Code>AccessDenied</Code><Message>User: arn:aws:iam::1:user/u is "
          "not authorized to perform: iam:GetRole on resource: role my-role because no "
          "identity-based policy allows the iam:GetRole action</Message></Error></ErrorResponse>",
          &err);
    assert_string_equal(err.remedy, "ask an administrator to allow iam:GetRole on role my-role");
    err_clear(&err);
    raise(AWS_EC2, "CreateVpc", 403,
          "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not "
          "authorized to perform this "
          "operation. Encoded authorization failure message: "
          "AAAABBBBCCCC</Message></Error></Errors></Response>",
          &err);
    assert_null(strstr(err.message, "AAAABBBBCCCC"));
    assert_non_null(strstr(err.remedy, "ec2:CreateVpc"));
    err_clear(&err);
    raise(AWS_ELBV2, "CreateListener", 403,
          "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>", &err);
    assert_string_equal(err.remedy,
                        "ask an administrator to allow elasticloadbalancing:CreateListener");
    err_clear(&err);
    // EC2 names no resource for what only reads, and the remedy does not speak of one.
    raise(AWS_EC2, "DescribeVpcs", 403,
          "<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>You are not "
          "authorized to perform this operation. User: arn:aws:iam::1:user/u is not authorized to "
          "perform: ec2:DescribeVpcs because no identity-based policy allows the "
          "ec2:DescribeVpcs action</Message></Error></Errors></Response>",
          &err);
    assert_string_equal(err.remedy, "ask an administrator to allow ec2:DescribeVpcs");
}

static void quota_has_its_own_remedy(void **state)
{
    // A used-up quota is told as such and not as throttling.
    ERR_AUTO err = {0};
    raise(AWS_EC2, "CreateVpc", 400,
          "<Response><Errors><Error><Code>VpcLimitExceeded</Code><Message>The maximum number of "
          "VPCs has been "
          "reached.</Message></Error></Errors></Response>",
          &err);
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_non_null(strstr(err.remedy, "Service Quotas"));
    assert_non_null(strstr(err.remedy, "eu-west-3"));
}

static void remote_text_is_made_safe(void **state)
{
    // Escape sequences and live secrets in a message never come out.
    SECRET_AUTO secret = {0};
    assert_true(secret_set(&secret, "hunter2hunter2", 14, NULL));
    ERR_AUTO err = {0};
    raise(AWS_ECS, "CreateCluster", 400,
          "{\"__type\":\"Client\\u001bException\",\"message\":\"bad \\u001b[2J\\u202e value "
          "hunter2hunter2\"}",
          &err);
    assert_null(strchr(err.message, 0x1b));
    assert_null(strchr(err.code, 0x1b));
    assert_non_null(strstr(err.message, "\\x1b[2J\\u202e"));
    assert_null(strstr(err.message, "hunter2"));
}

static void request_is_not_echoed(void **state)
{
    // A refused signature comes back with our whole request, session token included: none of it is
    // shown.
    ERR_AUTO err = {0};
    raise(AWS_STS, "GetCallerIdentity", 403,
          "<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>The signature does not "
          "match.\n\n"
          "The Canonical String for this request should have "
          "been\n'POST\n/\n\nx-amz-security-token:T0KEN'</Message>"
          "</Error></ErrorResponse>",
          &err);
    assert_string_equal(
        err.message,
        "sts.GetCallerIdentity: The signature does not match. (SignatureDoesNotMatch)");
}

static void a_refused_signature_is_one_sentence(void **state)
{
    // Of AWS's paragraph about signatures the cause stays, in all protocols; other texts are kept
    // whole.
    static const char said[] =
        "The request signature we calculated does not match the signature you "
        "provided. Check your AWS Secret Access Key and signing method. "
        "Consult the service documentation for details.";
    static const char cause[] =
        "The request signature we calculated does not match the signature you provided.";
    AUTO_FREE char *xml =
        mem_printf("<ErrorResponse><Error><Code>SignatureDoesNotMatch</Code><Message>%s"
                   "</Message></Error></ErrorResponse>",
                   said);
    AUTO_FREE char *json =
        mem_printf("{\"__type\":\"InvalidSignatureException\",\"message\":\"%s\"}", said);
    AUTO_FREE char *other = mem_printf("{\"__type\":\"ClientException\",\"message\":\"%s\"}", said);
    ERR_AUTO first = {0}, second = {0}, third = {0};
    raise(AWS_STS, "GetCallerIdentity", 403, xml, &first);
    raise(AWS_ECS, "CreateCluster", 400, json, &second);
    raise(AWS_ECS, "CreateCluster", 400, other, &third);
    AUTO_FREE char *in_xml = mem_printf("sts.GetCallerIdentity: %s (SignatureDoesNotMatch)", cause);
    AUTO_FREE char *in_json =
        mem_printf("ecs.CreateCluster: %s (InvalidSignatureException)", cause);
    assert_string_equal(first.message, in_xml);
    assert_string_equal(second.message, in_json);
    assert_non_null(strstr(third.message, said));
}

static void foreign_answers_are_not_taken_for_aws(void **state)
{
    // A proxy's 403 page says nothing about permissions.
    ERR_AUTO err = {0};
    raise(AWS_EC2, "CreateVpc", 403, "<html><body>Blocked by policy</body></html>", &err);
    assert_int_equal(err.kind, ERR_REMOTE);
    assert_non_null(strstr(err.remedy, "proxy"));
    assert_null(err.code);
}

static void http_dates_are_read(void **state)
{
    // The Date header in its one legal form; anything else is no date.
    static const struct {
        const char *text;
        int64_t ms;
    } table[] = {
        {"Sun, 30 Aug 2015 12:36:00 GMT", 1440938160000},
        {"Thu, 01 Jan 1970 00:00:01 GMT", 1000},
        {"2015-08-30T12:36:00Z", 0},
        {"Sun, 30 Xxx 2015 12:36:00 GMT", 0},
        {"Sun, 30 Aug 2015 12:36:00 CET", 0},
        {"Sun, 3a Aug 2015 12:36:00 GMT", 0},
        {"", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        HTTP_ANSWER_AUTO answer;
        answer_of(&answer, 200, "", "date", table[i].text);
        assert_int_equal(aws_answer_date(&answer), table[i].ms);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(four_protocols_are_read),
        cmocka_unit_test(nonsense_gives_nothing),
        cmocka_unit_test(kinds_say_what_to_do),
        cmocka_unit_test(denial_names_action_and_resource),
        cmocka_unit_test(quota_has_its_own_remedy),
        cmocka_unit_test(remote_text_is_made_safe),
        cmocka_unit_test(request_is_not_echoed),
        cmocka_unit_test(a_refused_signature_is_one_sentence),
        cmocka_unit_test(foreign_answers_are_not_taken_for_aws),
        cmocka_unit_test(http_dates_are_read),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
