"""Containers for steps that outgrow a function: none by default; the function's code, variables and role in them."""

import json
import re

from tastemaker.config import Config, environment
from tastemaker_local.costs import bills, deployments
from tests.infra.assembly import KEY, STACKS
from tests.infra.containers import container, granted, kinds, tasks, variables
from tests.permissions.grants import read
from tests.permissions.templates import Texts

# What a container has beside the function's variables: Lambda sets the region itself, and has the assets there.
OWN = {"AWS_REGION", "TASTEMAKER_ASSETS"}
# AWS Batch gives ECS a command with its parameters as an override; ECS takes no more of those ("RunTask").
MOST_CHARACTERS = 8_192


def filled_in(assembly):
    """The variables of a container, as CloudFormation fills them in."""
    texts = Texts(read(assembly.folder))
    return {name: texts.of(value) for name, value in variables(assembly).items()}


def trusts(assembly):
    """Every statement of the roles' trust policies that lets containers act under them, by the role."""
    return {
        name: statement
        for name, role in assembly.resources("IAM::Role").items()
        for statement in role["Properties"]["AssumeRolePolicyDocument"]["Statement"]
        if statement["Principal"] == {"Service": "ecs-tasks.amazonaws.com"}
    }


def test_by_default_there_is_nothing_of_them(assembly):
    text = "".join(json.dumps(assembly.template(stack)) for stack in STACKS)

    assert [kind for kind in kinds(assembly) if kind.startswith(("AWS::Batch::", "AWS::EC2::"))] == []
    assert trusts(assembly) == {}
    assert [action for action, _ in granted(assembly) if action.startswith("batch:")] == []
    assert "OPENBLAS_CORETYPE" not in text
    assert "JOB_QUEUE" not in text


def test_queue_and_definition_are_called_as_the_function_was_told(containers_assembly):
    [queue] = containers_assembly.properties("Batch::JobQueue")
    [definition] = containers_assembly.properties("Batch::JobDefinition")
    [(name, _)] = containers_assembly.resources("Batch::ComputeEnvironment").items()
    told = tasks(containers_assembly)["Environment"]["Variables"]

    assert told["TASTEMAKER_JOB_QUEUE"] == queue["JobQueueName"]
    assert told["TASTEMAKER_JOB_DEFINITION"] == definition["JobDefinitionName"]
    assert queue["ComputeEnvironmentOrder"] == [{"ComputeEnvironment": {"Ref": name}, "Order": 1}]
    assert definition["PlatformCapabilities"] == ["FARGATE"]


def test_no_other_function_submits_jobs(containers_assembly):
    able = [name for name, policy in containers_assembly.policies().items() if '"batch:' in json.dumps(policy)]
    told = [
        one["FunctionName"]
        for one in containers_assembly.properties("Lambda::Function")
        if "TASTEMAKER_JOB_QUEUE" in one["Environment"]["Variables"]
    ]

    assert [name.partition("Role")[0] for name in able] == ["FunctionsTasks"]
    assert told == ["tastemaker-tasks"]


def test_a_container_works_as_the_task_function_under_the_role_that_customers_name(containers_assembly):
    outputs = containers_assembly.template("TastemakerService")["Outputs"]
    role = container(containers_assembly)["JobRoleArn"]

    assert role == tasks(containers_assembly)["Role"] == outputs["TaskRoleArn"]["Value"]
    [lasting] = [name for name in containers_assembly.resources("IAM::Role", ["TastemakerState"]) if name in str(role)]
    assert trusts(containers_assembly)[lasting] == {
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}},
        "Effect": "Allow",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    }


def test_what_starts_containers_may_write_their_log_and_nothing_else(containers_assembly):
    [starting] = [name for name in trusts(containers_assembly) if name.startswith("Containers")]
    [policy] = [
        one["PolicyDocument"]
        for one in containers_assembly.properties("IAM::Policy")
        if one["Roles"] == [{"Ref": starting}]
    ]
    group = container(containers_assembly)["LogConfiguration"]["Options"]["awslogs-group"]

    assert container(containers_assembly)["ExecutionRoleArn"] == {"Fn::GetAtt": [starting, "Arn"]}
    assert [(one["Action"], one["Resource"]) for one in policy["Statement"]] == [
        (["logs:CreateLogStream", "logs:PutLogEvents"], {"Fn::GetAtt": [group["Ref"], "Arn"]})
    ]


