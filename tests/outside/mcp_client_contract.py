#!/usr/bin/env python3
# check: the official MCP client lists and calls tools through gateways and runtimes of all five deployments
# needs: python:mcp
# limit: 180
"""The MCP side of the embedded stack, driven by the official Python client.

usage: python mcp_client_contract.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

Needs the package mcp. Both lifecycles are spoken: the handshake and the stateless 2026-07-28. Prints a line a check and
`N passed, N failed`; exits 1 if one failed.
"""

import asyncio
import base64
import contextlib
import json
import os
import subprocess
import sys
import urllib.parse

import httpx2
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp.types import ElicitResult

from sign_in import database_password, send, signed, token

CYPHER = "MATCH (p:Person {name: $name})-[:ACTED_IN]->(m) RETURN m.title AS title, m.released AS year ORDER BY year, title LIMIT 2"
ROWS = [{"title": "Joe Versus the Volcano", "year": 1990}, {"title": "A League of Their Own", "year": 1992}]


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def expect(self, what, holds, evidence=""):
        print(f"{'ok  ' if holds else 'FAIL'} {what}" + ("" if holds else f"\n       {str(evidence)[:600]}"), flush=True)
        self.passed, self.failed = self.passed + bool(holds), self.failed + (not holds)


class SigV4(httpx2.Auth):
    """Signature Version 4 over what is sent, with extra headers that are not signed."""

    requires_request_body = True

    def __init__(self, facts, extra=None):
        self.facts, self.extra = facts, extra or {}

    def auth_flow(self, request):
        for name, value in self.extra.items():
            request.headers[name] = value
        for name, value in signed(self.facts, request.method, str(request.url), request.content, "bedrock-agentcore").items():
            request.headers[name] = value
        yield request


@contextlib.asynccontextmanager
async def connected(url, mode, headers=None, auth=None, **more):
    async with httpx2.AsyncClient(headers=headers, auth=auth, timeout=30, trust_env=False) as http:
        async with Client(streamable_http_client(url, http_client=http), mode=mode, read_timeout_seconds=30, **more) as client:
            yield client


async def all_tools(client):
    tools, pages, cursor = [], [], None
    while True:
        page = await client.list_tools(cursor=cursor)
        tools += page.tools
        pages.append(len(page.tools))
        cursor = page.next_cursor
        if not cursor:
            return tools, pages


def text(result):
    return "".join(block.text for block in result.content)


async def database_tools(checks, name, client, gateway):
    tools, pages = await all_tools(client)
    names = [tool.name for tool in tools]
    found = {wanted: next((one for one in names if one.split("___")[-1] == wanted), None) for wanted in ("get-schema", "read-cypher", "write-cypher")}
    checks.expect(f"{name}: the three tools of the official server are listed", all(found.values()), names)
    if gateway:
        checks.expect(f"{name}: names are target___tool, at most two tools a page", max(pages) <= 2 and all("___" in one for one in found.values()), (names, pages))
    hints = {tool.name.split("___")[-1]: tool.annotations for tool in tools}
    checks.expect(f"{name}: annotations say what writes", hints["read-cypher"].read_only_hint and hints["write-cypher"].destructive_hint, hints)
    read = await client.call_tool(found["read-cypher"], {"query": CYPHER, "params": {"name": "Tom Hanks"}})
    checks.expect(f"{name}: read-cypher answers rows", json.loads(text(read)) == ROWS, text(read))
    wrong = await client.call_tool(found["read-cypher"], {"query": "MATCH (n) RETRUN n"})
    place = "(line 1, column 19 (offset: 18))\n\"EXPLAIN MATCH (n) RETRUN n\"\n                   ^"
    checks.expect(f"{name}: a syntax error names its place", wrong.is_error and place in text(wrong), text(wrong))
    write = await client.call_tool(found["read-cypher"], {"query": "CREATE (n:Probe)"})
    checks.expect(f"{name}: read-cypher refuses to write", write.is_error and "read-only Cypher" in text(write), text(write))
    made = await client.call_tool(found["write-cypher"], {"query": "CREATE (n:Probe {by: $by}) RETURN n.by AS by", "params": {"by": name}})
    checks.expect(f"{name}: write-cypher writes", json.loads(text(made)) == [{"by": name}], text(made))
    schema = await client.call_tool(found["get-schema"], {})
    keys = {entry["key"] for entry in json.loads(text(schema))}
    checks.expect(f"{name}: get-schema describes the graph", {"Movie", "Person", "ACTED_IN", "DIRECTED"} <= keys, keys)
    return names


