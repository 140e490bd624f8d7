"""The documentation: the tutorial's commands run as they are written, the generated references are
current, and the site builds with all its links and nothing from other hosts."""

import json
import re
import shlex
import stat
import subprocess
import sys
import unittest

from servers import BINARY, RABBITMQ_BIN, ROOT, MailServer, Postgres, Process, RabbitMq, \
    free_port, port_answers, scratch_folder, wait_until

BLOCK = re.compile(r"^```(sh|json|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SERVER = re.compile(r"^(?:script/server|build/release/postern (run|app|worker))\n$")
METRIC = re.compile(r"`(\w+)(?:\{[^}]*\})?`")


class GmailServer(MailServer):
    """Accepts the login that the tutorial has for smtp.gmail.com."""

    USER, PASSWORD = "you@gmail.com", "abcd efgh ijkl mnop"


class Reader:
    """Follows one page of the tutorial in a shell of its own: starts what runs until it is stopped,
    and takes private servers for those that the page names."""

    def __init__(self, folder, replace, env):
        self.folder = folder
        self.replace = replace
        self.port, admin = free_port(), free_port()
        self.env = {"LISTEN": f"127.0.0.1:{self.port}", "LANG": "C.UTF-8", "HOME": str(folder), **env,
                    "PATH": f"{folder}/bin:/usr/bin:/bin"}
        self.admin = {"ADMIN_LISTEN": f"127.0.0.1:{admin}"}
        self.admin_port = admin
        self.processes = []
        (folder / "bin").mkdir()
        (folder / "build/release").mkdir(parents=True)
        (folder / "build/release/postern").symlink_to(BINARY.resolve())

    def program(self, name, *lines):
        path = self.folder / "bin" / name
        path.write_text("\n".join(["#!/bin/bash", *lines, ""]))
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def run(self, block):
        """What the block prints; it must succeed. Its variables stay for the next ones."""
        for written, private in {"localhost:5001": f"localhost:{self.port}", **self.replace}.items():
            block = block.replace(written, private)
        server = SERVER.match(block)
        if server:
            self.start(server[1] or "run")
            return ""
        variables = self.folder / "variables"
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c",
             f"[[ ! -e {variables} ]] || . {variables}\n{block}\n"
             f"for name in $(compgen -v | grep -xE '[a-z]+'); do declare -p $name; done >{variables}"],
            env=self.env, cwd=self.folder, stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60)
        assert done.returncode == 0, f"{block}\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, command):
        # A worker shares the settings with the app, and has no admin listener.
        env = {**self.env, **({} if command == "worker" else self.admin)}
        process = Process([BINARY, command], env, self.folder, command, cwd=self.folder)
        self.processes.append(process)
        if command != "worker":
            wait_until(lambda: port_answers(self.port) or not process.running(), command)
            assert process.running(), process.log()

    def stop(self):
        for process in self.processes:
            process.stop()


