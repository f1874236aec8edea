// SPDX-License-Identifier: MIT
#include "screens/ready.h"

#include <stdio.h>

#include "backend/base/str.h"
#include "backend/setup/validate.h"
#include "screens/tell.h"

bool ready_no(struct ready *out, const char *id, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(out->text, sizeof out->text, format, args);
    va_end(args);
    out->id = id;
    return false;
}

bool ready_err(struct ready *out, const char *id, const struct err *err)
{
    struct tell t;
    struct view_status status = tell_err(&t, VIEW_BAD, err);
    // Of a long one both halves are seen.
    return ready_no(out, id, "%.130s %.68s", status.text, status.remedy ? status.remedy : "");
}

bool ready_text(const char *path, const char *text, const char *id, struct ready *out)
{
    ERR_AUTO e = {0};
    return str_empty(text) || validate_text(path, text, &e) || ready_err(out, id, &e);
}

bool ready_needed(const char *text, const char *id, const char *why, struct ready *out)
{
    return !str_empty(text) || ready_no(out, id, "%s", why);
}
