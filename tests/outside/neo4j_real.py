#!/usr/bin/env python3
# check: a real Neo4j and its official MCP server behind the gateway: tools, Cypher, rotation and the way back
# needs: neo4j:{lane} python:neo4j python:boto
# lanes: lts current
# limit: 300
"""The whole way of an on-call engineer against parts that are not ours.

Deployment B's interceptor reads the secret at every call, as in production; its target is the official MCP server, and
behind that is a real Neo4j. Both ways to reach the database for a rotation are walked: Bolt and the Query API.
"""

import json
import os

import boto3

from programs import Console, Findings, embedded_stack, neo4j, neo4j_mcp_server, post

found = Findings()
PEOPLE = "MATCH (p:Person) WHERE p.born > $year RETURN p.name AS name, p.born AS born ORDER BY born"


def main():
    """One Neo4j and one MCP server; the stack and the console twice before them, by both addresses of the database."""
    with neo4j() as server, neo4j_mcp_server(server) as mcp_port:
        server.rows(
            "CREATE (:Person {name: 'Ada', born: 1815})-[:KNOWS {since: 1833}]->(:Person {name: 'Mary', born: 1780})"
        )
        for uri in (server.bolt_uri, server.http_uri):
            print(f"-- the secret's address is {uri}", flush=True)
            options = ["--neo4j-uri", uri, "--neo4j-user", server.user, "--neo4j-password-env", "OUTSIDE_PASSWORD"]
            options += ["--neo4j-mcp-url", f"http://127.0.0.1:{mcp_port}/mcp"]
            with embedded_stack(*options, environment={"OUTSIDE_PASSWORD": server.password}) as stack:
                walk(server, mcp_port, stack)
    found.close()


def walk(server, mcp_port, stack):
    """Everything that is looked at before one address of the database."""
    console = Console(stack.configuration)
    check_status(console)
    check_tools(console)
    check_cypher(console, server)
    check_rotation(console, server, mcp_port, stack)


def check_status(console):
    """The fleet is listed, and deployment B's gateway is ready."""
    status = console.run("--deployment", "b", "status", "-o", "json")
    gateways = [one for one in (status.json or {}).get("resources", []) if one["kind"] == "gateway"]
    found.expect("status shows B's gateway as READY", [one["status"] for one in gateways] == ["READY"], status)


def check_tools(console):
    """The official server's tools are listed through the gateway, and its schema is answered where APOC is."""
    listed = console.run("--deployment", "b", "tools", "list", "-o", "json")
    names = sorted(tool["name"].split("___")[-1] for tool in (listed.json or {}).get("tools", []))
    found.expect(
        "tools list shows the official tools", {"get-schema", "read-cypher", "write-cypher"} <= set(names), listed
    )
    if os.environ["LANE"] == "lts":
        schema = console.run("--deployment", "b", "tools", "call", tool_named(listed, "get-schema"), "-o", "json")
        found.expect("get-schema knows the label", schema.code == 0 and "Person" in schema.out, schema)


def tool_named(listed, ending):
    """The whole name, target included, of a listed tool."""
    return next(
        (tool["name"] for tool in (listed.json or {}).get("tools", []) if tool["name"].endswith(ending)), ending
    )


def cypher(console, *arguments, deployment="b"):
    """One `tools cypher` with JSON as the answer."""
    return console.run("--deployment", deployment, "tools", "cypher", *arguments, "-o", "json")


def check_cypher(console, server):
    """Reads, writes, parameters and errors, each held against what the database itself says."""
    read = cypher(console, PEOPLE, "--param", "year=1800")
    found.equal(
        "a read with a parameter",
        read.json and (read.json["columns"], read.json["rows"]),
        (["name", "born"], [["Ada", 1815]]),
    )
    everyone = cypher(console, PEOPLE, "--param", "year=0")
    found.equal("another parameter", everyone.json and everyone.json["rows"], [["Mary", 1780], ["Ada", 1815]])
    for name in ("a", "c", "d"):
        other = cypher(console, PEOPLE, "--param", "year=1800", deployment=name)
        found.expect(
            f"deployment {name} reads the same database", (other.json or {}).get("rows") == [["Ada", 1815]], other
        )

    create = ["CREATE (n:Written {text: $text}) RETURN n.text AS text", "--param", 'text=it\'s "quoted"']
    before = server.rows("MATCH (n:Written) RETURN count(n)")
    unasked = cypher(console, *create, "--write")
    found.expect("a write that nobody agreed to is not done", unasked.code != 0, unasked)
    read_only = console.run(
        "--deployment", "b", "--read-only", "tools", "cypher", *create, "--write", "--yes", "-o", "json"
    )
    found.expect("read-only mode refuses with exit 4", read_only.code == 4, read_only)
    found.equal("nothing was written", server.rows("MATCH (n:Written) RETURN count(n)"), before)
    written = cypher(console, *create, "--write", "--yes")
    found.equal("a write", written.json and written.json["rows"], [['it\'s "quoted"']])
    stored = server.rows("MATCH (n:Written) RETURN DISTINCT n.text")
    found.equal("is in the database, byte for byte", stored, [['it\'s "quoted"']])

    syntax = cypher(console, "MATCH (n RETURN n")
    found.expect("a syntax error exits 1 with a caret", syntax.code == 1 and "^" in syntax.out + syntax.err, syntax)
    found.expect("and never shows the server's EXPLAIN", "EXPLAIN" not in syntax.err, syntax)
    division = cypher(console, "UNWIND [1, 0] AS x RETURN 1/x AS y")
    found.expect("an error at run time exits 1", division.code == 1, division)
    missing = cypher(console, "RETURN $nothing AS x")
    found.expect(
        "a missing parameter exits 1 and is named",
        missing.code == 1 and "nothing" in missing.out + missing.err,
        missing,
    )


