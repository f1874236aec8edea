// SPDX-License-Identifier: MIT
// JSON on stdin, the same as YAML on stdout: for tests that read it back with a real parser.
#include <stdio.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/export/yaml.h"

int main(void)
{
    struct str in;
    str_init(&in, STR_BODY);
    char buffer[4096];
    size_t n;
    while ((n = fread(buffer, 1, sizeof buffer, stdin)) > 0)
        str_addn(&in, buffer, n);
    ERR_AUTO err = {0};
    JSON_AUTO *tree = json_parse(in.data, in.len, NULL, &err);
    str_clear(&in);
    if (!tree) {
        fprintf(stderr, "%s\n", err.message);
        return 1;
    }
    AUTO_FREE char *text = yaml_print(tree, "# made by a test\n", NULL, 0);
    return fputs(text, stdout) < 0;
}
