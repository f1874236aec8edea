// SPDX-License-Identifier: MIT
#include <stdarg.h>
#include <string.h>

#include "backend/aws/call.h"
#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/secret.h"

enum { PARAMS_MAX_BYTES = 1024 * 1024 };

void aws_params_init(struct aws_params *p)
{
    str_init(&p->body, PARAMS_MAX_BYTES);
}

void aws_params_clear(struct aws_params *p)
{
    secret_wipe(p->body.data, p->body.len);
    str_clear(&p->body);
}

__attribute__((format(printf, 3, 0))) static void add(struct aws_params *p, const char *value,
                                                      const char *format, va_list args)
{
    if (!value)
        return;
    if (!p->body.data)
        aws_params_init(p); // a zeroed one is as good as an initialised one
    AUTO_FREE char *name = mem_vprintf(format, args);
    AUTO_FREE char *key = encode_uri(name, strlen(name), false);
    char *text = encode_uri(value, strlen(value), false);
    // Not through a format: a value may be as long as a policy document.
    if (p->body.len)
        str_addc(&p->body, '&');
    str_add(&p->body, key);
    str_addc(&p->body, '=');
    str_add(&p->body, text);
    secret_free(text);
}

void aws_param(struct aws_params *p, const char *value, const char *name_format, ...)
{
    va_list args;
    va_start(args, name_format);
    add(p, value, name_format, args);
    va_end(args);
}

void aws_param_int(struct aws_params *p, long value, const char *name_format, ...)
{
    AUTO_FREE char *text = mem_printf("%ld", value);
    va_list args;
    va_start(args, name_format);
    add(p, text, name_format, args);
    va_end(args);
}

void aws_param_bool(struct aws_params *p, bool value, const char *name_format, ...)
{
    va_list args;
    va_start(args, name_format);
    add(p, value ? "true" : "false", name_format, args);
    va_end(args);
}

bool aws_pages(bool (*page)(void *context, const char *token, char **next, struct err *err),
               void *context, struct err *err)
{
    AUTO_FREE char *token = NULL;
    for (;;) {
        AUTO_FREE char *next = NULL;
        if (!page(context, token, &next, err))
            return false;
        if (str_empty(next))
            return true;
        // A service that repeats a token would be asked for ever.
        if (str_eq(token, next))
            return err_set(err, ERR_REMOTE, "AWS answered with the same page token twice");
        mem_free(token);
        token = mem_steal(next);
    }
}
