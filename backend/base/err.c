// SPDX-License-Identifier: MIT
#include "backend/base/err.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

bool err_setv(struct err *err, enum err_kind kind, const char *format, va_list args)
{
    if (!err)
        return false;
    char *message = mem_vprintf(format, args); // before the clear: the arguments may point into err
    err_clear(err);
    err->kind = kind;
    err->message = message;
    return false;
}

bool err_set(struct err *err, enum err_kind kind, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    err_setv(err, kind, format, args);
    va_end(args);
    return false;
}

bool err_errno(struct err *err, enum err_kind kind, int errnum, const char *format, ...)
{
    if (!err)
        return false;
    char reason[128] = "";
    va_list args;
    va_start(args, format);
    char *what = mem_vprintf(format, args);
    va_end(args);
    // strerror_r has a GNU form (returns the text) and a POSIX form (fills the buffer).
#if defined(__GLIBC__) && defined(_GNU_SOURCE)
    const char *text = strerror_r(errnum, reason, sizeof reason);
#else
    strerror_r(errnum, reason, sizeof reason);
    const char *text = reason;
#endif
    err_set(err, kind, "%s: %s", what, text);
    mem_free(what);
    return false;
}

bool err_wrap(struct err *err, const char *format, ...)
{
    if (!err || !err->message)
        return false;
    va_list args;
    va_start(args, format);
    char *context = mem_vprintf(format, args);
    va_end(args);
    char *joined = mem_printf("%s: %s", context, err->message);
    mem_free(context);
    mem_free(err->message);
    err->message = joined;
    return false;
}

bool err_remedy(struct err *err, const char *format, ...)
{
    if (!err)
        return false;
    va_list args;
    va_start(args, format);
    char *remedy = mem_vprintf(format, args);
    va_end(args);
    mem_free(err->remedy);
    err->remedy = remedy;
    return false;
}

void err_code(struct err *err, const char *code)
{
    if (!err)
        return;
    char *copy = code ? mem_strdup(code) : NULL;
    mem_free(err->code);
    err->code = copy;
}

bool err_is(const struct err *err, const char *code)
{
    return err && err->code && strcmp(err->code, code) == 0;
}

bool err_says(const struct err *err, const char *text)
{
    if (!err || !err->message)
        return false;
    size_t n = strlen(text);
    for (const char *p = err->message; *p; p++)
        if (strncasecmp(p, text, n) == 0)
            return true;
    return false;
}

void err_copy(struct err *dst, const struct err *src)
{
    if (!dst || dst == src)
        return;
    err_set(dst, src->kind, "%s", src->message ? src->message : "");
    dst->outcome_unknown = src->outcome_unknown;
    dst->http_status = src->http_status;
    err_code(dst, src->code);
    str_replace(&dst->remedy, src->remedy);
    str_replace(&dst->request_id, src->request_id);
}

void err_move(struct err *dst, struct err *src)
{
    if (!dst) {
        err_clear(src);
        return;
    }
    err_clear(dst);
    *dst = *src;
    *src = (struct err){0};
}

void err_clear(struct err *err)
{
    if (!err)
        return;
    mem_free(err->message);
    mem_free(err->remedy);
    mem_free(err->code);
    mem_free(err->request_id);
    *err = (struct err){0};
}

const char *err_kind_name(enum err_kind kind)
{
    switch (kind) {
    case ERR_NONE: return "none";
    case ERR_CANCELLED: return "cancelled";
    case ERR_INPUT: return "input";
    case ERR_AUTH: return "auth";
    case ERR_DENIED: return "denied";
    case ERR_NOT_FOUND: return "not_found";
    case ERR_CONFLICT: return "conflict";
    case ERR_THROTTLED: return "throttled";
    case ERR_NET: return "net";
    case ERR_REMOTE: return "remote";
    case ERR_IO: return "io";
    case ERR_INTERNAL: return "internal";
    }
    return "unknown";
}
