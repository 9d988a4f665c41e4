#!/usr/bin/env python3
# check: a gateway takes the tokens of an OpenID provider that is not ours, judged by its discovery document and keys
# needs: node:oidc
# limit: 120
"""A gateway of the embedded stack whose authoriser trusts a foreign issuer.

usage: oidc_gateway.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

The npm package oidc-provider must be found by NODE_PATH. The gateway is told of the issuer by UpdateGateway, as in AWS.
Prints a line a check and `N passed, N failed`; exits 1 if one failed.
"""

import base64
import json
import os
import pathlib
import socket
import subprocess
import sys
import urllib.parse

from sign_in import send, signed, token

PROVIDER = pathlib.Path(__file__).with_name("oidc_provider.mjs")
BOTH = {"content-type": "application/json", "accept": "application/json, text/event-stream", "mcp-protocol-version": "2025-11-25"}


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def foreign_token(issuer):
    login = base64.b64encode(b"console:a-secret-for-tests").decode()
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": "mcp/invoke"}).encode()
    kind = {"content-type": "application/x-www-form-urlencoded", "authorization": f"Basic {login}"}
    return json.loads(send(f"{issuer}/token", form, kind)[2])["access_token"]


def update_gateway(facts, gateway, authorizer):
    """Lets a gateway take the tokens that this authorizer takes."""
    return change_gateway(facts, gateway, {"authorizerConfiguration": {"customJWTAuthorizer": authorizer}})


def change_gateway(facts, gateway, changes):
    """UpdateGateway with what the gateway is now and these changes: status, headers, text."""
    url = f"{facts['endpoint']}/gateways/{gateway}/"
    kind = {"content-type": "application/json"}
    now = json.loads(send(url, None, signed(facts, "GET", url, b"", "bedrock-agentcore", kind) | kind, "GET")[2])
    kept = ("name", "roleArn", "protocolType", "authorizerType", "protocolConfiguration", "interceptorConfigurations", "exceptionLevel", "description")
    body = {key: now[key] for key in kept if key in now} | changes
    data = json.dumps(body).encode()
    return send(url, data, signed(facts, "PUT", url, data, "bedrock-agentcore", kind) | kind, "PUT")


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    passed = failed = 0

    def expect(what, holds, evidence):
        nonlocal passed, failed
        print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f"\n       {str(evidence)[:800]}"), flush=True)
        passed, failed = passed + bool(holds), failed + (not holds)

    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    provider = subprocess.Popen(["node", str(PROVIDER), str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    stack = subprocess.Popen([binary, "local", "-o", "json", "--quiet-world"], stdout=subprocess.PIPE, text=True)
    try:
        assert provider.stdout.readline().strip() == "ready"
        facts = json.loads(stack.stdout.readline())
        deployment = next(one for one in facts["deployments"] if one["name"] == "a")
        url = deployment["mcp_url"]
        message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
        bearer = {"authorization": f"Bearer {foreign_token(issuer)}"}
        status = send(url, message, BOTH | bearer)[0]
        expect("before: the foreign token is refused", status in (401, 403), status)
        authorizer = {"discoveryUrl": f"{issuer}/.well-known/openid-configuration", "allowedAudience": ["urn:example:mcp"],
                      "allowedClients": ["console"], "allowedScopes": ["mcp/invoke"]}
        answer = update_gateway(facts, deployment["gateway_id"], authorizer)
        expect("UpdateGateway takes the foreign discovery URL", answer[0] == 202, answer)
        status, _, body = send(url, message, BOTH | bearer)
        expect("the foreign token is accepted", status == 200 and "tools" in body, (status, body))
        own = {"authorization": f"Bearer {token(facts, deployment)}"}
        status, _, body = send(url, message, BOTH | own)
        expect("the stack's own token is refused now", status in (401, 403), (status, body))
        forged = {"authorization": bearer["authorization"][:-6] + "AAAAAA"}
        status, headers, body = send(url, message, BOTH | forged)
        expect("a forged signature is refused", status == 401 and "invalid_token" in headers["www-authenticate"], (status, body))
        update_gateway(facts, deployment["gateway_id"], authorizer | {"allowedAudience": ["another"]})
        status, _, body = send(url, message, BOTH | bearer)
        expect("another audience is refused", status == 403, (status, body))
    finally:
        for process in (stack, provider):
            process.terminate()
            process.wait(10)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
