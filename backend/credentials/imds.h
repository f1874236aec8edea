// SPDX-License-Identifier: MIT
// The metadata service of an EC2 instance, beyond its keys (imds_provider of chain.h): is there
// one, and which region is it in. Settings as the AWS CLI reads them, from the environment or the
// profile: ec2_metadata_service_endpoint, ..._endpoint_mode, ec2_metadata_v1_disabled,
// metadata_service_timeout, metadata_service_num_attempts.
#ifndef FOREST_CREDENTIALS_IMDS_H
#define FOREST_CREDENTIALS_IMDS_H

#include "backend/credentials/credentials.h"
#include "backend/credentials/profile.h"

// Does this machine look like an instance, or was it told where the service is? From the firmware
// and the settings: asking the service would cost a second on every other machine. `profile` may be
// NULL.
bool imds_is_here(const struct profile *profile);
// The region of the instance, which the AWS CLI takes when nothing else names one; the caller's.
// NULL elsewhere, or when nobody answers. Blocks.
char *imds_region(const struct credentials_options *options, const struct profile *profile);

#endif
