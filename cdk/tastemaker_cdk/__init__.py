"""CDK constructs for the resources of a Tastemaker deployment; they need the extra `deploy`."""

from tastemaker_cdk.resource import Arn, Options, Resource
from tastemaker_cdk.resources import (
    Campaign,
    Dataset,
    DatasetGroup,
    DatasetImportJob,
    EventTracker,
    Filter,
    Recommender,
    Schema,
    Solution,
    SolutionVersion,
)

__all__ = [
    "Arn",
    "Campaign",
    "Dataset",
    "DatasetGroup",
    "DatasetImportJob",
    "EventTracker",
    "Filter",
    "Options",
    "Recommender",
    "Resource",
    "Schema",
    "Solution",
    "SolutionVersion",
]
