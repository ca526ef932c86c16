"""What the functions run on, and where the project's files are."""

from pathlib import Path
from typing import Final

from aws_cdk import aws_lambda as lambda_

ROOT: Final = Path(__file__).resolve().parent.parent
RUNTIME: Final = lambda_.Runtime.PYTHON_3_14
PYTHON_VERSION: Final = "3.14"
ARCHITECTURE: Final = lambda_.Architecture.ARM_64
MACHINE: Final = "aarch64"
