#!/usr/bin/env python3
# check: rotations of a real Neo4j, killed 300 times, every answer lost, cut and late once, over Bolt and the Query API, with one and with two users
# needs: neo4j:lts python:boto
# limit: 900
"""The rotation where it is dangerous: a real database, a real process, and a network that fails at every exchange.

A TCP proxy stands before Secrets Manager and before Neo4j. It counts what the console sends and acts at one of these exchanges.
Whatever happens, the password that Neo4j accepts is in a labelled version, and one `secrets resume` brings both together. Where two
users take turns, whoever reads AWSCURRENT gets in at every instant.
"""

import contextlib
import json
import os
import queue
import random
import re
import select
import signal
import socket
import subprocess
import threading
import time

import boto3

from programs import BINARY, Console, Findings, embedded_stack, neo4j

found = Findings()
WORKERS = 6
KILLS = int(os.environ.get("ROTATION_KILLS", "200"))
# Longer than the console waits for one answer.
LATE = 11


class Proxy:
    """TCP to one upstream; what a client sends is an exchange, and `bench` decides what becomes of it."""

    def __init__(self, upstream, bench):
        self.upstream, self.bench = upstream, bench
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        """Serves each connection on a thread of its own."""
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        """Both directions of one connection."""
        with contextlib.suppress(OSError), client, socket.create_connection(self.upstream) as server:
            for end in (client, server):
                end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            act = None
            while True:
                for ready in select.select([client, server], [], [])[0]:
                    data = ready.recv(65536)
                    if not data:
                        return
                    if ready is client:
                        act = self.bench.exchange()
                        if act == "kill before":
                            return self.bench.kill()
                        if act == "cut before":
                            return None
                        if act == "late":
                            time.sleep(LATE)
                        server.sendall(data)
                    elif act == "kill after":
                        return self.bench.kill()
                    elif act == "cut after":
                        return None
                    else:
                        client.sendall(data)