class Tutorial(unittest.TestCase):
    def setUp(self):
        self.folder = self.enterContext(scratch_folder())

    def reader(self, replace=None, **env):
        self.follower = Reader(self.folder, replace or {}, env)
        self.addCleanup(self.follower.stop)
        return self.follower

    def follow(self, page, before=lambda block: None):
        """Runs every block of commands; each JSON after one has the members that it printed."""
        printed, blocks = "", BLOCK.findall((ROOT / "docs/tutorial" / page).read_text())
        self.assertTrue(blocks)
        for kind, block in blocks:
            if kind == "sh":
                before(block)
                printed = self.follower.run(block)
            elif kind == "json":
                self.assertEqual(set(json.loads(block)), set(json.loads(printed)), printed)
            else:
                shown = block
                for written, private in self.follower.replace.items():
                    shown = shown.replace(written, private)
                self.assertEqual(printed[-len(shown):], shown)

    def mailbox(self):
        url = f"http://localhost:{self.follower.port}/dev/mailbox"
        return subprocess.run(["curl", "-s", url], capture_output=True, text=True).stdout

    def test_the_first_account_as_written(self):
        self.reader()

        def before(block):
            if "/dev/mailbox" in block:
                wait_until(lambda: "token=" in self.mailbox(), "the email")
        self.follow("first-account.md", before)
        shown = self.follower.run("build/release/postern accounts show anna@example.com")
        self.assertIn("sent", shown)
        with self.assertRaises(AssertionError):
            self.follower.run('curl -sf -X POST http://localhost:5001/set-password -F "$token" '
                              '-F "password=a quiet green river"')

    def production(self):
        postgres, rabbitmq = Postgres(self.folder), RabbitMq(self.folder)
        self.addCleanup(lambda: postgres.stop("immediate"))
        self.addCleanup(rabbitmq.end)
        mail = GmailServer(self.folder)
        self.addCleanup(mail.stop)
        reader = self.reader(
            {"@localhost/postern": f"@127.0.0.1:{postgres.port}/postern",
             "@localhost:5672/": f"@127.0.0.1:{rabbitmq.port}/",
             "smtp.gmail.com": "localhost", "SMTP_PORT=587": f"SMTP_PORT={mail.port}",
             ":587 answers": f":{mail.port} answers"},
            SMTP_CA_FILE=str(mail.ca_file), PGHOST="127.0.0.1", PGPORT=str(postgres.port),
            PGUSER="postgres")
        # The commands of an installed system, on the private servers.
        reader.program("sudo", '[[ $1 != -u ]] || shift 2', 'exec "$@"')
        reader.program("apt-get", 'for package in "${@:3}"; do apt-cache show "$package"; done')
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in rabbitmq.env.items())
        reader.program("rabbitmqctl", f'exec env -i {settings} {RABBITMQ_BIN}/rabbitmqctl "$@"')
        return reader, mail

    def test_production_as_written(self):
        reader, mail = self.production()

        def before(block):
            if "accounts show" in block:
                mail.wait_for_email_to("you@gmail.com")
                wait_until(lambda: "sent" in reader.run(
                    "build/release/postern accounts show you@gmail.com"), "the outcome")
        self.follow("production.md", before)
        link = mail.wait_for_email_to("you@gmail.com").link()
        self.assertTrue(link.startswith(f"http://localhost:{reader.port}/"), link)
        self.assertEqual(stat.S_IMODE((self.folder / ".env").stat().st_mode), 0o600)

        with self.subTest("a wrong app password fails, with the server's reply"):
            mail.PASSWORD = "other other other other"
            done = subprocess.run([BINARY, "check"], env=reader.env, cwd=self.folder,
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            self.assertEqual(done.returncode, 1)
            last = done.stdout.splitlines()[-1]
            self.assertRegex(last, r"^FAIL  mail .*535")
        with self.subTest("the reference names every metric"):
            self.check_metrics(reader)

    def check_metrics(self, reader):
        """App with a broker; `run` and a separate worker have those of the worker besides."""
        worker_port = free_port()
        worker = Process([BINARY, "worker"],
                         {**reader.env, "ADMIN_LISTEN": f"127.0.0.1:{worker_port}"}, self.folder,
                         "watched-worker", cwd=self.folder)
        self.addCleanup(worker.stop)
        wait_until(lambda: port_answers(worker_port), "the worker's admin listener")
        exported = set()
        for port in (reader.admin_port, worker_port):
            page = subprocess.run(["curl", "-sf", f"http://127.0.0.1:{port}/metrics"], check=True,
                                  capture_output=True, text=True).stdout
            exported |= set(re.findall(r"^# TYPE (\w+) ", page, re.MULTILINE))
        rows = re.findall(r"^\| (`[^|]*) \|", (ROOT / "docs/metrics.md").read_text(), re.MULTILINE)
        documented = {name for row in rows for name in METRIC.findall(row)}
        self.assertEqual(documented, exported)


class References(unittest.TestCase):
    def test_the_commands_are_those_of_the_program(self):
        made = subprocess.run([sys.executable, ROOT / "script/commands_page.py", BINARY], check=True,
                              capture_output=True, text=True).stdout
        self.assertEqual((ROOT / "docs/commands.md").read_text(), made,
                         "run script/commands_page.py build/release/postern > docs/commands.md")

    def test_the_routes_are_those_of_the_api_description(self):
        described = set(json.loads((ROOT / "templates/docs/openapi.json").read_text())["paths"])
        pages = "".join((ROOT / "docs" / name).read_text() for name in ("http.md", "oidc.md"))
        named = {path for path in described if re.search(rf"[` ]{re.escape(path)}[`?]", pages)}
        self.assertEqual(described - named, set())

    def test_the_events_are_those_with_a_schema(self):
        named = set(re.findall(r"^\| `([a-z_.]+)` \|", (ROOT / "docs/events.md").read_text(), re.M))
        with_schema = {path.name.removesuffix(".schema.json")
                       for path in (ROOT / "docs/events").glob("*.json")}
        self.assertEqual(named, with_schema)


class Site(unittest.TestCase):
    """script/docs itself refuses broken links, and pages that load from elsewhere."""

    def test_the_site_builds_and_is_searchable(self):
        with scratch_folder() as folder:
            done = subprocess.run([ROOT / "script/docs", folder / "site"], capture_output=True,
                                  text=True, stdin=subprocess.DEVNULL)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            index = json.loads((folder / "site/search/search_index.json").read_text())
            found = {entry["location"].partition("#")[0] for entry in index["docs"]}
            pages = {str(path.parent.relative_to(folder / "site")) for path in
                     (folder / "site").rglob("index.html")}
            self.assertEqual({place.rstrip("/") or "." for place in found}, pages)
            for guide in (ROOT / "docs/how-to").glob("*.md"):
                self.assertIn(f"how-to/{guide.stem}", pages)


if __name__ == "__main__":
    unittest.main()
