"""Three RabbitMQ nodes on one machine, joined to a cluster; private ports and homes."""

import json
import os
import pathlib
import subprocess
import threading
import time

from servers import RabbitMq, free_port, port_answers, wait_until

NODES = 3
COOKIE = "POSTERNCHAOS"
STARTS_WITHIN_S = 120


class Node(RabbitMq):
    """A node that shares its port mapper and cookie with the others."""

    def __init__(self, folder, number, epmd_port):
        # The base class starts what it sets up: an environment of the cluster's must come first.
        self._shared_epmd_port = epmd_port
        folder = pathlib.Path(folder) / f"node{number}"
        folder.mkdir()
        self.number = number
        super().__init__(folder)

    def start(self):
        self.epmd_port = self._shared_epmd_port
        self.env["ERL_EPMD_PORT"] = str(self._shared_epmd_port)
        cookie = self.folder / ".erlang.cookie"
        if not cookie.exists():
            cookie.write_text(COOKIE)
            cookie.chmod(0o400)
        super().start()

    def ctl(self, *arguments):
        """Of a node that starts, the first question may come too early."""
        deadline = time.monotonic() + STARTS_WITHIN_S
        while True:
            try:
                return super().ctl(*arguments)
            except subprocess.CalledProcessError:
                if arguments != ("await_startup",) or time.monotonic() > deadline:
                    raise
            time.sleep(0.5)

    def name(self):
        return self.env["RABBITMQ_NODENAME"]

    def signal(self, number):
        os.killpg(self.process.child.pid, number)


class Cluster:
    def __init__(self, folder):
        epmd_port = free_port()
        self.nodes = []
        # The first one brings the port mapper; two at once would race for it.
        self.nodes.append(Node(folder, 1, epmd_port))
        in_parallel([lambda n=n: self.nodes.append(Node(folder, n, epmd_port))
                     for n in range(2, NODES + 1)])
        self.nodes.sort(key=lambda node: node.number)
        for node in self.nodes[1:]:
            node.ctl("stop_app")
            node.ctl("join_cluster", self.nodes[0].name())
            node.ctl("start_app")
        wait_until(lambda: self._running() == NODES, "the cluster", 60)

    def _running(self):
        status = json.loads(self.nodes[0].ctl("cluster_status", "--formatter", "json"))
        return len(status["running_nodes"])

    def ports(self):
        return [node.port for node in self.nodes]

    def queues(self):
        """Messages by queue, as the broker counts them: ready and in flight."""
        for node in self.nodes:
            try:
                lines = node.ctl("list_queues", "name", "messages").splitlines()
            except subprocess.CalledProcessError:
                continue
            rows = [line.split("\t") for line in lines if line.startswith("postern.")]
            return {name: int(count) for name, count in rows if count.isdigit()}
        return {}

    def end(self):
        for node in self.nodes:
            if node.process.running():
                node.kill()
        self._end_port_mapper()

    def _end_port_mapper(self):
        """It refuses to end while it knows of nodes, and hears of their end a moment late."""
        first = self.nodes[0]

        def ended():
            first.end()
            return not port_answers(first.epmd_port)
        wait_until(ended, "the port mapper's end", 10)


def in_parallel(calls):
    """Runs them all and raises the first failure, after all have ended."""
    failures = []

    def run(call):
        try:
            call()
        except Exception as failure:  # noqa: BLE001: it is raised again below
            failures.append(failure)
    threads = [threading.Thread(target=run, args=(call,)) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
