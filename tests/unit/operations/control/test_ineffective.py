"""What changes nothing is taken as the real service takes it, and said so in a header."""

import json

import pytest

from tastemaker.domain.ineffective import SETTINGS, warnings_of
from tests.unit.operations.control import records
