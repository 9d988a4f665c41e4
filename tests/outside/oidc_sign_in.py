#!/usr/bin/env python3
# check: a person by the code flow and a machine by private_key_jwt sign in at an OpenID provider that is not ours
# needs: node:oidc
# limit: 120
"""The console's own sign-ins at oidc-provider.

usage: oidc_sign_in.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

The browser of $BROWSER is this file: it follows the provider's login and consent forms. Prints a line a check and
`N passed, N failed`; exits 1 if one failed.
"""

import http.cookiejar
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import urllib.parse
import urllib.request

PROVIDER = pathlib.Path(__file__).with_name("oidc_provider.mjs")


def browse(address, decision):
    """Fills the forms of the provider as they come, until a page has none."""
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar()))
    page = opener.open(address, timeout=20)
    for _ in range(4):
        text = page.read().decode()
        form = re.search(r'<form[^>]*action="([^"]+)"', text)
        if not form:
            return
        if decision == "refuse":
            abort = re.search(r'href="([^"]*/abort)"', text)
            opener.open(urllib.parse.urljoin(page.url, abort[1]), timeout=20)
            return
        fields = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', text))
        if 'name="login"' in text:
            fields |= {"login": "keanu", "password": "whatever"}
        data = urllib.parse.urlencode(fields).encode()
        page = opener.open(urllib.parse.urljoin(page.url, form[1]), data, timeout=20)


def key_pair():
    """A key on P-256: PEM, and the public JWK."""
    script = ("const {generateKeyPairSync} = require('crypto'); const {publicKey, privateKey} = generateKeyPairSync('ec', {namedCurve: 'P-256'});"
              "console.log(JSON.stringify({pem: privateKey.export({type: 'pkcs8', format: 'pem'}), jwk: {...publicKey.export({format: 'jwk'}), kid: 'k1', alg: 'ES256', use: 'sig'}}))")
    return json.loads(subprocess.run(["node", "-e", script], capture_output=True, text=True, check=True).stdout)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    passed = failed = 0

    def expect(what, holds, evidence):
        nonlocal passed, failed
        print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f"\n       {str(evidence)[:800]}"), flush=True)
        passed, failed = passed + bool(holds), failed + (not holds)

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    issuer, keys = f"http://127.0.0.1:{port}", key_pair()
    pathlib.Path("key.pem").write_text(keys["pem"])
    os.chmod("key.pem", 0o600)
    pathlib.Path("config.toml").write_text(f"""
[deployments.person]
region = "us-west-2"
mcp_url = "{issuer}/mcp"
[deployments.person.sign_in]
mode = "oauth"
issuer = "{issuer}"
client_id = "person"
scope = "mcp/invoke"
[deployments.machine]
region = "us-west-2"
mcp_url = "{issuer}/mcp"
[deployments.machine.sign_in]
mode = "m2m"
token_url = "{issuer}/token"
client_id = "machine"
private_key = {{ file = "{os.getcwd()}/key.pem" }}
key_id = "k1"
scope = "mcp/invoke"
""")
    os.chmod("config.toml", 0o600)
    provider = subprocess.Popen(["node", str(PROVIDER), str(port)], stdout=subprocess.PIPE, text=True,
                                env={**os.environ, "MACHINE_JWK": json.dumps(keys["jwk"])})
    try:
        provider.stdout.readline()

        def token(deployment, decision="agree"):
            browser = f"{sys.executable} {os.path.abspath(__file__)} --browse {decision} %s"
            command = [binary, "--config", "config.toml", "token", "-d", deployment, "-o", "json"]
            done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "BROWSER": browser})
            return done.returncode, json.loads(done.stdout or "{}"), done.stderr

        code, answer, words = token("person")
        expect("a person signs in by the code flow with PKCE", code == 0 and answer["claims"].get("iss") == issuer, words)
        expect("the token is the person's", answer.get("claims", {}).get("sub") == "keanu", answer)
        code, _, words = token("person", "refuse")
        expect("a refusal on the page exits 3", code == 3 and "refused" in words, words)
        code, answer, words = token("machine")
        expect("a machine signs in by a signed assertion", code == 0 and answer["claims"].get("client_id") == "machine", words)
    finally:
        provider.terminate()
        provider.wait(10)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--browse"]:
        browse(sys.argv[3], sys.argv[2])
    else:
        sys.exit(main())
