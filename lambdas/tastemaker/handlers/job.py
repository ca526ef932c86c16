"""What a container runs: one step, as an object in the data bucket says, which the only argument names."""

import sys

from tastemaker import bootstrap
from tastemaker.config import Config
from tastemaker.pipelines.ladder.documents import carry_out


def main(key: str) -> None:
    """Carry out what an object says; how it ended is told by another one, not by how this process ends."""
    carry_out(bootstrap.deps(Config.from_env()), key, bootstrap.run_step)


if __name__ == "__main__":
    main(sys.argv[-1])
