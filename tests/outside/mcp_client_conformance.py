#!/usr/bin/env python3
# check: every scored client scenario of MCP 2025-11-25 and 2026-07-28 passes through the console's own sign-ins and sessions
# needs: node:conformance
# limit: 300
"""The console's MCP client, judged by the conformance suite of MCP.

usage: mcp_client_conformance.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

Runs `conformance-client` in the client scenarios of both requirement sets: what a revision requires, and the extensions that the
console has (client credentials by secret and by private key). Prints a line a scenario and `N passed, N failed`; exits 1 if a
scenario failed, or if fewer scenarios ran than the sets held when this was written.
"""

import os
import re
import subprocess
import sys
import tempfile

# Revision: scenarios that it requires, and those beyond it that the console has.
REVISIONS = {"2025-11-25": 18, "2026-07-28": 32}
EXTENSIONS = ["auth/client-credentials-basic", "auth/client-credentials-jwt", "json-schema-2020-12-preservation"]
LINE = re.compile(r"^([✓✗]) (\S+): (\d+) passed, (\d+) failed(.*)$")


def run(binary, revision):
    """The verdict of each scenario of a revision: name to (passed, what the suite says)."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["conformance", "client", "--command", f"{binary} conformance-client", "--requirements", revision, "-o", folder]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    text = done.stdout + done.stderr
    unscored = set(re.findall(r"^  [✓✗] (\S+) \(", text, re.MULTILINE))
    found = {}
    for line in text.splitlines():
        if match := LINE.match(line):
            found[match[2]] = (match[1] == "✓", f"{match[3]} checks passed, {match[4]} failed{match[5]}")
    return found, unscored, text


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    passed = failed = 0
    for revision, least in REVISIONS.items():
        found, unscored, text = run(binary, revision)
        scored = [name for name in found if name not in unscored]
        for name in scored + EXTENSIONS:
            holds, evidence = found.get(name, (False, "it did not run"))
            print(f"{'ok  ' if holds else 'FAIL'} {revision} {name}: {evidence}", flush=True)
            passed, failed = passed + holds, failed + (not holds)
        if len(scored) < least:
            print(f"FAIL {revision}: {len(scored)} of {least} required scenarios ran\n{text[-3000:]}")
            failed += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
