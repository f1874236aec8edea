// SPDX-License-Identifier: MIT
// Building with docker, podman or buildah: from the folder's Dockerfile to an archive that our own
// pusher sends, so that no engine ever gets our registry's password. Nothing is left in the
// engine's store but its build cache.
#ifndef FOREST_IMAGE_ENGINE_H
#define FOREST_IMAGE_ENGINE_H

#include <stdbool.h>

#include "backend/base/err.h"
#include "backend/image/meter.h"
#include "backend/setup/answers.h"

const char *engine_program(enum image_builder builder); // "docker"...; NULL for none
// Is the engine installed, and does it answer? Its version, the caller's; NULL with ERR_NOT_FOUND
// or ERR_IO.
char *engine_ping(enum image_builder builder, struct meter *meter, struct err *err);
// Writes a docker-archive to `file`, which must not exist.
bool engine_build(enum image_builder builder, const char *folder, enum cpu_arch arch,
                  const char *file, struct meter *meter, struct err *err);

#endif
