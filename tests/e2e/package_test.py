"""The Debian package: its contents, the judgement of lintian and systemd-analyze, and its life in a
clean system of this release: install, serve as the unit would, upgrade, remove, remove with data.
Needs root and the Debian mirror that this machine uses."""

import hashlib
import json
import os
import pathlib
import queue
import re
import shutil
import socket
import stat
import subprocess
import threading
import unittest

from harness import PASSWORD, SystemTest
from servers import BINARY, ROOT, Process, free_port, port_answers, scratch_folder

BUILD = pathlib.Path(os.environ.get("POSTERN_BUILD", ROOT / "build/release"))
NEWER = "99.0.0"
# Of 10, as `systemd-analyze security` counts; its option takes tenths.
MOST_EXPOSED = 2.0
UNITS = ("postern", "postern-app", "postern-worker")
STATE, SETTINGS = "var/lib/postern", "etc/postern/postern.env"


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], stdin=subprocess.DEVNULL, text=True,
                          capture_output=True, **options)
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


def build_package(folder):
    env = dict(os.environ, POSTERN_BUILD=str(BUILD), POSTERN_PACKAGES=str(folder))
    return pathlib.Path(run(ROOT / "script/package", env=env, cwd=ROOT).strip())


def make_newer(contents, folder):
    """The same package with a higher version, uncompressed: quicker than another build."""
    copy = folder / "newer"
    shutil.copytree(contents, copy, symlinks=True)
    control = copy / "DEBIAN/control"
    control.write_text(re.sub(r"(?m)^Version: .*", f"Version: {NEWER}", control.read_text()))
    run("dpkg-deb", "-Znone", "--build", "--root-owner-group", copy, folder / "newer.deb")
    return folder / "newer.deb"


def field(package, name):
    return run("dpkg-deb", "--field", package, name).strip()


def distribution_sources():
    """The mirror and the suites of the release itself among this machine's sources, as lines."""
    targets = run("apt-get", "indextargets", "--format",
                  "$(ORIGIN)|deb $(REPO_URI) $(RELEASE) $(COMPONENT)", "Identifier: Packages")
    rows = dict.fromkeys(target.split("|", 1)[1] for target in targets.splitlines()
                         if target.startswith(("Debian|", "Ubuntu|")))
    assert rows, "apt knows no sources of the distribution: run apt-get update"
    return "\n".join(rows) + "\n"


def make_root(folder, depends):
    """A system with dpkg and what the package depends on, and nothing else."""
    sources = folder / "sources.list"
    sources.write_text(distribution_sources())
    # An alternative is enough; the versions are checked at the installation.
    packages = [re.split(r"[ (:|]", name.strip())[0] for name in depends.split(",")]
    release = dict(line.split("=", 1) for line in pathlib.Path("/etc/os-release").read_text().split("\n")
                   if "=" in line)
    run("mmdebstrap", "--mode=root", "--variant=essential", "--dpkgopt=force-unsafe-io", f"--include={','.join(packages)}",
        release["VERSION_CODENAME"].strip('"'), folder / "root", sources)
    # As the installer of a system writes it.
    (folder / "root/etc/hosts").write_text("127.0.0.1 localhost\n")
    return folder / "root"


class NotifySocket:
    """The service manager's end of NOTIFY_SOCKET."""

    def __init__(self, path):
        path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind(str(path))
        path.chmod(0o666)
        self._states = queue.Queue()
        # The manager reads all the time: a full socket would hold the service up.
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        while state := self._socket.recv(4096):
            self._states.put(state.decode())

    def next(self, seconds=30):
        return self._states.get(timeout=seconds)

    def close(self):
        self._socket.shutdown(socket.SHUT_RD)
        self._reader.join()
        self._socket.close()


def unit_settings(root, unit="postern"):
    """[Service] of a unit; of a key that is there several times, all values."""
    settings = {}
    for line in (root / f"usr/lib/systemd/system/{unit}.service").read_text().splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            settings.setdefault(key, []).append(value)
    return settings


def setUpModule():
    global PACKAGE, CONTENTS
    if os.geteuid() != 0:
        raise AssertionError("package_test.py installs a package into a system of its own: run it as "
                             "root")
    folder = unittest.enterModuleContext(scratch_folder())
    PACKAGE = build_package(folder)
    CONTENTS = folder / "contents"
    run("dpkg-deb", "--raw-extract", PACKAGE, CONTENTS)


