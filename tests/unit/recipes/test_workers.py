"""What trainings share of a process: the threads of its BLAS libraries."""

from contextlib import ExitStack
from dataclasses import replace

from threadpoolctl import threadpool_info, threadpool_limits

from tastemaker.recipes import registry, workers
from tests.unit.recipes.worlds import groceries


def threads():
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_a_training_holds_the_blas_of_numpy_and_of_scipy_to_one_thread():
    recipe, seen = registry.get("aws-popularity-count"), []

    def learn(*given, **named):
        blas = [library for library in threadpool_info() if library["user_api"] == "blas"]
        seen.append({library["filepath"].split(".libs")[0]: library["num_threads"] for library in blas})
        return recipe.learn(*given, **named)

    with threadpool_limits(2, "blas"):
        replace(recipe, learn=learn).fit(groceries(n_users=40))
        after = threads()

    [libraries] = seen
    assert any("scipy" in name for name in libraries)
    assert set(libraries.values()) == {1}
    assert after == {2}


def test_of_two_trainings_at_once_the_first_to_end_leaves_the_other_its_one_thread():
    with threadpool_limits(2, "blas"):
        first, second = ExitStack(), ExitStack()
        first.enter_context(workers.one_blas_thread())
        second.enter_context(workers.one_blas_thread())
        first.close()
        between = threads()
        second.close()

        assert (between, threads()) == ({1}, {2})