async def unknown_tool(checks, name, client):
    try:
        result = await client.call_tool("no-such-tool", {})
        checks.expect(f"{name}: an unknown tool is an error", result.is_error, result)
    except MCPError as error:
        checks.expect(f"{name}: an unknown tool is an error", error.error.code == -32602, error)


async def gateway(checks, facts, deployment, mode):
    name = f"{deployment['name']} ({mode})"
    headers = {"authorization": "Bearer " + token(facts, deployment)}
    async with connected(deployment["mcp_url"], mode, headers) as client:
        names = await database_tools(checks, name, client, True)
        await unknown_tool(checks, name, client)
        search = "x_amz_bedrock_agentcore_search"
        if search in names:
            found = await client.call_tool(search, {"query": "write cypher statements"})
            first = json.loads(text(found))["tools"][0]["name"]
            checks.expect(f"{name}: the search tool finds the tool", first.endswith("write-cypher"), first)


async def bearer_runtime(checks, facts, deployment):
    headers = {"authorization": "Bearer " + token(facts, deployment)}
    async with connected(deployment["mcp_url"], "legacy", headers) as client:
        await database_tools(checks, "c", client, False)
        await unknown_tool(checks, "c", client)
        added = await client.call_tool("add_numbers", {"a": 2, "b": 40})
        checks.expect("c: structured content fits its schema", added.structured_content == {"result": 42}, added)
        seen = []

        async def progress(done, total, message):
            seen.append((done, total))

        await client.call_tool("count_slowly", {"to": 3, "pause_ms": 10}, progress_callback=progress)
        checks.expect("c: progress arrives while the call runs", seen == [(1, 3), (2, 3), (3, 3)], seen)


async def asked_by_form(checks, facts, deployment):
    """A tool that asks on the way: the person accepts, declines, and a client that cannot be asked is told so."""
    headers = {"authorization": "Bearer " + token(facts, deployment)}
    asked = []

    async def answer(_, params):
        asked.append(params)
        if "Cast Away" in params.message:
            return ElicitResult(action="accept", content={"rating": 8, "recommend": True, "place": "home"})
        return ElicitResult(action="decline")

    async with connected(deployment["mcp_url"], "legacy", headers, elicitation_callback=answer) as client:
        rated = await client.call_tool("rate_movie", {"movie": "Cast Away"})
        checks.expect("c: a form that was filled in reaches its call", text(rated) == "Cast Away: 8 of 10", rated)
        fields = asked[0].requested_schema["properties"]
        kinds = {name: field["type"] for name, field in fields.items()}
        checks.expect("c: the form has a field of each sort", set(kinds.values()) == {"integer", "boolean", "string"}, kinds)
        declined = await client.call_tool("rate_movie", {"movie": "Top Gun"})
        checks.expect("c: a form may be declined", not declined.is_error and "declined" in text(declined), declined)
    async with connected(deployment["mcp_url"], "legacy", headers) as client:
        refused = await client.call_tool("rate_movie", {"movie": "Cast Away"})
        checks.expect("c: who cannot be asked is told so", refused.is_error and "elicitation" in text(refused), refused)


async def signed_runtime(checks, facts, deployment):
    login = base64.b64encode(f"neo4j:{database_password(facts, deployment)}".encode()).decode()
    extra = {"x-amzn-bedrock-agentcore-runtime-custom-authorization": f"Basic {login}"}
    async with connected(deployment["mcp_url"], "legacy", auth=SigV4(facts, extra)) as client:
        await database_tools(checks, "d", client, False)
    async with connected(deployment["mcp_url"], "legacy", auth=SigV4(facts)) as client:
        tools, _ = await all_tools(client)
        checks.expect("d: tools are listed without database credentials", len(tools) == 3, tools)
        try:
            result = await client.call_tool("read-cypher", {"query": "RETURN 1"})
            checks.expect("d: a call without database credentials is refused", False, result)
        except MCPError as error:
            checks.expect("d: a call without database credentials is refused", error.error.code == -32010, error)


