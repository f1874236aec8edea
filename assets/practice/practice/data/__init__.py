# SPDX-License-Identifier: MIT
"""The data path of the practice cloud: what AWS does besides answering API calls.

registry: ECR's registry endpoint; pull, netns, logs, tasks, services, targets: ECS running tasks for real;
gateway: API Gateway's public URL; database: PostgreSQL behind RDS; forest: the stand-in for Forest's API."""
