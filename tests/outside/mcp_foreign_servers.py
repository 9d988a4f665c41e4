#!/usr/bin/env python3
# check: MCP servers and a gateway that are not ours list their tools and answer calls through the console's own client
# needs: node:everything python:fastmcp python:labs python:canary
# limit: 240
"""Servers of other people, used by `tools list`, `tools call` and `tools cypher`.

usage: mcp_foreign_servers.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

server-everything (TypeScript), FastMCP 4 in its session and its stateless form, and Neo4j Labs' mcp-neo4j-cypher and
neo4j-mcp-canary without a database. Prints a line a finding and `N passed, N failed`; exits 1 if one failed.
"""

import json
import os
import socket
import subprocess
import sys
import threading
import time

FASTMCP = '''
import sys
from fastmcp import FastMCP
server = FastMCP("foreign")

@server.tool
def add(a: int, b: int) -> int:
    """Adds two numbers."""
    return a + b

@server.tool
def rows() -> list[dict]:
    """Some rows."""
    return [{"name": "Keanu", "born": 1964}, {"name": "Carrie", "born": 1967}]

server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), stateless_http=sys.argv[2] == "stateless")
'''


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Server:
    """A process that listens on a port of its own."""

    def __init__(self, command, port=None, **environment):
        self.port = port or free_port()
        command = [word.replace("{port}", str(self.port)) for word in command]
        environment = {name: value.replace("{port}", str(self.port)) for name, value in environment.items()}
        self.process = subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT)

    def __enter__(self):
        for _ in range(600):
            if self.process.poll() is not None:
                raise SystemExit(f"a server ended at once with {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                time.sleep(0.1)
        raise SystemExit("a server did not listen within a minute")

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()


class Console:
    """The console's commands against one address, and the count of what was found."""

    passed = failed = 0
    credentials = ()

    def __init__(self, binary, name, url):
        self.binary, self.name, self.url = binary, name, url

    def run(self, *words):
        command = [self.binary, "tools", *words, "--via", self.url, "--sign-in", "none", *self.credentials, "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=60)
        try:
            return done.returncode, json.loads(done.stdout)
        except ValueError:
            return done.returncode, {"stdout": done.stdout, "stderr": done.stderr}

    def expect(self, what, holds, evidence):
        print(f"{'ok  ' if holds else 'FAIL'} {self.name}: {what}" + ("" if holds else f"\n     {str(evidence)[:600]}"), flush=True)
        Console.passed, Console.failed = Console.passed + bool(holds), Console.failed + (not holds)

    def lists(self, *expected):
        code, answer = self.run("list")
        names = {tool["name"] for tool in answer.get("tools", [])}
        self.expect(f"lists {', '.join(expected)}", code == 0 and names >= set(expected), answer)


def everything(binary):
    with Server(["mcp-server-everything", "streamableHttp"], PORT="{port}") as server:
        console = Console(binary, "server-everything", f"http://127.0.0.1:{server.port}/mcp")
        console.lists("echo", "get-sum", "get-structured-content")
        code, answer = console.run("call", "echo", "--arg", "message=hello")
        console.expect("echo answers", code == 0 and "hello" in json.dumps(answer["content"]), answer)
        code, answer = console.run("call", "get-sum", "--arg", "a=2", "--arg", "b=3")
        console.expect("numbers are sent as numbers", code == 0 and "5" in json.dumps(answer["content"]), answer)
        code, answer = console.run("call", "get-structured-content", "--arg", "location=Chicago")
        console.expect("structured content arrives", code == 0 and isinstance(answer["structured_content"], dict), answer)
        code, answer = console.run("call", "get-tiny-image")
        kinds = {block.get("type") for block in answer.get("content", [])}
        console.expect("an image arrives as it is", code == 0 and "image" in kinds, answer)
        code, answer = console.run("call", "trigger-long-running-operation", "--arg", "duration=1", "--arg", "steps=4")
        console.expect("a call with progress ends", code == 0, answer)


def fastmcp(binary):
    # Both Python environments are on the PATH, and Labs' server brings an older FastMCP.
    python = os.path.join(os.environ["OUTSIDE_CACHE"], "python", "fastmcp", "bin", "python3")
    with open("foreign.py", "w") as file:
        file.write(FASTMCP)
    for form, protocols in (("session", ["2025-06-18", "2025-11-25"]), ("stateless", ["2025-11-25", "2026-07-28"])):
        with Server([python, "foreign.py", "{port}", form]) as server:
            console = Console(binary, f"FastMCP ({form})", f"http://127.0.0.1:{server.port}/mcp")
            console.lists("add", "rows")
            for protocol in protocols:
                code, answer = console.run("call", "add", "--arg", "a=2", "--arg", "b=3", "--protocol", protocol)
                console.expect(f"add answers by {protocol}", code == 0 and "5" in json.dumps(answer["content"]), answer)
            code, answer = console.run("call", "rows")
            console.expect("rows are a table", code == 0 and answer["columns"] == ["name", "born"], answer)
            code, answer = console.run("call", "add", "--json", '{"a": "x", "b": 3}')
            console.expect("a wrong argument exits 1 with the server's words", code == 1, answer)


def labs(binary):
    command = ["mcp-neo4j-cypher", "--transport", "http", "--server-host", "127.0.0.1", "--server-port", "{port}",
               "--db-url", "bolt://127.0.0.1:9", "--username", "neo4j", "--password", "no-database"]
    with Server(command) as server:
        console = Console(binary, "mcp-neo4j-cypher", f"http://127.0.0.1:{server.port}/mcp/")
        console.lists("get_neo4j_schema", "read_neo4j_cypher", "write_neo4j_cypher")
        # The driver tries again for half a minute: either it gives up first, or the console's own limit ends the call.
        code, answer = console.run("cypher", "RETURN 1 AS x", "--timeout", "40")
        console.expect("a database that is away is no success", code in (1, 5), answer)


class NoDatabase:
    """Answers Bolt's handshake as a web server does. The driver gives up at once; one that is not there it tries for long."""

    def __enter__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        threading.Thread(target=self.answer, daemon=True).start()
        return self.listener.getsockname()[1]

    def answer(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.recv(20)
                connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    def __exit__(self, *_):
        self.listener.close()


def canary(binary):
    with NoDatabase() as database:
        canary_with(binary, database)


def canary_with(binary, database):
    command = ["neo4j-mcp-canary", "--neo4j-uri", f"bolt://127.0.0.1:{database}", "--neo4j-telemetry", "false", "--neo4j-transport-mode", "http",
               "--neo4j-http-host", "127.0.0.1", "--neo4j-http-port", "{port}"]
    with Server(command) as server:
        console = Console(binary, "neo4j-mcp-canary", f"http://127.0.0.1:{server.port}/mcp")
        console.credentials = ["--header", "Authorization: Basic bmVvNGo6cGFzc3dvcmQ="]
        console.lists("get-schema", "read-cypher", "explain-cypher", "profile-cypher", "list-constraints-and-indexes", "create-index")
        effects = [binary, "tools", "list", "--via", console.url, "--sign-in", "none", *console.credentials, "-o", "csv"]
        listed = subprocess.run(effects, capture_output=True, text=True, timeout=60).stdout
        effect = dict(line.split(",")[:2] for line in listed.splitlines() if line.count(",") > 1)
        writers = ("create-index", "create-constraint", "drop-index", "drop-constraint", "write-cypher", "profile-cypher")
        console.expect("tools that change the database are known to write", all(effect.get(name) == "writes" for name in writers), effect)
        readers = ("get-schema", "read-cypher", "explain-cypher", "list-constraints-and-indexes")
        console.expect("the others are known to read", all(effect.get(name) == "reads" for name in readers), effect)
        code, answer = console.run("call", "create-index", "--json", '{"entityType": "NODE", "indexType": "RANGE", "label": "Movie", "properties": ["title"]}')
        console.expect("a new index needs --yes", code == 2 and "--yes" in answer.get("stderr", ""), answer)
        code, answer = console.run("cypher", "RETURN 1 AS x", "--timeout", "40")
        console.expect("a database that is away is no success", code in (1, 5), answer)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    for check in (everything, fastmcp, labs, canary):
        check(binary)
    print(f"{Console.passed} passed, {Console.failed} failed")
    return 1 if Console.failed else 0


if __name__ == "__main__":
    sys.exit(main())
