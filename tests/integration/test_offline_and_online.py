"""What is measured in process is what clients are served."""

from dataclasses import replace

from bench.quality import through_api
from bench.quality.worlds import SHAPES, generate


def test_lists_through_the_api_are_those_of_the_process(tastemaker):
    asked = list(through_api.compare(generate(replace(SHAPES["tiny"], users=150), 0), 30, tastemaker.endpoint_url))

    assert len(asked) >= 30
    assert [each.api for each in asked] == [each.after for each in asked]
    assert {item for each in asked for item in each.api}
