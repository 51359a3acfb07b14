#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The guards' own judgement, on numbers made up for it: what is red, and what is not."""

import importlib.machinery
import importlib.util
import os
import sys
import unittest

sys.dont_write_bytecode = True

import guards  # noqa: E402
from cases import CASES  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))


def load_against():
    path = os.path.join(HERE, "..", "..", "bench", "against")
    loader = importlib.machinery.SourceFileLoader("against", path)
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("against", loader))
    sys.modules["against"] = module  # dataclasses look there
    loader.exec_module(module)
    return module


CASE = CASES[0]
ROWS = {
    (CASE.name, "chunks"): guards.Row(2, "0"),
    (CASE.name, "words matches"): guards.Row(512, "0"),
    (CASE.name, "instructions/byte avx2"): guards.Row(0.1, "3%"),
}


def verdicts(mode, counters):
    """The counters that differ, and what is said of them."""
    lines = guards.differences(ROWS, mode, guards.Measured(CASE, counters, "nobody"))
    return {line[1]: line[-1] for line in lines}


class Counters(unittest.TestCase):
    def test_the_same_is_green(self):
        self.assertEqual(verdicts("work", {"chunks": 2, "words matches": 512}), {})

    def test_more_is_red(self):
        self.assertEqual(
            verdicts("work", {"chunks": 3, "words matches": 512}), {"chunks": "more work"}
        )

    def test_less_is_red_and_asks_for_a_rewrite(self):
        said = verdicts("work", {"chunks": 1, "words matches": 512})
        self.assertIn("--rewrite", said["chunks"])

    def test_a_lost_match_is_red(self):
        said = verdicts("work", {"chunks": 2, "words matches": 511})
        self.assertEqual(said, {"words matches": "matches lost"})

    def test_a_counter_that_is_gone_is_zero(self):
        self.assertEqual(verdicts("work", {"chunks": 2}), {"words matches": "matches lost"})

    def test_a_counter_without_a_row_was_zero(self):
        said = verdicts("work", {"chunks": 2, "words matches": 512, "words candidates": 7})
        self.assertEqual(said, {"words candidates": "more work"})

    def test_instructions_have_a_tolerance(self):
        name = "instructions/byte avx2"
        for value, red in ((0.1, False), (0.1029, False), (0.1031, True), (0.0969, True)):
            with self.subTest(value=value):
                self.assertEqual(bool(verdicts("instructions", {name: value})), red)

    def test_every_row_belongs_to_a_case(self):
        names = {case.name for case in CASES}
        self.assertEqual({name for name, _ in guards.read_rows()} - names, set())


class Against(unittest.TestCase):
    def test_what_a_clear_loss_is(self):
        against = load_against()
        cases = (
            ("the same", [10, 11, 12], [10, 11, 12], False),
            ("faster", [10, 11, 12], [5, 6, 7], False),
            ("one slow round", [10, 11, 12], [10, 11, 30], False),
            ("slower, but the old was once as slow", [10, 10, 20], [15, 15, 15], False),
            ("slower each time, but not by much", [10, 10, 10], [10.5, 10.6, 10.7], False),
            ("slower each time", [10, 11, 12], [13, 14, 15], True),
        )
        for name, old, new, lost in cases:
            with self.subTest(name):
                runs = [[against.Run(time, time, 0) for time in times] for times in (old, new)]
                self.assertEqual(against.is_clear_loss(*runs), lost)


if __name__ == "__main__":
    unittest.main()
