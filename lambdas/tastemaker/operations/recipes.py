"""Recipes, algorithms and feature transformations: AWS's catalogue, read only."""

from tastemaker.errors import InvalidNextToken, ResourceNotFound
from tastemaker.domain import paging
from tastemaker.operations.context import Context
from tastemaker.recipes import catalog
