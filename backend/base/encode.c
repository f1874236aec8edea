// SPDX-License-Identifier: MIT
#include "backend/base/encode.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

char *encode_hex(const void *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    const unsigned char *p = bytes;
    char *out = mem_alloc(length * 2 + 1);
    for (size_t i = 0; i < length; i++) {
        out[2 * i] = digits[p[i] >> 4];
        out[2 * i + 1] = digits[p[i] & 15];
    }
    out[2 * length] = '\0';
    return out;
}

static bool unreserved(unsigned char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == '.' || c == '~';
}

char *encode_uri(const char *text, size_t length, bool keep_slash)
{
    static const char digits[] = "0123456789ABCDEF";
    char *out = mem_alloc(length * 3 + 1);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (unreserved(c) || (keep_slash && c == '/')) {
            out[n++] = (char)c;
            continue;
        }
        out[n++] = '%';
        out[n++] = digits[c >> 4];
        out[n++] = digits[c & 15];
    }
    out[n] = '\0';
    return out;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

char *decode_uri(const char *text, size_t length)
{
    char *out = mem_alloc(length + 1);
    size_t n = 0;
    for (size_t i = 0; i < length; i++) {
        if (text[i] != '%') {
            out[n++] = text[i];
            continue;
        }
        bool whole = length - i > 2;
        int high = whole ? hex_value(text[i + 1]) : -1;
        int low = whole ? hex_value(text[i + 2]) : -1;
        if (high < 0 || low < 0 || (high == 0 && low == 0)) {
            mem_free(out);
            return NULL;
        }
        out[n++] = (char)(high * 16 + low);
        i += 2;
    }
    out[n] = '\0';
    return out;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

char *encode_base64(const void *bytes, size_t length)
{
    const unsigned char *p = bytes;
    char *out = mem_alloc((length + 2) / 3 * 4 + 1);
    size_t n = 0;
    for (size_t i = 0; i < length; i += 3) {
        unsigned v = (unsigned)p[i] << 16;
        if (i + 1 < length)
            v |= (unsigned)p[i + 1] << 8;
        if (i + 2 < length)
            v |= p[i + 2];
        out[n++] = base64_digits[v >> 18];
        out[n++] = base64_digits[v >> 12 & 63];
        out[n++] = i + 1 < length ? base64_digits[v >> 6 & 63] : '=';
        out[n++] = i + 2 < length ? base64_digits[v & 63] : '=';
    }
    out[n] = '\0';
    return out;
}

char *decode_base64(const char *text, size_t *out_length)
{
    size_t length = strlen(text);
    while (length && text[length - 1] == '=')
        length--;
    char *out = mem_alloc(length * 3 / 4 + 1);
    size_t n = 0;
    unsigned bits = 0;
    unsigned v = 0;
    for (size_t i = 0; i < length; i++) {
        const char *digit = text[i] ? strchr(base64_digits, text[i]) : NULL;
        if (!digit) {
            mem_free(out);
            return NULL;
        }
        v = v << 6 | (unsigned)(digit - base64_digits);
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            out[n++] = (char)(v >> bits & 255);
        }
    }
    out[n] = '\0';
    *out_length = n;
    return out;
}

char *encode_json(const char *text)
{
    struct str out;
    str_init(&out, strlen(text) * 6 + 1);
    for (const char *p = text; *p; p++) {
        switch (*p) {
        case '"': str_add(&out, "\\\""); break;
        case '\\': str_add(&out, "\\\\"); break;
        case '\n': str_add(&out, "\\n"); break;
        case '\r': str_add(&out, "\\r"); break;
        case '\t': str_add(&out, "\\t"); break;
        default:
            if ((unsigned char)*p < 0x20 || *p == 0x7f)
                str_addf(&out, "\\u%04x", (unsigned char)*p);
            else
                str_addc(&out, *p);
        }
    }
    return str_take(&out);
}

uint32_t encode_crc32(uint32_t crc, const void *bytes, size_t length)
{
    const unsigned char *p = bytes;
    crc = ~crc;
    while (length--) {
        crc ^= *p++;
        for (int i = 0; i < 8; i++)
            crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
    }
    return ~crc;
}
