// SPDX-License-Identifier: MIT
// Claim: no bytes from a terminal make the decoder crash, hang or hand out a key that is none; how
// they are cut into reads makes no difference to the keys; after silence enough nothing is pending.
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"
#include "tui/key.h"

enum { QUIET_ENOUGH = 100, DIGEST_START = 5381 };

static void must(bool holds)
{
    if (!holds)
        abort();
}

static void check(const struct key *key)
{
    must(key->code > K_NONE && key->code <= K_FUNCTION);
    if (key->code == K_CHAR)
        must(key->ch >= ' ' && key->ch != 0x7f && key->ch <= 0x10ffff);
    if (key->code == K_CTRL)
        must(key->ch >= '@' && key->ch < 0x7f);
    if (key->code == K_FUNCTION)
        must(key->ch >= 1 && key->ch <= 12);
    if (key->code == K_PASTE)
        must(key->length <= KEY_PASTE_MAX && key->text[key->length] == '\0');
}

static uint64_t drain(struct decoder *decoder, uint64_t digest)
{
    struct key key;

    while (decoder_next(decoder, &key)) {
        check(&key);
        digest = digest * 33 + (uint64_t)key.code * 1114112 + key.ch + key.word;
        for (size_t i = 0; key.code == K_PASTE && i < key.length; i++)
            digest = digest * 33 + (unsigned char)key.text[i];
    }
    return digest;
}

static uint64_t run(const uint8_t *data, size_t size, size_t piece)
{
    struct decoder *decoder = decoder_new(true);
    uint64_t digest = DIGEST_START;

    for (size_t at = 0; at < size; at += piece) {
        size_t length = size - at < piece ? size - at : piece;
        char *bytes = malloc(length); // of its own, so that reading behind it is seen

        must(bytes != NULL);
        memcpy(bytes, data + at, length);
        decoder_feed(decoder, bytes, length);
        free(bytes);
        digest = drain(decoder, digest);
    }
    for (int i = 0; i < QUIET_ENOUGH; i++) {
        decoder_quiet(decoder);
        digest = drain(decoder, digest);
    }
    must(!decoder_pending(decoder));
    decoder_free(decoder);
    return digest;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t piece = size > 0 ? data[0] % 7U + 1 : 1;

    must(run(data, size, size > 0 ? size : 1) == run(data, size, piece));
    return 0;
}
