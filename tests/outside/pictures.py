#!/usr/bin/env python3
# check: the pictures of the README show the console as it is: in another program's terminal it draws the same words
# needs: python:pyte
# limit: 600
"""Holds assets/*.svg against the console in a terminal emulator that is not ours.

usage: pictures.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

Each picture of scripts/picture is made again: the same keys in a terminal of the same size. Its tabs, its last line and its
column titles must be those of the committed picture to the letter; of its other words, which partly depend on the
simulated traffic, most. Prints a line a picture and `N passed, N failed`; exits 1 if one failed.
"""

import fcntl
import html
import importlib.machinery
import importlib.util
import os
import pathlib
import pty
import re
import select
import struct
import sys
import tempfile
import termios
import time

import pyte

ROOT = pathlib.Path(__file__).resolve().parents[2]
COLUMNS, ROWS = 120, 36
KEYS = {"Tab": "\t", "Enter": "\r", "Space": " ", "F5": "\x1b[15~", "Escape": "\x1b"}
# How many of the words of both, digits aside, must be in both.
ALIKE = 0.7
# The simulated traffic differs from run to run: a picture is made so often before it counts as another one.
ATTEMPTS = 3


def pictures():
    """The keys and the complete text of each picture, as the script has them."""
    loader = importlib.machinery.SourceFileLoader("picture", str(ROOT / "scripts" / "picture"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("picture", loader))
    loader.exec_module(module)
    return module.PICTURES


class Terminal:
    """The console in a pseudo terminal."""

    def __init__(self, command, environment):
        self.screen = pyte.Screen(COLUMNS, ROWS)
        self.stream = pyte.ByteStream(self.screen)
        self.process, self.terminal = pty.fork()
        if not self.process:
            os.execvpe(command[0], command, environment)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))

    def read(self, seconds):
        """Takes in what comes within this time."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if not select.select([self.terminal], [], [], left)[0]:
                return
            try:
                self.stream.feed(os.read(self.terminal, 65536))
            except OSError:
                return

    def wait_for(self, pattern):
        """Reads until the screen shows the pattern."""
        deadline = time.monotonic() + 60
        while not re.search(pattern, text := "\n".join(self.screen.display), re.MULTILINE):
            if time.monotonic() > deadline:
                raise TimeoutError(f"the screen never showed {pattern!r}; it shows:\n{text}")
            self.read(0.1)

    def type(self, key):
        """Types a key by its name in tmux, or a text."""
        os.write(self.terminal, KEYS.get(key, key).encode())

    def end(self):
        """Ends the console."""
        os.kill(self.process, 9)
        os.waitpid(self.process, 0)
        os.close(self.terminal)


def drawn_lines(path):
    """The lines of a picture, from top to bottom."""
    found = re.findall(r'<text x="([\d.]+)" y="([\d.]+)"[^>]*>([^<]*)</text>', path.read_text())
    rows = {}
    for x, y, text in found:
        rows.setdefault(float(y), []).append((float(x), html.unescape(text)))
    return [" ".join(text for _, text in sorted(words)) for _, words in sorted(rows.items())]


def words(line):
    """The words of a line, without what changes from run to run."""
    return re.findall(r"[A-Za-z][A-Za-z-]{2,}", line)


def compare(drawn, shown):
    """What differs, or nothing."""
    shown = [line for line in shown if line.strip()]
    for what, old, new in [("tabs", drawn[1], shown[1]), ("last line", drawn[-1], shown[-1])]:
        if words(old) != words(new):
            return f"the {what} differ: {words(old)} is now {words(new)}"
    titles = [set(re.findall(r"\b[A-Z]{3,}\b", " ".join(lines))) - {"READY", "MATCH", "RETURN", "LIMIT"} for lines in (drawn, shown)]
    if not titles[0] <= titles[1] | {"FAILED", "UPDATING", "INFO", "WARN", "ERROR"} and len(titles[0] - titles[1]) > 3:
        return f"titles are gone: {sorted(titles[0] - titles[1])}"
    old, new = ({word for line in lines for word in words(line)} for lines in (drawn, shown))
    share = len(old & new) / max(len(old | new), 1)
    return None if share >= ALIKE else f"{share:.0%} of the words are the same; gone {sorted(old - new)[:12]}, new {sorted(new - old)[:12]}"


def check(binary, name, keys, complete):
    """Makes a picture again; what differs, or nothing."""
    with tempfile.TemporaryDirectory() as home:
        environment = {"PATH": os.environ["PATH"], "HOME": home, "TERM": "xterm-256color", "LANG": "C.UTF-8"}
        terminal = Terminal([binary, "demo"], environment | {"COLORTERM": "truecolor"})
        try:
            terminal.wait_for("Fleet")
            for key in keys:
                if key.startswith("~"):
                    terminal.wait_for(key[1:])
                else:
                    terminal.type(key)
                    terminal.read(0.3)
            terminal.wait_for(complete)
            terminal.read(1)
            return compare(drawn_lines(ROOT / "assets" / f"{name}.svg"), terminal.screen.display)
        except TimeoutError as error:
            return str(error)
        finally:
            terminal.end()


def main():
    """Checks every picture."""
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    failed = 0
    for name, (keys, complete) in pictures().items():
        for _ in range(ATTEMPTS):
            wrong = check(binary, name, keys, complete)
            if not wrong:
                break
        failed += bool(wrong)
        print(f"{'failed' if wrong else 'passed'}  {name}" + (f": {wrong}; scripts/picture {name} draws it again" if wrong else ""), flush=True)
    print(f"{len(pictures()) - failed} passed, {failed} failed")
    sys.exit(bool(failed))


main()
