"""GET /docs in a real browser, from our own files alone, and the page's policy refuses nothing that
it needs: with Swagger UI where the build has it, as the plain reference otherwise. (The reference
has a test of its own in tests/browser, whatever the build has.)"""

import json
import re
import subprocess
import unittest

from servers import Postern, scratch_folder

CHROMIUM = ["/usr/bin/chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic",
            "--no-first-run", "--disable-background-networking", "--disable-component-update",
            "--disable-sync", "--enable-logging=stderr", "--v=0", "--virtual-time-budget=10000",
            "--dump-dom"]


class Docs(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(scratch_folder())
        self.server = Postern("run", self.folder, {})
        self.addCleanup(self.server.stop)

    def browse(self):
        """What the browser shows of the page; it must have nothing to complain of."""
        shown = subprocess.run(
            [*CHROMIUM, f"--user-data-dir={self.folder}/browser", self.server.url("/docs")],
            stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace", timeout=90)
        complaints = [line for line in shown.stderr.splitlines() if "CONSOLE" in line]
        self.assertEqual(complaints, [])
        return shown.stdout

    def operations(self):
        _, _, text = self.server.request("GET", "/openapi.json")
        for path, methods in json.loads(text)["paths"].items():
            for operation in methods.values():
                yield path, operation["tags"][0], operation["operationId"]

    def test_H1_H3_the_page_runs_under_a_policy_without_exceptions(self):
        status, headers, page = self.server.request("GET", "/docs")
        self.assertEqual(status, 200)
        self.assertNotIn("unsafe", headers["Content-Security-Policy"])
        files = re.findall(r'(?:src|href)="([^"#]+)"', page.decode())
        self.assertIn("/openapi.json", files)
        for path in files:
            status, headers, _ = self.server.request("GET", path)
            self.assertEqual(status, 200, path)

        shown = self.browse()
        has_swagger_ui = b"swagger-ui-bundle" in page
        for path, tag, name in self.operations():
            self.assertIn(f'id="operations-{tag}-{name}"' if has_swagger_ui else f'id="{name}"',
                          shown, path)


if __name__ == "__main__":
    unittest.main()