def test_a_container_has_the_functions_variables_its_region_and_where_its_code_is(containers_assembly):
    given = variables(containers_assembly)

    assert {name: given[name] for name in given.keys() - OWN} == tasks(containers_assembly)["Environment"]["Variables"]
    assert given.keys() >= OWN
    assert given["AWS_REGION"] == {"Ref": "AWS::Region"}


def test_both_calculate_alike(containers_assembly):
    """Otherwise each takes the way of the processor that it happens to get, and rounds otherwise."""
    told = {name: one for name, one in filled_in(containers_assembly).items() if name.startswith("OPENBLAS")}

    assert told == {"OPENBLAS_CORETYPE": "NEOVERSEN1"}


def test_config_can_be_read_in_a_container(containers_assembly):
    token = environment.set(filled_in(containers_assembly))

    try:
        config = Config.from_env()
    finally:
        environment.reset(token)

    assert (config.region, config.account, config.job_queue) == ("us-east-1", "123456789012", "tastemaker-jobs")


def test_its_code_and_layers_are_those_of_the_function_in_their_order(containers_assembly):
    function, layers = tasks(containers_assembly), containers_assembly.resources("Lambda::LayerVersion")
    contents = [layers[layer["Ref"]]["Properties"]["Content"] for layer in function["Layers"]]

    assets = json.loads(filled_in(containers_assembly)["TASTEMAKER_ASSETS"])

    texts = Texts(read(containers_assembly.folder))
    assert len(assets) == 4
    assert assets == [[texts.of(one["S3Bucket"]), one["S3Key"]] for one in [function["Code"], *contents]]


def test_the_image_is_public_and_for_the_functions_processor(containers_assembly):
    image, platform = (container(containers_assembly)[name] for name in ("Image", "RuntimePlatform"))
    version = tasks(containers_assembly)["Runtime"].removeprefix("python")

    assert isinstance(image, str)  # nothing of an account or region is filled in
    assert image.startswith("public.ecr.aws/")
    assert not re.search(r"\d{12}", image)
    assert image.endswith("-arm64")
    assert platform == {"CpuArchitecture": "ARM64", "OperatingSystemFamily": "LINUX"}
    assert f"python{version}:" in image
    assert container(containers_assembly)["Command"][0] == f"python{version}"


def test_the_command_is_short_enough_and_ends_with_what_a_job_is_to_do(containers_assembly):
    [definition] = containers_assembly.properties("Batch::JobDefinition")
    *_, document = command = container(containers_assembly)["Command"]

    assert document == "Ref::document"
    assert definition["Parameters"] == {"document": "-"}
    assert len(json.dumps(command)) < MOST_CHARACTERS / 2


def test_nothing_comes_into_the_network_and_https_alone_goes_out(containers_assembly):
    [group] = containers_assembly.properties("EC2::SecurityGroup")
    [rule] = group["SecurityGroupEgress"]

    assert "SecurityGroupIngress" not in group
    assert (rule["IpProtocol"], rule["FromPort"], rule["ToPort"]) == ("tcp", 443, 443)
    assert not {"AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"} & kinds(containers_assembly)
    [(name, _)] = containers_assembly.resources("EC2::SecurityGroup").items()
    [resources] = [one["ComputeResources"] for one in containers_assembly.properties("Batch::ComputeEnvironment")]
    assert resources["SecurityGroupIds"] == [{"Fn::GetAtt": [name, "GroupId"]}]
    assert resources["Subnets"] == [{"Ref": name} for name in containers_assembly.resources("EC2::Subnet")]


