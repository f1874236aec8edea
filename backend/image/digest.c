// SPDX-License-Identifier: MIT
#include "backend/image/digest.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "backend/base/encode.h"
#include "backend/base/fs.h"
#include "backend/base/mem.h"

bool digest_valid(const char *text)
{
    if (!text || strncmp(text, "sha256:", 7) != 0)
        return false;
    return strspn(text + 7, "0123456789abcdef") == SHA256_HEX && text[DIGEST_TEXT] == '\0';
}

char *digest_text(const unsigned char sha[SHA256_BYTES])
{
    AUTO_FREE char *hex = encode_hex(sha, SHA256_BYTES);
    return mem_printf("sha256:%s", hex);
}

char *digest_of(const void *bytes, size_t length)
{
    unsigned char sha[SHA256_BYTES];
    sha256_of(bytes, length, sha);
    return digest_text(sha);
}

char *digest_end(struct sha256 *h)
{
    unsigned char sha[SHA256_BYTES];
    sha256_end(h, sha);
    return digest_text(sha);
}

char *digest_of_file(const char *path, struct err *err)
{
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        err_errno(err, ERR_IO, errno, "cannot open %s", path);
        return NULL;
    }
    AUTO_FREE char *buffer = mem_alloc(1 << 18);
    struct sha256 h;
    sha256_init(&h);
    for (;;) {
        ssize_t n = read(fd, buffer, 1 << 18);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            sha256_clear(&h);
            err_errno(err, ERR_IO, errno, "cannot read %s", path);
            return NULL;
        }
        if (n == 0)
            return digest_end(&h);
        sha256_add(&h, buffer, (size_t)n);
    }
}
