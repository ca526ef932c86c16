"""A network that costs nothing idle: two public subnets without NAT, from which S3 and DynamoDB are reached inside."""

from typing import Final

from aws_cdk import Aws, Fn
from aws_cdk import aws_ec2 as ec2
from constructs import Construct

from infra.nag import acknowledge
from infra.names import Names

# Nothing else is in it, so it may overlap with any other network.
_NETWORK: Final = "10.0.0.0/24"
_SUBNETS: Final = ("10.0.0.0/25", "10.0.0.128/25")
_ANYWHERE: Final = "0.0.0.0/0"


class Network(Construct):
    """Containers have an address of their own on the internet, from which nobody can reach them."""

    def __init__(self, scope: Construct, construct_id: str, *, names: Names) -> None:
        super().__init__(scope, construct_id)
        self._vpc = ec2.CfnVPC(self, "Vpc", cidr_block=_NETWORK, enable_dns_hostnames=True, enable_dns_support=True)
        self._vpc.tags.set_tag("Name", names.of("jobs"))
        acknowledge(
            self._vpc,
            "AwsSolutions-VPC7",
            "Containers take no connections and call AWS alone, which CloudTrail tells of. Flow logs cost by the GB.",
        )
        routes = self._routes()
        self.subnets = [self._subnet(number, block, routes) for number, block in enumerate(_SUBNETS)]
        for service in ("s3", "dynamodb"):
            ec2.CfnVPCEndpoint(
                self,
                service.capitalize(),
                vpc_id=self._vpc.ref,
                service_name=f"com.amazonaws.{Aws.REGION}.{service}",
                route_table_ids=[routes.ref],
            )
        self.security_group = ec2.CfnSecurityGroup(
            self,
            "SecurityGroup",
            group_description="Containers of Tastemaker: nothing comes in, HTTPS goes out",
            vpc_id=self._vpc.ref,
            security_group_egress=[
                ec2.CfnSecurityGroup.EgressProperty(
                    ip_protocol="tcp", from_port=443, to_port=443, cidr_ip=_ANYWHERE, description="AWS, and the image"
                )
            ],
        )

    def _routes(self) -> ec2.CfnRouteTable:
        gateway = ec2.CfnInternetGateway(self, "Gateway")
        attached = ec2.CfnVPCGatewayAttachment(
            self, "Attachment", vpc_id=self._vpc.ref, internet_gateway_id=gateway.ref
        )
        routes = ec2.CfnRouteTable(self, "Routes", vpc_id=self._vpc.ref)
        out = ec2.CfnRoute(
            self, "Out", route_table_id=routes.ref, destination_cidr_block=_ANYWHERE, gateway_id=gateway.ref
        )
        out.add_resource_dependency(attached)
        return routes

    def _subnet(self, number: int, block: str, routes: ec2.CfnRouteTable) -> ec2.CfnSubnet:
        subnet = ec2.CfnSubnet(
            self,
            f"Subnet{number}",
            vpc_id=self._vpc.ref,
            cidr_block=block,
            availability_zone=Fn.select(number, Fn.get_azs()),
        )
        ec2.CfnSubnetRouteTableAssociation(
            self, f"Association{number}", subnet_id=subnet.ref, route_table_id=routes.ref
        )
        return subnet
