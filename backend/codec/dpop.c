// SPDX-License-Identifier: MIT
#include "backend/codec/dpop.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"

enum {
    COORDINATE_BYTES = 32,
    POINT_BYTES = 1 + 2 * COORDINATE_BYTES, // 04 X Y
    DER_MAX_BYTES = 80,
};

// base64url without padding; the caller's.
static char *base64url(const void *bytes, size_t length)
{
    char *text = encode_base64(bytes, length);
    for (char *p = text; *p; p++) {
        if (*p == '+')
            *p = '-';
        if (*p == '/')
            *p = '_';
    }
    text[strcspn(text, "=")] = '\0';
    return text;
}

// A key with a passphrase is none of ours: nobody is asked.
static int no_passphrase(char *buffer, int size, int writing, void *context)
{
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

static EVP_PKEY *read_key(const char *pem)
{
    BIO *bio = BIO_new_mem_buf(pem, -1);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL) : NULL;
    BIO_free(bio);
    return key;
}

static bool read_point(const EVP_PKEY *key, unsigned char point[POINT_BYTES])
{
    char group[40] = "";
    size_t length = 0;
    return EVP_PKEY_get_group_name(key, group, sizeof group, NULL) == 1 &&
           (strcmp(group, "prime256v1") == 0 || strcmp(group, "P-256") == 0) &&
           EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, POINT_BYTES,
                                           &length) == 1 &&
           length == POINT_BYTES && point[0] == 4;
}

static char *signing_input(const unsigned char point[POINT_BYTES], const char *url, const char *id,
                           int64_t now_s)
{
    AUTO_FREE char *x = base64url(point + 1, COORDINATE_BYTES);
    AUTO_FREE char *y = base64url(point + 1 + COORDINATE_BYTES, COORDINATE_BYTES);
    AUTO_FREE char *safe_url = encode_json(url);
    AUTO_FREE char *safe_id = encode_json(id);
    AUTO_FREE char *header = mem_printf("{\"typ\":\"dpop+jwt\",\"alg\":\"ES256\",\"jwk\":{\"kty\":"
                                        "\"EC\",\"x\":\"%s\",\"y\":\"%s\",\"crv\":\"P-256\"}}",
                                        x, y);
    AUTO_FREE char *claims =
        mem_printf("{\"htm\":\"POST\",\"htu\":\"%s\",\"iat\":%lld,\"jti\":\"%s\"}", safe_url,
                   (long long)now_s, safe_id);
    AUTO_FREE char *first = base64url(header, strlen(header));
    AUTO_FREE char *second = base64url(claims, strlen(claims));
    return mem_printf("%s.%s", first, second);
}

// The two numbers of a DER signature, each padded to 32 bytes, as JWS wants them.
static bool flatten(const unsigned char *der, size_t length,
                    unsigned char out[2 * COORDINATE_BYTES])
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)length);
    bool ok =
        signature && BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, COORDINATE_BYTES) > 0 &&
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + COORDINATE_BYTES, COORDINATE_BYTES) > 0;
    ECDSA_SIG_free(signature);
    return ok;
}

static bool sign(EVP_PKEY *key, const char *text, unsigned char out[2 * COORDINATE_BYTES])
{
    unsigned char der[DER_MAX_BYTES];
    size_t length = sizeof der;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(ctx, der, &length, (const unsigned char *)text, strlen(text)) == 1 &&
              flatten(der, length, out);
    EVP_MD_CTX_free(ctx);
    return ok;
}

char *dpop_proof(const char *pem, const char *url, const char *id, int64_t now_s, struct err *err)
{
    unsigned char point[POINT_BYTES];
    unsigned char raw[2 * COORDINATE_BYTES];
    EVP_PKEY *key = read_key(pem);
    char *proof = NULL;
    if (key && read_point(key, point)) {
        AUTO_FREE char *text = signing_input(point, url, id, now_s);
        if (sign(key, text, raw)) {
            AUTO_FREE char *signature = base64url(raw, sizeof raw);
            proof = mem_printf("%s.%s", text, signature);
        }
    }
    EVP_PKEY_free(key);
    if (!proof)
        err_set(err, ERR_AUTH, "the key of the sign-in (dpopKey) is no EC P-256 private key");
    return proof;
}
