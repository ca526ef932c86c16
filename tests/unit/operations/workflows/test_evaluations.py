"""GetEvaluation: what a boto3 client that knows the operation sees of how a model was measured."""

import pytest
from botocore.exceptions import ClientError

from tests.unit.operations.arns import NOWHERE
from tests.unit.operations.errors import code

POPULARITY, SIMS = "aws-popularity-count", "aws-sims"


def evaluation(personalize, arn):
    reply = personalize.get_evaluation(resourceArn=arn)
    del reply["ResponseMetadata"]
    return reply


def test_metrics_have_intervals_and_are_compared_with_what_is_popular(personalize, build, group):
    version = build.version(build.solution(group, POPULARITY))

    found = evaluation(personalize, version)

    metrics = personalize.get_solution_metrics(solutionVersionArn=version)["metrics"]
    everybody = found["segments"][0]
    assert (found["resourceArn"], found["metrics"]) == (version, metrics)
    assert found["summary"].startswith("The same as showing what is popular, ")
    assert everybody["users"] == found["users"] > 0
    for each in everybody["metrics"]:
        assert each["low"] <= each["value"] <= each["high"]
        assert each["value"] == pytest.approx(metrics[each["metric"]], abs=1e-4)


def test_an_update_measures_nothing_anew_and_says_so(world, personalize, build, group):
    solution = build.solution(group, SIMS)
    version = build.version(solution)
    [key] = [key for _, key in world.objects.objects if key.endswith("/evaluation.json")]
    world.objects.delete("models", key)

    found = evaluation(personalize, version)

    assert "training that this one continues" in found["summary"]
    assert (found["segments"], bool(found["metrics"])) == ([], True)


def test_what_is_not_trained_or_not_there_is_refused(personalize, build, group):
    solution = build.solution(group, SIMS)

    for arn, expected in [(solution, "InvalidInput"), (f"{NOWHERE}solution/none/1", "ResourceNotFound")]:
        with pytest.raises(ClientError) as problem:
            personalize.get_evaluation(resourceArn=arn)
        assert code(problem) == f"{expected}Exception"
