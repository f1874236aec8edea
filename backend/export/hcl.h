// SPDX-License-Identifier: MIT
// Writes HCL (Terraform, OpenTofu) as its formatter would.
//
// hcl_init(), then blocks, attributes and comments in any nesting, then hcl_take(). Text goes in as
// values and can only come out as a quoted template with everything escaped that means something
// there ("${", "%{", quotes, backslashes, control characters), so no value becomes code. Code comes
// from this program only: as a reference (hcl_references) or as a literal expression (hcl_code()).
#ifndef FOREST_EXPORT_HCL_H
#define FOREST_EXPORT_HCL_H

#include <stddef.h>

#include "backend/base/str.h"
#include "backend/codec/json.h"

// What stands in a text for something else: the longest one that begins at a place wins.
struct hcl_reference {
    const char *text; // "<mark>vpc.id<mark>" or a plain text like an account number
    const char *code; // "aws_vpc.main.id"
};
struct hcl_references {
    const struct hcl_reference *items;
    size_t count;
};

struct hcl_line {
    unsigned depth;
    char *lead;   // "name", "resource \"aws_vpc\" \"main\" {", "}", "# ..."; "" is an empty line
    char *assign; // "= 1" of an attribute in one line; NULL else
};
struct hcl {
    const struct hcl_references *references; // borrowed
    struct hcl_line *lines;
    size_t count;
    unsigned depth;
};

void hcl_init(struct hcl *h, const struct hcl_references *references);
char *hcl_take(struct hcl *h); // formatted; the caller's; h is empty afterwards

void hcl_empty(struct hcl *h); // an empty line, unless one stands there or a block has just begun
void hcl_comment(struct hcl *h, const char *text); // one line; line ends become spaces
// `resource "type" "label" {`; labels are quoted, may be NULL from the end.
void hcl_begin(struct hcl *h, const char *kind, const char *label1, const char *label2);
void hcl_end(struct hcl *h);
// Numbers, booleans, null, text, lists and maps. Borrowed.
void hcl_value(struct hcl *h, const char *name, const struct json *value);
void hcl_text(struct hcl *h, const char *name, const char *text);
void hcl_code(struct hcl *h, const char *name, const char *expression);
// `name = [aws_a.b, aws_c.d]` from a comma list, one a line.
void hcl_addresses(struct hcl *h, const char *name, const char *list);
// `name = jsonencode(VALUE)`: how a document is written so that people can read it.
void hcl_document(struct hcl *h, const char *name, const struct json *value);
// `name = FUNCTION(FIRST, VALUE)`, as merge(local.tags, {...}).
void hcl_call(struct hcl *h, const char *name, const char *function, const char *first,
              const struct json *value);
// The quoted template or bare reference that `text` becomes; the caller's.
char *hcl_quote(const struct hcl_references *references, const char *text);

#endif
