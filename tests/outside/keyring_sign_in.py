#!/usr/bin/env python3
# check: a person's refresh token in the keyring of a real Secret Service: rotated, refused, signed out, locked, missing
# needs: node:browser debian:chromium debian:keyring
# limit: 300
"""`keep_tokens = "keyring"` before oidc-provider, which rotates refresh tokens, and gnome-keyring on a session bus of its own.

Every command is a process of its own: what it knows of an earlier one comes from the keyring.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

from person import Person, came_back, openid_provider
from programs import Console, Findings, embedded_stack, free_port
from sign_in import send

found = Findings()


class Keyring:
    """The Secret Service of this session bus."""

    def __init__(self, account):
        self.names = ["service", "agentcore-console", "account", account]

    def entry(self):
        """The members of the console's entry; None where there is none."""
        text = subprocess.run(["secret-tool", "lookup", *self.names], capture_output=True, text=True, timeout=20).stdout
        return json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))) if text else None

    def store(self, members):
        """Puts another entry in its place."""
        text = base64.urlsafe_b64encode(json.dumps(members).encode()).rstrip(b"=")
        subprocess.run(["secret-tool", "store", "--label", "changed", *self.names], input=text, check=True, timeout=20)

    @staticmethod
    def lock():
        """Locks the keyring; nobody is there to unlock it."""
        call = ["gdbus", "call", "--session", "--dest", "org.freedesktop.secrets", "--object-path", "/org/freedesktop/secrets"]
        path = "/org/freedesktop/secrets/collection/login"
        done = subprocess.run([*call, "--method", "org.freedesktop.Secret.Service.Lock", f"['{path}']"], capture_output=True, text=True, timeout=20)
        found.expect("the keyring is locked", path in done.stdout, done)


def start_keyring():
    """Starts gnome-keyring with a keyring that is open; a process has one second to take its name on the bus."""
    done = subprocess.run(["gnome-keyring-daemon", "--unlock", "--components=secrets", "--daemonize"], input="pass", capture_output=True, text=True, timeout=20)
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        probe = ["secret-tool", "store", "--label", "probe", "probe", "probe"]
        if subprocess.run(probe, input="x", capture_output=True, text=True, timeout=20).returncode == 0:
            return
        time.sleep(0.2)
    raise RuntimeError(f"gnome-keyring did not start: {done}")


def main():
    """The provider issues a refresh token for offline_access; the MCP endpoint is named, and not asked."""
    start_keyring()
    port = free_port()
    with openid_provider(port) as issuer:
        endpoint = f"{issuer}/mcp"
        person = Person(Console(configuration(issuer, endpoint)))
        keyring = Keyring(f"studio {endpoint}")
        check_first(person, keyring, issuer)
        check_rotation(person, keyring)
        check_changed_configuration(person, keyring)
        check_refused(person, keyring, issuer)
        check_sign_out(person, keyring)
        check_without_refresh_token(person)
        check_missing_program(person)
        check_locked(person, keyring)
    found.close()


def configuration(issuer, endpoint):
    """One endpoint: kept in the keyring, with another scope, without a refresh token, and kept in memory."""
    def deployment(name, scope, keep):
        return f"""
[deployments.{name}]
region = "us-west-2"
mcp_url = "{endpoint}"
[deployments.{name}.sign_in]
mode = "oauth"
issuer = "{issuer}"
client_id = "person"
scope = "{scope}"
keep_tokens = "{keep}"
"""
    path = pathlib.Path("studio.toml")
    path.write_text(
        deployment("studio", "openid offline_access mcp/invoke", "keyring")
        + deployment("online", "openid mcp/invoke", "keyring")
    )
    path.chmod(0o600)
    return str(path)


def sign_in(person, deployment="studio", **options):
    """`token` with its JSON, and the pages that the person saw."""
    return person.run("-d", deployment, "token", "-o", "json", **options)


def check_first(person, keyring, issuer):
    """The first sign-in asks the person and stores what is needed to go on."""
    found.equal("the keyring is empty before", keyring.entry(), None)
    answer, pages = sign_in(person)
    found.expect("the first sign-in is in the browser", answer.code == 0 and came_back(pages, "Signed in."), (str(answer), pages))
    entry = keyring.entry() or {}
    found.equal("the entry holds what is needed to use the token", (entry.get("issuer"), entry.get("client_id"), entry.get("scope")), (issuer, "person", "openid offline_access mcp/invoke"))
    found.expect("the refresh token is in the entry and nowhere else", entry.get("refresh_token") and entry["refresh_token"] not in answer.out + answer.err, answer)
    held = [file for file in pathlib.Path().rglob("*") if file.is_file() and entry["refresh_token"].encode() in file.read_bytes()]
    found.equal("no file holds it", held, [])


