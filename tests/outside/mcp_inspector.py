#!/usr/bin/env python3
# check: the MCP Inspector's command line lists and calls tools through gateways and runtimes of all five deployments
# needs: node:inspector
# limit: 240
"""The embedded stack, driven by the MCP Inspector's command line.

usage: mcp_inspector.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

`mcp-inspector` must be on the PATH, with a Node of 22 or newer. It knows no Signature Version 4: deployment D is reached
through a proxy of this check that signs. Prints a line a check and `N passed, N failed`; exits 1 if one failed.
"""

import base64
import json
import os
import subprocess
import sys

from sign_in import SigningProxy, database_password, token

TOOLS = {"a": "mcp-server-target___read-cypher", "b": "neo4j-mcp___read-cypher", "c": "read-cypher", "d": "read-cypher"}
QUERY = "MATCH (m:Movie {title: 'Cast Away'}) RETURN m.released AS year"


def inspect(url, bearer, *arguments):
    """One run of the Inspector: (exit code, what it printed)."""
    command = ["mcp-inspector", "--cli", "--server-url", url, "--transport", "http", "--format", "json"]
    if bearer:
        command += ["--header", f"Authorization: Bearer {bearer}"]
    done = subprocess.run([*command, *arguments], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout + done.stderr


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    passed = failed = 0

    def expect(what, holds, evidence):
        nonlocal passed, failed
        print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f"\n       {evidence[:800]}"), flush=True)
        passed, failed = passed + bool(holds), failed + (not holds)

    stack = subprocess.Popen([binary, "local", "-o", "json", "--quiet-world"], stdout=subprocess.PIPE, text=True)
    try:
        facts = json.loads(stack.stdout.readline())
        by_name = {one["name"]: one for one in facts["deployments"]}
        login = base64.b64encode(f"neo4j:{database_password(facts, by_name['d'])}".encode()).decode()
        extra = {"x-amzn-bedrock-agentcore-runtime-custom-authorization": f"Basic {login}"}
        with SigningProxy(facts, by_name["d"]["mcp_url"], extra) as proxy:
            for name in "abcde":
                url = proxy.url if name == "d" else by_name[name]["mcp_url"]
                bearer = None if name == "d" else token(facts, by_name[name])
                code, listed = inspect(url, bearer, "--method", "tools/list")
                wanted = TOOLS.get(name, "github-mcp-server-schema-target___get_me")
                expect(f"{name}: tools/list names {wanted}", code == 0 and wanted in listed, listed)
                if name in TOOLS:
                    arguments = ["--method", "tools/call", "--tool-name", wanted, "--tool-args-json", json.dumps({"query": QUERY})]
                    code, answer = inspect(url, bearer, *arguments)
                    expect(f"{name}: tools/call answers the row", code == 0 and "2000" in answer, answer)
    finally:
        stack.terminate()
        stack.wait(10)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
