"""What a deployed template asks for, with its references put in their places."""

import pytest

from tastemaker_local.checkup.templates import Template

ARN = "arn:aws:personalize:us-east-1:123456789012:dataset-group/shop"
VALUES = {"Group": ARN, "Few": "arn:few", "Where": "s3://mine", "AWS::Region": "us-east-1"}
GROUP = {"Type": "Custom::TastemakerDatasetGroup", "Properties": {"Name": "shop"}}


def few(value):
    definition = {"Type": "Custom::TastemakerFilter", "Properties": {"Given": value}}
    return Template({"Group": GROUP, "Few": definition}, VALUES)


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("plain", "plain"),
        ({"Ref": "Where"}, "s3://mine"),
        ({"Fn::GetAtt": ["Group", "Arn"]}, ARN),
        ({"Fn::GetAtt": "Group.DatasetGroupArn"}, ARN),
        ({"Fn::Join": ["/", [{"Ref": "Where"}, "a.csv"]]}, "s3://mine/a.csv"),
        ({"Fn::Sub": "${Where}/${AWS::Region}/${!x}/${Group.Arn}"}, f"s3://mine/us-east-1/${{!x}}/{ARN}"),
        ({"DataLocation": {"Ref": "Where"}}, {"DataLocation": "s3://mine"}),
        ([{"TagKey": "a", "TagValue": {"Ref": "AWS::Region"}}, {}], [{"TagKey": "a", "TagValue": "us-east-1"}, {}]),
    ],
)
def test_references_are_put_in_their_places(value, known):
    [_, asked] = few(value).asked()

    assert (asked.logical_id, asked.arn, asked.properties, asked.unknown) == ("Few", "arn:few", {"Given": known}, ())


@pytest.mark.parametrize(
    "value",
    [
        {"Ref": "Nothing"},
        {"Fn::ImportValue": "other"},
        {"Fn::GetAtt": ["Group", "Name"]},
        {"Fn::GetAtt": ["Bucket", "Arn"]},
        {"Fn::Sub": ["${a}", {"a": "b"}]},
        {"inside": {"Fn::If": []}},
    ],
)
def test_what_only_cloudformation_knows_is_not_compared(value):
    [_, asked] = few(value).asked()

    assert (asked.properties, asked.unknown) == ({}, ("Given",))


def test_resources_of_others_and_those_that_were_never_made_are_left_out():
    resources = {"Group": GROUP, "Bucket": {"Type": "AWS::S3::Bucket"}, "Later": GROUP}

    assert [asked.logical_id for asked in Template(resources, VALUES | {"Bucket": "b"}).asked()] == ["Group"]
