"""The templates are safe: who may call, who may do what, how data is kept."""

import ast
import json
from fnmatch import fnmatch

import botocore.session
import pytest
from botocore import xform_name

from tastemaker.domain.insights import comparison_key, key_of
from tastemaker.pipelines.datasets.snapshots import MANIFEST, folder_of
from tastemaker.pipelines.insights.snapshot import ids_key
from tastemaker.pipelines.places import batches_folder, figures_folder, imports_folder
from tests.infra.assembly import ROOT


def test_every_method_asks_for_iam_credentials(assembly):
    methods = assembly.properties("ApiGateway::Method")

    assert len(methods) == 15
    assert {method["AuthorizationType"] for method in methods} == {"AWS_IAM"}
    assert {method["Integration"]["Type"] for method in methods} == {"AWS_PROXY"}


def test_the_routes_are_those_of_the_three_services_and_our_own(assembly):
    resources = assembly.resources("ApiGateway::Resource")

    assert {resource["Properties"]["PathPart"] for resource in resources.values()} == {
        *("events", "items", "users", "actions", "action-interactions"),
        *("recommendations", "personalize-ranking", "action-recommendations"),
        *("replays", "logged-answers", "filter-explanations"),  # our own
        *("item-searches", "user-searches", "user-histories"),  # and of the console
    }


def test_the_stage_is_logged_and_throttled(assembly):
    (stage,) = assembly.properties("ApiGateway::Stage")
    (settings,) = stage["MethodSettings"]

    assert stage["StageName"] == "prod"
    assert "$context.identity.caller" in stage["AccessLogSetting"]["Format"]
    assert settings["ThrottlingRateLimit"] == 500
    assert settings["DataTraceEnabled"] is False


def test_no_statement_allows_an_action_by_wildcard(assembly):
    assert [statement for statement in assembly.statements() if "*" in "".join(statement["Action"])] == []


def test_no_function_may_assume_roles_by_a_policy_of_its_own(assembly):
    """A role's trust in the task role is enough; with more, every role that trusts the account could be assumed."""
    assert [one for one in assembly.statements() if "sts:AssumeRole" in one["Action"]] == []


def wildcards(assembly):
    """The actions that are allowed on more than one resource that is named."""
    return {
        action
        for statement in assembly.statements()
        if "*" in json.dumps(statement["Resource"])
        for action in statement["Action"]
    }


def test_x_ray_is_told_nothing_and_granted_nothing_unless_the_settings_ask_for_it(assembly, open_assembly):
    stages = [each.properties("ApiGateway::Stage")[0] for each in (assembly, open_assembly)]
    machines = [each.properties("StepFunctions::StateMachine") for each in (assembly, open_assembly)]
    granted = [
        {action for one in each.statements() for action in one["Action"] if action.startswith("xray:")}
        for each in (assembly, open_assembly)
    ]

    assert [stage["TracingEnabled"] for stage in stages] == [False, True]
    assert [{one["TracingConfiguration"]["Enabled"] for one in each} for each in machines] == [{False}, {True}]
    telling = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
    assert granted == [set(), telling | {"xray:GetSamplingRules", "xray:GetSamplingTargets"}]
    assert wildcards(open_assembly) - wildcards(assembly) == granted[1]


def test_wildcard_resources_are_only_those_that_a_reason_was_written_for(assembly):

    assert wildcards(assembly) == {
        *("logs:CreateLogDelivery", "logs:GetLogDelivery", "logs:UpdateLogDelivery", "logs:DeleteLogDelivery"),
        *("logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:DescribeResourcePolicies"),
        "logs:DescribeLogGroups",
        *("s3:GetObject", "s3:PutObject", "s3:DeleteObjectVersion", "s3:AbortMultipartUpload"),
        *("kms:Decrypt", "kms:GenerateDataKey", "dynamodb:ListStreams", "cloudwatch:GetMetricStatistics"),
        *("states:DescribeExecution", "lambda:InvokeFunction"),
    }


