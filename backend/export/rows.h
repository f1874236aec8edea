// SPDX-License-Identifier: MIT
// How a recorded request is called in Terraform and in CloudFormation: one row a resource, one line
// a member. Values are not here: they are in the requests (record.h).
//
// A member of a request that no line names makes the export fail (resource_check()), so a step that
// learns to set something more cannot be exported without it.
#ifndef FOREST_EXPORT_ROWS_H
#define FOREST_EXPORT_ROWS_H

#include "backend/codec/json.h"
#include "backend/export/record.h"

enum attribute_kind {
    AS_TEXT,     // as it is; a reference stays one
    AS_NUMBER,   // also from text
    AS_FLAG,     // also from text "true"
    AS_VALUE,    // a tree or list as it is
    AS_DOCUMENT, // a policy: JSON text or tree; jsonencode() there, an object here
    AS_SWITCH,   // "ENABLED" or "DISABLED" there, true or false here
    AS_INTERNAL, // "internal" there, true here
    AS_KNOWN,    // `ref` stands for it instead of what the request says (names of other resources)
    AS_TAGS,     // any of AWS's forms of tags
    AS_TAGS_MAP, // likewise; CloudFormation wants a map
    AS_NOTHING,  // known, and not told: implied by another member
};

struct attribute {
    const char *from; // path in the request, parts joined by '/'; lists by index
    const char *tf;   // attribute, blocks before it joined by '.'; NULL: not there
    const char *cfn;  // property, likewise; NULL: not there
    enum attribute_kind kind;
    const char *ref; // AS_KNOWN: key of a reference
};

struct resource {
    const char *step, *part, *action; // of the request
    const char *also[2];      // actions of the same step (or "step:action") that add members
    const char *file;         // of the Terraform module
    const char *type, *label; // aws_vpc main
    const char *import; // its id there, facts in braces: "{vpc.id}"; facts missing: not imported
    const char *cfn_type, *cfn_name;
    const char *cfn_import; // "VpcId={vpc.id}", several joined by '|'; NULL: cannot be imported
    const struct attribute *attributes;
    size_t count;
    const char *note;         // a comment above it, lines joined by '|'
    const char *ignore;       // lifecycle { ignore_changes = [...] }
    const char *ignore_why;   // its comment
    const char *depends;      // depends_on, Terraform addresses
    const char *cfn_depends;  // DependsOn, names
    const char *const *skips; // checkov ids with reasons, pairs, NULL at the end
};
// True when there is nothing to answer: the plan has what the reason calls an option.
bool export_skip_is_moot(const struct export_input *in, const char *reason);
const struct resource *const *export_resources(size_t *out_count); // in the order of a reader

// All members of the request and of what `also` names, lists of key and value as a map
// ("Attributes"). NULL when nothing of the kind is wanted. The caller's.
struct json *resource_request(const struct resource *r, const struct record *record);
// ERR_INTERNAL names the member that no line knows.
bool resource_check(const struct resource *r, const struct json *request, struct err *err);
// "a/b/0"; NULL when absent.
const struct json *resource_member(const struct json *request, const char *path);
// The id of `format` with facts filled in; NULL when one is not known. The caller's.
char *resource_id(const char *format, const struct export_input *in);

// Any of AWS's forms of tags as a map; the caller's.
struct json *export_tags(const struct json *tags);

// What references mean. `key` as in REFERENCE marks.
struct reference {
    const char *key;
    const char *tf;
    const char *cfn; // as in Fn::Sub: "${Vpc}"; "${NAME[]}": a list
};
const struct reference *export_references(size_t *out_count);

#endif
