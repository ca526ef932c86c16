"""A small assembly in the form that CDK writes: one stack with a table, an API and a state machine."""

import json
from pathlib import Path

_HANDLERS = "tests.integration.local.toy_handlers"
_ROLE = {"Fn::GetAtt": ["Role", "Arn"]}


def write(folder: Path) -> Path:
    """Write the assembly."""
    properties = {"templateFile": "Toy.template.json"}
    manifest = {"artifacts": {"Toy": {"type": "aws:cloudformation:stack", "properties": properties}}}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "Toy.template.json").write_text(json.dumps({"Resources": _RESOURCES}))
    return folder


def _function(name: str) -> dict:
    properties = {
        "Code": {"ZipFile": "unused"},
        "Handler": f"{_HANDLERS}.{name}",
        "Role": _ROLE,
        "Runtime": "python3.14",
        "Environment": {"Variables": {"GREETING": "hello"}},
    }
    return {"Type": "AWS::Lambda::Function", "Properties": properties}


def _uri(function: str) -> dict:
    start = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/"
    return {"Fn::Join": ["", [start, {"Fn::GetAtt": [function, "Arn"]}, "/invocations"]]}


def _method(resource: object, function: str) -> dict:
    integration = {"Type": "AWS_PROXY", "IntegrationHttpMethod": "POST", "Uri": _uri(function)}
    properties = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": resource,
        "HttpMethod": "POST",
        "AuthorizationType": "AWS_IAM",
        "Integration": integration,
    }
    return {"Type": "AWS::ApiGateway::Method", "Properties": properties}


_MACHINE = {
    "StartAt": "Work",
    "States": {
        "Work": {
            "Type": "Task",
            "Resource": "arn:aws:states:::lambda:invoke",
            "Parameters": {"FunctionName": "${Work}", "Payload.$": "$"},
            "End": True,
        }
    },
}
_RESOURCES = {
    "Role": {"Type": "AWS::IAM::Role", "Properties": {"AssumeRolePolicyDocument": {"Version": "2012-10-17"}}},
    "Echo": _function("echo"),
    "Work": _function("work"),
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "TableName": "toy",
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    },
    "Bucket": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "toy-bucket"}},
    "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": "toy"}},
    "Method": _method({"Fn::GetAtt": ["Api", "RootResourceId"]}, "Echo"),
    "Machine": {
        "Type": "AWS::StepFunctions::StateMachine",
        "Properties": {
            "StateMachineName": "toy",
            "RoleArn": _ROLE,
            "DefinitionString": {"Fn::Sub": [json.dumps(_MACHINE), {"Work": {"Fn::GetAtt": ["Work", "Arn"]}}]},
        },
    },
}