@pytest.mark.parametrize(
    ("function", "services"),
    [
        ("FunctionsControl", {"logs", "dynamodb", "s3", "states", "kms"}),
        ("FunctionsEvents", {"logs", "dynamodb", "kms"}),
        ("FunctionsRuntime", {"logs", "dynamodb", "s3", "kms", "lambda"}),
        ("FunctionsTasks", {"logs", "dynamodb", "s3", "states", "kms", "cloudwatch"}),
        ("Announcements", {"logs", "dynamodb", "events"}),
        ("Provider", {"logs", "states", "execute-api"}),
    ],
)
def test_a_function_reaches_no_more_services_than_it_needs(assembly, function, services):
    (policy,) = [
        policy
        for name, policy in assembly.policies().items()
        if name.startswith((f"{function}Role", f"{function}AnnouncementsRole"))
    ]
    actions = [action for one in policy["Statement"] for action in _listed(one["Action"])]

    assert {action.split(":")[0] for action in actions} == services


def test_a_callers_key_is_used_only_through_s3_or_for_data_keys(assembly):
    of_keys = [one for one in assembly.statements() if any(action.startswith("kms:") for action in one["Action"])]

    conditions = [json.dumps(one["Condition"]) for one in of_keys]
    assert len(conditions) == 6
    assert all("kms:ViaService" in one or "kms:EncryptionContext:tastemaker-dataset-group" in one for one in conditions)
    writers = [one for one in of_keys if "kms:GenerateDataKey" in one["Action"]]
    assert len(writers) == 1


def test_the_runtime_and_the_control_function_cannot_write_models(assembly):
    writers = {name for name, policy in assembly.policies().items() if "s3:PutObject" in json.dumps(policy)}

    assert len(writers) == 1
    assert writers.pop().startswith("FunctionsTasks")


def test_the_control_function_counts_what_was_put_and_reads_only_numbers_of_the_data(assembly):
    (policy,) = [policy for name, policy in assembly.policies().items() if name.startswith("FunctionsControlRole")]
    of_events = [one for one in policy["Statement"] if "tastemaker-events" in json.dumps(one)]
    of_data = [
        "".join(part for part in resource["Fn::Join"][1] if isinstance(part, str))
        for one in policy["Statement"]
        for resource in _listed(one["Resource"])
        if "tastemaker-data-" in json.dumps(resource)
    ]

    assert [(one["Action"], one["Condition"]) for one in of_events] == [
        ("dynamodb:Query", {"StringEquals": {"dynamodb:Select": "COUNT"}})
    ]
    readable, figures = sorted((resource.partition("-/")[2] for resource in of_data), reverse=True)
    manifest = f"{folder_of('arn:aws:personalize:us-east-1:123456789012:dataset/shop/ITEMS', '0a1b')}/{MANIFEST}"
    assert fnmatch(key_of(manifest), readable)
    assert fnmatch(comparison_key(manifest, manifest), readable)
    assert not fnmatch(ids_key(manifest), readable)
    assert not fnmatch(manifest, readable)
    attribution = "arn:aws:personalize:us-east-1:123456789012:metric-attribution/figures"
    assert fnmatch(f"{figures_folder(attribution)}1.json", figures)
    assert not fnmatch(f"{batches_folder(attribution)}1.json", figures)
    assert not fnmatch(f"{imports_folder(attribution)}1/2.json", figures)


def test_the_roles_that_customers_name_outlive_the_service(assembly):
    lasting = assembly.resources("IAM::Role", ["TastemakerState"])
    functions = assembly.resources("Lambda::Function", ["TastemakerService"])
    outputs = assembly.template("TastemakerService")["Outputs"]

    assert {
        role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"]["Service"]
        for role in lasting.values()
    } == {"lambda.amazonaws.com"}
    named = json.dumps([outputs["TaskRoleArn"], outputs["KeyRoleArns"]])
    for name in lasting:
        assert f"TastemakerState:ExportsOutputFnGetAtt{name}Arn" in named
    imported = [
        one["Properties"]["Role"] for one in functions.values() if "Fn::ImportValue" in one["Properties"]["Role"]
    ]
    assert len(imported) == len(lasting) == 4


