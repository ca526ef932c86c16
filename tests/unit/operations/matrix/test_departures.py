"""Nothing new is built on what is on its way out."""

import pytest

from tests.unit.operations.matrix.job_rows import ROWS


@pytest.fixture
def leave(furnished):
    """Puts a resource into the state that a deletion begins with."""
    return lambda name: furnished.set_status(furnished.names[name], "DELETE PENDING")


@pytest.mark.parametrize("version", ["@solution-version", "@solution/$LATEST"])
@pytest.mark.parametrize("operation", ["create_campaign", "update_campaign"])
def test_a_version_leaves_with_its_solution(furnished, leave, operation, version):
    leave("solution")

    with pytest.raises(furnished.clients["personalize"].exceptions.ResourceInUseException, match="solution/solution"):
        furnished.call(operation, {**ROWS[operation].request, "solutionVersionArn": version})


@pytest.mark.parametrize(
    ("operation", "dataset"),
    [
        ("create_event_tracker", "spare-interactions"),
        ("create_filter", "shop-interactions"),
        ("create_recommender", "films-interactions"),
    ],
)
def test_a_dataset_that_leaves_is_not_counted_on(furnished, leave, operation, dataset):
    leave(dataset)

    with pytest.raises(furnished.clients["personalize"].exceptions.InvalidInputException):
        furnished.call(operation, ROWS[operation].request)


def test_a_dataset_that_leaves_is_not_trained_on(furnished, leave):
    version = furnished.call("create_solution_version", {"solutionArn": "@solution"})["solutionVersionArn"]
    leave("shop-interactions")
    with pytest.raises(furnished.clients["personalize"].exceptions.InvalidInputException):
        furnished.call("create_solution_version", {"solutionArn": "@solution"})

    furnished.world.run()

    described = furnished.call("describe_solution_version", {"solutionVersionArn": version})["solutionVersion"]
    assert described["status"] == "CREATE FAILED"
    assert "1000" in described["failureReason"]


def test_a_schema_that_is_not_there_is_told_before_the_state_of_the_dataset(furnished, leave):
    leave("shop-items")

    with pytest.raises(furnished.clients["personalize"].exceptions.ResourceNotFoundException, match="never-was"):
        furnished.call("update_dataset", {"datasetArn": "@shop-items", "schemaArn": "@wider-schema-that-never-was"})
