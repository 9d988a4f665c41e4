#!/usr/bin/env python3
# check: a gateway that is not ours lists the tools of its targets, a recording shows what a synchronisation changes, and the embedded gateway answers the same calls alike
# needs: python:gateway python:fastmcp
# limit: 180
"""localcore-gateway (PyPI), another implementation of the AgentCore Gateway's MCP side, used by `tools`.

usage: foreign_gateway.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

One gateway with a target of canned answers and a target that is an MCP server. The server's tools change, and the gateway is
synchronised. Then the embedded stack's gateway gets the same server as its target, and both gateways get the same requests: what
they answer must agree, apart from the differences that are listed with their reasons. Prints a line a finding and `N passed, N failed`; exits 1 if one failed.
"""

import http.client
import json
import os
import subprocess
import sys
import urllib.parse
import urllib.request

from mcp_foreign_servers import Console, Server, free_port
from programs import embedded_stack

UPSTREAM = '''
import sys
from fastmcp import FastMCP
server = FastMCP("upstream")

@server.tool
def films(year: int) -> list[dict]:
    """Films of a year."""
    return [{"title": "The Matrix", "year": year}]

if "more" in sys.argv[2:]:
    @server.tool
    def actors() -> list[dict]:
        """Actors."""
        return [{"name": "Keanu"}]

server.run(transport="http", host="127.0.0.1", port=int(sys.argv[1]), stateless_http=True)
'''

CALLS = '''
[[check]]
name = "films"
tool = "graph___films"
arguments = { year = 1999 }

[[check]]
name = "canned"
tool = "canned___price"
arguments = { film = "The Matrix" }

[[check]]
name = "an error"
tool = "canned___broken"
is_error = true
'''


def config(port, upstream):
    price = {"type": "object", "properties": {"film": {"type": "string"}}, "required": ["film"]}
    return {
        "server": {"host": "127.0.0.1", "port": port},
        "targets": [
            {"type": "mock", "name": "canned", "tools": [
                {"name": "price", "description": "The price of a film", "inputSchema": price, "response": {"price": 7}},
                {"name": "broken", "description": "Fails", "inputSchema": {"type": "object"}, "error": {"message": "out of order"}},
            ]},
            {"type": "mcp", "name": "graph", "url": f"http://127.0.0.1:{upstream}/mcp"},
        ],
    }


