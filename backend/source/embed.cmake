# SPDX-License-Identifier: MIT
# Writes the built-in backend as C: cmake -DROOT=assets/backend -DOUT=file.c -P embed.cmake
# What goes in is listed here and not globbed whole: node_modules, tests and notes of the developer stay out.
file(GLOB files RELATIVE ${ROOT} ${ROOT}/package.json ${ROOT}/package-lock.json ${ROOT}/Dockerfile ${ROOT}/.dockerignore)
file(GLOB_RECURSE sources RELATIVE ${ROOT} ${ROOT}/src/*)
list(APPEND files ${sources})
list(SORT files)
set(arrays "")
set(table "")
set(index 0)
foreach(name IN LISTS files)
  file(READ ${ROOT}/${name} hex HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${hex}")
  file(SIZE ${ROOT}/${name} size)
  string(APPEND arrays "static const unsigned char file_${index}[] = {${bytes}0};\n")
  string(APPEND table "    {\"${name}\", file_${index}, ${size}},\n")
  math(EXPR index "${index} + 1")
endforeach()
file(WRITE ${OUT}.new "/* SPDX-License-Identifier: MIT */\n/* Made by backend/source/embed.cmake. */\n"
  "#include \"backend/source/builtin.h\"\n\n${arrays}\n"
  "const struct builtin_file builtin_files[] = {\n${table}    {0, 0, 0}};\n")
file(RENAME ${OUT}.new ${OUT})
