"""Writes an image of Postern without a container engine: build_image.py BINARY OUTPUT.tar

The image has two layers: the shared libraries that the binary needs, taken from this machine's
Debian packages, with certificates and the user; and Postern itself. There is no shell and no
package manager. OUTPUT is both an OCI archive and what `docker load` reads. The same binary on the
same packages gives the same bytes; times are SOURCE_DATE_EPOCH or the commit's.
"""

import datetime
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
USER = 65532
HOME = "var/lib/postern"
SECOND_NS = 1_000_000_000
AUTHORITIES = pathlib.Path("/usr/share/ca-certificates/mozilla")
OCI = "application/vnd.oci.image"


def output_of(*command):
    return subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True,
                          check=True, text=True).stdout.strip()


def commit(form):
    """Of the tree that is built; empty where it is not a git checkout."""
    try:
        return output_of("git", "log", "-1", f"--format={form}")
    except (OSError, subprocess.CalledProcessError):
        return ""


class Layer:
    """A tar file whose bytes depend only on what was added: sorted, one time, owner root unless
    given."""

    def __init__(self, epoch):
        self._epoch = epoch
        self._entries = {}

    def _add(self, path, kind, mode, owner=0, content=b"", link=""):
        entry = tarfile.TarInfo(path)
        entry.type, entry.mode, entry.mtime = kind, mode, self._epoch
        entry.uid = entry.gid = owner
        entry.size, entry.linkname = len(content), link
        self._entries[path] = (entry, content)
        parent = str(pathlib.PurePosixPath(path).parent)
        if parent != "." and parent not in self._entries:
            self.folder(parent)

    def folder(self, path, mode=0o755, owner=0):
        self._add(path, tarfile.DIRTYPE, mode, owner)

    def file(self, path, content, mode=0o644):
        self._add(path, tarfile.REGTYPE, mode, content=content)

    def link(self, path, target):
        self._add(path, tarfile.SYMTYPE, 0o777, link=target)

    def tar(self):
        file = io.BytesIO()
        with tarfile.open(fileobj=file, mode="w", format=tarfile.GNU_FORMAT) as tar:
            for path in sorted(self._entries):
                entry, content = self._entries[path]
                tar.addfile(entry, io.BytesIO(content))
        return file.getvalue()


def libraries(binary):
    """The paths of the shared libraries as the loader asks for them, the loader itself included."""
    listed = output_of("ldd", str(binary))
    if "not found" in listed:
        sys.exit(f"build_image: a library of {binary} is missing:\n{listed}")
    return sorted(set(re.findall(r"(?:=> |^\s*)(/\S+) \(0x", listed, re.MULTILINE)))


def packages_of(files):
    """The Debian packages that the libraries come from, by name; packages list the paths of /usr
    with or without it."""
    candidates = {path: file for file in files for real in [os.path.realpath(file)]
                  for path in (real, real.removeprefix("/usr"), file)}
    # Fails when it does not know one of the paths.
    listed = subprocess.run(["dpkg-query", "-S", *candidates], stdin=subprocess.DEVNULL,
                            capture_output=True, text=True).stdout
    owners = {}
    for packages, _, path in (line.partition(": ") for line in listed.splitlines()):
        # Debian 13 diverts the loader's old path.
        if not packages.startswith("diversion by ") and path in candidates:
            owners[candidates[path]] = packages.split(", ")[0]
    if unknown := set(files) - set(owners):
        sys.exit(f"build_image: no Debian package has {', '.join(sorted(unknown))}")
    return set(owners.values())


def add_packages(layer, packages):
    """Licences, and the records by which scanners find a package's vulnerabilities."""
    for record in output_of("dpkg-query", "-s", *sorted(packages)).split("\n\n"):
        name = re.search(r"^Package: (\S+)$", record, re.MULTILINE)[1]
        layer.file(f"var/lib/dpkg/status.d/{name}", (record.strip() + "\n").encode())
        licence = pathlib.Path(f"/usr/share/doc/{name}/copyright")
        if licence.exists():
            layer.file(f"usr/share/doc/{name}/copyright", licence.read_bytes())


def add_certificates(layer):
    """The authorities of Debian's package: those that were added to this machine are its own."""
    bundle = b"".join(path.read_bytes() for path in sorted(AUTHORITIES.glob("*.crt")))
    if not bundle:
        sys.exit("build_image: the package ca-certificates is missing")
    layer.file("etc/ssl/certs/ca-certificates.crt", bundle)
    # OpenSSL looks here, libcurl there.
    layer.link("usr/lib/ssl/cert.pem", "/etc/ssl/certs/ca-certificates.crt")


def system_layer(binary, epoch):
    layer = Layer(epoch)
    for path in ("dev", "proc", "sys", "run"):
        layer.folder(path)
    layer.folder("tmp", 0o1777)
    layer.folder(HOME, 0o700, USER)
    for name in ("bin", "lib", "lib64", "sbin"):
        layer.folder(f"usr/{name}")
        layer.link(name, f"usr/{name}")
    layer.file("etc/passwd", f"root:x:0:0:root:/:/usr/sbin/nologin\npostern:x:{USER}:{USER}:"
               f"Postern:/{HOME}:/usr/sbin/nologin\n".encode())
    layer.file("etc/group", f"root:x:0:\npostern:x:{USER}:\n".encode())
    layer.file("etc/nsswitch.conf", b"passwd: files\ngroup: files\nhosts: files dns\n")
    layer.file("usr/lib/os-release", pathlib.Path("/etc/os-release").read_bytes())
    layer.link("etc/os-release", "../usr/lib/os-release")
    add_certificates(layer)
    needed = libraries(binary)
    for library in needed:
        target = library.lstrip("/")
        target = target if target.startswith("usr/") else f"usr/{target}"
        layer.file(target, pathlib.Path(library).read_bytes(), 0o755)
    add_packages(layer, packages_of(needed) | {"ca-certificates"})
    return layer


