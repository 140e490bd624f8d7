"""The alerts for Prometheus and the dashboard for Grafana: promtool accepts their expressions, the
alerts' own tests pass, and every metric is one that the documentation lists."""

import json
import re
import subprocess
import unittest

import yaml

from servers import ROOT, scratch_folder

ALERTS = ROOT / "packaging/prometheus/alerts.yaml"
METRIC = re.compile(r"\b((?:postern|process)_[a-z_]+)")
# What a histogram and a summary consist of.
SERIES = re.compile(r"(_seconds|_size)_(?:bucket|sum|count)$")


def listed_metrics():
    page = (ROOT / "docs/metrics.md").read_text()
    rows = [line for line in page.splitlines() if line.startswith(("| `postern_", "| `process_"))]
    return {name for row in rows for name in METRIC.findall(row.split("|")[1])}


def metrics_of(expression):
    return {SERIES.sub(r"\1", name) for name in METRIC.findall(expression)}


def promtool(*arguments):
    done = subprocess.run(["promtool", *arguments], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def alerts():
    return yaml.safe_load(ALERTS.read_text())["groups"][0]["rules"]


class Monitoring(unittest.TestCase):
    def test_every_alert_fires_on_its_fault_alone(self):
        promtool("check", "rules", ALERTS)
        promtool("test", "rules", ALERTS.with_name("alerts_test.yaml"))
        tests = ALERTS.with_name("alerts_test.yaml").read_text()
        for alert in alerts():
            self.assertIn(f'alertname="{alert["alert"]}"', tests)
            self.assertLessEqual({"summary", "description"}, alert["annotations"].keys())

    def test_alerts_use_metrics_that_exist(self):
        for alert in alerts():
            used = metrics_of(alert["expr"])
            self.assertTrue(used, alert["alert"])
            self.assertLessEqual(used, listed_metrics())

    def test_the_dashboard_shows_metrics_that_exist_and_those_of_the_alerts(self):
        board = json.loads((ROOT / "packaging/grafana/postern.json").read_text())
        expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        shown = set().union(*map(metrics_of, expressions))
        self.assertLessEqual(shown, listed_metrics())
        for alert in alerts():
            self.assertLessEqual(metrics_of(alert["expr"]), shown, alert["alert"])
        ids = [panel["id"] for panel in board["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        rules = [{"record": f"panel:{number}",
                  "expr": text.replace("$__rate_interval", "5m").replace("$instance", ".*")}
                 for number, text in enumerate(expressions)]
        with scratch_folder() as folder:
            (folder / "rules.yaml").write_text(
                yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}))
            promtool("check", "rules", folder / "rules.yaml")


if __name__ == "__main__":
    unittest.main()