def test_the_network_reaches_aws_without_what_costs_by_the_hour(containers_assembly):
    endpoints = containers_assembly.properties("EC2::VPCEndpoint")
    services = [one["ServiceName"]["Fn::Join"][1][-1] for one in endpoints]
    routes = {one["RouteTableId"]["Ref"] for one in containers_assembly.properties("EC2::SubnetRouteTableAssociation")}

    assert not {"AWS::EC2::NatGateway", "AWS::EC2::EIP", "AWS::EC2::Instance"} & kinds(containers_assembly)
    assert services == [".s3", ".dynamodb"]
    assert {one.get("VpcEndpointType", "Gateway") for one in endpoints} == {"Gateway"}  # as CloudFormation's default
    assert [{each["Ref"] for each in one["RouteTableIds"]} for one in endpoints] == [routes] * 2
    assert container(containers_assembly)["NetworkConfiguration"] == {"AssignPublicIp": "ENABLED"}


def test_what_it_says_is_kept_as_long_as_what_functions_say(assembly, containers_assembly):
    groups, others = (each.resources("Logs::LogGroup") for each in (containers_assembly, assembly))
    [group] = [groups[name] for name in groups.keys() - others.keys()]

    assert group["Properties"] == {"LogGroupName": "/aws/batch/tastemaker-job", "RetentionInDays": 30}
    assert group["DeletionPolicy"] == "Delete"
    assert container(containers_assembly)["LogConfiguration"]["LogDriver"] == "awslogs"


def test_a_key_of_the_deployments_own_is_on_its_log(closed_assembly):
    name = container(closed_assembly)["LogConfiguration"]["Options"]["awslogs-group"]["Ref"]

    assert closed_assembly.resources("Logs::LogGroup")[name]["Properties"]["KmsKeyId"] == KEY


def test_they_are_allowed_what_they_take_and_nothing_else_is(assembly, containers_assembly):
    """AWS Batch makes the ids of jobs and the numbers of revisions; it has no resources for lists."""
    assets = json.loads(filled_in(containers_assembly)["TASTEMAKER_ASSETS"])
    [before, after] = (granted(each) for each in (assembly, containers_assembly))

    assert before - after == set()
    assert after - before == {
        ("batch:SubmitJob", "batch:job-queue/tastemaker-jobs"),
        ("batch:SubmitJob", "batch:job-definition/tastemaker-job"),
        ("batch:SubmitJob", "batch:job-definition/tastemaker-job:*"),
        ("batch:TerminateJob", "batch:job/*"),
        ("batch:ListJobs", "*"),
        ("batch:DescribeJobs", "*"),
        ("logs:CreateLogStream", "logs:log-group:/aws/batch/tastemaker-job:*"),
        ("logs:PutLogEvents", "logs:log-group:/aws/batch/tastemaker-job:*"),
        *(("s3:GetObject", f"s3:{bucket}/{key}") for bucket, key in assets),
    }


def test_nothing_runs_before_a_job_is_there(containers_assembly):
    [environment_] = containers_assembly.properties("Batch::ComputeEnvironment")
    resources = environment_["ComputeResources"]

    assert (environment_["Type"], resources["Type"]) == ("MANAGED", "FARGATE")
    assert not {"MinvCpus", "DesiredvCpus"} & resources.keys()


def test_it_costs_nothing_idle(assembly, containers_assembly):
    idle = [list(bills.idle(deployments.read(each.folder))) for each in (assembly, containers_assembly)]

    assert idle[0] == idle[1]
    assert kinds(containers_assembly) - kinds(assembly) == {
        *(f"AWS::Batch::{kind}" for kind in ("ComputeEnvironment", "JobDefinition", "JobQueue")),
        *(f"AWS::EC2::{kind}" for kind in ("VPC", "InternetGateway", "VPCGatewayAttachment", "VPCEndpoint")),
        *(f"AWS::EC2::{kind}" for kind in ("RouteTable", "Route", "Subnet", "SubnetRouteTableAssociation")),
        "AWS::EC2::SecurityGroup",
    }
