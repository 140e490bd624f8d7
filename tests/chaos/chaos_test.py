"""The chaos suite with a fixed seed, after a look at whether its ledger would notice."""

import argparse
import unittest

import chaos
from faults import KINDS, LONG_RUN_S, ONLY_IN_LONG_RUNS, Fault, plan
from ledger import count
from load import Request
from servers import scratch_folder

SEED = 3
MINUTES = 2.5
PER_SECOND = 30


def stored(address, at=2.0, mail="a", answer="250"):
    return {"at": at, "what": "stored", "to": address, "id": mail, "answer": answer}


def fault(kind="worker killed", began=1.5, ended=1.6):
    return Fault(0, kind, "worker1", 0, 0, False, began, ended)


class Ledger(unittest.TestCase):
    def count(self, journal, answer=202, dead=None, faults=(), address="user@x"):
        return count({address: Request(1.0, 1.1, answer)}, journal, dead or {}, list(faults))

    def test_lost(self):
        self.assertEqual(self.count([]).lost, ["user@x"])
        self.assertEqual(self.count([stored("user@x", answer="dropped")]).lost, ["user@x"])
        self.assertEqual(self.count([stored("user@x")]).violations(), [])
        self.assertEqual(self.count([], answer=503).violations(), [])

    def test_dead_letters(self):
        refused = {"unknown@x": "RCPT: 550 5.1.1 no such user"}
        self.assertEqual(self.count([], dead=refused, address="unknown@x").violations(), [])
        self.assertTrue(self.count([], dead={"user@x": "451"}).dead_without_cause)

    def test_unexpected(self):
        self.assertEqual(self.count([stored("user@x"), stored("other@x", mail="b")]).unexpected,
                         ["other@x"])
        self.assertEqual(self.count([stored("user@x")], answer="unsent").unexpected, ["user@x"])
        self.assertEqual(self.count([stored("user@x")], answer="unknown").unexpected, [])
        two = [stored("user@x"), stored("user@x", mail="b")]
        self.assertEqual(self.count(two).unexpected, ["user@x (two emails)"])

    def test_repeated(self):
        twice = [stored("user@x"), stored("user@x", 3.0)]
        self.assertTrue(self.count(twice).violations())
        self.assertEqual(self.count(twice, faults=[fault()]).violations(), [])
        self.assertTrue(self.count(twice, faults=[fault(began=9, ended=9)]).violations())
        self.assertTrue(self.count(twice, faults=[fault("mail: 4xx")]).violations())
        self.assertEqual(self.count(twice, faults=[fault()]).repeated_after, {"worker killed": 1})
        after_drop = [stored("user@x", answer="dropped"), stored("user@x", 3.0)]
        self.assertEqual(self.count(after_drop).violations(), [])

    def test_recovered(self):
        self.assertEqual(self.count([stored("user@x")], faults=[fault()]).recovered, 1)
        self.assertEqual(self.count([stored("user@x")]).recovered, 0)


class Plan(unittest.TestCase):
    def test_the_seed_decides(self):
        self.assertEqual(plan(5, 180), plan(5, 180))
        self.assertNotEqual(plan(5, 180), plan(6, 180))

    def test_every_kind_comes(self):
        short = {planned.kind for planned in plan(SEED, MINUTES * 60)}
        self.assertEqual(short, set(KINDS) - ONLY_IN_LONG_RUNS)
        self.assertEqual({planned.kind for planned in plan(SEED, LONG_RUN_S)}, set(KINDS))


class Chaos(unittest.TestCase):
    def test_R1_R2_R3_R4_R5_R6_R7_R10_R11_R12_R14_no_email_is_lost_whatever_breaks(self):
        options = argparse.Namespace(seed=SEED, minutes=MINUTES, rate=PER_SECOND)
        with scratch_folder() as folder:
            figures = chaos.run(folder, options)
            if figures["violations"]:
                chaos.tails(folder)
        print(chaos.table(figures))
        self.assertEqual(figures["violations"], [], f"seed {SEED}")
        self.assertGreater(figures["recovered"], 0)


if __name__ == "__main__":
    unittest.main()
