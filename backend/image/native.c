// SPDX-License-Identifier: MIT
#include "backend/image/native.h"

#include <string.h>

#include "backend/base/mem.h"
#include "backend/base/str.h"
#include "backend/image/index.h"

enum { EM_X86_64 = 62, EM_AARCH64 = 183, EM_386 = 3, EM_ARM = 40 }; // of the ELF specification

void native_init(struct native_gate *gate, enum cpu_arch arch)
{
    *gate = (struct native_gate){.arch = arch};
}

void native_clear(struct native_gate *gate)
{
    for (size_t i = 0; i < gate->count; i++) {
        mem_free(gate->items[i].name);
        mem_free(gate->items[i].wrong);
        mem_free(gate->items[i].kind);
    }
    mem_free(gate->items);
    gate->items = NULL;
    gate->count = 0;
}

// "a/node_modules/@x/y/build/z.node" -> "@x/y".
static char *package_of(const char *path)
{
    const char *start = path;
    for (const char *p = strstr(path, "/node_modules/"); p; p = strstr(p + 1, "/node_modules/"))
        start = p + strlen("/node_modules/");
    size_t n = strcspn(start, "/");
    if (*start == '@' && start[n] == '/')
        n += 1 + strcspn(start + n + 1, "/");
    return mem_strndup(start, n);
}

static bool is_macho(const unsigned char *h)
{
    static const unsigned char magics[][4] = {{0xfe, 0xed, 0xfa, 0xce},
                                              {0xfe, 0xed, 0xfa, 0xcf},
                                              {0xce, 0xfa, 0xed, 0xfe},
                                              {0xcf, 0xfa, 0xed, 0xfe}};
    for (size_t i = 0; i < ARRAY_LEN(magics); i++)
        if (memcmp(h, magics[i], 4) == 0)
            return true;
    // A universal binary; Java's class files share the magic but count higher versions there.
    return h[0] == 0xca && h[1] == 0xfe && h[2] == 0xba && h[3] == 0xbe && h[4] == 0 && h[5] == 0 &&
           h[6] == 0 && h[7] < 20;
}

static const char *machine_name(unsigned machine)
{
    switch (machine) {
    case EM_X86_64: return "amd64";
    case EM_AARCH64: return "arm64";
    case EM_386: return "386";
    case EM_ARM: return "arm";
    default: return "another processor";
    }
}

// What the file is, NULL for nothing native (caller's). *fits: it runs on linux/arch.
static char *classify(const struct native_gate *gate, const unsigned char *h, size_t length,
                      bool *elf, bool *fits)
{
    *elf = length >= 20 && memcmp(h, "\177ELF", 4) == 0;
    *fits = false;
    if (*elf) {
        unsigned machine = h[5] == 2 ? (unsigned)h[18] << 8 | h[19] : (unsigned)h[19] << 8 | h[18];
        *fits = machine == (gate->arch == ARCH_ARM64 ? EM_AARCH64 : EM_X86_64);
        return mem_printf("ELF for %s", machine_name(machine));
    }
    if (length >= 8 && is_macho(h))
        return mem_strdup("Mach-O, for macOS");
    if (length >= 2 && h[0] == 'M' && h[1] == 'Z')
        return mem_strdup("PE, for Windows");
    return NULL;
}

static struct native_package *find(struct native_gate *gate, const char *path)
{
    AUTO_FREE char *name = package_of(path);
    for (size_t i = 0; i < gate->count; i++)
        if (strcmp(gate->items[i].name, name) == 0)
            return &gate->items[i];
    gate->items = mem_realloc(gate->items, gate->count + 1, sizeof *gate->items);
    gate->items[gate->count] = (struct native_package){.name = mem_steal(name)};
    return &gate->items[gate->count++];
}

bool native_inspect(void *context, const char *path, const unsigned char *head, size_t length,
                    struct err *err)
{
    (void)err;
    struct native_gate *gate = context;
    bool module = str_ends(path, ".node"), elf, fits;
    AUTO_FREE char *kind = classify(gate, head, length, &elf, &fits);
    if (!kind)
        return true; // a *.node that is no binary at all is a text file with a strange name
    struct native_package *package = find(gate, path);
    if (fits) {
        package->fits = true;
    } else if (!package->wrong && (module || elf)) {
        package->wrong = mem_strdup(path);
        package->kind = mem_steal(kind);
    }
    return true;
}

bool native_verdict(const struct native_gate *gate, struct err *err)
{
    for (size_t i = 0; i < gate->count; i++) {
        const struct native_package *p = &gate->items[i];
        if (!p->wrong || p->fits)
            continue;
        const char *arch = index_arch_name(gate->arch);
        err_set(err, ERR_INPUT,
                "%s has a native module that does not run on linux/%s: node_modules/%s is %s",
                p->name, arch, p->wrong, p->kind);
        return err_remedy(err, "use a package in pure JavaScript (bcryptjs for bcrypt), the CPU "
                               "architecture it was built "
                               "for, or a Dockerfile with docker, podman or buildah");
    }
    return true;
}