def test_state_machines_are_started_by_those_who_must(assembly):
    starters = {
        name.partition("Role")[0]: _started(policy)
        for name, policy in assembly.policies().items()
        if "states:StartExecution" in json.dumps(policy)
    }

    (rule,) = [name for name in starters if "Schedule" in name]
    assert starters.keys() == {"FunctionsControl", "FunctionsTasks", "Provider", rule}
    machines = {one["StateMachineName"] for one in assembly.properties("StepFunctions::StateMachine")}
    assert starters["Provider"] == {"tastemaker-provider"}
    assert starters["FunctionsTasks"] == machines - {"tastemaker-schedule", "tastemaker-provider"}
    assert len(starters["FunctionsControl"]) == len(starters["FunctionsTasks"])
    (one,) = starters[rule]
    assert "Schedule" in one
    assert "Schedule" not in "".join(starters["FunctionsControl"])


def test_tables_are_granted_exactly_what_the_adapters_call(assembly):
    operations = botocore.session.get_session().get_service_model("dynamodb").operation_names
    by_method = {xform_name(name): f"dynamodb:{name}" for name in operations}

    # A transaction is allowed by the rights to its parts.
    used = {by_method[name] for name in _names_in_the_adapters() & by_method.keys()} - {"dynamodb:TransactWriteItems"}
    granted = {action for statement in assembly.statements() for action in statement["Action"]}

    # Lambda itself reads the stream, with the rights of the function that it calls.
    stream = {f"dynamodb:{name}" for name in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
    assert used == {action for action in granted if action.startswith("dynamodb:")} - stream


def test_buckets_are_private_encrypted_versioned_and_speak_tls_only(assembly):
    buckets = assembly.properties("S3::Bucket")
    policies = assembly.properties("S3::BucketPolicy")

    assert len(buckets) == len(policies) == 2
    for bucket in buckets:
        assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}
        assert "BucketEncryption" in bucket
    for policy in policies:
        denied = [one["Condition"] for one in policy["PolicyDocument"]["Statement"] if one["Effect"] == "Deny"]
        assert {"Bool": {"aws:SecureTransport": "false"}} in denied
        assert {"NumericLessThan": {"s3:TlsVersion": 1.2}} in denied


def test_tables_are_on_demand_recoverable_and_encrypted(assembly):
    tables = assembly.properties("DynamoDB::Table")

    assert len(tables) == 4
    for table in tables:
        assert table["BillingMode"] == "PAY_PER_REQUEST"
        # The log of answers holds users for days; its backups would for weeks.
        is_kept = table["TableName"] != "tastemaker-answers"
        assert table["PointInTimeRecoverySpecification"] == {"PointInTimeRecoveryEnabled": is_kept}
        assert table["SSESpecification"] == {"SSEEnabled": True}
        assert table["DeletionProtectionEnabled"] is True


def test_only_the_log_of_answers_forgets_by_itself(assembly):
    expiring = {
        table["TableName"]: table["TimeToLiveSpecification"]
        for table in assembly.properties("DynamoDB::Table")
        if "TimeToLiveSpecification" in table
    }

    assert expiring == {"tastemaker-answers": {"AttributeName": "expires", "Enabled": True}}


