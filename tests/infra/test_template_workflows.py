"""The state machines: the steps that the brief of each job names, and no way to end without a word."""

import json

import pytest

from tests.infra.assembly import ROOT, synthesized

FILES = sorted((ROOT / "infra" / "state_machines").glob("*.asl.json"))
STEPS = {
    "lifecycle": ["begin", "settle"],
    "import": ["begin", "import.place", "import.convert", "import.publish"],
    "training": ["begin", "training.prepare", "training.fit", "training.publish"],
    "deployment": ["begin", "deployment.verify", "deployment.publish"],
    "schedule": ["schedule.due", "schedule.recorded"],
    "export": ["begin", "export.place", "export.write", "export.publish"],
    "deletion": [
        *("begin", "deletion.place", "deletion.rewrite"),
        *("deletion.forget", "deletion.strip", "deletion.publish"),
    ],
    "batch": ["begin", "batch.plan", "batch.answer", "batch.join", "batch.publish"],
    "segments": ["begin", "segments.prepare", "segments.run", "segments.publish"],
    "provider": ["advance"],
}
# The state of each job that goes on in a container where a function is too small.
LONG = {"import": "Convert", "training": "Fit", "export": "Write", "deletion": "Rewrite", "segments": "Run"}
# Those of them whose work may be of several legs: a container gathers for Spark, another goes on with what it wrote.
OF_LEGS = {"import", "training"}
# When the schedule fails, that is the alarm's business and the next look's; the provider answers CloudFormation.
OTHERS = {"schedule.asl.json", "provider.asl.json"}
TO_FAIL = {"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Fail"}
TO_STOPPED = {"ErrorEquals": ["JobStopped"], "ResultPath": "$.error", "Next": "Stopped"}
# What a step says itself, and what Lambda and Step Functions say of one that could not.
OUTGROWN = [
    *("JobOutgrown", "Runtime.OutOfMemory", "Runtime.ExitError"),
    *("Sandbox.Timedout", "Lambda.Unknown", "States.Timeout"),
]
TO_CLIMB = {"ErrorEquals": OUTGROWN, "ResultPath": "$.error", "Next": "Climb"}
# What befalls a look itself says nothing of the container, which works on: another one would be a second.
TOLD_TO_CLIMB = {**TO_CLIMB, "ErrorEquals": ["JobOutgrown"]}
# A new account runs ten functions at once in all: who comes too early waits until others are done.
CROWDED = {"Lambda.TooManyRequestsException"}
# What removes item by item is nearer to its end after each time that Lambda has cut it short, and what looks has lost
# nothing.
CUT_SHORT, REPEATED = {"Sandbox.Timedout", "Lambda.Unknown"}, {"Settle", "Forget", "Strip", "Look"}
TRANSIENT = {"Lambda.ServiceException", "Lambda.AWSLambdaException", "Lambda.SdkClientException"}

each_file = pytest.mark.parametrize("file", FILES, ids=lambda file: file.name.partition(".")[0])
# Those that work for one resource of the service.
each_job = pytest.mark.parametrize(
    "file", [file for file in FILES if file.name not in OTHERS], ids=lambda file: file.name.partition(".")[0]
)


@each_file
def test_a_machine_takes_its_steps_in_order(file):
    machine = json.loads(file.read_text())

    steps = [state["Parameters"]["Payload"]["step"] for state in _path(machine)]

    assert steps == STEPS[file.name.partition(".")[0]]


@each_file
def test_every_step_passes_its_output_on(file):
    for state in _path(json.loads(file.read_text())):
        assert state["Parameters"]["FunctionName"] == "${TaskFunctionArn}"
        assert state["Parameters"]["Payload"]["input.$"] == "$"
        assert state["OutputPath"] == "$.Payload"


@each_job
def test_any_error_reaches_fail_but_what_a_larger_place_may_help(file):
    job, states = file.name.partition(".")[0], json.loads(file.read_text())["States"]
    stoppable = [TO_STOPPED] if job == "training" else []
    climbing = {LONG[job]: [TO_CLIMB], "Look": [TOLD_TO_CLIMB]} if job in LONG else {}
    acting = {name for name, state in states.items() if state["Type"] in {"Task", "Map"}} - {"Fail", "Stopped"}

    caught = {name: states[name]["Catch"] for name in acting}

    assert caught == {name: [*stoppable, *climbing.get(name, []), TO_FAIL] for name in acting}


def test_long_steps_have_a_ladder_and_no_other_steps_do():
    assert {file.name.partition(".")[0] for file in FILES if '"ladder.' in file.read_text()} == LONG.keys()


each_long_step = pytest.mark.parametrize(("job", "long"), LONG.items())


