"""The programs that the outside checks start: Neo4j, its MCP server, the embedded stack and the console itself.

Everything is on loopback, on free ports, and ends with the `with` that started it. What a check expects belongs into
the check; here is only how to start, to ask and to end. Standard library alone, so that every Python may use it.
"""

import base64
import contextlib
import http.client
import json
import os
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time

BINARY = os.environ["AGENTCORE_BINARY"]


class Findings:
    """What a check has found. Goes on after a failure, so that one run tells everything; `close` ends the process."""

    def __init__(self):
        self.failed = 0

    def expect(self, what, holds, evidence=""):
        """Notes whether something holds; the evidence is shown where it does not. Returns whether it held."""
        print(f"{'ok  ' if holds else 'FAIL'} {what}", flush=True)
        if not holds:
            self.failed += 1
            print("     " + str(evidence).strip().replace("\n", "\n     "), flush=True)
        return holds

    def equal(self, what, actual, expected):
        """Notes whether two values are the same."""
        return self.expect(what, actual == expected, f"expected {expected!r}\n     found    {actual!r}")

    def close(self):
        """Ends the check: exit 1 where anything failed."""
        sys.exit(1 if self.failed else 0)


def free_port():
    """A loopback port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(port, process, seconds=30):
    """Waits until something accepts on the port; fails where the process ends or the time is over."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"{process.args[0]} ended with {process.returncode} before it listened on {port}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"{process.args[0]} did not listen on {port} within {seconds} s")


def read_line(process, seconds):
    """The next line of the process's output, or an error when none comes in time."""
    lines = queue.Queue()
    threading.Thread(target=lambda: lines.put(process.stdout.readline()), daemon=True).start()
    try:
        line = lines.get(timeout=seconds)
    except queue.Empty:
        raise RuntimeError(f"{process.args[0]} said nothing for {seconds} s") from None
    if not line:
        raise RuntimeError(f"{process.args[0]} ended with {process.wait(10)} before it was ready")
    return line


@contextlib.contextmanager
def running(arguments, **options):
    """A process that is ended, gently and then not, when the block is left."""
    process = subprocess.Popen([str(argument) for argument in arguments], **options)
    try:
        yield process
    finally:
        if process.stdin:
            with contextlib.suppress(OSError):
                process.stdin.close()
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)


def post(port, path, body, user=None, password=None, headers=None):
    """A POST of JSON to a loopback port: (status, headers, text)."""
    sent = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream", **(headers or {})}
    if user is not None:
        sent["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", path, json.dumps(body), sent)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode()
    finally:
        connection.close()


class Neo4j:
    """A real Neo4j server, fresh, with its first password already changed."""

    def __init__(self, bolt, http, password):
        self.bolt, self.http, self.user, self.password = bolt, http, "neo4j", password
        self.bolt_uri, self.http_uri = f"bolt://127.0.0.1:{bolt}", f"http://127.0.0.1:{http}"

    def ask(self, statement, parameters=None, password=None, database="neo4j", user=None):
        """A statement on a new connection, by the Query API: (status, body as JSON)."""
        body = {"statement": statement, "parameters": parameters or {}}
        path = f"/db/{database}/query/v2"
        status, _, text = post(
            self.http, path, body, user or self.user, self.password if password is None else password
        )
        return status, json.loads(text) if text else {}

    def rows(self, statement, parameters=None, password=None):
        """The rows of a statement that must succeed."""
        status, answer = self.ask(statement, parameters, password)
        if status != 202 or answer.get("errors"):
            raise RuntimeError(f"Neo4j answered {status} {answer}")
        return answer["data"]["values"]

    def accepts(self, password):
        """Whether a new login with the password is accepted; neither is an error, anything else is."""
        status, answer = self.ask("RETURN 1", password=password)
        if status == 202:
            return True
        if status == 401:
            return False
        raise RuntimeError(f"Neo4j answered {status} {answer}")

    def connections(self):
        """The Bolt connections of the user: pairs of id and user agent."""
        return self.rows(
            "CALL dbms.listConnections() YIELD connectionId, connector, username, userAgent "
            "WHERE connector = 'bolt' AND username = $user RETURN connectionId, userAgent",
            {"user": self.user},
        )

    def close_connections(self):
        """Ends every Bolt connection of the user, so that nobody goes on with a password that is no longer true."""
        found = [connection for connection, _ in self.connections()]
        if found:
            self.rows("CALL dbms.killConnections($ids)", {"ids": found})


