"""What local mode holds a container to."""

import os

from tastemaker_local.emulation.batch import filled


def test_memory_is_what_a_process_has_filled_and_not_what_it_has_reserved():
    before = filled(os.getpid())
    block = bytearray(os.urandom(1 << 20)) * 64

    assert 60 << 20 < filled(os.getpid()) - before < 80 << 20
    assert len(block) == 64 << 20


def test_nobody_says_what_a_process_fills_that_is_not_there():
    assert filled(2**22 + 1) == 0
