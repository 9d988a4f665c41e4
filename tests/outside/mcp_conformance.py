#!/usr/bin/env python3
# check: the MCP conformance suite's server scenarios that apply pass against a gateway and a runtime
# needs: node:conformance
# limit: 240
"""The embedded stack, judged by the conformance suite of MCP.

usage: mcp_conformance.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

The suite cannot sign in, so it is led through a proxy of this check that adds the bearer token (deployments A, B and C).
Scenarios about resources, prompts, sampling or the suite's own tools do not apply to these servers. Prints a line a
scenario and `N passed, N failed`; exits 1 if one failed.
"""

import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading

from sign_in import send, token

# Deployment, what it is, and the scenarios; B keeps sessions, A speaks the stateless version as well.
SCENARIOS = [
    ("a", "gateway", ["server-initialize", "ping", "tools-list", "http-header-validation"]),
    ("b", "gateway", ["server-initialize", "ping", "tools-list", "server-session-lifecycle"]),
    ("c", "runtime", ["server-initialize", "ping", "tools-list"]),
]


class Quiet(http.server.ThreadingHTTPServer):
    """A client that goes away without a word is nothing to report."""

    def handle_error(self, *_):
        pass


class BearerProxy:
    """A loopback address that adds a token and passes the rest on as it is."""

    def __init__(self, target, bearer):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def pass_on(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                hop = {"host", "connection", "content-length", "authorization", "accept-encoding", "transfer-encoding"}
                headers = {name: value for name, value in self.headers.items() if name.lower() not in hop}
                headers["authorization"] = f"Bearer {bearer}"
                status, answered, text = send(target, body if self.command == "POST" else None, headers, self.command)
                data = text.encode()
                self.send_response(status)
                for name, value in answered.items():
                    if name.lower() in ("content-type", "mcp-session-id", "allow"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            do_GET = do_POST = do_DELETE = pass_on

            def log_message(self, *_):
                pass

        self.server = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/mcp"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()


def judged(url, scenario):
    """Whether the suite passes the scenario, and what it printed."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["conformance", "server", "--url", url, "--scenario", scenario, "-o", folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=90)
    return done.returncode == 0, done.stdout + done.stderr


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    passed = failed = 0
    stack = subprocess.Popen([binary, "local", "-o", "json", "--quiet-world"], stdout=subprocess.PIPE, text=True)
    try:
        facts = json.loads(stack.stdout.readline())
        by_name = {one["name"]: one for one in facts["deployments"]}
        for name, what, scenarios in SCENARIOS:
            with BearerProxy(by_name[name]["mcp_url"], token(facts, by_name[name])) as proxy:
                for scenario in scenarios:
                    holds, evidence = judged(proxy.url, scenario)
                    print(f"{'ok  ' if holds else 'FAIL'} {what} {name}: {scenario}" + ("" if holds else f"\n{evidence[-1500:]}"), flush=True)
                    passed, failed = passed + holds, failed + (not holds)
    finally:
        stack.terminate()
        stack.wait(10)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
