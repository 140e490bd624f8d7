"""The container image, without a container engine: umoci, an implementation of the OCI formats by
others, unpacks it, and its entry runs in that root as its user, on a read-only file system."""

import json
import os
import pathlib
import shutil
import stat
import subprocess
import tarfile
import unittest

from harness import PASSWORD, SECRET_KEY
from servers import (BINARY, ROOT, MailServer, Postern, Process, free_port, port_answers,
                     scratch_folder, wait_until)

EPOCH = 1_700_000_000
UID = 65532
MAX_BYTES = 60_000_000
# Arguments: the image's root, the volume, then the user's id, the working directory and the
# command. A container engine mounts the same.
CONTAINER = """
set -e
root=$1 volume=$2 user=$3 folder=$4
shift 4
mount --bind "$root" "$root"
mount --rbind /dev "$root/dev"
mount --rbind /proc "$root/proc"
mount --bind "$volume" "$root/var/lib/postern"
mount -o remount,bind,ro "$root"
exec setpriv --clear-groups --no-new-privs \\
  unshare --root="$root" --wd="$folder" --setgid="$user" --setuid="$user" "$@"
"""


def may_mount():
    return os.geteuid() == 0 and subprocess.run(["unshare", "--mount", "true"]).returncode == 0


class Built:
    """The image of the binary under test, unpacked."""

    def __init__(self, folder):
        self.folder = folder
        self.archive = folder / "postern.tar"
        subprocess.run(["/usr/bin/python3", ROOT / "packaging/oci/build_image.py", BINARY,
                        self.archive], env={**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)},
                       check=True, capture_output=True)
        with tarfile.open(self.archive) as tar:
            tar.extractall(folder / "layout")
        index = json.loads((folder / "layout/index.json").read_text())
        self.version = index["manifests"][0]["annotations"]["org.opencontainers.image.ref.name"]
        manifest = json.loads(self.blob(index["manifests"][0]).read_text())
        self.config = json.loads(self.blob(manifest["config"]).read_text())
        self.layers = [self.blob(layer) for layer in manifest["layers"]]
        # For the user of the image, who is not this test's.
        folder.chmod(0o755)
        rootless = [] if os.geteuid() == 0 else ["--rootless"]
        subprocess.run(["umoci", "unpack", *rootless, "--image",
                        f"{folder / 'layout'}:{self.version}", folder / "bundle"],
                       check=True, capture_output=True)
        self.root = folder / "bundle/rootfs"
        # What umoci makes of the configuration for a runtime.
        self.process = json.loads((folder / "bundle/config.json").read_text())["process"]

    def blob(self, descriptor):
        return self.folder / "layout/blobs/sha256" / descriptor["digest"].removeprefix("sha256:")


def setUpModule():
    global image
    image = Built(unittest.enterModuleContext(scratch_folder()))


class Content(unittest.TestCase):
    def entries(self):
        for layer in image.layers:
            with tarfile.open(layer) as tar:
                yield from tar

    def test_it_is_small_and_of_one_time(self):
        self.assertLess(image.archive.stat().st_size, MAX_BYTES)
        self.assertEqual({entry.mtime for entry in self.entries()}, {EPOCH})
        self.assertEqual(image.config["created"], "2023-11-14T22:13:20Z")

    def test_it_has_no_shell_no_package_manager_and_nothing_setuid(self):
        programs = {entry.name for entry in self.entries()
                    if entry.isfile() and pathlib.Path(entry.name).parent.name in ("bin", "sbin")}
        self.assertEqual(programs, {"usr/bin/postern"})
        for entry in self.entries():
            self.assertEqual(entry.mode & (stat.S_ISUID | stat.S_ISGID), 0, entry.name)
            writable = entry.mode & 0o022 if not entry.issym() else 0
            self.assertTrue(not writable or entry.name == "tmp", entry.name)
        owned = [entry.name for entry in self.entries() if entry.uid or entry.gid]
        self.assertEqual(owned, ["var/lib/postern"])

    def test_it_trusts_the_authorities_of_debian_alone(self):
        bundle = (image.root / "etc/ssl/certs/ca-certificates.crt").read_text()
        packaged = list(pathlib.Path("/usr/share/ca-certificates/mozilla").glob("*.crt"))
        self.assertEqual(bundle.count("BEGIN CERTIFICATE"), len(packaged))

    def test_every_library_has_its_packages_record_and_licence(self):
        libraries = [entry for entry in self.entries() if ".so" in entry.name]
        records = list((image.root / "var/lib/dpkg/status.d").iterdir())
        self.assertGreater(len(libraries), 20)
        self.assertGreater(len(records), 20)
        for record in records:
            self.assertIn("Status: install ok installed", record.read_text())
            self.assertTrue((image.root / "usr/share/doc" / record.name / "copyright").exists(),
                            record.name)

    def test_its_configuration(self):
        config = image.config["config"]
        self.assertEqual(config["User"], f"{UID}:{UID}")
        self.assertEqual(config["WorkingDir"], "/var/lib/postern")
        self.assertEqual(config["Volumes"], {"/var/lib/postern": {}})
        self.assertEqual(config["Entrypoint"] + config["Cmd"],
                         ["/usr/bin/postern", "run", "--migrate"])
        self.assertEqual(config["Labels"]["org.opencontainers.image.version"], image.version)
        self.assertEqual(config["Labels"]["org.opencontainers.image.licenses"], "Apache-2.0")
        self.assertEqual(image.process["user"]["uid"], UID)
        self.assertEqual(image.process["cwd"], "/var/lib/postern")
        self.assertIn(f"postern:x:{UID}:{UID}:", (image.root / "etc/passwd").read_text())


