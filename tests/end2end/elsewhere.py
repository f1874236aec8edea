# SPDX-License-Identifier: MIT
"""The other account of the sample world, Acme-staging: who one is there, its network, a database beside a VPC.

environment(world) are the changes for the program or Terraform; Elsewhere(world) speaks boto3 there.
"""

import boto3
from botocore.config import Config
from world import REGION

STAGING = "210987654321"
ROLE = f"arn:aws:iam::{STAGING}:role/Engineer"
VPC = "staging"
SAMPLE_HOST = "storefront."  # of the database's name in the sample URL


class Elsewhere:
    def __init__(self, world):
        self.world = world
        answer = world.client("sts").assume_role(RoleArn=ROLE, RoleSessionName="elsewhere")
        self.keys = answer["Credentials"]
        self._clients = {}

    def environment(self):
        """Environment of whoever works there: keys of a session and no profile."""
        return {
            "AWS_ACCESS_KEY_ID": self.keys["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": self.keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": self.keys["SessionToken"],
        }  # fmt: skip

    def client(self, service):
        if service not in self._clients:
            config = Config(retries={"total_max_attempts": 1}, read_timeout=30)
            session = boto3.session.Session(
                self.keys["AccessKeyId"], self.keys["SecretAccessKey"], self.keys["SessionToken"], region_name=REGION
            )
            self._clients[service] = session.client(service, endpoint_url=self.world.url, config=config)
        return self._clients[service]

    def vpc(self, name=VPC):
        """Its id and those of its private subnets."""
        ec2 = self.client("ec2")
        (vpc,) = ec2.describe_vpcs(Filters=[{"Name": "tag:Name", "Values": [name]}])["Vpcs"]
        found = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
        names = {one["SubnetId"]: {t["Key"]: t["Value"] for t in one["Tags"]}["Name"] for one in found}
        return vpc["VpcId"], sorted(one for one, name in names.items() if "private" in name)

    def database(self, name, vpc, subnets):
        """A PostgreSQL in that VPC with the sample's contents: (its URL, its security group)."""
        ec2, rds = self.client("ec2"), self.client("rds")
        group = ec2.create_security_group(GroupName=name, Description="PostgreSQL", VpcId=vpc)["GroupId"]
        rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="private", SubnetIds=subnets)
        rds.create_db_instance(
            DBInstanceIdentifier=name, DBInstanceClass="db.t4g.medium", Engine="postgres", AllocatedStorage=50,
            MasterUsername="storefront_admin", MasterUserPassword="not-the-real-one", DBName="storefront",
            DBSubnetGroupName=name, VpcSecurityGroupIds=[group], PubliclyAccessible=False,
        )  # fmt: skip
        self.world.until(
            f"the database {name} is there",
            lambda: self._database(name)["DBInstanceStatus"] == "available", 120,
        )  # fmt: skip
        url = self.world.env["POSTGRESQL_URL"].replace(f"@{SAMPLE_HOST}", f"@{name}.")
        assert f"@{name}." in url
        return url, group

    def _database(self, name):
        return self.client("rds").describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