class Bench:
    """A database user of its own (or two), a secret of its own, and the console before proxies."""

    def __init__(self, number, server, stack, uri, turns):
        self.server, self.user, self.turns = server, f"rotated{number}", turns
        self.secret = f"outside/rotation-{number}-{uri.split(':')[0]}{'-turns' if turns else ''}"
        self.lock, self.seen, self.at, self.act, self.child = threading.Lock(), 0, 0, None, None
        environment = stack.aws_environment()
        self.client = boto3.client(
            "secretsmanager",
            endpoint_url=stack.endpoint,
            region_name=stack.region,
            aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
        )
        password = f"First-password-{number}"
        for user in (self.user, f"{self.user}_clone"):
            server.ask(f"DROP USER {user} IF EXISTS", database="system")
        create = f"CREATE USER {self.user} SET PASSWORD $password CHANGE NOT REQUIRED"
        status, answer = server.ask(create, {"password": password}, database="system")
        if status != 202 or answer.get("errors"):
            raise RuntimeError(f"no user {self.user}: {status} {answer}")
        value = {"uri": uri, "username": self.user, "password": password, "kept": [1.50, "ä"]}
        if turns:
            administrator = {"uri": uri, "username": "neo4j", "password": server.password}
            made = self.client.create_secret(Name=f"{self.secret}-admin", SecretString=json.dumps(administrator))
            value["masterarn"] = made["ARN"]
        self.client.create_secret(Name=self.secret, SecretString=json.dumps(value))
        self.configure(stack, uri)

    def configure(self, stack, uri):
        """The stack's configuration, with proxies before AWS and Neo4j and this one secret."""
        aws = Proxy(address(stack.endpoint), self)
        database = Proxy(address(uri), self)
        with open(stack.configuration, encoding="utf-8") as file:
            text = file.read()
        text = text.replace(f'endpoint_url = "{stack.endpoint}"', f'endpoint_url = "http://127.0.0.1:{aws.port}"')
        tunnel = f"{uri.split('://')[0]}://127.0.0.1:{database.port}"
        own = f'secrets = ["{self.secret}"]\nneo4j_uri = "{tunnel}"'
        text = re.sub(r'secrets = \[[^\]]*neo4j-mcp-server/[^\]]*\]', own, text, count=1)
        configuration = os.path.abspath(f"{self.secret.replace('/', '-')}.toml")
        with open(configuration, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(configuration, 0o600)
        self.console = Console(configuration)

    def exchange(self):
        """Counts one and says what is to happen at it."""
        with self.lock:
            self.seen += 1
            return self.act if self.seen == self.at else None

    def kill(self):
        """SIGKILL: no handler runs."""
        with contextlib.suppress(ProcessLookupError):
            self.child.send_signal(signal.SIGKILL)

    def run(self, command, at=0, act=None):
        """`secrets COMMAND` with an act at an exchange: (exit code, output)."""
        with self.lock:
            self.seen, self.at, self.act = 0, at, act
            arguments = ["--config", self.console.configuration, "--deployment", "a", "secrets", command, self.secret]
            self.child = subprocess.Popen(
                [BINARY, *arguments, "--yes", "-o", "json"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env=self.console.environment,
            )
        if act == "kill at":
            time.sleep(at / 1000)
            self.kill()
        out, _ = self.child.communicate(timeout=150)
        return self.child.returncode, out

    def versions(self):
        """Labels and passwords of all labelled versions, the likeliest to be accepted first."""
        labelled = []
        stages = self.client.describe_secret(SecretId=self.secret)["VersionIdsToStages"]
        for version, labels in stages.items():
            if labels:
                value = self.client.get_secret_value(SecretId=self.secret, VersionId=version)
                labelled.append((labels, json.loads(value["SecretString"])))
        order = ["AWSCURRENT", "AWSPENDING", "AWSPREVIOUS"]
        return sorted(labelled, key=lambda one: min((order.index(each) for each in one[0] if each in order), default=9))

    def accepts(self, value):
        """Whether Neo4j takes user and password of a version; waits where it is limited."""
        for _ in range(40):
            _, answer = self.server.ask("RETURN 1", password=value["password"], user=value["username"])
            code = (answer.get("errors") or [{"code": ""}])[0]["code"]
            if not code.endswith("AuthenticationRateLimit"):
                return code == ""
            time.sleep(0.5)
        raise RuntimeError("Neo4j stays limited")

    def accepted_labels(self):
        """The labels of the version that Neo4j accepts; none: the password is lost. With two users only AWSCURRENT counts."""
        for labels, value in self.versions()[: 1 if self.turns else None]:
            if self.accepts(value):
                return labels
        return None

    def play(self, command, at, act):
        """One fault, then the truth, then `resume`, then the truth again: a complaint, or None."""
        code, out = self.run(command, at, act)
        story = f"{self.secret} {command}, {act} {at}: exit {code}\n{out}"
        if not self.accepted_labels():
            return f"LOST {story}"
        if act in ("cut before", "cut after", "late") and code != 0:
            return f"one fault of the network ended it: {story}"
        code, resumed = self.run("resume")
        if code != 0:
            return f"{story}\nresume: exit {code}\n{resumed}"
        labels = self.accepted_labels()
        left = [label for one, _ in self.versions() for label in one]
        if not labels or "AWSCURRENT" not in labels:
            return f"{story}\nresumed, but accepted is {labels}\n{resumed}"
        # A late change may leave its label for a while; AWSPENDING never.
        if "AWSPENDING" in left:
            return f"{story}\nresumed, but {left} are left\n{resumed}"
        if any(value["kept"] != [1.5, "ä"] for _, value in self.versions()):
            return f"{story}\nanother member of the secret has changed"
        return None


def address(uri):
    """Host and port of an address."""
    host, port = uri.split("://")[1].split("/")[0].split(":")
    return host, int(port)


def scenarios(exchanges, dice):
    """Each exchange cut and late once, on either side; the rest are kills, at exchanges and at instants."""
    wanted = [("rotate", at, act) for at in range(1, exchanges + 1) for act in ("cut before", "cut after", "late")]
    kills = [("rotate", at, act) for at in range(1, exchanges + 1) for act in ("kill before", "kill after")]
    while len(kills) < KILLS // 2:
        command = dice.choice(["rotate", "rotate", "rollback"])
        if dice.random() < 0.5:
            kills.append((command, dice.randrange(20, 400), "kill at"))
        else:
            kills.append((command, dice.randrange(1, exchanges + 1), dice.choice(["kill before", "kill after"])))
    return wanted + kills


def work(bench, jobs, complaints):
    """Plays scenarios until there are none."""
    while True:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            return
        try:
            complaint = bench.play(*job)
        except Exception as error:  # noqa: BLE001 a thread must say what ended it
            complaint = f"{job}: {error!r}"
        if complaint:
            complaints.append(complaint)


def one_protocol(server, stack, uri, turns):
    """All scenarios over one way to the database."""
    benches = [Bench(number, server, stack, uri, turns) for number in range(WORKERS)]
    way = f"{uri.split(':')[0]} with {'two users' if turns else 'one user'}"
    code, out = benches[0].run("rotate")
    exchanges = benches[0].seen
    if not found.expect(f"a rotation over {way} ends well in {exchanges} exchanges", code == 0, out):
        return
    for bench in benches[1:]:
        bench.run("rotate")
    jobs, complaints = queue.Queue(), []
    for job in scenarios(exchanges, random.Random(7)):
        jobs.put(job)
    count, began = jobs.qsize(), time.monotonic()
    threads = [threading.Thread(target=work, args=(bench, jobs, complaints)) for bench in benches]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took = time.monotonic() - began
    what = f"{count} faults over {way}: nothing lost, all resumed ({took:.0f} s)"
    found.expect(what, not complaints, "\n".join(complaints[:3]))


with neo4j() as database, embedded_stack() as own:
    one_protocol(database, own, database.bolt_uri, turns=False)
    one_protocol(database, own, database.http_uri, turns=False)
    one_protocol(database, own, database.bolt_uri, turns=True)
found.close()