@contextlib.contextmanager
def neo4j(password="First-password-1"):
    """Starts the Neo4j that the check's `needs` line named."""
    home = os.environ["NEO4J_HOME"]
    source = os.path.join(os.path.dirname(__file__), "neo4j", "Neo4jServer.java")
    command = [os.environ["NEO4J_JAVA"], "-Xmx512m", "-cp", f"{home}/lib/*", source, "neo4j-data", f"{home}/plugins"]
    with running(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        bolt, http_port = (int(word) for word in read_line(process, 120).split()[1:])
        server = Neo4j(bolt, http_port, password)
        change = "ALTER CURRENT USER SET PASSWORD FROM $old TO $new"
        status, answer = server.ask(change, {"old": "neo4j", "new": password}, "neo4j", "system")
        if status != 202 or answer.get("errors"):
            raise RuntimeError(f"the first password could not be changed: {status} {answer}")
        yield server


@contextlib.contextmanager
def neo4j_mcp_server(server):
    """Starts the official MCP server before a Neo4j: its port. The endpoint is /mcp and wants Basic credentials."""
    port = free_port()
    command = ["neo4j-mcp-server", "--uri", server.bolt_uri, "--telemetry", "false", "--transport-mode", "http"]
    with running([*command, "--http-host", "127.0.0.1", "--http-port", port]) as process:
        wait_for_port(port, process)
        yield port


class EmbeddedStack:
    """A running `agentcore-console local`: what it said when it was ready, and a configuration for it."""

    def __init__(self, ready, configuration):
        self.ready, self.configuration = ready, configuration
        self.endpoint, self.region = ready["endpoint"], ready["region"]

    def deployment(self, name):
        """What was said of one deployment."""
        return next(one for one in self.ready["deployments"] if one["name"] == name)

    def aws_environment(self):
        """The environment that points boto3 and the aws command at the stack."""
        return {
            "AWS_ACCESS_KEY_ID": self.ready["access_key_id"],
            "AWS_SECRET_ACCESS_KEY": self.ready["secret_access_key"],
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_DISABLE_HOST_PREFIX_INJECTION": "true",
        }


@contextlib.contextmanager
def embedded_stack(*arguments, environment=None):
    """Starts the embedded stack in a quiet world on a free port."""
    own = {**os.environ, **(environment or {})}
    # Its configuration holds the secrets of the stack: it goes with it, whatever the current folder is.
    with tempfile.TemporaryDirectory() as folder:
        configuration = os.path.join(folder, "stack.toml")
        command = [BINARY, "local", "-o", "json", "--quiet-world", "--write-config", configuration, *arguments]
        with running(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, env=own) as process:
            yield EmbeddedStack(json.loads(read_line(process, 60)), configuration)


class Answer:
    """What a command of the console said: exit code, both outputs, and the JSON of its output."""

    def __init__(self, arguments, process):
        self.arguments, self.code, self.out, self.err = arguments, process.returncode, process.stdout, process.stderr

    def __str__(self):
        return f"$ agentcore-console {' '.join(self.arguments)}\nexit {self.code}\n{self.out}{self.err}"

    @property
    def json(self):
        """The one JSON document of the output; None where there is none."""
        with contextlib.suppress(json.JSONDecodeError):
            return json.loads(self.out)
        return None

    @property
    def lines(self):
        """The JSON documents of the output, one a line."""
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]


class Console:
    """The console's commands with one configuration, in an environment that knows nothing of AWS."""

    def __init__(self, configuration):
        self.configuration = configuration
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "AGENTCORE_"))}
        self.environment = {**kept, "HOME": os.getcwd(), "AWS_EC2_METADATA_DISABLED": "true"}

    def run(self, *arguments, seconds=120):
        """Runs one command to its end."""
        words = [str(argument) for argument in arguments]
        command = [BINARY, "--config", self.configuration, *words]
        process = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=seconds, env=self.environment
        )
        return Answer(words, process)