def check_rotation(person, keyring):
    """The next process uses it without a browser, and stores the one that the server gave in its place."""
    before = keyring.entry()
    answer, pages = sign_in(person)
    found.expect("the next process asks nobody", answer.code == 0 and pages == [], (str(answer), pages))
    after = keyring.entry()
    found.expect("the server's new refresh token is in the entry", after and after["refresh_token"] != before["refresh_token"], after and {**after, "refresh_token": "?"})
    answer, pages = sign_in(person)
    found.expect("the new one is of use", answer.code == 0 and pages == [], (str(answer), pages))


def check_changed_configuration(person, keyring):
    """A sign-in that was made with another configuration is not used."""
    entry = keyring.entry()
    keyring.store({**entry, "configured_scope": "openid"})
    answer, pages = sign_in(person)
    found.expect("another scope in the configuration asks again", answer.code == 0 and pages, (str(answer), pages))


def check_refused(person, keyring, issuer):
    """A refresh token that the server does not accept is deleted, also where the person then declines."""
    entry = keyring.entry()
    form = f"token={entry['refresh_token']}&client_id=person".encode()
    status, _, body = send(f"{issuer}/token/revocation", form, {"content-type": "application/x-www-form-urlencoded"})
    found.expect("the provider revokes the refresh token", status == 200, body)
    answer, pages = sign_in(person, decision="decline")
    found.expect("then the person is asked", answer.code == 3 and came_back(pages, "The sign-in was refused."), (str(answer), pages))
    found.equal("the entry is gone", keyring.entry(), None)


def check_sign_out(person, keyring):
    """`token --forget` deletes the entry; the next sign-in asks again."""
    sign_in(person)
    found.expect("a sign-in is kept again", keyring.entry(), "no entry")
    answer, _ = person.run("-d", "studio", "token", "--forget")
    found.expect("token --forget deletes the sign-in", answer.code == 0 and "forgotten" in answer.out, answer)
    found.equal("the entry is deleted", keyring.entry(), None)
    answer, _ = person.run("-d", "studio", "token", "--forget", "-o", "json")
    found.equal("a second time there is nothing", answer.json, {"forgotten": False, "entry": None})
    answer, pages = sign_in(person)
    found.expect("then the person is asked", answer.code == 0 and pages, (str(answer), pages))


def check_without_refresh_token(person):
    """A server that gives no refresh token leaves nothing to keep, which is said."""
    answer, _ = sign_in(person, "online")
    found.expect("without a refresh token the notice says so", answer.code == 0 and "gave no refresh token" in answer.err, answer)


def check_missing_program(person):
    """Without secret-tool the sign-in works and says why it is not kept."""
    environment = dict(person.console.environment)
    person.console.environment["PATH"] = path_without_secret_tool()
    answer, pages = sign_in(person)
    person.console.environment = environment
    found.expect("without secret-tool the person signs in", answer.code == 0 and pages, (str(answer), pages))
    found.expect("and is told", answer.err.count("the keyring cannot be used: secret-tool could not be run") == 1 and "stays in memory" in answer.err, answer)


def path_without_secret_tool():
    """A PATH with what the browser needs, and without secret-tool."""
    folder = pathlib.Path("programs")
    folder.mkdir()
    for name in ("node", "sh", "chromium"):
        (folder / name).symlink_to(shutil.which(name))
    rest = [place for place in os.environ["PATH"].split(":") if not os.path.exists(f"{place}/secret-tool")]
    return ":".join([str(folder.absolute()), *rest])


def check_locked(person, keyring):
    """A locked keyring that nobody can unlock does not stop the sign-in."""
    keyring.lock()
    started = time.monotonic()
    answer, pages = sign_in(person)
    found.expect("with a locked keyring the person signs in", answer.code == 0 and pages, (str(answer), pages))
    found.expect("and is told", "the keyring cannot be used" in answer.err and "stays in memory" in answer.err, answer)
    found.expect("nothing waits for long", time.monotonic() - started < 45, time.monotonic() - started)


if os.environ.get("INNER") != "yes":
    # The keyring and its bus are this check's own, and end with it.
    for folder in ("home", "run"):
        pathlib.Path(folder).mkdir(mode=0o700)
    own = {"INNER": "yes", "HOME": os.path.abspath("home"), "XDG_RUNTIME_DIR": os.path.abspath("run")}
    kept = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY", "DBUS_SESSION_BUS_ADDRESS", "XDG_DATA_HOME")}
    command = ["dbus-run-session", "--", sys.executable, os.path.abspath(__file__)]
    sys.exit(subprocess.run(command, env={**kept, **own}).returncode)
main()