def test_the_log_of_answers_is_written_by_the_runtime_and_looked_up_by_events(assembly):
    granted = {
        name.partition("Role")[0]: {
            action
            for one in policy["Statement"]
            if "table/tastemaker-answers" in json.dumps(one["Resource"])
            for action in _listed(one["Action"])
        }
        for name, policy in assembly.policies().items()
    }

    assert {name: actions for name, actions in granted.items() if actions} == {
        "FunctionsEvents": {"dynamodb:GetItem"},
        "FunctionsRuntime": {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"},
        "FunctionsTasks": {"dynamodb:BatchGetItem", "dynamodb:BatchWriteItem", "dynamodb:Query"},
    }


def test_single_items_are_got_from_tables_and_never_from_indexes(assembly):
    got = [one for one in assembly.statements() if "dynamodb:GetItem" in one["Action"]]

    assert got
    assert [one for one in got if "/index/" in json.dumps(one["Resource"])] == []


def test_everything_in_the_state_stack_that_holds_data_is_retained(assembly):
    for kind in ("DynamoDB::Table", "S3::Bucket"):
        for resource in assembly.resources(kind).values():
            assert resource["UpdateReplacePolicy"] == "Retain"
            # A creation that fails half way leaves nothing that would stand in the way of the next.
            assert resource["DeletionPolicy"] == "RetainExceptOnCreate"


def test_the_service_stack_retains_only_the_accounts_logging_role_and_versions(assembly):
    resources = assembly.template("TastemakerService")["Resources"].values()

    retained = {resource["Type"] for resource in resources if resource.get("DeletionPolicy") == "Retain"}

    # Another API of the account may log through it; models of before are answered by versions of before.
    assert retained == {"AWS::ApiGateway::Account", "AWS::IAM::Role", "AWS::Lambda::Version"}


def test_every_log_group_ends(assembly):
    groups = assembly.resources("Logs::LogGroup").values()

    assert len(groups) == 18
    assert {group["Properties"]["RetentionInDays"] for group in groups} == {30}
    assert {group["DeletionPolicy"] for group in groups} == {"Delete"}


def test_no_custom_resource_is_needed(assembly):
    kinds = {
        resource["Type"]
        for stack in ("TastemakerState", "TastemakerService")
        for resource in assembly.template(stack)["Resources"].values()
    }

    assert not [kind for kind in kinds if kind.startswith("Custom::") or "CustomResource" in kind]


def test_the_provider_calls_the_control_plane_and_no_other_path_of_the_api(assembly):
    [statement] = [one for one in assembly.statements() if "execute-api:Invoke" in one["Action"]]

    [resource] = statement["Resource"]
    assert resource["Fn::Join"][1][-1] == "/POST/"
    assert assembly.template("TastemakerService")["Outputs"]["ProviderArn"]


def test_five_alarms_watch_what_a_user_feels(assembly):
    alarms = assembly.resources("CloudWatch::Alarm")

    assert {resource["Properties"]["AlarmDescription"] for resource in alarms.values()} == {
        "The API answered with 5xx: see docs/runbooks.md#servererrors",
        "Recommendations are slow: see docs/runbooks.md#slowanswers",
        "An import, training or deployment failed: see docs/runbooks.md#failedworkflows",
        "Lambda refused invocations: see docs/runbooks.md#throttles",
        "Changed statuses are not announced: see docs/runbooks.md#lateannouncements",
    }


def test_news_that_are_not_taken_grow_old_and_ring(assembly):
    """Lambda tries a failed batch of the stream again until it is taken, so one metric tells of failing and lagging."""
    [alarm] = [
        one for one in assembly.properties("CloudWatch::Alarm") if "lateannouncements" in one["AlarmDescription"]
    ]

    [dimension] = alarm["Dimensions"]
    assert (alarm["Namespace"], alarm["MetricName"], alarm["Statistic"]) == ("AWS/Lambda", "IteratorAge", "Maximum")
    assert "Announcements" in dimension["Value"]["Ref"]
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (300_000, 300, 1)


def test_a_dashboard_is_there_for_whoever_asks_and_named_by_its_region(assembly, open_assembly):
    [dashboard] = open_assembly.properties("CloudWatch::Dashboard")

    assert assembly.properties("CloudWatch::Dashboard") == []
    assert dashboard["DashboardName"] == {
        "Fn::Join": ["", ["tastemaker-", {"Ref": "AWS::Region"}]]
    }  # an account's names


def test_an_alarm_over_several_metrics_counts_those_that_say_nothing_as_none(assembly):
    """CloudWatch adds nothing up where one of them has no value, and takes ten metrics in an alarm."""
    sums = [alarm["Metrics"] for alarm in assembly.properties("CloudWatch::Alarm") if "Metrics" in alarm]

    assert len(sums) == 2
    for [*own] in sums:
        [expression] = [one["Expression"] for one in own if "Expression" in one]
        metrics = [one["Id"] for one in own if "Expression" not in one]
        assert len(metrics) <= 10
        assert expression == " + ".join(f"FILL({name}, 0)" for name in metrics)


def _started(document):
    """The state machines that a policy lets its role start, by name or logical id."""
    resources = [
        resource
        for statement in document["Statement"]
        if "states:StartExecution" in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]
    return {one["Ref"] if "Ref" in one else one["Fn::Join"][1][-1].rpartition(":")[2] for one in resources}


def _listed(value):
    return value if isinstance(value, list) else [value]


def _names_in_the_adapters():
    """Attribute names, and strings for paginators."""
    trees = [ast.parse(file.read_text()) for file in (ROOT / "lambdas/tastemaker/store").glob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