# Requests that both gateways get; `@` stands for the prefix of the target.
REQUESTS = [
    ("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "check", "version": "1"}}),
    ("ping", {}),
    ("tools/list", {}),
    ("tools/call", {"name": "@films", "arguments": {"year": 1999}}),
    ("tools/call", {"name": "@films", "arguments": {"year": "abc"}}),
    ("tools/call", {"name": "@films", "arguments": {}}),
    ("tools/call", {"name": "@films"}),
    ("tools/call", {"name": "@no-such-tool", "arguments": {}}),
    ("tools/call", {"name": "no-such-target___films", "arguments": {}}),
    ("tools/call", {}),
    ("no/such-method", {}),
]
# Bodies that are no request, and notifications.
BODIES = [
    "not json",
    "[]",
    "{}",
    '[{"jsonrpc":"2.0","id":1,"method":"ping"}]',
    '{"jsonrpc":"1.0","id":1,"method":"ping"}',
    '{"jsonrpc":"2.0","method":"notifications/initialized"}',
]
# Where the two differ: what each answers, and why ours stays as it is.
DIFFERENCES = {
    # MCP's specification of tools: an unknown tool is an error of the protocol, -32602.
    'tools/call {"name": "no-such-target___films", "arguments": {}}': ("error -32602", "a tool's error"),
    # JSON-RPC 2.0: an unknown method is -32601.
    "no/such-method {}": ("error -32601", "error -32602"),
    # JSON-RPC 2.0: what is no request is -32600; the other one reports the errors of its own parser as parameters.
    "[]": ("400 error -32600", "400 error -32602"),
    "{}": ("400 error -32600", "400 error -32602"),
    '[{"jsonrpc":"2.0","id":1,"method":"ping"}]': ("400 error -32600", "400 error -32602"),
    '{"jsonrpc":"1.0","id":1,"method":"ping"}': ("400 error -32600", "400 error -32602"),
}


class RawClient:
    """Sends requests as they are, in the session that the server opened."""

    def __init__(self, address, prefix, token=None):
        self.address, self.prefix = urllib.parse.urlsplit(address), prefix
        self.headers = {"content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}
        if token:
            self.headers["authorization"] = f"Bearer {token}"

    def send(self, body):
        """Status and JSON of the answer to a body."""
        connection = http.client.HTTPConnection(self.address.hostname, self.address.port, timeout=30)
        connection.request("POST", self.address.path, body, self.headers)
        answer = connection.getresponse()
        text = answer.read().decode()
        if session := answer.getheader("mcp-session-id"):
            self.headers["mcp-session-id"] = session
        if "event-stream" in (answer.getheader("content-type") or ""):
            text = "".join(line[5:] for line in text.splitlines() if line.startswith("data:"))
        connection.close()
        return answer.status, json.loads(text) if text.strip() else None

    def ask(self, method, parameters):
        """What a request is answered with, in words."""
        own = json.loads(json.dumps(parameters).replace("@", self.prefix))
        status, answer = self.send(json.dumps({"jsonrpc": "2.0", "id": "one", "method": method, "params": own}))
        assert status == 200 and answer["id"] == "one", (status, answer)
        return self.words(method, answer)

    def words(self, method, answer):
        """An answer without what belongs to one gateway alone."""
        if "error" in answer:
            return f"error {answer['error']['code']}"
        result = answer["result"]
        if method == "initialize":
            return f"{result['protocolVersion']}, has tools: {'tools' in result['capabilities']}"
        if method == "tools/list":
            own = [tool for tool in result["tools"] if tool["name"].startswith(self.prefix)]
            return json.dumps([[tool["name"].removeprefix(self.prefix), tool["description"], tool["inputSchema"], tool["outputSchema"]] for tool in own], sort_keys=True)
        if method == "tools/call" and result["isError"]:
            return "a tool's error"
        return json.dumps(result.get("structuredContent", {}), sort_keys=True)


def compare(console, ours, theirs):
    """Sends everything to both, and compares what they answer."""
    for method, parameters in REQUESTS:
        what = f"{method} {json.dumps(parameters)}"
        answers = ours.ask(method, parameters), theirs.ask(method, parameters)
        if method == "initialize":
            for client in (ours, theirs):
                client.send('{"jsonrpc":"2.0","method":"notifications/initialized"}')
        judge(console, what, answers)
    for body in BODIES:
        judge(console, body, tuple(" ".join([str(status), *([f"error {answer['error']['code']}"] if answer else [])]) for status, answer in (ours.send(body), theirs.send(body))))


def judge(console, what, answers):
    """Both answers are the same, or differ as it is known."""
    holds = answers == DIFFERENCES[what] if what in DIFFERENCES else answers[0] == answers[1]
    console.expect(f"both gateways on {what[:90]}", holds, answers)


def token_of(deployment):
    """A token of the deployment's machine client."""
    form = {"grant_type": "client_credentials", "client_id": deployment["client_id"], "client_secret": deployment["client_secret"], "scope": deployment["scope"]}
    with urllib.request.urlopen(deployment["token_url"], urllib.parse.urlencode(form).encode(), timeout=30) as answer:
        return json.load(answer)["access_token"]


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    python = os.path.join(os.environ["OUTSIDE_CACHE"], "python", "fastmcp", "bin", "python3")
    with open("upstream.py", "w") as file:
        file.write(UPSTREAM)
    with open("calls.toml", "w") as file:
        file.write(CALLS)
    port, upstream = free_port(), free_port()
    # JSON is YAML.
    with open("gateway.yaml", "w") as file:
        json.dump(config(port, upstream), file)
    serve = lambda *words: Server([python, "upstream.py", str(upstream), *words], port=upstream)
    with serve() as before, Server(["lcgw", "serve", "-c", "gateway.yaml"], port=port) as gateway:
        console = Console(binary, "localcore-gateway", f"http://127.0.0.1:{gateway.port}/mcp")
        with embedded_stack("--neo4j-mcp-url", f"http://127.0.0.1:{upstream}/mcp") as stack:
            deployment = stack.deployment("b")
            ours = RawClient(deployment["mcp_url"], "neo4j-mcp___", token_of(deployment))
            compare(console, ours, RawClient(console.url, "graph___"))
        console.lists("canned___price", "canned___broken", "graph___films")
        code, answer = console.run("call", "films", "--arg", "year=1999")
        console.expect("a tool is found by its own name", code == 0 and answer["rows"] == [["The Matrix", 1999]], answer)
        code, answer = console.run("call", "canned___broken")
        console.expect("a canned error exits 1", code == 1, answer)
        record = [binary, "tools", "record", "before.jsonl", "--calls", "calls.toml", "--via", console.url, "--sign-in", "none"]
        done = subprocess.run(record, capture_output=True, text=True, timeout=60)
        console.expect("the session is recorded", done.returncode == 0, done.stderr)
        replay = [binary, "tools", "replay", "before.jsonl", "--via", console.url, "--sign-in", "none", "-o", "json"]
        same = subprocess.run(replay, capture_output=True, text=True, timeout=60)
        console.expect("nothing differs at first", same.returncode == 0, same.stdout + same.stderr)
        before.__exit__()
        with serve("more"):
            # Until the gateway is synchronised it serves its cached list.
            cached = subprocess.run(replay, capture_output=True, text=True, timeout=60)
            console.expect("the gateway's cache hides the new tool", cached.returncode == 0, cached.stdout + cached.stderr)
            sync = ["lcgw", "sync", "-c", "gateway.yaml"]
            synchronised = subprocess.run(sync, capture_output=True, text=True, timeout=60)
            console.expect("the gateway is synchronised", synchronised.returncode == 0, synchronised.stdout + synchronised.stderr)
            after = subprocess.run(replay, capture_output=True, text=True, timeout=60)
            lines = [json.loads(line) for line in after.stdout.splitlines()]
            console.expect("the replay names the new tool", after.returncode == 1 and
                           {"tool": "graph___actors", "listing": "added", "evidence": []} in lines, after.stdout + after.stderr)
    print(f"{Console.passed} passed, {Console.failed} failed")
    return 1 if Console.failed else 0


if __name__ == "__main__":
    sys.exit(main())
