#!/usr/bin/env python3
# check: neo4j-mcp-canary before a real Neo4j, directly and behind a gateway: reads, writes, plans, indexes, its three formats, errors
# needs: neo4j:lts python:canary
# limit: 300
"""The second MCP server for Neo4j, by its own tools and by the console's Cypher; what it did is asked of the database itself."""

import base64
import contextlib
import json

from programs import Console, Findings, embedded_stack, free_port, neo4j, running, wait_for_port

found = Findings()
PEOPLE = "MATCH (p:Person) WHERE p.born > $year RETURN p.name AS name, p.born AS born ORDER BY born"
FORMATS = ("json", "toon", "markdown")


@contextlib.contextmanager
def canary(server, form):
    """Starts the server before a Neo4j: its port. The endpoint is /mcp and wants Basic credentials."""
    port = free_port()
    command = ["neo4j-mcp-canary", "--neo4j-uri", server.bolt_uri, "--neo4j-telemetry", "false", "--neo4j-transport-mode", "http"]
    command += ["--neo4j-http-host", "127.0.0.1", "--neo4j-http-port", port, "--neo4j-output-format", form]
    with running(command) as process:
        wait_for_port(port, process)
        yield port


class Direct:
    """The console at the server itself, without a gateway."""

    def __init__(self, console, port, server, password=None):
        self.console, self.url = console, f"http://127.0.0.1:{port}/mcp"
        word = f"{server.user}:{password or server.password}"
        self.header = "Authorization: Basic " + base64.b64encode(word.encode()).decode()

    def run(self, *words):
        """A command of `tools`, with JSON as the answer."""
        return self.console.run("-d", "d", "tools", *words, "--via", self.url, "--sign-in", "none", "--header", self.header, "-o", "json")


def main():
    """One Neo4j; the server before it once in each of its formats, and once as the target of deployment B."""
    with neo4j() as server:
        server.rows("CREATE (:Person {name: 'Ada', born: 1815})-[:KNOWS {since: 1833}]->(:Person {name: 'Mary', born: 1780})")
        with embedded_stack() as stack:
            console = Console(stack.configuration)
            for form in FORMATS:
                with canary(server, form) as port:
                    print(f"-- {form}", flush=True)
                    check_rows(Direct(console, port, server))
            with canary(server, "json") as port:
                direct = Direct(console, port, server)
                check_reading_tools(direct)
                check_writes(direct, server)
                check_indexes(direct, server)
                check_errors(direct)
                wrong = Direct(console, port, server, "wrong").run("cypher", "RETURN 1 AS x")
                found.expect("a wrong password is no success", wrong.code in (1, 3), wrong)
        with canary(server, "json") as port:
            check_gateway(server, port)
    found.close()


def check_rows(direct):
    """Rows and types arrive as they are, whatever the format of the text."""
    answer = direct.run("cypher", PEOPLE, "--param", "year=0")
    rows = (answer.json or {}).get("columns"), (answer.json or {}).get("rows")
    found.expect("a read with a parameter is a table", rows == (["name", "born"], [["Mary", 1780], ["Ada", 1815]]), answer)
    nothing = direct.run("cypher", PEOPLE, "--param", "year=3000")
    found.expect("no row is an empty table", nothing.code == 0 and nothing.json["rows"] == [], nothing)


def check_reading_tools(direct):
    """The schema, plans."""
    schema = direct.run("call", "get-schema")
    found.expect("get-schema knows the label", schema.code == 0 and "Person" in schema.out and "KNOWS" in schema.out, schema)
    plan = direct.run("call", "explain-cypher", "--arg", "query=MATCH (p:Person) RETURN p")
    found.expect("explain-cypher gives a plan", plan.code == 0 and "NodeByLabelScan" in plan.out, plan)
    profile = ["call", "profile-cypher", "--arg", "query=MATCH (p:Person) RETURN p.name"]
    found.expect("profile-cypher needs --yes, since it runs the query", direct.run(*profile).code == 2, "")
    profiled = direct.run(*profile, "--yes")
    found.expect("profile-cypher counts hits", profiled.code == 0 and "dbHits" in profiled.out, profiled)


