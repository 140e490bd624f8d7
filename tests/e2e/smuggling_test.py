"""Requests that servers read differently, over a real connection: what is ambiguous is refused and
the connection closes; what is not is read as one request, whatever its body looks like."""

import unittest

import smuggling
from harness import SystemTest


class SmugglingTest(SystemTest):
    def test_W1_each_request_of_the_corpus_is_read_in_one_way_alone(self):
        system = self.new_system(worker=False)
        cases = smuggling.cases()
        self.assertGreaterEqual(len(cases), 150)
        self.assertEqual(len({case.name for case in cases}), len(cases))
        for case in cases:
            with self.subTest(case.name):
                found = smuggling.ask_directly(system.app.port, case)
                self.assertEqual(found, (case.statuses, case.ending))

    def test_W1_a_refused_request_stops_no_other_client(self):
        system = self.new_system(worker=False)
        for case in smuggling.cases():
            if case.ending == "open":
                continue
            with self.subTest(case.name), smuggling.connect(system.app.port) as attacker:
                attacker.send(case.bytes)
                with smuggling.connect(system.app.port) as victim:
                    victim.send(smuggling.PROBE)
                    (status, body), = victim.responses()
                    self.assertEqual(status, 200)
                    self.assertIn(smuggling.PROBE_MARK, body)


if __name__ == "__main__":
    unittest.main()
