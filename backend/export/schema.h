// SPDX-License-Identifier: MIT
// assets/schema/setup.schema.json, carried inside the program (see embed.cmake).
#ifndef FOREST_EXPORT_SCHEMA_H
#define FOREST_EXPORT_SCHEMA_H

extern const char export_schema[]; // whole, ended by NUL; in the generated file

#endif
