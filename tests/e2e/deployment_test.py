"""The files for Docker Compose and Kubernetes, without either: their references, and their settings
in Postern itself, whose commands run as the files start them. Only the addresses of the servers are
others."""

import re
import sys
import unittest
import urllib.parse

import yaml
from aiosmtpd.controller import Controller

from harness import PASSWORD, SECRET_KEY
from servers import (BINARY, ROOT, MailServer, Postern, Postgres, Process, RabbitMq, free_port,
                     port_answers, scratch_folder, wait_until)

COMPOSE = ROOT / "packaging/compose"
KUBERNETES = ROOT / "packaging/kubernetes"
sys.path.insert(0, str(ROOT / "packaging/oci"))
from build_image import configuration  # noqa: E402

IMAGE_ENV = dict(pair.split("=", 1) for pair in configuration("", "")["Env"])
SETTINGS = set(re.findall(r"^#([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
# What the people who deploy fill in.
ANSWERS = {"SECRET_KEY": SECRET_KEY, "POSTGRES_PASSWORD": "1" * 64, "RABBITMQ_PASSWORD": "2" * 64}


def interpolated(value, variables):
    """${NAME}, ${NAME:-default} and ${NAME:?message} in every scalar, as Compose reads them."""
    if isinstance(value, dict):
        return {key: interpolated(item, variables) for key, item in value.items()}
    if isinstance(value, list):
        return [interpolated(item, variables) for item in value]
    if not isinstance(value, str):
        return value

    def replacement(match):
        name, kind, other = match[1], match[2], match[3]
        found = variables.get(name, "")
        if not found and kind == ":-":
            return other
        assert found or kind != ":?", f"{name}: {other}"
        assert name in variables, f"{name} is neither in .env.example nor has it a default"
        return found
    return re.sub(r"\$\{([A-Z_]+)(:[-?])?([^}]*)\}", replacement, value)


def compose():
    example = (COMPOSE / ".env.example").read_text()
    variables = {**dict(re.findall(r"^([A-Z_]+)=(.*)$", example, re.MULTILINE)), **ANSWERS}
    return interpolated(yaml.safe_load((COMPOSE / "compose.yaml").read_text()), variables)


def kubernetes():
    """The objects by kind and name; the Secret is the example, filled in."""
    names = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["resources"]
    objects = {}
    for name in [*names, "secret.example.yaml"]:
        for item in yaml.safe_load_all((KUBERNETES / name).read_text()):
            objects[item["kind"], item["metadata"]["name"]] = item
    secret = objects["Secret", "postern"]["stringData"]
    secret["SECRET_KEY"] = SECRET_KEY
    return objects


class MailCatcher:
    """Takes everything, without TLS and without a login."""

    def __init__(self, folder):
        # The received messages are kept as MailServer keeps them.
        self.server = MailServer(folder)
        self.server.stop()
        self._controller = Controller(self.server, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        self.port = self._controller.port

    def stop(self):
        self._controller.stop()


class Running:
    """App and worker with the settings of a file, on servers of this machine."""

    def __init__(self, test, mail):
        self.test, self.mail = test, mail
        self.folder = test.folder / test.id().rpartition(".")[2]
        self.folder.mkdir()
        database = test.postgres.create_database(self.folder.name)
        self.addresses = {"DATABASE_URL": database, "RABBITMQ_URL": test.rabbitmq.url()}
        self.port = free_port()

    def environment(self, settings, admin_port):
        """Another port for each listener on the same address, and the private servers."""
        own = {**IMAGE_ENV, **settings}
        own["LISTEN"] = own["LISTEN"].rpartition(":")[0] + f":{self.port}"
        own["ADMIN_LISTEN"] = own["ADMIN_LISTEN"].rpartition(":")[0] + f":{admin_port}"
        own.update({name: url for name, url in self.addresses.items() if name in own})
        if "SMTP_HOST" in own:
            own.update({name: value for name, value in self.mail.items()
                        if name in own or name in ("SMTP_PORT", "SMTP_CA_FILE")})
        return own

    def start(self, command, settings):
        """The process and its admin port."""
        admin_port = free_port()
        process = Process([BINARY, *command], self.environment(settings, admin_port), self.folder,
                          command[0], cwd=self.folder)
        self.test.addCleanup(lambda: process.running() and process.stop())
        return process, admin_port

    def run(self, command, settings):
        process, _ = self.start(command, settings)
        self.test.assertEqual(process.child.wait(60), 0, process.log())

    def serve(self, command, settings):
        """Returns the admin port when the process is ready, as its probes see it."""
        process, admin_port = self.start(command, settings)
        wait_until(lambda: port_answers(admin_port) or not process.running(), command[0])
        self.test.assertTrue(process.running(), process.log())
        wait_until(lambda: self.request("GET", "/readyz", admin_port)[0] == 200, "readiness")
        return admin_port

    def request(self, method, path, port):
        client = Postern.__new__(Postern)
        status, _, body = client.request(method, path, port=port)
        return status, body

    def reach_an_account(self, received):
        client = Postern.__new__(Postern)
        client.port = self.port
        assert client.post("/register", {"email": "anna@example.com"})[0] == 202
        token = received.wait_for_email_to("anna@example.com").token()
        assert client.post("/set-password", {"token": token, "password": PASSWORD})[0] == 200


class DeploymentTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = cls.enterClassContext(scratch_folder())

    def assert_settings(self, names):
        secrets_in_files = {name.removesuffix("_FILE") for name in names}
        self.assertLessEqual(secrets_in_files, SETTINGS)


class References(DeploymentTest):
    def test_compose_refers_to_what_it_has(self):
        project = compose()
        services = project["services"]
        for name, service in services.items():
            for other, wanted in service.get("depends_on", {}).items():
                self.assertIn(other, services, name)
                if wanted["condition"] == "service_healthy":
                    self.assertIn("healthcheck", services[other], f"{name} waits for {other}")
            for volume in service.get("volumes", []):
                self.assertIn(volume.split(":")[0], project["volumes"], name)
        for name in ("migrate", "app", "worker"):
            service = services[name]
            self.assertTrue(service["read_only"], name)
            self.assertEqual(service["cap_drop"], ["ALL"])
            self.assert_settings(service["environment"])
            for key in ("DATABASE_URL", "RABBITMQ_URL"):
                if key in service["environment"]:
                    host = urllib.parse.urlsplit(service["environment"][key]).hostname
                    self.assertIn(host, services)
        self.assertIn(services["worker"]["environment"]["SMTP_HOST"], services)
        self.assertEqual(services["app"]["ports"],
                         [f"127.0.0.1:5001:{IMAGE_ENV['LISTEN'].rpartition(':')[2]}"])

    def test_the_version_is_this_one(self):
        version = re.search(r"project\(postern VERSION ([0-9.]+)",
                            (ROOT / "CMakeLists.txt").read_text())[1]
        self.assertEqual(compose()["services"]["app"]["image"], f"postern:{version}")
        images = yaml.safe_load((KUBERNETES / "kustomization.yaml").read_text())["images"]
        self.assertEqual(images, [{"name": "postern", "newTag": version}])

    def test_compose_asks_for_its_secrets(self):
        text = (COMPOSE / "compose.yaml").read_text()
        for name in ANSWERS:
            self.assertIn(f"${{{name}:?", text)
            self.assertRegex((COMPOSE / ".env.example").read_text(), rf"(?m)^{name}=$")

    def test_kubernetes_refers_to_what_it_has(self):
        objects = kubernetes()
        deployments = [item for (kind, _), item in objects.items() if kind == "Deployment"]
        self.assertEqual(len(deployments), 2)
        for deployment in deployments:
            spec = deployment["spec"]
            self.assertEqual(spec["replicas"], 2)
            self.assertEqual(spec["selector"]["matchLabels"],
                             spec["template"]["metadata"]["labels"])
            pod = spec["template"]["spec"]
            self.assertEqual(pod["securityContext"]["runAsUser"], 65532)
            self.assertTrue(pod["securityContext"]["runAsNonRoot"])
            self.assert_container_is_whole(pod["containers"][0], spec["template"], objects)
            for container in pod["containers"] + pod.get("initContainers", []):
                self.assert_settings(environment_of(container, objects, services=False))
                restricted = container["securityContext"]
                self.assertTrue(restricted["readOnlyRootFilesystem"])
                self.assertFalse(restricted["allowPrivilegeEscalation"])
                self.assertEqual(restricted["capabilities"], {"drop": ["ALL"]})

    def assert_container_is_whole(self, container, template, objects):
        ports = {port["name"]: port["containerPort"] for port in container["ports"]}
        own = {**IMAGE_ENV, **environment_of(container, objects)}
        self.assertEqual(own["ADMIN_LISTEN"], f"0.0.0.0:{ports['admin']}")
        if "http" in ports:
            self.assertEqual(own["LISTEN"], f"0.0.0.0:{ports['http']}")
        for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
            asked = container[probe]["httpGet"]
            self.assertIn(asked["port"], ports)
            self.assertIn(asked["path"], ("/healthz", "/readyz"))
        annotations = template["metadata"]["annotations"]
        self.assertEqual(annotations["prometheus.io/port"], str(ports["admin"]))

    def test_kubernetes_selects_its_pods(self):
        objects = kubernetes()
        pods = [item["spec"]["template"] for (kind, _), item in objects.items()
                if kind == "Deployment"]
        for (kind, name), item in objects.items():
            if kind not in ("Service", "PodDisruptionBudget"):
                continue
            wanted = item["spec"]["selector"]
            labels = wanted.get("matchLabels", wanted)
            chosen = [pod for pod in pods if labels.items() <= pod["metadata"]["labels"].items()]
            self.assertTrue(chosen, name)
            for port in item["spec"].get("ports", []):
                for pod in chosen:
                    names = [own["name"] for own in pod["spec"]["containers"][0]["ports"]]
                    self.assertIn(port["targetPort"], names, name)


def environment_of(container, objects, services=True):
    """What the container finds; a reference that leads nowhere is a KeyError."""
    own = {}
    for source in container.get("envFrom", []):
        own.update(objects["ConfigMap", source["configMapRef"]["name"]]["data"])
    for entry in container.get("env", []):
        reference = entry["valueFrom"]["secretKeyRef"]
        own[entry["name"]] = objects["Secret", reference["name"]]["stringData"][reference["key"]]
    assert all(isinstance(value, str) for value in own.values()), own
    return {**own, **service_variables(objects)} if services else own


def service_variables(objects):
    """The variables of enableServiceLinks, which is on by default."""
    own = {}
    for (kind, name), item in objects.items():
        if kind == "Service" and item["spec"].get("clusterIP") != "None":
            prefix, port = name.upper().replace("-", "_"), item["spec"]["ports"][0]
            address = f"tcp://10.96.0.17:{port['port']}"
            own |= {f"{prefix}_SERVICE_HOST": "10.96.0.17", f"{prefix}_PORT": address,
                    f"{prefix}_SERVICE_PORT": str(port["port"]),
                    f"{prefix}_SERVICE_PORT_{port['name'].upper()}": str(port["port"]),
                    f"{prefix}_PORT_{port['port']}_TCP": address,
                    f"{prefix}_PORT_{port['port']}_TCP_PORT": str(port["port"])}
    return own


class Settings(DeploymentTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.postgres = Postgres(cls.folder)
        cls.addClassCleanup(lambda: cls.postgres.stop("immediate"))
        cls.rabbitmq = RabbitMq(cls.folder)
        cls.addClassCleanup(lambda: cls.rabbitmq.end())

    def test_compose(self):
        services = compose()["services"]
        catcher = MailCatcher(self.folder)
        self.addCleanup(catcher.stop)
        running = Running(self, {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(catcher.port)})
        running.run(services["migrate"]["command"], services["migrate"]["environment"])
        for name in ("app", "worker"):
            service = services[name]
            admin_port = running.serve(service["command"], service["environment"])
            health = service["healthcheck"]["test"]
            self.assertEqual(health[:2], ["CMD", "/usr/bin/postern"])
            asked = Process([BINARY, *health[2:]],
                            running.environment(service["environment"], admin_port),
                            running.folder, f"{name}-health")
            self.assertEqual(asked.child.wait(10), 0, asked.log())
        running.reach_an_account(catcher.server)

    def test_kubernetes(self):
        objects = kubernetes()
        mail = MailServer(self.folder)
        self.addCleanup(mail.stop)
        relay = mail.settings()
        # The sender stays the file's.
        running = Running(self, {name: relay[name] for name in relay if name != "MAIL_FROM"})
        for name in ("app", "worker"):
            pod = objects["Deployment", f"postern-{name}"]["spec"]["template"]["spec"]
            for container in pod.get("initContainers", []):
                running.run(container["args"], environment_of(container, objects))
            container = pod["containers"][0]
            settings = environment_of(container, objects)
            if name == "app":
                self.assertIn("POSTERN_PORT", settings)
            admin_port = running.serve(container["args"], settings)
            for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
                path = container[probe]["httpGet"]["path"]
                self.assertEqual(running.request("GET", path, admin_port)[0], 200, path)
        running.reach_an_account(mail)


if __name__ == "__main__":
    unittest.main()
