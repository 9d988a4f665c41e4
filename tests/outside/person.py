"""A person at a headless Chromium, for checks of what the console opens in the browser. Standard library alone.

The check needs `node:browser debian:chromium`. The console opens `$BROWSER`, which is browser.mjs: it fills the forms.
"""

import contextlib
import json
import os
import pathlib
import subprocess
import time

HERE = pathlib.Path(__file__).parent


class Person:
    """What the person will do, and what their browser saw."""

    def __init__(self, console):
        self.console = console
        self.log = pathlib.Path("browser.log")
        console.environment |= {"BROWSER": f"node {HERE / 'browser.mjs'} %s", "BROWSER_LOG": str(self.log.absolute())}

    def run(self, *arguments, decision="agree", user=None, password=None):
        """Runs a command of the console with the person at the browser: its answer, and the pages that they saw."""
        self.log.write_text("")
        self.console.environment["BROWSER_DECISION"] = decision
        if user:
            self.console.environment |= {"BROWSER_USER": user, "BROWSER_PASSWORD": password}
        try:
            answer = self.console.run(*arguments, seconds=90)
        except subprocess.TimeoutExpired:
            raise RuntimeError(f"{arguments} did not end; the browser: {self.log.read_text() or 'not opened'}") from None
        return answer, self.pages()

    def pages(self):
        """The lines of the browser's log, once it has ended; none where it was not opened."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            lines = [json.loads(line) for line in self.log.read_text().splitlines()]
            if not lines or "end" in lines[-1] or "error" in lines[-1]:
                return lines
            time.sleep(0.05)
        return [*lines, {"error": "the browser did not end"}]


def came_back(pages, words):
    """Whether the browser ended at the loopback address of the console, which said these words."""
    return (
        len(pages) > 1
        and pages[-1].get("end", "").startswith("http://127.0.0.1:")
        and pages[-1]["end"].endswith("/callback")
        and words in pages[-2]["text"]
    )


@contextlib.contextmanager
def openid_provider(port, **environment):
    """oidc-provider on a port; the issuer's address."""
    command = ["node", str(HERE / "oidc_provider.mjs"), str(port)]
    own = {**os.environ, **environment}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=own)
    try:
        if process.stdout.readline().strip() != "ready":
            raise RuntimeError("oidc-provider did not start")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)