def check_rotation(console, server, mcp_port, stack):
    """A rotation changes Neo4j and the secret together, the chain follows, and the way back works."""
    secret = stack.deployment("b")["secret_id"]
    old = server.password
    dry = console.run("--deployment", "b", "secrets", "rotate", secret, "--dry-run", "-o", "json")
    found.expect("a dry run exits 0 and changes nothing", dry.code == 0 and server.accepts(old), dry)
    unasked = console.run("--deployment", "b", "secrets", "rotate", secret, "-o", "json")
    found.expect("a rotation that nobody agreed to is not done", unasked.code != 0 and server.accepts(old), unasked)

    cypher(console, PEOPLE, "--param", "year=0")
    found.expect(
        "the MCP server holds a connection with the old password",
        any("Go Driver" in agent for _, agent in server.connections()),
    )
    rotated = console.run("--deployment", "b", "secrets", "rotate", secret, "--yes", "-o", "json")
    if not found.expect("secrets rotate exits 0", rotated.code == 0, rotated):
        return
    found.equal("its last line is the outcome", rotated.lines[-1].get("outcome"), "rotated")
    password, version = current_password(stack, secret)
    server.password = password
    found.equal("AWSCURRENT is the version it named", version, rotated.lines[-1].get("version_id"))
    found.expect("AWSCURRENT holds another password", password != old)
    found.expect("Neo4j refuses the old password", not server.accepts(old))
    found.expect("Neo4j accepts the new one on a new connection", server.accepts(password))
    found.expect(
        "no value was printed", password not in rotated.out + rotated.err and old not in rotated.out + rotated.err
    )

    # A pooled connection outlives the change, so only without one does a call prove which password is read.
    server.close_connections()
    status, _, text = call_directly(mcp_port, server.user, old)
    found.expect(
        "the MCP server fails with the old password", status != 200 or json.loads(text)["result"].get("isError"), text
    )
    again = cypher(console, PEOPLE, "--param", "year=0")
    found.equal(
        "the same Cypher call through the gateway answers",
        again.json and again.json["rows"],
        [["Mary", 1780], ["Ada", 1815]],
    )

    resumed = console.run("--deployment", "b", "secrets", "resume", secret, "--yes", "-o", "json")
    found.expect(
        "resume finds nothing to do", resumed.code == 0 and resumed.lines[-1].get("outcome") == "nothing-to-do", resumed
    )
    back = console.run("--deployment", "b", "secrets", "rollback", secret, "--yes", "-o", "json")
    found.expect("rollback exits 0", back.code == 0, back)
    server.password, _ = current_password(stack, secret)
    found.expect("Neo4j accepts what AWSCURRENT holds after it", server.accepts(server.password), back)
    found.equal("which is the password before the rotation", server.password == old, True)
    server.close_connections()
    after = cypher(console, PEOPLE, "--param", "year=1800")
    found.equal("and the gateway answers with it", after.json and after.json["rows"], [["Ada", 1815]])


def current_password(stack, secret):
    """The password of AWSCURRENT and its version, read by boto3, not by the console."""
    environment = stack.aws_environment()
    client = boto3.client(
        "secretsmanager",
        endpoint_url=stack.endpoint,
        region_name=stack.region,
        aws_access_key_id=environment["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=environment["AWS_SECRET_ACCESS_KEY"],
    )
    value = client.get_secret_value(SecretId=secret)
    members = {key.lower(): text for key, text in json.loads(value["SecretString"]).items()}
    return members.get("password") or members["neo4j_password"], value["VersionId"]


def call_directly(port, user, password):
    """The same read, sent to the MCP server itself."""
    call = {"name": "read-cypher", "arguments": {"query": "RETURN 1 AS x"}}
    return post(port, "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call}, user, password)


main()
