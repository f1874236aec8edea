// SPDX-License-Identifier: MIT
#include "backend/base/text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "backend/base/str.h"

// Decodes one code point; returns its length in bytes, or 0 when the bytes are not UTF-8 (RFC 3629:
// no overlong forms, no surrogates, nothing above U+10FFFF).
static size_t decode(const unsigned char *p, uint32_t *out)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t n = p[0] < 0x80             ? 1
               : (p[0] & 0xE0) == 0xC0 ? 2
               : (p[0] & 0xF0) == 0xE0 ? 3
               : (p[0] & 0xF8) == 0xF0 ? 4
                                       : 0;
    if (n == 0)
        return 0;
    uint32_t c = n == 1 ? p[0] : p[0] & (0xFFu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((p[i] & 0xC0) != 0x80)
            return 0;
        c = c << 6 | (p[i] & 0x3Fu);
    }
    if (c < least[n] || c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF))
        return 0;
    *out = c;
    return n;
}

static bool invisible(uint32_t c)
{
    return (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c == 0x061C || c == 0x2028 || c == 0x2029;
}

char *text_safe(const char *text, size_t max_chars)
{
    struct str out;
    str_init(&out, max_chars * 6 + 16);
    const unsigned char *p = (const unsigned char *)text;
    for (size_t shown = 0; *p; shown++) {
        if (shown == max_chars) {
            str_add(&out, "\xE2\x80\xA6");
            break;
        }
        uint32_t c = 0;
        size_t n = decode(p, &c);
        if (n == 0) {
            str_add(&out, "\xEF\xBF\xBD");
            p++;
            continue;
        }
        if (c < 0x20 || (c >= 0x7F && c < 0xA0))
            str_addf(&out, "\\x%02x", (unsigned)c);
        else if (invisible(c))
            str_addf(&out, "\\u%04x", (unsigned)c);
        else
            str_addn(&out, p, n);
        p += n;
    }
    return str_take(&out);
}