@each_long_step
def test_a_long_step_runs_in_a_function_or_in_a_container_that_is_looked_at_until_it_ends(job, long):
    states = _states(job)

    function = {"Variable": "$.rung.name", "StringEquals": "function", "Next": long}
    running = {"Variable": "$.running", "BooleanEquals": True, "Next": "Wait"}
    another = {"Variable": "$.more", "BooleanEquals": True, "Next": "Start"}
    choices = [running, another] if job in OF_LEGS else [running]
    assert states["Where"] == {"Type": "Choice", "Choices": [function], "Default": "Start"}
    assert states["Start"]["Next"] == "Wait"
    assert states["Wait"] == {"Type": "Wait", "SecondsPath": "$.job.wait", "Next": "Look"}
    assert states["Look"]["Next"] == "Ended"
    assert states["Ended"] == {"Type": "Choice", "Choices": choices, "Default": states[long]["Next"]}
    assert states["Climb"]["Next"] == "Start"


@each_long_step
def test_nothing_else_leads_to_the_ladder(job, long):
    ways = {(name, to) for name, state in _states(job).items() for to in _following(state)}

    [placing] = [name for name, to in ways if to == "Where"]
    assert {way for way in ways if way[1] in {long, "Start", "Wait", "Look", "Ended", "Climb"}} == {
        *(("Where", long), ("Where", "Start"), ("Climb", "Start"), ("Start", "Wait"), ("Ended", "Wait")),
        *(("Wait", "Look"), ("Look", "Ended"), (long, "Climb"), ("Look", "Climb")),
        *([("Ended", "Start")] if job in OF_LEGS else []),
    }
    assert _states(job)[placing]["Parameters"]["Payload"]["step"] in {f"{job}.place", f"{job}.prepare"}


@each_long_step
def test_a_container_is_given_the_very_input_of_the_step_and_what_it_gives_is_passed_on(job, long):
    states = _states(job)
    step = states[long]["Parameters"]["Payload"]["step"]

    told = {name: states[name]["Parameters"]["Payload"] for name in ("Start", "Look", "Climb")}

    assert told == {
        "Start": {"step": "ladder.start", "input": {"arn.$": "$.arn", "of": step, "work.$": "$"}},
        "Look": {"step": "ladder.look", "input.$": "$"},
        "Climb": {
            "step": "ladder.climb",
            "input": {"arn.$": "$.arn", "work.$": "$", "execution.$": "$$.Execution.Name"},
        },
    }
    assert {(states[name]["Parameters"]["FunctionName"], states[name]["OutputPath"]) for name in told} == {
        ("${TaskFunctionArn}", "$.Payload")
    }


def test_a_stopped_training_ends_without_an_error():
    [file] = [file for file in FILES if file.name == "training.asl.json"]
    stopped = json.loads(file.read_text())["States"]["Stopped"]

    assert stopped["Parameters"]["Payload"] == {"step": "stopped", "input.$": "$$.Execution.Input"}
    assert stopped["Catch"] == [TO_FAIL]
    assert stopped["End"] is True


@each_job
def test_fail_tells_the_resource_what_happened_and_ends_the_execution_as_failed(file):
    states = json.loads(file.read_text())["States"]

    assert states["Fail"]["Parameters"]["Payload"] == {
        "step": "fail",
        "input": {
            "arn.$": "$$.Execution.Input.arn",
            "change.$": "$$.Execution.Input.change",
            "attempt.$": "$$.Execution.Input.attempt",
            "error.$": "$.error.Error",
            "cause.$": "$.error.Cause",
            "execution.$": "$$.Execution.Name",
        },
    }
    assert states[states["Fail"]["Next"]]["Type"] == "Fail"


@each_file
def test_only_transient_errors_are_tried_again_and_in_fail_all(file):
    states = json.loads(file.read_text())["States"]
    tasks = {name: state for name, state in states.items() if state["Type"] == "Task"}

    maps = [state["ItemProcessor"]["States"] for state in states.values() if state["Type"] == "Map"]
    tasks |= {name: state for inner in maps for name, state in inner.items() if state["Type"] == "Task"}
    retried = {name: [set(retry["ErrorEquals"]) for retry in state["Retry"]] for name, state in tasks.items()}

    usual = {name: [{"States.ALL"}] if name == "Fail" else [CROWDED, TRANSIENT] for name in tasks}
    assert retried == usual | {name: [CUT_SHORT, *usual[name]] for name in tasks.keys() & REPEATED}


@each_file
def test_a_crowded_account_is_waited_for_longer_than_its_longest_step(file):
    text = file.read_text()
    retries = [retry for retry in _retries(json.loads(text)) if set(retry["ErrorEquals"]) == CROWDED]
    waits = [min(retries[0]["IntervalSeconds"] * 2.0**attempt, 120) for attempt in range(retries[0]["MaxAttempts"])]

    assert all(retry == retries[0] for retry in retries)
    assert sum(waits) / 2 > 15 * 60  # with full jitter each is half of it on average


@each_file
def test_an_execution_ends_by_itself(file):
    """Without a limit one that is lost inside Step Functions would be running for a year."""
    assert json.loads(file.read_text())["TimeoutSeconds"] in {86_400, 604_800}