def postern_layer(binary, epoch):
    layer = Layer(epoch)
    with tempfile.TemporaryDirectory() as folder:
        stripped = pathlib.Path(folder) / "postern"
        output_of("strip", "-o", str(stripped), str(binary))
        layer.file("usr/bin/postern", stripped.read_bytes(), 0o755)
    for path in sorted((ROOT / "templates/mail").rglob("*")):
        if path.is_file():
            layer.file(f"usr/share/postern/{path.relative_to(ROOT)}", path.read_bytes())
    layer.file("usr/share/doc/postern/copyright", (ROOT / "LICENSE").read_bytes())
    return layer


def configuration(version, created):
    """The image's own settings. The container's network, not loopback, is what a container serves;
    health and metrics stay inside until ADMIN_LISTEN is set."""
    return {
        "User": f"{USER}:{USER}",
        "ExposedPorts": {"5001/tcp": {}},
        "Env": ["PATH=/usr/bin", "LISTEN=0.0.0.0:5001", "ADMIN_LISTEN=127.0.0.1:5002"],
        "Entrypoint": ["/usr/bin/postern"],
        "Cmd": ["run", "--migrate"],
        "Volumes": {f"/{HOME}": {}},
        "WorkingDir": f"/{HOME}",
        "StopSignal": "SIGTERM",
        # OCI's configuration has no health check; Docker and Podman read Docker's from the same
        # place, and others skip it.
        "Healthcheck": {"Test": ["CMD", "/usr/bin/postern", "healthcheck"],
                        "Interval": 10 * SECOND_NS, "Timeout": 5 * SECOND_NS,
                        "StartPeriod": 60 * SECOND_NS, "Retries": 3},
        "Labels": {
            "org.opencontainers.image.title": "Postern",
            "org.opencontainers.image.description":
                "A self-hosted account server that verifies people by email",
            "org.opencontainers.image.licenses": "Apache-2.0",
            "org.opencontainers.image.version": version,
            "org.opencontainers.image.revision": commit("%H"),
            "org.opencontainers.image.created": created,
        },
    }


class Archive:
    """The files of the image by name; blobs by their digest."""

    def __init__(self):
        self.files = {"oci-layout": b'{"imageLayoutVersion":"1.0.0"}'}

    def blob(self, media_type, content):
        digest = hashlib.sha256(content).hexdigest()
        self.files[f"blobs/sha256/{digest}"] = content
        return {"mediaType": f"{OCI}.{media_type}", "digest": f"sha256:{digest}",
                "size": len(content)}

    def json(self, name, value):
        self.files[name] = json.dumps(value, sort_keys=True).encode()

    def write(self, path, epoch):
        layout = Layer(epoch)
        for name, content in self.files.items():
            layout.file(name, content)
        path.parent.mkdir(parents=True, exist_ok=True)
        whole = path.with_suffix(".part")
        whole.write_bytes(layout.tar())
        whole.rename(path)


def blob_path(descriptor):
    return "blobs/" + descriptor["digest"].replace(":", "/")


def write_image(binary, output):
    epoch = int(os.environ.get("SOURCE_DATE_EPOCH") or commit("%ct") or 0)
    created = datetime.datetime.fromtimestamp(epoch, datetime.timezone.utc).strftime(
        "%Y-%m-%dT%H:%M:%SZ")
    version = output_of(str(binary), "--version").split()[1]
    archive, layers, diff_ids = Archive(), [], []
    for layer in (system_layer(binary, epoch), postern_layer(binary, epoch)):
        tar = layer.tar()
        diff_ids.append("sha256:" + hashlib.sha256(tar).hexdigest())
        layers.append(archive.blob("layer.v1.tar+gzip", gzip.compress(tar, 6, mtime=0)))
    config = archive.blob("config.v1+json", json.dumps({
        "created": created, "os": "linux",
        "architecture": output_of("dpkg", "--print-architecture"),
        "config": configuration(version, created),
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created": created, "created_by": "Debian packages"},
                    {"created": created, "created_by": f"Postern {version}"}]},
        sort_keys=True).encode())
    manifest = archive.blob("manifest.v1+json", json.dumps({
        "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": config,
        "layers": layers}, sort_keys=True).encode())
    manifest["annotations"] = {
        "org.opencontainers.image.ref.name": version,
        "io.containerd.image.name": f"docker.io/library/postern:{version}"}
    archive.json("index.json", {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json",
                                "manifests": [manifest]})
    # For `docker load` before OCI archives.
    archive.json("manifest.json", [{"Config": blob_path(config), "RepoTags": [f"postern:{version}"],
                                    "Layers": [blob_path(layer) for layer in layers]}])
    archive.write(output, epoch)
    return version


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: build_image.py BINARY OUTPUT.tar")
    name = write_image(pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]))
    size_mb = pathlib.Path(sys.argv[2]).stat().st_size / 1e6
    print(f"{sys.argv[2]}: postern:{name}, {size_mb:.0f} MB")
