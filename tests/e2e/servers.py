"""Real servers for the tests, each private, on free loopback ports, stopped by the process id that
was started. A server that does not come up fails the run."""

import contextlib
import http.client
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
import urllib.parse

import pika

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("POSTERN_BINARY", ROOT / "build/release/postern"))
# The newest of those installed: each release has another one.
POSTGRES_BIN = max(pathlib.Path("/usr/lib/postgresql").glob("[0-9]*/bin/initdb"),
                   key=lambda path: int(path.parts[4])).parent
RABBITMQ_BIN = pathlib.Path("/usr/lib/rabbitmq/bin")


_reserved_ports = []


def free_port():
    """Below the range from which the system gives ports to connections: one of those would take it
    before the server does. The UDP port of the same number stays bound until this process ends, so
    no other test is given the port before the server listens, or while it restarts."""
    while True:
        port = random.SystemRandom().randrange(10_000, 32_000)
        reservation = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            reservation.bind(("127.0.0.1", port))
            with socket.socket() as sock:
                sock.bind(("127.0.0.1", port))
        except OSError:
            reservation.close()
            continue
        _reserved_ports.append(reservation)
        return port


def wait_until(condition, what, seconds=30.0):
    """Waits for the thing itself; fails with its name at the deadline."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.01)


def port_answers(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


# The options of this run's sanitizer, for the processes that it starts.
SANITIZERS = {name: value for name, value in os.environ.items() if name.endswith("SAN_OPTIONS")}


def memory_limit(size):
    """What a process may take; under a sanitizer, whose own memory counts in every figure, anything."""
    return float("inf") if SANITIZERS else size


class Process:
    """A child with its output in a file; stopped by its own id, never by name."""

    def __init__(self, command, env, folder, name, **options):
        self.name = name
        self.log_path = pathlib.Path(folder) / f"{name}.log"
        self._log = open(self.log_path, "ab")
        self.child = subprocess.Popen(
            command, env=env and {**SANITIZERS, **env}, stdin=subprocess.DEVNULL, stdout=self._log,
            stderr=self._log, start_new_session=True, **options)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def running(self):
        return self.child.poll() is None

    def stop(self, sig=signal.SIGTERM, seconds=40):
        if self.running():
            self.child.send_signal(sig)
        try:
            code = self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.child.kill()
            self.child.wait()
            raise AssertionError(f"{self.name} did not stop within {seconds} s")
        finally:
            self._log.close()
        return code

    def kill(self):
        return self.stop(signal.SIGKILL)


class Postgres:
    def __init__(self, folder, name="postgres"):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.port = free_port()
        shutil.chown(self.folder, "postgres", "postgres")
        for parent in self.folder.parents:
            if parent != pathlib.Path("/") and parent != pathlib.Path("/tmp"):
                parent.chmod(parent.stat().st_mode | 0o011)
        self._make_data()
        self.start()

    def _make_data(self):
        self._run("initdb", "-D", self.folder / "data", "-U", "postgres", "-A", "trust",
                  "--no-sync")

    def _run(self, program, *arguments):
        command = ["env", "-i", f"PATH={POSTGRES_BIN}:/usr/bin:/bin", "LANG=C.UTF-8",
                   f"HOME={self.folder}", POSTGRES_BIN / program, *arguments]
        if os.geteuid() == 0:
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", *command]
        done = subprocess.run(command, cwd="/", stdin=subprocess.DEVNULL, capture_output=True,
                              text=True)
        if done.returncode != 0:
            raise AssertionError(f"{program}: {done.stdout}{done.stderr}")
        return done.stdout

    def start(self):
        options = (f"-c listen_addresses=127.0.0.1 -p {self.port} -c max_connections=200 "
                   f"-c unix_socket_directories={self.folder}")
        # A file for the log: pg_ctl would otherwise hand our pipe to the server and wait for ever.
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-l", self.folder / "log", "-o",
                  options, "start")

    def stop(self, mode="fast"):
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "-m", mode, "stop")

    def url(self, database="postgres"):
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def create_database(self, name):
        self._run("createdb", "-h", "127.0.0.1", "-p", str(self.port), "-U", "postgres", name)
        return self.url(name)

    def sql(self, statement, database="postgres"):
        """The rows, as psql prints them."""
        return self._run("psql", "-XAtq", "-d", self.url(database), "-c", statement).splitlines()


class Standby(Postgres):
    """Follows another server as a hot standby, until it is promoted."""

    def __init__(self, folder, primary):
        self._primary = primary
        super().__init__(folder, "standby")

    def _make_data(self):
        self._run("pg_basebackup", "-h", "127.0.0.1", "-p", str(self._primary.port), "-U",
                  "postgres", "-D", self.folder / "data", "-R", "--checkpoint=fast", "--no-sync")

    def promote(self):
        self._run("pg_ctl", "-D", self.folder / "data", "-w", "promote")


QUEUES = ["postern.mail.dead", "postern.mail.outcomes",
          *(f"postern.mail{priority}{wait}" for priority in ("", ".bulk")
            for wait in ("", ".retry.10s", ".retry.1m", ".retry.10m", ".retry.1h"))]


class RabbitMq:
    def __init__(self, folder, more_settings="", name="rabbitmq"):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir()
        self.port = free_port()
        self.dist_port = free_port()
        self.epmd_port = free_port()
        (self.folder / "rabbitmq.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            "vm_memory_high_watermark.absolute = 2GB\n"
            "disk_free_limit.absolute = 50MB\n" + more_settings)
        (self.folder / "enabled_plugins").write_text("[].\n")
        # RabbitMQ 4 looks up the machine's name for every connection: no test may wait for a name
        # server where /etc/hosts lacks it.
        (self.folder / "inetrc").write_text(
            "{lookup, [file, native]}.\n"
            f'{{host, {{127,0,0,1}}, ["localhost", "{socket.gethostname()}"]}}.\n')
        self.env = {
            "PATH": "/usr/sbin:/usr/bin:/bin", "LANG": "C.UTF-8", "HOME": str(self.folder),
            "RABBITMQ_NODENAME": f"x{self.port}@localhost",
            "RABBITMQ_CONFIG_FILE": str(self.folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_PID_FILE": str(self.folder / "pid"),
            "RABBITMQ_DIST_PORT": str(self.dist_port),
            "RABBITMQ_CONF_ENV_FILE": "/dev/null", "ERL_INETRC": str(self.folder / "inetrc"),
            "ERL_EPMD_PORT": str(self.epmd_port), "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_MAX_PORTS": "4096",
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS":
                "-kernel inet_dist_use_interface {127,0,0,1} +sbwt none",
        }
        self.start()

    def start(self):
        self.process = Process([RABBITMQ_BIN / "rabbitmq-server"], self.env, self.folder, "server")
        wait_until(lambda: port_answers(self.port) or not self.process.running(), "RabbitMQ", 180)
        if not self.process.running():
            raise AssertionError("RabbitMQ ended: " + self.process.log()[-2000:])
        self.ctl("await_startup")

    def ctl(self, *arguments):
        return subprocess.run([RABBITMQ_BIN / "rabbitmqctl", "-q", *arguments], env=self.env,
                              stdin=subprocess.DEVNULL, check=True, capture_output=True,
                              text=True).stdout

    def stop(self):
        # The script's shell passes nothing on: the whole session that was started here ends.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.child.pid, signal.SIGTERM)
        self.process.stop(seconds=60)
        wait_until(lambda: not port_answers(self.port), "RabbitMQ's end")

    def kill(self):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.child.pid, signal.SIGKILL)
        self.process.stop(signal.SIGKILL)

    def end(self):
        if self.process.running():
            self.stop()
        subprocess.run(["epmd", "-port", str(self.epmd_port), "-kill"], env=self.env,
                       stdin=subprocess.DEVNULL, capture_output=True)

    def url(self, vhost=""):
        return f"amqp://guest:guest@127.0.0.1:{self.port}/{vhost}"

    def purge(self):
        """Empties Postern's queues: a job that an earlier test left, waiting for a retry, say, must
        not reach the worker of the next one."""
        connection = pika.BlockingConnection(pika.URLParameters(self.url()))
        for name in QUEUES:
            channel = connection.channel()
            # Not declared yet.
            with contextlib.suppress(pika.exceptions.ChannelClosedByBroker):
                channel.queue_purge(name)
        connection.close()

    def new_vhost(self, name):
        """The URL of a virtual host whose queues hold no other test's jobs."""
        self.ctl("add_vhost", name)
        self.ctl("set_permissions", "-p", name, "guest", ".*", ".*", ".*")
        return self.url(name)


