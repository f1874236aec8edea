// SPDX-License-Identifier: MIT
// Runs a fuzz target once for each file of the corpus, and once for each cut of it, so that the
// corpus is part of the ordinary tests. usage: replay DIRECTORY
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "backend/base/fs.h"
#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "tests/fuzz/fuzz.h"

// In memory of exactly that size, so that a read behind the end is seen by the sanitizer.
static void once(const char *data, size_t size)
{
    uint8_t *copy = malloc(size ? size : 1);
    if (!copy)
        abort();
    memcpy(copy, data, size);
    LLVMFuzzerTestOneInput(copy, size);
    free(copy);
}

static void replay(const char *path)
{
    STR_AUTO text = {0};
    str_init(&text, STR_FILE);
    if (!fs_read(path, &text, NULL)) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(1);
    }
    for (size_t n = 0; n <= text.len; n += text.len > 400 ? text.len / 200 : 1)
        once(text.data, n);
    once(text.data, text.len);
}

int main(int argc, char **argv)
{
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        fprintf(stderr, "usage: replay DIRECTORY\n");
        return 2;
    }
    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        AUTO_FREE char *path = fs_join(argv[1], entry->d_name);
        replay(path);
        count++;
    }
    closedir(dir);
    printf("%u inputs\n", count);
    return count ? 0 : 1;
}