class PackageTest(unittest.TestCase):
    def setUp(self):
        self.package, self.contents = PACKAGE, CONTENTS

    def mode(self, path):
        found = (self.contents / path).lstat()
        return stat.S_IMODE(found.st_mode), found.st_uid, found.st_gid

    def test_version_names_commit_and_libraries(self):
        first, *libraries = run(BINARY, "--version").splitlines()
        self.assertRegex(first, r"^postern \d+\.\d+\.\d+( \(commit [0-9a-f]{12}\))?$")
        self.assertEqual([line.split()[0] for line in libraries],
                         ["OpenSSL", "SQLite", "libpq", "rabbitmq-c", "Boost", "libsodium", "ICU",
                          "libcurl"])
        self.assertEqual(field(self.package, "Version"), first.split()[1])

    def test_contents_and_modes(self):
        for path, mode in {
                "usr/bin/postern": 0o755, SETTINGS: 0o640,
                "usr/share/man/man1/postern.1.gz": 0o644,
                "usr/share/bash-completion/completions/postern": 0o644,
                "usr/share/postern/templates/mail/en/confirm.html": 0o644,
                "usr/share/doc/postern/settings.env.gz": 0o644,
                "usr/share/doc/postern/copyright": 0o644,
                "usr/lib/sysusers.d/postern.conf": 0o644,
                **{f"usr/lib/systemd/system/{unit}.service": 0o644 for unit in UNITS},
                **{f"DEBIAN/{script}": 0o755 for script in ("postinst", "prerm", "postrm")}}.items():
            with self.subTest(path):
                self.assertEqual(self.mode(path), (mode, 0, 0))
        self.assertEqual((self.contents / "DEBIAN/conffiles").read_text(), f"/{SETTINGS}\n")
        self.assertIn("libssl3", field(self.package, "Depends"))
        sections = run("readelf", "--sections", "--wide", self.contents / "usr/bin/postern")
        self.assertNotIn(".debug_info", sections)
        program = (self.contents / "usr/bin/postern").read_bytes()
        self.assertNotIn(str(ROOT).encode() + b"/", program)

    def test_the_same_build_gives_the_same_package(self):
        with scratch_folder() as folder:
            self.assertEqual(*(hashlib.sha256(package.read_bytes()).hexdigest()
                               for package in (self.package, build_package(folder))))

    def test_lintian_finds_no_error_and_no_warning(self):
        run("lintian", "--allow-root", "--fail-on=error,warning", self.package)

    def test_units_are_confined(self):
        for unit in UNITS:
            with self.subTest(unit):
                run("systemd-analyze", "security", "--offline=true",
                    f"--threshold={int(MOST_EXPOSED * 10)}",
                    self.contents / f"usr/lib/systemd/system/{unit}.service")
                settings = unit_settings(self.contents, unit)
                self.assertEqual(settings["Type"], ["notify"])
                self.assertEqual(settings["EnvironmentFile"], [f"-/{SETTINGS}"])
                self.assertEqual(settings["WorkingDirectory"], ["%S/postern"])

    def complete(self, *words):
        script = f"""source {self.contents}/usr/share/bash-completion/completions/postern
                     COMP_WORDS=(postern "$@") COMP_CWORD=$#; _postern; echo "${{COMPREPLY[@]}}" """
        return run("bash", "-c", script, "bash", *words).split()

    def commands(self, *path):
        """Each command with its options, as its help lists them."""
        shown = run(BINARY, *path, "--help")
        below = re.search(r"^Subcommands:\n((?:  .*\n)+)", shown, re.M | re.I)
        names = re.findall(r"^  ([a-z][a-z-]*)", below[1], re.M) if below else []
        yield path, names, re.findall(r"^  (?:-h, *)?(--[a-z-]+)", shown, re.M)
        for name in names:
            yield from self.commands(*path, name)

    def test_manual_and_completion_have_every_command(self):
        manual = run("zcat", self.contents / "usr/share/man/man1/postern.1.gz").replace("\\", "")
        count = 0
        for path, names, options in self.commands():
            count += 1
            with self.subTest(path):
                self.assertLessEqual({*names, *options}, {*self.complete(*path, "")})
                if not names:
                    self.assertIn(f"\n.SS postern {' '.join(path)}\n", manual)
        self.assertGreater(count, 20)
        self.assertEqual(self.complete("accounts", "sho"), ["show"])
        self.assertEqual(self.complete("accounts", "list", "--st"), ["--state"])


