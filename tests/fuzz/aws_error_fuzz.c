// SPDX-License-Identifier: MIT
// Claim: no answer makes the decoder of refusals crash or read behind its end, in any of the four
// protocols; its message is short, of printable characters, and its kind says what went wrong.
#include <stdlib.h>
#include <string.h>

#include "backend/aws/core.h"
#include "backend/base/mem.h"
#include "tests/fuzz/fuzz.h"

enum { MESSAGE_MAX_BYTES = 4 * 1000 + 400 }; // a thousand characters and what we say around them

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void printable(const char *text)
{
    for (const char *p = text; p && *p; p++)
        must((unsigned char)*p >= 0x20 && *p != 0x7f);
}

// The first byte chooses the service and with it the protocol, the second the status, up to the
// first line end comes the value of the error's header, the rest is the body.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const enum aws_service SERVICES[] = {AWS_IAM, AWS_EC2, AWS_ECS, AWS_APIGATEWAY};
    static const int STATUS[] = {400, 403, 404, 409, 429, 500, 503};
    if (size < 2)
        return 0;
    const char *text = (const char *)data + 2;
    const char *end = memchr(text, '\n', size - 2);
    size_t n = end ? (size_t)(end - text) : 0;
    static char region[] = "eu-west-3";
    struct aws_client client = {.region = region};
    struct aws_call call = {.client = &client,
                            .service = SERVICES[data[0] % ARRAY_LEN(SERVICES)],
                            .operation = "Look",
                            .method = "GET"};
    call.info = aws_service_info(call.service);
    HTTP_ANSWER_AUTO answer = {.status = STATUS[data[1] % ARRAY_LEN(STATUS)]};
    str_init(&answer.body, size + 1);
    str_addn(&answer.body, text + n, size - 2 - n);
    if (n) {
        AUTO_FREE char *value = mem_strndup(text, n);
        http_headers_add(&answer.headers, "x-amzn-ErrorType", value);
    }
    ERR_AUTO err = {0};
    must(!aws_error_raise(&call, &answer, &err));
    must(err.kind != ERR_NONE && err.message && strlen(err.message) < MESSAGE_MAX_BYTES);
    printable(err.message);
    printable(err.remedy);
    printable(err.code);
    printable(err.request_id);
    return 0;
}
