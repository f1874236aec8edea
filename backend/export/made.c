// SPDX-License-Identifier: MIT
#include "backend/export/made.h"

#include "backend/base/mem.h"
#include "backend/base/str.h"

char *made_by(const char *name, const char *format, const char *prefix)
{
    return mem_printf("%sMade by `forest-setup export %s --as %s`. Export again instead of editing "
                      "it.\n",
                      prefix, name, format);
}

char *made_shell(const char *text)
{
    STR_AUTO s = {0};
    str_init(&s, STR_LINE);
    str_addc(&s, '\'');
    for (; *text; text++)
        if (*text == '\'')
            str_add(&s, "'\\''");
        else
            str_addc(&s, *text);
    str_addc(&s, '\'');
    return str_take(&s);
}