async def consent(checks, facts, deployment):
    bearer = token(facts, deployment)
    async with connected(deployment["mcp_url"], "legacy", {"authorization": f"Bearer {bearer}"}) as client:
        names = [tool.name for tool in (await all_tools(client))[0]]
        me = next(name for name in names if name.endswith("___get_me"))
        try:
            result = await client.call_tool(me, {})
            checks.expect("e: the first call asks for consent", False, result)
            return
        except MCPError as error:
            asked = error.error
        checks.expect("e: the first call asks for consent (-32042)", asked.code == -32042, asked)
        url = asked.data["elicitations"][0]["url"]
        status, _, page = send(url)
        checks.expect("e: the consent page is a plain form", status == 200 and "<form method=\"post\"" in page, (status, page))
        uri = urllib.parse.parse_qs(urllib.parse.urlsplit(url).query)["request_uri"][0]
        form = urllib.parse.urlencode({"request_uri": uri, "decision": "agree"}).encode()
        status, headers, _ = send(url.split("?")[0], form, {"content-type": "application/x-www-form-urlencoded"})
        session = urllib.parse.parse_qs(urllib.parse.urlsplit(headers["location"]).query).get("session_id", [None])[0]
        checks.expect("e: the form ends in a redirect with session_id", status == 302 and session == uri, (status, headers["location"]))
        body = json.dumps({"userIdentifier": {"userToken": bearer}, "sessionUri": session}).encode()
        endpoint = facts["endpoint"] + "/identities/CompleteResourceTokenAuth"
        kind = {"content-type": "application/json"}
        answer = send(endpoint, body, signed(facts, "POST", endpoint, body, "bedrock-agentcore", kind))
        checks.expect("e: CompleteResourceTokenAuth is accepted", answer[0] == 200, answer)
        result = await client.call_tool(me, {})
        checks.expect("e: the retry answers", result.structured_content == {"login": "movie-lover", "id": 38, "name": "Jessica Thompson"}, result)


def refusals(checks, facts):
    """What is refused before MCP begins."""
    by_name = {deployment["name"]: deployment for deployment in facts["deployments"]}
    message = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list"}).encode()
    both = {"content-type": "application/json", "accept": "application/json, text/event-stream"}
    for name in ("a", "b", "e"):
        url = by_name[name]["mcp_url"]
        status, headers, body = send(url, message, both)
        document = headers["www-authenticate"].split('resource_metadata="')[1].rstrip('"')
        checks.expect(f"{name}: 401 without a token, with a challenge", status == 401 and json.loads(body)["error"]["code"] == -32001, (status, body))
        resource = json.loads(send(document)[2])
        checks.expect(f"{name}: the challenge leads to the resource's document", resource["resource"] == url, resource)
        bearer = {"authorization": "Bearer " + token(facts, by_name[name])}
        status = send(url, message, {**both, **bearer, "accept": "application/json"})[0]
        checks.expect(f"{name}: 406 where only one form of answers is accepted", status == 406, status)
        status, _, body = send(url, message, {**both, **bearer, "mcp-protocol-version": "1999-12-31"})
        checks.expect(f"{name}: 400 for an unknown protocol version", status == 400 and json.loads(body)["error"]["code"] == -32022, (status, body))
        other = {"authorization": "Bearer " + token(facts, by_name["e" if name != "e" else "a"])}
        status, headers, _ = send(url, message, {**both, **other})
        checks.expect(f"{name}: a token of another issuer is refused", status in (401, 403) and "error=" in headers["www-authenticate"], status)
    status, _, body = send(by_name["b"]["mcp_url"], message, {**both, "authorization": "Bearer " + token(facts, by_name["b"])})
    checks.expect("b: 400 without the session id", status == 400, (status, body))
    status, headers, body = send(by_name["c"]["mcp_url"], message, both)
    checks.expect("c: 401 without a token, and no id", status == 401 and "id" not in json.loads(body), (status, body))
    status, _, body = send(by_name["c"]["mcp_url"], message, {**both, "authorization": "Bearer nonsense"})
    checks.expect("c: 403 for what is no token", status == 403, (status, body))
    status, _, body = send(by_name["d"]["mcp_url"], message, {**both, "authorization": "Bearer nonsense"})
    checks.expect("d: 403 for a bearer token", status == 403 and "Authorization method mismatch" in body, (status, body))


async def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    checks = Checks()
    stack = subprocess.Popen([binary, "local", "-o", "json", "--quiet-world"], stdout=subprocess.PIPE, text=True)
    try:
        facts = json.loads(stack.stdout.readline())
        by_name = {deployment["name"]: deployment for deployment in facts["deployments"]}
        refusals(checks, facts)
        for mode in ("legacy", "auto", "2026-07-28"):
            await gateway(checks, facts, by_name["a"], mode)
        await gateway(checks, facts, by_name["b"], "legacy")
        await bearer_runtime(checks, facts, by_name["c"])
        await asked_by_form(checks, facts, by_name["c"])
        await signed_runtime(checks, facts, by_name["d"])
        await consent(checks, facts, by_name["e"])
    finally:
        stack.terminate()
        stack.wait(10)
    print(f"{checks.passed} passed, {checks.failed} failed")
    return 1 if checks.failed else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