@unittest.skipUnless(may_mount(), "needs root and the right to mount")
class Container(unittest.TestCase):
    """The image's entry, as a container engine starts it."""

    def setUp(self):
        self.volume = image.folder / self.id().rpartition(".")[2]
        self.volume.mkdir()
        shutil.chown(self.volume, UID, UID)

    def command(self, arguments):
        return ["unshare", "--mount", "--propagation", "private", "bash", "-c", CONTAINER, "bash",
                image.root, self.volume, str(image.process["user"]["uid"]), image.process["cwd"],
                *arguments]

    def environment(self, settings):
        own = dict(pair.split("=", 1) for pair in image.process["env"])
        return {**own, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **settings}

    def run_inside(self, arguments, settings):
        return subprocess.run(self.command(arguments), env=self.environment(settings), text=True,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=60)

    def test_without_settings_it_says_what_it_needs(self):
        entry = image.process["args"]
        refused = self.run_inside(entry, {})
        self.assertEqual(refused.returncode, 1)
        self.assertIn("SECRET_KEY: is missing", refused.stderr)
        refused = self.run_inside(entry, {"SECRET_KEY": SECRET_KEY})
        self.assertEqual(refused.returncode, 1)
        self.assertIn("SMTP_HOST: is missing", refused.stderr)

    def test_from_the_start_to_a_registered_email(self):
        mail = MailServer(image.folder)
        self.addCleanup(mail.stop)
        shutil.copy(mail.ca_file, self.volume / "ca.pem")
        port, admin_port = free_port(), free_port()
        settings = {
            **mail.settings(), "SMTP_HOST": "127.0.0.1", "SMTP_CA_FILE": "/var/lib/postern/ca.pem",
            "SECRET_KEY": SECRET_KEY, "LISTEN": f"0.0.0.0:{port}",
            "BASE_URL": f"http://localhost:{port}", "ADMIN_LISTEN": f"127.0.0.1:{admin_port}"}
        health = image.config["config"]["Healthcheck"]["Test"]
        self.assertEqual(health[0], "CMD")
        self.assertEqual(self.run_inside(health[1:], settings).returncode, 1)

        server = Process(self.command(image.process["args"]), self.environment(settings),
                         image.folder, "container")
        self.addCleanup(lambda: server.running() and server.stop())
        wait_until(lambda: port_answers(port) or not server.running(), "the container")
        self.assertTrue(server.running(), server.log())
        self.assertEqual(self.run_inside(health[1:], settings).stdout, '200 {"status":"ok"}\n')
        ready = self.run_inside([*health[1:], "--ready"], settings)
        self.assertEqual(ready.returncode, 0, ready.stderr)

        self.assertEqual(self.post(port, "/register", {"email": "anna@example.com"})[0], 202)
        token = mail.wait_for_email_to("anna@example.com").token()
        self.assertEqual(
            self.post(port, "/set-password", {"token": token, "password": PASSWORD})[0], 200)
        shown = self.run_inside(["/usr/bin/postern", "accounts", "list"], settings)
        self.assertIn("anna@example.com", shown.stdout)

        owner = (self.volume / "data/postern.db").stat()
        self.assertEqual((owner.st_uid, owner.st_gid), (UID, UID))
        self.assertEqual(server.stop(), 0)

    @staticmethod
    def post(port, path, fields):
        # Postern.post without its process.
        client = Postern.__new__(Postern)
        client.port = port
        return client.post(path, fields)


if __name__ == "__main__":
    unittest.main()
