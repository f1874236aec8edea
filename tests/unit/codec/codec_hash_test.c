// SPDX-License-Identifier: MIT
// Hashes match their published vectors (FIPS 180-4, RFC 4231), and lists of texts cannot be
// confused.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "backend/base/encode.h"
#include "backend/base/mem.h"
#include "backend/base/random.h"
#include "backend/codec/hash.h"

static void vectors(void **state)
{
    AUTO_FREE char *abc = sha256_hex("abc", 3);
    assert_string_equal(abc, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    AUTO_FREE char *one = sha1_hex("abc", 3);
    assert_string_equal(one, "a9993e364706816aba3e25717850c26c9cd0d89d");
    unsigned char mac[SHA256_BYTES];
    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, mac);
    AUTO_FREE char *hex = encode_hex(mac, sizeof mac);
    assert_string_equal(hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, "a", 1);
    sha256_add(&h, "bc", 2);
    sha256_end(&h, mac);
    AUTO_FREE char *pieces = encode_hex(mac, sizeof mac);
    assert_string_equal(pieces, abc);
}

static void lists_are_unambiguous(void **state)
{
    AUTO_FREE char *a = hash_texts("ab", "c", NULL);
    AUTO_FREE char *b = hash_texts("a", "bc", NULL);
    AUTO_FREE char *c = hash_texts("ab", "c", NULL);
    assert_string_not_equal(a, b);
    assert_string_equal(a, c);
}

static void random_is_long_and_different(void **state)
{
    AUTO_FREE char *a = random_hex(32);
    AUTO_FREE char *b = random_hex(32);
    assert_int_equal(strlen(a), 64);
    assert_string_not_equal(a, b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(vectors),
                                       cmocka_unit_test(lists_are_unambiguous),
                                       cmocka_unit_test(random_is_long_and_different)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
