"""What `tastemaker doctor` looks at, one function a check: each reads, changes nothing, and tells what it found."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from tastemaker.config import variable
from tastemaker.domain.resources.arns import kind_of
from tastemaker.domain.resources.kinds import Kind
from tastemaker.domain.resources.statuses import BUSY, CREATE_FAILED, DELETING, ERASING, FAILED, TURNING
from tastemaker.serving.shelf import LARGEST
from tastemaker_local.checkup.containers import QUEUE, containers
from tastemaker_local.checkup.deployments import Deployment, Member
from tastemaker_local.checkup.findings import Check, Finding, Level, Told
from tastemaker_local.costs import bills
from tastemaker_local.costs import deployments as templates

# Hours after which nothing that works is still under way: a step has 15 minutes, a machine waits for crowded accounts,
# and a container has nearly a day.
_PATIENCE, _PATIENCE_WITH_CONTAINERS = 2.0, 24.0
_DAY: Final = 24.0
# Functions at once: below this, trainings and imports take the places of answers ("Lambda quotas").
_FEW: Final = 50
# Letters of a reason: its first problem, and not all ten.
_SHOWN: Final = 240
# Dollars a month of an idle deployment as it comes.
_DEFAULT: Final = 2.0
_MEGABYTE: Final = 1_000_000
_UNSIGNED: Final = "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignatureException"
# Jobs whose roles are asked for, the newest of all.
_ASKED: Final = 50
_UNDER_WAY: Final = BUSY | DELETING | TURNING | ERASING


def api(deployment: Deployment) -> Iterator[Told]:
    """Whether the API answers, to a request signed as this command signs."""
    try:
        recipes = deployment.personalize.list_recipes()["recipes"]
    except ClientError as problem:
        code, said = problem.response["Error"]["Code"], problem.response["Error"]["Message"]
        unsigned = code in _UNSIGNED or "execute-api" in said
        cure = "sign for execute-api: `tastemaker proxy --url <ApiUrl>`, or the files of `tastemaker signing`"
        yield Told(
            "wrong", f"ListRecipes is answered {code}: {said}", cure if unsigned else "see docs/deploy.md, Clients"
        )
    except BotoCoreError as problem:
        cure = "is it the ApiUrl of the service stack? A private API answers in the VPC of its endpoints alone"
        yield Told("wrong", f"{deployment.url} does not answer: {problem}", cure)
    else:
        yield Told("fine", f"{deployment.url} answers, with {len(recipes)} recipes on the first page")


def stack(deployment: Deployment) -> Iterator[Told]:
    """Whether the stack behind the URL is whole."""
    if deployment.stack is None:
        yield Told(
            "wrong",
            "no stack of this account and region has this URL as its output ApiUrl",
            "are these the credentials and the region of the deployment? What follows of AWS is of no deployment",
        )
    else:
        name, status = deployment.stack["StackName"], deployment.stack["StackStatus"]
        whole = status.endswith("_COMPLETE") and "ROLLBACK" not in status
        yield Told("fine" if whole else "wrong", f"{name} is {status}", "" if whole else "its events say why")


def schedule(deployment: Deployment) -> Iterator[Told]:
    """Whether the rule looks for what is due."""
    for rule in deployment.made("Events::Rule"):
        state = deployment.client("events").describe_rule(Name=rule.rpartition("/")[2])["State"]
        if state == "ENABLED":
            yield Told("fine", f"the rule {rule} looks for what is due")
        else:
            yield Told(
                "wrong",
                f"the rule {rule} is {state}: nothing trains by itself, no campaign follows, no metric is counted, and "
                "a start that was lost stays lost",
                f"aws events enable-rule --name {rule}",
            )


def functions(deployment: Deployment) -> Iterator[Told]:
    """Whether each function can be called, and has the code that was deployed."""
    for found in deployment.functions:
        state, update = found.get("State", "Active"), found.get("LastUpdateStatus", "Successful")
        if state not in {"Active", "Inactive"} or update == "Failed":
            why = found.get("StateReason") or found.get("LastUpdateStatusReason") or "without a reason"
            what = f"the function {found['FunctionName']} is {state}, its last update {update}"
            yield Told("wrong", f"{what}: {why}", "deploy again")
    if deployment.functions:
        yield Told("fine", f"{len(deployment.functions)} functions are there")


def announcements(deployment: Deployment) -> Iterator[Told]:
    """Whether changed statuses are read from the stream and taken."""
    for reader in deployment.made("Lambda::EventSourceMapping"):
        found = deployment.client("lambda").get_event_source_mapping(UUID=reader)
        state, last = found["State"], found.get("LastProcessingResult") or ""
        if state == "Enabled" and not last.startswith("PROBLEM"):
            yield Told("fine", "changed statuses are read from the stream")
        else:
            why = f": {last}" if last else ""
            text = f"no changed status is announced: the stream's reader {reader} is {state}{why}"
            yield Told("wrong", text, "docs/runbooks.md#lateannouncements")


def concurrency(deployment: Deployment) -> Iterator[Told]:
    """How many functions the account may run at once."""
    if deployment.is_local:
        return
    limit = deployment.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    if limit < _FEW:
        yield Told(
            "look",
            f"the account may run {limit} functions at once, and trainings, imports and answers share them",
            "ask for more: Service Quotas, AWS Lambda, Concurrent executions",
        )
    else:
        yield Told("fine", f"the account may run {limit:,} functions at once")


def alarms(deployment: Deployment) -> Iterator[Told]:
    """What rings."""
    names = deployment.made("CloudWatch::Alarm")
    if not names:
        return
    found = deployment.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    ringing = [one for one in found if one["StateValue"] == "ALARM"]
    for one in ringing:
        meaning = one.get("AlarmDescription", one["AlarmName"])
        yield Told("wrong", f"{meaning}: the alarm {one['AlarmName']} rings", str(one.get("StateReason", "")))
    gone = set(names) - {one["AlarmName"] for one in found}
    if gone and not deployment.is_local:  # moto measures nothing that alarms look at
        yield Told("look", f"alarms of the stack are not there: {', '.join(sorted(gone))}", "deploy again")
    if not ringing:
        yield Told("fine", f"none of {len(names)} alarms rings")


def stuck(deployment: Deployment) -> Iterator[Told]:
    """What has been under way for longer than anything can be."""
    under_way = [one for one in deployment.resources if one["status"] in _UNDER_WAY]
    old = [one for one in under_way if deployment.age(one["lastUpdatedDateTime"]) > _PATIENCE]
    if old and deployment.made(QUEUE):
        old = [one for one in old if deployment.age(one["lastUpdatedDateTime"]) > _PATIENCE_WITH_CONTAINERS]
    for one in old:
        hours = deployment.age(one["lastUpdatedDateTime"])
        yield Told(
            "wrong",
            f"{one['arn']} has been {one['status']} for {hours:.0f} hours",
            "the look should end it: see schedule",
        )
    if not old:
        yield Told("fine", f"nothing is stuck; {len(under_way)} under way")


def failures(deployment: Deployment) -> Iterator[Told]:
    """What has failed since yesterday."""
    failed = [
        one
        for one in deployment.resources
        if one["status"] in {CREATE_FAILED, FAILED} and deployment.age(one["lastUpdatedDateTime"]) < _DAY
    ]
    for kind, count in Counter(_kind(one).name for one in failed).items():
        newest = max((one for one in failed if _kind(one).name == kind), key=lambda one: one["lastUpdatedDateTime"])
        reason = newest.get("failureReason", "Describe it for the reason")
        yield Told(
            "look", f"{count} of kind {kind} failed since yesterday, the newest {newest['arn']}", reason[:_SHOWN]
        )
    if not failed:
        yield Told("fine", "nothing has failed since yesterday")


def trust(deployment: Deployment) -> Iterator[Told]:
    """Whether the roles that jobs were given let the task role assume them."""
    jobs = [one for one in deployment.resources if _kind(one).name.endswith("-job")]
    newest = sorted(jobs, key=lambda job: job["lastUpdatedDateTime"], reverse=True)[:_ASKED]
    roles = {role for job in newest if (role := _role_of(deployment, job))}
    problems = [problem for role in sorted(roles) if (problem := _distrust(deployment, role))]
    yield from problems
    if len(problems) < len(roles) or not roles:
        yield Told("fine", f"{len(roles) - len(problems)} roles that jobs were given can be assumed")


def models(deployment: Deployment) -> Iterator[Told]:
    """Whether the largest model is fetched whole, and fits beside others."""
    room, bucket = _room(deployment)
    if not bucket:
        return
    pages = deployment.client("s3").get_paginator("list_objects_v2").paginate(Bucket=bucket)
    sizes: Counter[str] = Counter()
    for one in (one for page in pages for one in page.get("Contents", ())):
        sizes[one["Key"].rpartition("/")[0]] += one["Size"] // _MEGABYTE
    largest, size = sizes.most_common(1)[0] if sizes else ("", 0)
    if size > min(LARGEST, room):
        advice = "it comes in blocks as it is read; users whose blocks are not there yet wait longer (docs/scale.md)"
        yield Told("look", f"the model {largest} has {size:,} MB, more than the {LARGEST:,} that come at once", advice)
    else:
        yield Told("fine", f"{len(sizes)} models, the largest of {size:,} MB where {room:,} fit")


def costs(deployment: Deployment) -> Iterator[Told]:
    """What the deployment costs a month while nobody calls, as `tastemaker cost` counts it, in what was deployed."""
    if not deployment.template:
        return
    lines = list(bills.idle(templates.Deployment.of(deployment.template)))
    dollars = bills.total(lines)
    if dollars <= _DEFAULT:
        yield Told("fine", f"idle it costs ${dollars:.2f} a month at list prices")
    else:
        first = sorted(lines, key=lambda line: line.dollars, reverse=True)[:3]
        most = ", ".join(f"{line.what} ${line.dollars:.2f}" for line in first)
        advice = f"most of it: {most}; see docs/deploy.md, What it costs"
        yield Told("look", f"idle it costs ${dollars:.2f} a month at list prices", advice)


CHECKS: Final[Mapping[str, Check]] = {
    "api": api,
    "stack": stack,
    "schedule": schedule,
    "functions": functions,
    "containers": containers,
    "announcements": announcements,
    "concurrency": concurrency,
    "alarms": alarms,
    "stuck": stuck,
    "failures": failures,
    "trust": trust,
    "models": models,
    "costs": costs,
}


def examine(deployment: Deployment) -> Iterator[Finding]:
    """Make every check; what may not be looked at is told as that."""
    for name, check in CHECKS.items():
        try:
            for told in check(deployment):
                yield Finding(name, told.level, told.text, told.advice)
        except (ClientError, BotoCoreError) as problem:
            yield Finding(name, "unseen", f"it could not be looked at: {problem}")


def _kind(resource: Member) -> Kind:
    kind = kind_of(str(resource["arn"]))
    assert kind is not None, resource["arn"]  # noqa: S101 - a List operation told of it
    return kind


def _role_of(deployment: Deployment, job: Member) -> str:
    """Return the role that a job was given; nothing where it was given none."""
    kind = _kind(job)
    describe = getattr(deployment.personalize, f"describe_{kind.name.replace('-', '_')}")
    return str(describe(**{kind.arn_member: job["arn"]})[kind.member].get("roleArn", ""))


def _distrust(deployment: Deployment, role: str) -> Told | None:
    """Say why the task role cannot assume a role. Local mode assumes it all the same, so there it is no fault."""
    try:
        found = deployment.client("iam").get_role(RoleName=role.rpartition("/")[2])["Role"]
    except ClientError as problem:
        if problem.response["Error"]["Code"] != "NoSuchEntity":
            raise
        return Told("look", f"the role {role}, which a job was given, is not there", "jobs with it fail")
    document = found["AssumeRolePolicyDocument"]
    text = document if isinstance(document, str) else json.dumps(document)
    task_role, account = deployment.outputs.get("TaskRoleArn", "the output TaskRoleArn"), role.split(":")[4]
    if any(one in text for one in (task_role, f":iam::{account}:root", f'"{account}"', '"*"')):
        return None
    level: Level = "look" if deployment.is_local else "wrong"
    return Told(level, f"the role {role} does not trust the task role", f"its trust policy must name {task_role}")


def _room(deployment: Deployment) -> tuple[int, str]:
    """Return the megabytes that a process has for models, and the bucket that they are in."""
    room, bucket = variable("model_room"), variable("models_bucket")
    told = (found.get("Environment", {}).get("Variables", {}) for found in deployment.functions)
    return next(((int(each[room]), str(each[bucket])) for each in told if {room, bucket} <= each.keys()), (0, ""))
