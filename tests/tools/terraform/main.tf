# SPDX-License-Identifier: MIT
# The stack that forest-setup makes, written for Terraform, with a network and a database of its own.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}
provider "aws" {
  region = "eu-west-3"
  default_tags {
    tags = { "forestadmin:stack" = "tf-1" }
  }
}
data "aws_caller_identity" "me" {}
data "aws_availability_zones" "az" { state = "available" }
locals { z = [for z in data.aws_availability_zones.az.zone_ids : z if z != "euw3-az2"] }
resource "aws_vpc" "v" {
  cidr_block           = "10.60.0.0/16"
  enable_dns_support   = true
  enable_dns_hostnames = true
}
resource "aws_subnet" "pub" {
  count                = 2
  vpc_id               = aws_vpc.v.id
  cidr_block           = "10.60.${count.index}.0/24"
  availability_zone_id = local.z[count.index]
}
resource "aws_subnet" "priv" {
  count                = 2
  vpc_id               = aws_vpc.v.id
  cidr_block           = "10.60.1${count.index}.0/24"
  availability_zone_id = local.z[count.index]
}
resource "aws_internet_gateway" "g" { vpc_id = aws_vpc.v.id }
resource "aws_eip" "e" {
  domain     = "vpc"
  depends_on = [aws_internet_gateway.g]
}
resource "aws_nat_gateway" "n" {
  allocation_id = aws_eip.e.id
  subnet_id     = aws_subnet.pub[0].id
}
resource "aws_route_table" "pub" {
  vpc_id = aws_vpc.v.id
  route {
    cidr_block = "0.0.0.0/0"
    gateway_id = aws_internet_gateway.g.id
  }
}
resource "aws_route_table" "priv" { vpc_id = aws_vpc.v.id }
resource "aws_route" "nat" {
  route_table_id         = aws_route_table.priv.id
  destination_cidr_block = "0.0.0.0/0"
  nat_gateway_id         = aws_nat_gateway.n.id
}
resource "aws_route_table_association" "pub" {
  count          = 2
  subnet_id      = aws_subnet.pub[count.index].id
  route_table_id = aws_route_table.pub.id
}
resource "aws_route_table_association" "priv" {
  count          = 2
  subnet_id      = aws_subnet.priv[count.index].id
  route_table_id = aws_route_table.priv.id
}
resource "aws_vpc_endpoint" "s3" {
  vpc_id          = aws_vpc.v.id
  service_name    = "com.amazonaws.eu-west-3.s3"
  route_table_ids = [aws_route_table.priv.id]
}
resource "aws_security_group" "link" {
  name   = "tf-link"
  vpc_id = aws_vpc.v.id
}
resource "aws_security_group" "alb" {
  name   = "tf-alb"
  vpc_id = aws_vpc.v.id
}
resource "aws_security_group" "task" {
  name   = "tf-task"
  vpc_id = aws_vpc.v.id
}
resource "aws_vpc_security_group_egress_rule" "link" {
  security_group_id            = aws_security_group.link.id
  referenced_security_group_id = aws_security_group.alb.id
  ip_protocol                  = "tcp"
  from_port                    = 80
  to_port                      = 80
}
resource "aws_vpc_security_group_ingress_rule" "alb" {
  security_group_id            = aws_security_group.alb.id
  referenced_security_group_id = aws_security_group.link.id
  ip_protocol                  = "tcp"
  from_port                    = 80
  to_port                      = 80
}
resource "aws_vpc_security_group_egress_rule" "alb" {
  security_group_id            = aws_security_group.alb.id
  referenced_security_group_id = aws_security_group.task.id
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
}
resource "aws_vpc_security_group_ingress_rule" "task" {
  security_group_id            = aws_security_group.task.id
  referenced_security_group_id = aws_security_group.alb.id
  ip_protocol                  = "tcp"
  from_port                    = 3000
  to_port                      = 3000
}
resource "aws_vpc_security_group_egress_rule" "task" {
  security_group_id = aws_security_group.task.id
  cidr_ipv4         = "0.0.0.0/0"
  ip_protocol       = "-1"
}
resource "aws_lb" "l" {
  name            = "tf-lb"
  internal        = true
  subnets         = aws_subnet.priv[*].id
  security_groups = [aws_security_group.alb.id]
  idle_timeout    = 40
}
resource "aws_lb_target_group" "t" {
  name                 = "tf-tg"
  port                 = 3000
  protocol             = "HTTP"
  vpc_id               = aws_vpc.v.id
  target_type          = "ip"
  deregistration_delay = 5
  health_check {
    path              = "/"
    interval          = 5
    timeout           = 4
    healthy_threshold = 2
    matcher           = "200-399"
  }
}
resource "aws_lb_listener" "l" {
  load_balancer_arn = aws_lb.l.arn
  port              = 80
  protocol          = "HTTP"
  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.t.arn
  }
}
data "aws_iam_policy_document" "trust" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["ecs-tasks.amazonaws.com"]
    }
  }
}
resource "aws_iam_role" "exec" {
  name               = "tf-exec"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_role" "task" {
  name               = "tf-task"
  assume_role_policy = data.aws_iam_policy_document.trust.json
}
resource "aws_iam_role_policy_attachment" "exec" {
  role       = aws_iam_role.exec.name
  policy_arn = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"
}
resource "aws_iam_role_policy" "secret" {
  role = aws_iam_role.exec.name
  name = "secret"
  policy = jsonencode({ Version = "2012-10-17", Statement = [
    { Effect = "Allow", Action = "secretsmanager:GetSecretValue", Resource = aws_secretsmanager_secret.s.arn },
  { Effect = "Allow", Action = "kms:Decrypt", Resource = aws_kms_key.k.arn }] })
}
resource "aws_kms_key" "k" {
  description             = "tf"
  deletion_window_in_days = 7
  enable_key_rotation     = true
}
resource "aws_kms_alias" "a" {
  name          = "alias/tf"
  target_key_id = aws_kms_key.k.id
}
resource "aws_secretsmanager_secret" "s" {
  name                    = "tf/env"
  kms_key_id              = aws_kms_key.k.arn
  recovery_window_in_days = 0
}
resource "aws_secretsmanager_secret_version" "s" {
  secret_id     = aws_secretsmanager_secret.s.id
  secret_string = jsonencode({ A = "b" })
}
resource "aws_cloudwatch_log_group" "l" {
  name              = "/ecs/tf"
  retention_in_days = 30
}
resource "aws_ecr_repository" "r" {
  name                 = "tf/app"
  force_delete         = true
  image_tag_mutability = "IMMUTABLE"
  image_scanning_configuration {
    scan_on_push = true
  }
}
resource "aws_ecr_lifecycle_policy" "p" {
  repository = aws_ecr_repository.r.name
  policy     = jsonencode({ rules = [{ rulePriority = 1, description = "x", selection = { tagStatus = "any", countType = "imageCountMoreThan", countNumber = 5 }, action = { type = "expire" } }] })
}
resource "aws_ecs_cluster" "c" { name = "tf" }
resource "aws_ecs_cluster_capacity_providers" "c" {
  cluster_name       = aws_ecs_cluster.c.name
  capacity_providers = ["FARGATE", "FARGATE_SPOT"]
  default_capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
    base              = 1
  }
}
resource "aws_ecs_task_definition" "d" {
  family                   = "tf"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = 256
  memory                   = 512
  execution_role_arn       = aws_iam_role.exec.arn
  task_role_arn            = aws_iam_role.task.arn
  runtime_platform {
    cpu_architecture        = "X86_64"
    operating_system_family = "LINUX"
  }
  container_definitions = jsonencode([{ name = "app", image = "public.ecr.aws/docker/library/node:22-slim", essential = true,
    command      = ["node", "-e", "require('http').createServer((q,s)=>s.end('hello '+process.env.A)).listen(3000)"],
    portMappings = [{ containerPort = 3000, hostPort = 3000, protocol = "tcp" }],
    secrets      = [{ name = "A", valueFrom = "${aws_secretsmanager_secret.s.arn}:A::" }],
  logConfiguration = { logDriver = "awslogs", options = { awslogs-group = aws_cloudwatch_log_group.l.name, awslogs-region = "eu-west-3", awslogs-stream-prefix = "ecs" } } }])
}
resource "aws_ecs_service" "s" {
  name            = "tf"
  cluster         = aws_ecs_cluster.c.id
  task_definition = aws_ecs_task_definition.d.arn
  desired_count   = 1
  capacity_provider_strategy {
    capacity_provider = "FARGATE"
    weight            = 1
    base              = 1
  }
  network_configuration {
    subnets         = aws_subnet.priv[*].id
    security_groups = [aws_security_group.task.id]
  }
  load_balancer {
    target_group_arn = aws_lb_target_group.t.arn
    container_name   = "app"
    container_port   = 3000
  }
  deployment_circuit_breaker {
    enable   = true
    rollback = true
  }
  health_check_grace_period_seconds = 60
  wait_for_steady_state             = true
  propagate_tags                    = "SERVICE"
  enable_ecs_managed_tags           = true
  depends_on                        = [aws_lb_listener.l, aws_route.nat, aws_iam_role_policy_attachment.exec, aws_iam_role_policy.secret, aws_secretsmanager_secret_version.s, aws_route_table_association.priv, aws_ecs_cluster_capacity_providers.c]
}
resource "aws_appautoscaling_target" "t" {
  service_namespace  = "ecs"
  resource_id        = "service/${aws_ecs_cluster.c.name}/${aws_ecs_service.s.name}"
  scalable_dimension = "ecs:service:DesiredCount"
  min_capacity       = 1
  max_capacity       = 2
}
resource "aws_appautoscaling_policy" "p" {
  name               = "tf-cpu"
  policy_type        = "TargetTrackingScaling"
  service_namespace  = aws_appautoscaling_target.t.service_namespace
  resource_id        = aws_appautoscaling_target.t.resource_id
  scalable_dimension = aws_appautoscaling_target.t.scalable_dimension
  target_tracking_scaling_policy_configuration {
    target_value = 60
    predefined_metric_specification {
      predefined_metric_type = "ECSServiceAverageCPUUtilization"
    }
  }
}
resource "aws_apigatewayv2_api" "a" {
  name          = "tf"
  protocol_type = "HTTP"
}
resource "aws_apigatewayv2_vpc_link" "l" {
  name               = "tf"
  subnet_ids         = aws_subnet.priv[*].id
  security_group_ids = [aws_security_group.link.id]
}
resource "aws_apigatewayv2_integration" "i" {
  api_id                 = aws_apigatewayv2_api.a.id
  integration_type       = "HTTP_PROXY"
  integration_method     = "ANY"
  connection_type        = "VPC_LINK"
  connection_id          = aws_apigatewayv2_vpc_link.l.id
  integration_uri        = aws_lb_listener.l.arn
  payload_format_version = "1.0"
  timeout_milliseconds   = 30000
}
resource "aws_apigatewayv2_route" "r" {
  api_id    = aws_apigatewayv2_api.a.id
  route_key = "$default"
  target    = "integrations/${aws_apigatewayv2_integration.i.id}"
}
resource "aws_apigatewayv2_stage" "s" {
  api_id      = aws_apigatewayv2_api.a.id
  name        = "$default"
  auto_deploy = true
  default_route_settings {
    throttling_burst_limit = 100
    throttling_rate_limit  = 50
  }
  depends_on = [aws_apigatewayv2_route.r]
}
resource "aws_db_subnet_group" "d" {
  name       = "tf"
  subnet_ids = aws_subnet.priv[*].id
}
resource "aws_db_instance" "d" {
  identifier             = "tf-db"
  engine                 = "postgres"
  instance_class         = "db.t4g.micro"
  allocated_storage      = 20
  username               = "owner"
  password               = "long-enough"
  db_subnet_group_name   = aws_db_subnet_group.d.name
  vpc_security_group_ids = [aws_security_group.task.id]
  skip_final_snapshot    = true
}
output "url" { value = aws_apigatewayv2_api.a.api_endpoint }
