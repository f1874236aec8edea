// SPDX-License-Identifier: MIT
#include "backend/codec/hash.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"

// The crypto library can only fail here for want of memory or a broken installation: neither can be
// worked around.
static void must(int ok)
{
    if (ok != 1)
        abort();
}

void sha256_init(struct sha256 *h)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    must(ctx != NULL);
    must(EVP_DigestInit_ex(ctx, EVP_sha256(), NULL));
    h->ctx = ctx;
}

void sha256_add(struct sha256 *h, const void *bytes, size_t length)
{
    must(EVP_DigestUpdate(h->ctx, bytes, length));
}

void sha256_end(struct sha256 *h, unsigned char out[SHA256_BYTES])
{
    unsigned size = 0;
    must(EVP_DigestFinal_ex(h->ctx, out, &size));
    sha256_clear(h);
}

void sha256_clear(struct sha256 *h)
{
    EVP_MD_CTX_free(h->ctx);
    h->ctx = NULL;
}

void sha256_of(const void *bytes, size_t length, unsigned char out[SHA256_BYTES])
{
    unsigned size = 0;
    must(EVP_Digest(bytes, length, out, &size, EVP_sha256(), NULL));
}

char *sha256_hex(const void *bytes, size_t length)
{
    unsigned char digest[SHA256_BYTES];
    sha256_of(bytes, length, digest);
    return encode_hex(digest, sizeof digest);
}

char *hash_texts(const char *first, ...)
{
    struct sha256 h;
    sha256_init(&h);
    va_list args;
    va_start(args, first);
    for (const char *text = first; text; text = va_arg(args, const char *))
        sha256_add(&h, text, strlen(text) + 1); // the NUL keeps ("ab","c") apart from ("a","bc")
    va_end(args);
    unsigned char digest[SHA256_BYTES];
    sha256_end(&h, digest);
    return encode_hex(digest, sizeof digest);
}

void hmac_sha256(const void *key, size_t key_length, const void *bytes, size_t length,
                 unsigned char out[SHA256_BYTES])
{
    size_t size = 0;
    // The one-shot MAC keeps no copy of the key after it returns.
    must(EVP_Q_mac(NULL, "HMAC", NULL, "SHA256", NULL, key, key_length, bytes, length, out,
                   SHA256_BYTES, &size) != NULL);
}

char *sha1_hex(const void *bytes, size_t length)
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned size = 0;
    must(EVP_Digest(bytes, length, digest, &size, EVP_sha1(), NULL));
    return encode_hex(digest, size);
}