class MailServer:
    """aiosmtpd with STARTTLS and AUTH; `refuse` maps a recipient to an SMTP reply."""

    USER, PASSWORD = "postern@example.com", "abcd efgh ijkl mnop"

    def __init__(self, folder, require_tls=True):
        from aiosmtpd.controller import Controller
        from aiosmtpd.smtp import AuthResult
        import logging
        import ssl
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        self.ca_file = pathlib.Path(folder) / "mail-cert.pem"
        key = pathlib.Path(folder) / "mail-key.pem"
        if not self.ca_file.exists():
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                 "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=localhost",
                 "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out",
                 self.ca_file], check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca_file, key)
        self.port = free_port()
        self.messages = []
        self.refuse = {}
        self._changed = threading.Condition()
        self._controller = Controller(
            self, hostname="127.0.0.1", port=self.port, tls_context=context,
            require_starttls=require_tls, auth_required=True, auth_require_tls=require_tls,
            # handled=False: aiosmtpd itself answers a wrong login with 535.
            authenticator=lambda server, session, envelope, mechanism, data: AuthResult(
                handled=False, success=(data.login, data.password) ==
                (self.USER.encode(), self.PASSWORD.encode())))
        self._controller.start()

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address in self.refuse:
            return self.refuse[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        with self._changed:
            self.messages.append(ReceivedEmail(envelope.rcpt_tos[0], bytes(envelope.content)))
            self._changed.notify_all()
        return "250 OK"

    def wait_for(self, count, seconds=30):
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(self.messages) >= count, seconds)
            assert arrived, f"{len(self.messages)} of {count} emails within {seconds} s"
            return list(self.messages)

    def wait_for_email_to(self, address, count=1, seconds=30):
        def found():
            return [mail for mail in self.messages if mail.to == address]
        with self._changed:
            arrived = self._changed.wait_for(lambda: len(found()) >= count, seconds)
            assert arrived, f"{len(found())} of {count} emails to {address} within {seconds} s"
            return found()[-1]

    def settings(self):
        return {"SMTP_HOST": "localhost", "SMTP_PORT": str(self.port), "SMTP_USER": self.USER,
                "SMTP_PASSWORD": self.PASSWORD, "SMTP_CA_FILE": str(self.ca_file),
                "MAIL_FROM": "Postern <postern@example.com>"}

    def stop(self):
        self._controller.stop()


