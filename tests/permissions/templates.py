"""The two synthesized templates as one text: what `Ref`, `Fn::GetAtt` and their kin stand for in account and region."""

import re
from collections.abc import Mapping
from typing import Any

ACCOUNT, REGION, PARTITION = "123456789012", "us-east-1", "aws"
_PSEUDO = {
    "AWS::Partition": PARTITION,
    "AWS::Region": REGION,
    "AWS::AccountId": ACCOUNT,
    "AWS::URLSuffix": "amazonaws.com",
}
# By type: the property that names a resource, and its ARN after the region.
_ARNS = {
    "AWS::Lambda::Function": ("FunctionName", "lambda:{place}:function:{name}"),
    "AWS::StepFunctions::StateMachine": ("StateMachineName", "states:{place}:stateMachine:{name}"),
    "AWS::Logs::LogGroup": ("LogGroupName", "logs:{place}:log-group:{name}:*"),
    "AWS::DynamoDB::Table": ("TableName", "dynamodb:{place}:table/{name}"),
    "AWS::S3::Bucket": ("BucketName", "s3:::{name}"),
    "AWS::EMRServerless::Application": ("Name", "emr-serverless:{place}:/applications/{name}"),
    "AWS::Batch::JobDefinition": ("JobDefinitionName", "batch:{place}:job-definition/{name}"),
}
_PLACE = f"{REGION}:{ACCOUNT}"
Template = dict[str, Any]


class Texts:
    """What values of the templates come to.

    A role or an API, whose name CloudFormation makes, is its logical id; an id that AWS gives is the name.
    """

    def __init__(self, templates: Mapping[str, Template]) -> None:
        self._templates = templates
        outputs = (each for template in templates.values() for each in template.get("Outputs", {}).values())
        self._exports = {each["Export"]["Name"]: each["Value"] for each in outputs if "Export" in each}

    def of(self, value: Any) -> str:
        """Return a value as CloudFormation would fill it in."""
        if not isinstance(value, dict):
            return str(value)
        [(function, given)] = value.items()
        return str(getattr(self, f"_{function.removeprefix('Fn::').lower()}")(given))

    def name(self, logical_id: str) -> str:
        """Return a resource's own name, or its logical id."""
        resource = self._resource(logical_id)
        own = resource.get("Properties", {}).get(_ARNS.get(resource["Type"], ("",))[0])
        return self.of(own) if own else logical_id

    def _resource(self, logical_id: str) -> dict[str, Any]:
        return next(
            each["Resources"][logical_id] for each in self._templates.values() if logical_id in each["Resources"]
        )

    def _ref(self, name: str) -> str:
        if name in _PSEUDO:
            return _PSEUDO[name]
        resource = self._resource(name)
        if resource["Type"] == "AWS::StepFunctions::StateMachine":
            return self._arn(name)
        return str(resource["Properties"].get("StageName", self.name(name)))

    def _getatt(self, given: list[str]) -> str:
        logical_id, attribute = given
        if attribute == "ApplicationId":
            return self.name(logical_id)
        return self._arn(logical_id) + ("/stream/now" if attribute == "StreamArn" else "")

    def _arn(self, logical_id: str) -> str:
        kind = self._resource(logical_id)["Type"]
        form = _ARNS[kind][1] if kind in _ARNS else f"iam::{ACCOUNT}:role/{{name}}"
        return f"arn:{PARTITION}:" + form.format(place=_PLACE, name=self.name(logical_id))

    def _join(self, given: list[Any]) -> str:
        separator, parts = given
        return str(separator).join(map(self.of, parts))

    def _sub(self, text: str) -> str:
        return re.sub(r"\$\{([^}]+)\}", lambda hole: self._ref(hole[1]), text)

    def _importvalue(self, name: Any) -> str:
        return self.of(self._exports[self.of(name)])

    def _select(self, given: list[Any]) -> str:
        index, split = given
        separator, text = split["Fn::Split"]
        return self.of(text).split(separator)[int(index)]
