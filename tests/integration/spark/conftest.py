"""One Spark session for these tests; where Spark or Java is missing, they are skipped."""

import shutil

import pytest


@pytest.fixture(scope="package")
def session(tmp_path_factory):
    """A session of two local workers within the memory of one small executor."""
    pytest.importorskip("pyspark", reason="pyspark is not installed: pip install '.[spark]'")
    if not shutil.which("java"):
        pytest.skip("there is no Java, which Spark needs: install a JDK 17")
    from spark.job import open_session  # noqa: PLC0415 - it imports pyspark

    local = tmp_path_factory.mktemp("spark")
    made = open_session(
        {
            "spark.master": "local[2]",
            "spark.driver.memory": "1g",
            "spark.ui.enabled": "false",
            "spark.local.dir": str(local),
            "spark.sql.shuffle.partitions": "2",
            # Small files lie in several splits, too.
            "spark.sql.files.maxPartitionBytes": "30000",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.driver.host": "127.0.0.1",
        }
    )
    yield made
    made.stop()
