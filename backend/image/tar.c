// SPDX-License-Identifier: MIT
#include "backend/image/tar.h"

#include <stdio.h>
#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"

enum { NAME_BYTES = 100 };
static const uint64_t octal_size_max = 077777777777u;

struct ustar { // POSIX.1-1988; chars only, so no padding
    char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100];
    char magic[6], version[2], uname[32], gname[32], devmajor[8], devminor[8], prefix[155],
        rest[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is one block");

static const char zeros[2 * TAR_BLOCK];

static void octal(char *field, size_t width, uint64_t value)
{
    field[width - 1] = '\0';
    for (size_t i = width - 1; i-- > 0; value >>= 3)
        field[i] = (char)('0' + (value & 7));
}

// Fills a field without NUL when it is full, as ustar allows.
static void text(char *field, size_t width, const char *value)
{
    size_t length = strlen(value);
    memcpy(field, value, length < width ? length : width);
}

static bool block(const struct tar *tar, const char *path, char type, unsigned mode, uint64_t size,
                  const char *target)
{
    struct ustar h = {0};
    text(h.name, sizeof h.name, path);
    octal(h.mode, sizeof h.mode, mode & 07777);
    octal(h.uid, sizeof h.uid, 0);
    octal(h.gid, sizeof h.gid, 0);
    octal(h.size, sizeof h.size, size > octal_size_max ? 0 : size);
    octal(h.mtime, sizeof h.mtime, (uint64_t)tar->mtime);
    h.type = type;
    text(h.link, sizeof h.link, target);
    memcpy(h.magic, "ustar", 6);
    memcpy(h.version, "00", 2);
    memset(h.checksum, ' ', sizeof h.checksum);
    unsigned sum = 0;
    const unsigned char *bytes = (const unsigned char *)&h;
    for (size_t i = 0; i < sizeof h; i++)
        sum += bytes[i];
    octal(h.checksum, 7, sum); // six digits, NUL, and the space that is there
    return tar->sink(tar->context, &h, sizeof h);
}

// "<length> key=value\n", where the length counts itself.
static void record(struct str *out, const char *key, const char *value)
{
    size_t body = strlen(key) + strlen(value) + 3;
    size_t length = body + 1;
    for (;;) {
        size_t digits = 1;
        for (size_t n = length; n >= 10; n /= 10)
            digits++;
        if (body + digits == length)
            break;
        length = body + digits;
    }
    str_addf(out, "%zu %s=", length, key);
    str_add(out, value);
    str_addc(out, '\n');
}

static bool extended(const struct tar *tar, const struct tar_entry *entry, const char *path)
{
    STR_AUTO records;
    str_init(&records, STR_LINE);
    if (entry->kind == TAR_LINK && strlen(entry->target) > NAME_BYTES)
        record(&records, "linkpath", entry->target);
    if (strlen(path) > NAME_BYTES)
        record(&records, "path", path);
    if (entry->kind == TAR_FILE && entry->size > octal_size_max) {
        AUTO_FREE char *size = mem_printf("%llu", (unsigned long long)entry->size);
        record(&records, "size", size);
    }
    if (records.len == 0)
        return true;
    return !records.truncated && block(tar, "PaxHeader", 'x', 0644, records.len, "") &&
           tar->sink(tar->context, records.data, records.len) && tar_pad(tar, records.len);
}

bool tar_header(const struct tar *tar, const struct tar_entry *entry)
{
    AUTO_FREE char *path = mem_printf("%s%s", entry->path, entry->kind == TAR_DIR ? "/" : "");
    if (!extended(tar, entry, path))
        return false;
    switch (entry->kind) {
    case TAR_DIR: return block(tar, path, '5', entry->mode, 0, "");
    case TAR_LINK: return block(tar, path, '2', 0777, 0, entry->target);
    case TAR_FILE: break;
    }
    return block(tar, path, '0', entry->mode, entry->size, "");
}

bool tar_pad(const struct tar *tar, uint64_t size)
{
    size_t over = (size_t)(size % TAR_BLOCK);
    return over == 0 || tar->sink(tar->context, zeros, TAR_BLOCK - over);
}

bool tar_end(const struct tar *tar)
{
    return tar->sink(tar->context, zeros, sizeof zeros);
}