class InstalledTest(SystemTest):
    """One life of the package, step by step."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.newer = make_newer(CONTENTS, cls.folder)
        cls.root = make_root(cls.folder, field(PACKAGE, "Depends"))

    def in_root(self, *command, cwd="/"):
        return run("chroot", self.root, "sh", "-c", 'cd "$0" && exec "$@"', cwd, *command,
                   env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"})

    def dpkg(self, action, what):
        if isinstance(what, pathlib.Path):
            shutil.copy(what, self.root / "tmp/postern.deb")
            what = "/tmp/postern.deb"
        return self.in_root("dpkg", action, what)

    def as_user(self, *command):
        return self.in_root("runuser", "-u", "postern", "--", *command, cwd=f"/{STATE}")

    def owner_and_mode(self, path):
        return self.in_root("stat", "--format=%U:%G %a", f"/{path}").strip()

    def configure(self):
        shutil.copy(self.mail.ca_file, self.root / "etc/postern/mail-ca.pem")
        self.port, admin = free_port(), free_port()
        values = {**self.mail.settings(), "SMTP_CA_FILE": "/etc/postern/mail-ca.pem",
                  "LISTEN": f"127.0.0.1:{self.port}", "ADMIN_LISTEN": f"127.0.0.1:{admin}"}
        text = "".join(f"{name}={value}\n" for name, value in values.items())
        # Written in place: owner and mode stay.
        with open(self.root / SETTINGS, "a") as settings:
            settings.write(text)

    def start(self):
        """As systemd would: user, folder, environment, capabilities and the notification socket."""
        unit = unit_settings(self.root)
        env = dict(line.split("=", 1) for line in (self.root / SETTINGS).read_text().splitlines()
                   if line and not line.startswith("#"))
        env |= {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "NOTIFY_SOCKET": "/run/notify", "WATCHDOG_USEC": "400000"}
        self.notify = NotifySocket(self.root / "run/notify")
        self.addCleanup(self.notify.close)
        user = unit["User"][0]
        service = Process(
            ["chroot", self.root, "sh", "-c",
             f"cd /{STATE} && umask {unit['UMask'][0]} && exec setpriv --reuid={user} "
             f"--regid={user} --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs -- "
             f"{unit['ExecStart'][0]}"], env, self.folder, "service")
        self.addCleanup(lambda: service.running() and service.stop())
        try:
            self.assertEqual(self.notify.next(), "READY=1")
        except queue.Empty:
            self.fail(service.log())
        self.assertTrue(port_answers(self.port))
        return service

    def stop(self, service):
        self.assertEqual(service.stop(), 0, service.log())
        states = [self.notify.next()]
        while states[-1] == "WATCHDOG=1":
            states.append(self.notify.next())
        self.assertEqual(states[-1], "STOPPING=1")

    def post(self, path, **fields):
        shown = run("curl", "--silent", "--show-error", "--write-out", "\n%{http_code}", "--json",
                    json.dumps(fields), f"http://127.0.0.1:{self.port}{path}")
        return int(shown.rsplit("\n", 1)[1])

    def test_life(self):
        self.installs_and_starts_nothing()
        self.serves()
        self.keeps_data_over_an_upgrade()
        self.removal_keeps_settings_and_data()
        self.removal_with_data_leaves_nothing()

    def installs_and_starts_nothing(self):
        self.dpkg("--install", PACKAGE)
        self.assertEqual(self.owner_and_mode(SETTINGS), "root:postern 640")
        self.assertEqual(self.owner_and_mode(STATE), "postern:postern 700")
        self.assertEqual(os.readlink(self.root / STATE / ".env"), f"/{SETTINGS}")
        self.assertFalse(list(self.root.glob("etc/systemd/system/*.wants/postern*")))
        self.assertIn("/usr/sbin/nologin", self.in_root("getent", "passwd", "postern"))
        # Usable as it is, and every library is there.
        self.assertIn("postern ", self.in_root("postern", "--version"))

    def serves(self):
        self.configure()
        service = self.start()
        self.assertEqual(self.notify.next(), "WATCHDOG=1")
        self.assertEqual(self.post("/register", email="anna@example.com"), 202)
        token = self.mail.wait_for_email_to("anna@example.com").token()
        self.assertEqual(self.post("/set-password", token=token, password=PASSWORD), 200)
        self.stop(service)
        self.assertEqual(self.owner_and_mode(f"{STATE}/data"), "postern:postern 700")
        self.assertEqual(self.owner_and_mode(f"{STATE}/data/postern.db"), "postern:postern 600")

    def keeps_data_over_an_upgrade(self):
        settings = (self.root / SETTINGS).read_text()
        (self.root / SETTINGS).chmod(0o600)
        self.dpkg("--install", self.newer)
        self.assertIn(NEWER, self.in_root("dpkg-query", "--show", "postern"))
        self.assertEqual((self.root / SETTINGS).read_text(), settings)
        self.assertEqual(self.owner_and_mode(SETTINGS), "root:postern 600", "the operator's mode")
        (self.root / SETTINGS).chmod(0o640)
        # A command for operators finds the settings by the link.
        shown = json.loads(self.as_user("postern", "accounts", "show", "--json", "anna@example.com"))
        self.assertEqual(shown["email"], "anna@example.com")
        service = self.start()
        self.assertEqual(self.post("/login", email="anna@example.com", password=PASSWORD), 200)
        self.stop(service)

    def removal_keeps_settings_and_data(self):
        self.dpkg("--remove", "postern")
        self.assertFalse((self.root / "usr/bin/postern").exists())
        self.assertTrue((self.root / SETTINGS).exists())
        self.assertTrue((self.root / STATE / "data/postern.db").exists())

    def removal_with_data_leaves_nothing(self):
        (self.root / "etc/postern/mail-ca.pem").unlink()
        self.in_root("sh", "-c", "dpkg --purge postern")
        for path in (STATE, "etc/postern", "usr/share/postern", "usr/share/doc/postern"):
            self.assertFalse((self.root / path).exists(), path)


if __name__ == "__main__":
    unittest.main()
