"""Page tokens lead on in one query and nowhere else."""

import base64

import pytest

from tastemaker.domain.resources.paging import BadToken, make_token, read_token

AFTER = "0000001750.000000#arn:aws:personalize:us-east-1:123456789012:schema/a"


def test_a_token_leads_on_behind_what_was_seen():
    assert read_token("schemas", make_token("schemas", AFTER)) == AFTER


def test_a_token_with_any_character_changed_is_refused():
    token = make_token("schemas", AFTER)

    for place, character in enumerate(token):
        other = "A" if character != "A" else "B"
        with pytest.raises(BadToken):
            read_token("schemas", token[:place] + other + token[place + 1 :])


@pytest.mark.parametrize(
    "token",
    ["x", "====", "é", base64.b64encode(b"[" * 1100).decode(), base64.b64encode(b"\xff" * 40).decode(), "A" * 1500],
)
def test_a_strange_token_is_refused(token):
    with pytest.raises(BadToken):
        read_token("schemas", token)


def test_a_token_of_another_query_is_refused():
    with pytest.raises(BadToken, match="belongs to another query"):
        read_token("filters", make_token("schemas", AFTER))
