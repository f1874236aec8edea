# SPDX-License-Identifier: MIT
# Writes the schema of answer files as C: cmake -DIN=setup.schema.json -DOUT=file.c -P embed.cmake
file(READ ${IN} hex HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
file(WRITE ${OUT}.new "/* SPDX-License-Identifier: MIT */\n/* Made by backend/export/embed.cmake. */\n"
  "#include \"backend/export/schema.h\"\n\nconst char export_schema[] = {${bytes}0};\n")
file(RENAME ${OUT}.new ${OUT})