def check_writes(direct, server):
    """A write is done where it is agreed to, and refused elsewhere."""
    create = ["cypher", "CREATE (n:Written {text: $text}) RETURN n.text AS text", "--param", 'text=it\'s "quoted"']
    count = "MATCH (n:Written) RETURN count(n)"
    unasked = direct.run(*create, "--write")
    found.expect("a write that nobody agreed to is not done", unasked.code == 2 and server.rows(count) == [[0]], unasked)
    read_only = direct.run(*create, "--write", "--yes", "--read-only")
    found.expect("read-only mode refuses with exit 4", read_only.code == 4 and server.rows(count) == [[0]], read_only)
    written = direct.run(*create, "--write", "--yes")
    found.expect("a write gives its row", (written.json or {}).get("rows") == [['it\'s "quoted"']], written)
    found.equal("and is in the database, byte for byte", server.rows("MATCH (n:Written) RETURN n.text"), [['it\'s "quoted"']])


def check_indexes(direct, server):
    """An index is made, listed, and dropped."""
    names = "SHOW INDEXES YIELD name, labelsOrTypes WHERE labelsOrTypes = ['Person'] RETURN name"
    create = {"entityType": "NODE", "indexType": "RANGE", "label": "Person", "properties": ["born"]}
    made = direct.run("call", "create-index", "--json", json.dumps(create), "--yes")
    rows = server.rows(names)
    found.expect("create-index makes one", made.code == 0 and len(rows) == 1, (str(made), rows))
    listed = direct.run("call", "list-constraints-and-indexes")
    found.expect("list-constraints-and-indexes knows it", rows and rows[0][0] in listed.out, listed)
    dropped = direct.run("call", "drop-index", "--json", json.dumps({"name": rows[0][0] if rows else ""}), "--yes")
    found.expect("drop-index drops it", dropped.code == 0 and server.rows(names) == [], dropped)


def check_errors(direct):
    """Errors of the database are negative results with its words."""
    syntax = direct.run("cypher", "MATCH (n RETURN n")
    found.expect("a syntax error exits 1 with a caret", syntax.code == 1 and "^" in syntax.out + syntax.err, syntax)
    division = direct.run("cypher", "UNWIND [1, 0] AS x RETURN 1/x AS y")
    found.expect("an error at run time exits 1", division.code == 1 and "zero" in division.out + division.err, division)
    missing = direct.run("cypher", "RETURN $nothing AS x")
    found.expect("a missing parameter is named", missing.code == 1 and "nothing" in missing.out + missing.err, missing)


def check_gateway(server, port):
    """The same server as the external target of deployment B, whose interceptor brings the password of the secret."""
    print("-- behind the gateway", flush=True)
    options = ["--neo4j-uri", server.bolt_uri, "--neo4j-user", server.user, "--neo4j-password-env", "OUTSIDE_PASSWORD"]
    options += ["--neo4j-mcp-url", f"http://127.0.0.1:{port}/mcp"]
    with embedded_stack(*options, environment={"OUTSIDE_PASSWORD": server.password}) as stack:
        console = Console(stack.configuration)
        listed = console.run("-d", "b", "tools", "list", "-o", "json")
        names = {tool["name"].split("___")[-1] for tool in (listed.json or {}).get("tools", [])}
        found.expect("the gateway lists its tools", {"get-schema", "read-cypher", "explain-cypher", "create-index"} <= names, listed)
        read = console.run("-d", "b", "tools", "cypher", PEOPLE, "--param", "year=1800", "-o", "json")
        found.expect("a read through the gateway", (read.json or {}).get("rows") == [["Ada", 1815]], read)
        doctor = console.run("-d", "b", "doctor", "-o", "json")
        found.expect("the doctor finds the chain whole", doctor.code == 0 and doctor.lines[0]["healthy"], doctor)


main()
