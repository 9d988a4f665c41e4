#!/usr/bin/env python3
# check: a gateway that is not ours lists the tools of its targets, and a recording shows what a synchronisation changes
# needs: python:gateway python:fastmcp
# limit: 180
"""localcore-gateway (PyPI), another implementation of the AgentCore Gateway's MCP side, used by `tools`.

usage: foreign_gateway.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

One gateway with a target of canned answers and a target that is an MCP server. The server's tools change, and the gateway is
synchronised. Prints a line a finding and `N passed, N failed`; exits 1 if one failed.
"""

import json
import os
import subprocess
import sys

from mcp_foreign_servers import Console, Server, free_port

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