def test_parts_of_a_batch_job_are_told_by_number_and_end_when_no_more_is_to_be_done():
    [file] = [file for file in FILES if file.name == "batch.asl.json"]
    states = json.loads(file.read_text())["States"]
    parts = states["Answers"]

    assert (parts["ItemsPath"], parts["MaxConcurrencyPath"]) == ("$.parts", "$.concurrency")
    assert parts["ItemSelector"] == {"arn.$": "$.arn", "change.$": "$.change", "part.$": "$$.Map.Item.Value"}
    assert parts["ItemProcessor"]["ProcessorConfig"] == {"Mode": "INLINE"}
    assert parts["ResultPath"] is None
    for choice, again in ((parts["ItemProcessor"]["States"]["Answered"], "Answer"), (states["Joined"], "Join")):
        assert choice["Choices"] == [{"Variable": "$.more", "BooleanEquals": True, "Next": again}]


def test_every_machine_of_the_template_is_one_of_the_files(assembly):
    machines = {one["StateMachineName"]: one for one in assembly.properties("StepFunctions::StateMachine")}

    assert machines.keys() == {f"tastemaker-{name}" for name in STEPS}
    for file in FILES:
        machine = machines[f"tastemaker-{file.name.partition('.')[0]}"]
        _, parts = machine["DefinitionString"]["Fn::Join"]
        assert "".join(part if isinstance(part, str) else _hole(part) for part in parts) == file.read_text()
        assert machine["LoggingConfiguration"]["Level"] == "ERROR"


def test_every_quarter_of_an_hour_a_rule_lets_the_schedule_look(assembly):
    (rule,) = assembly.properties("Events::Rule")
    (target,) = rule["Targets"]

    assert (rule["ScheduleExpression"], rule["State"]) == ("rate(15 minutes)", "ENABLED")
    assert json.loads(target["Input"]) == {"day": 86_400, "training": True}
    assert "Schedule" in target["Arn"]["Ref"]


def test_without_automatic_training_the_rule_still_lets_the_schedule_look(tmp_path):
    (rule,) = synthesized(tmp_path, {"tastemaker:automatic_training": 0}).properties("Events::Rule")
    (target,) = rule["Targets"]

    assert rule["State"] == "ENABLED"
    assert json.loads(target["Input"]) == {"day": 86_400, "training": False}


def test_only_a_dataset_group_lingers_before_it_is_deleted():
    [file] = [file for file in FILES if file.name == "lifecycle.asl.json"]
    states = json.loads(file.read_text())["States"]

    [choice] = states["Lingers"]["Choices"]
    assert [condition.popitem() for condition in choice["And"]] == [
        ("StringEquals", "delete"),
        ("StringMatches", "*:dataset-group/*"),
    ]
    assert (states[choice["Next"]]["Seconds"], states[choice["Next"]]["Next"]) == (3, states["Lingers"]["Default"])


def test_a_request_of_cloudformation_is_looked_at_until_it_is_answered_whatever_happens():
    [file] = [file for file in FILES if file.name == "provider.asl.json"]
    states = json.loads(file.read_text())["States"]

    assert states["Advance"]["Catch"] == [TO_FAIL]
    assert states["Answered"] == {
        "Type": "Choice",
        "Choices": [{"Variable": "$.over", "BooleanEquals": False, "Next": "Wait"}],
        "Default": "Done",
    }
    assert states["Wait"] == {"Type": "Wait", "SecondsPath": "$.seconds", "Next": "Advance"}
    assert states["Fail"]["Parameters"]["Payload"] == {"step": "fail", "input.$": "$"}
    assert states[states["Fail"]["Next"]]["Type"] == "Fail"


def _states(job):
    """The states of a machine by name."""
    return json.loads((ROOT / "infra" / "state_machines" / f"{job}.asl.json").read_text())["States"]


def _following(state):
    """Every state to which one can lead."""
    others = [each["Next"] for each in [*state.get("Choices", ()), *state.get("Catch", ())]]
    return {*others, *(state[key] for key in ("Next", "Default") if key in state)}


def _retries(value):
    """Every retrier below a value of a definition."""
    if isinstance(value, list):
        return [retry for each in value for retry in _retries(each)]
    if not isinstance(value, dict):
        return []
    return value.get("Retry", []) + [retry for each in value.values() for retry in _retries(each)]


def _hole(part):
    return "${Partition}" if part == {"Ref": "AWS::Partition"} else "${TaskFunctionArn}"


def _path(machine):
    """The steps from the first to the last when all goes well in functions; those of a Map for one of its items."""
    name = machine["StartAt"]
    while name:
        state = machine["States"][name]
        if state["Type"] == "Task":
            yield state
        if state["Type"] == "Map":
            # What an item's step raises is the Map's own failure.
            yield from (step | {"Catch": state["Catch"]} for step in _path(state["ItemProcessor"]))
        name = state["Choices"][0]["Next"] if name == "Where" else state.get("Next") or state.get("Default")