class ReceivedEmail:
    def __init__(self, to, content):
        import email
        import email.policy
        self.to = to
        self.message = email.message_from_bytes(content, policy=email.policy.default)
        self.text = self.message.get_body(("plain",)).get_content()
        self.html = self.message.get_body(("html",)).get_content()
        self.subject = self.message["Subject"]

    def link(self):
        return next(word for word in self.text.split() if "/set-password?token=" in word)

    def token(self):
        query = urllib.parse.urlsplit(self.link()).query
        return urllib.parse.parse_qs(query)["token"][0]


class Postern:
    """One postern process in a folder of its own."""

    def __init__(self, command, folder, settings, name=None, wait=True, binary=None):
        self.command = command
        self.binary = binary or BINARY
        self.folder = pathlib.Path(folder)
        self.name = name or command
        self.port, self.admin_port = free_port(), free_port()
        self.settings = {
            "LISTEN": f"127.0.0.1:{self.port}", "ADMIN_LISTEN": f"127.0.0.1:{self.admin_port}",
            "REQUEST_LIMIT_PER_IP": "1000000/s", **settings}
        self.start(wait)

    def start(self, wait=True):
        arguments = [] if self.command == "worker" else ["--migrate"]
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **self.settings}
        self.process = Process([self.binary, self.command, *arguments], env, self.folder, self.name,
                               cwd=self.folder)
        if wait and self.command != "worker":
            wait_until(lambda: port_answers(self.port) or not self.process.running(),
                       f"postern {self.command}")
            assert self.process.running(), self.process.log()

    def stop(self):
        return self.process.stop()

    def kill(self):
        return self.process.kill()

    def url(self, path=""):
        return f"http://127.0.0.1:{self.port}{path}"

    def request(self, method, path, body=None, headers=None, port=None):
        """status, headers, body"""
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=30)
        try:
            connection.request(method, path, body, headers or {})
            response = connection.getresponse()
            return response.status, response.headers, response.read()
        finally:
            connection.close()

    def post(self, path, fields, headers=None):
        status, _, body = self.request("POST", path, json.dumps(fields),
                                       {"Content-Type": "application/json", **(headers or {})})
        return status, json.loads(body)

    def run_command(self, *arguments):
        """What another command of the program prints, with this process's settings."""
        env = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", **SANITIZERS, **self.settings}
        done = subprocess.run([BINARY, *arguments], env=env, cwd=self.folder, text=True,
                              stdin=subprocess.DEVNULL, capture_output=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def ready(self):
        return json.loads(self.request("GET", "/readyz", port=self.admin_port)[2])


def knows_setting(name, settings):
    """Whether this program has such a setting: it refuses others with one line that names them."""
    with scratch_folder() as folder:
        env = {"PATH": "/usr/bin:/bin", "SECRET_KEY": "0" * 32, **settings}
        said = subprocess.run([BINARY, "check"], env=env, cwd=folder, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=60)
    return name not in said.stderr


@contextlib.contextmanager
def scratch_folder():
    folder = tempfile.mkdtemp(prefix="postern-test-")
    try:
        yield pathlib.Path(folder)
    finally:
        if "POSTERN_KEEP" not in os.environ:
            shutil.rmtree(folder, ignore_errors=True)
