#!/usr/bin/env python3
# check: the console against moto, an AWS that we did not write: fleet, describe, logs, secrets
# needs: python:moto
# limit: 240
"""Requests and parsers held against somebody else's idea of AWS.

moto is no judge of semantics (some operations are missing, some members too); what it lacks is tolerated here, a
console that fails or shows something else than what boto3 wrote is not.
"""

import json
import os
import time

import boto3

from programs import Console, Findings, free_port, running, wait_for_port

REGION, ACCOUNT = "us-west-2", "123456789012"
found = Findings()


def main():
    """Starts moto, writes a deployment into it by boto3, looks at it by the console."""
    port = free_port()
    with running(
        ["moto_server", "-H", "127.0.0.1", "-p", port], stdout=open("moto.log", "w"), stderr=open("moto.err", "w")
    ) as process:
        wait_for_port(port, process, 60)
        endpoint = f"http://127.0.0.1:{port}"

        def aws(service):
            keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
            return boto3.client(service, endpoint_url=endpoint, region_name=REGION, **keys)

        seeded = seed(aws)
        console = Console(configure(endpoint, seeded))
        check_fleet(console, seeded)
        check_describe(console, seeded)
        check_logs(console, aws, seeded)
        check_secrets(console, aws, seeded)
        check_failures(endpoint, seeded)
    found.close()


def seed(aws):
    """A gateway with a target, a runtime with an endpoint, a log group with events, a secret with two versions."""
    control = aws("bedrock-agentcore-control")
    role = f"arn:aws:iam::{ACCOUNT}:role/outside"
    gateway = control.create_gateway(
        name="outside-gateway",
        roleArn=role,
        protocolType="MCP",
        authorizerType="CUSTOM_JWT",
        authorizerConfiguration={
            "customJWTAuthorizer": {
                "discoveryUrl": "https://example.com/.well-known/openid-configuration",
                "allowedClients": ["one"],
            }
        },
    )["gatewayId"]
    target = control.create_gateway_target(
        gatewayIdentifier=gateway,
        name="outside-target",
        targetConfiguration={"mcp": {"mcpServer": {"endpoint": "https://example.com/mcp"}}},
    )["targetId"]
    runtime = control.create_agent_runtime(
        agentRuntimeName="outside_runtime",
        agentRuntimeArtifact={
            "containerConfiguration": {"containerUri": f"{ACCOUNT}.dkr.ecr.{REGION}.amazonaws.com/neo4j:1"}
        },
        roleArn=role,
        networkConfiguration={"networkMode": "PUBLIC"},
        protocolConfiguration={"serverProtocol": "MCP"},
    )
    control.create_agent_runtime_endpoint(agentRuntimeId=runtime["agentRuntimeId"], name="outside_endpoint")

    logs, group = aws("logs"), "/outside/moto"
    logs.create_log_group(logGroupName=group)
    now = int(time.time() * 1000)
    for stream in ("one", "two"):
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
    for start in range(0, 400, 100):
        events = [
            {"timestamp": now - 60_000 + number, "message": f'line {number} ERROR {{"n":{number}}}'}
            for number in range(start, start + 100)
        ]
        logs.put_log_events(logGroupName=group, logStreamName="one" if start % 200 else "two", logEvents=events)

    secrets, name = aws("secretsmanager"), "outside/credentials"
    value = {"uri": "bolt://127.0.0.1:1", "username": "neo4j", "password": "never-to-be-printed-1", "database": "neo4j"}
    first = secrets.create_secret(Name=name, SecretString=json.dumps(value))["VersionId"]
    value["password"] = "never-to-be-printed-2"
    second = secrets.put_secret_value(SecretId=name, SecretString=json.dumps(value))["VersionId"]
    return {
        "gateway": gateway,
        "target": target,
        "runtime": runtime["agentRuntimeId"],
        "runtime_arn": runtime["agentRuntimeArn"],
        "group": group,
        "secret": name,
        "versions": {first: ["AWSPREVIOUS"], second: ["AWSCURRENT"]},
    }


def configure(endpoint, seeded):
    """A configuration by ids, as for any account without stacks: its path."""
    with open("moto.toml", "w", opener=lambda path, flags: os.open(path, flags, 0o600)) as file:
        file.write(f"""
[deployments.moto]
region = "{REGION}"
endpoint_url = "{endpoint}"
credentials = {{ access_key_id = "testing", secret_access_key = "testing" }}
gateways = ["{seeded["gateway"]}"]
runtimes = ["{seeded["runtime"]}"]
secrets = ["{seeded["secret"]}"]
log_groups = ["{seeded["group"]}"]
mcp_url = "{endpoint}/mcp"

[deployments.moto.sign_in]
mode = "sigv4"
""")
    return os.path.abspath("moto.toml")


def check_fleet(console, seeded):
    """All that was made is listed, under the names that boto3 gave."""
    config = console.run("config", "check")
    found.expect("the configuration is accepted", config.code == 0, config)
    status = console.run("status", "-o", "json")
    listed = {(one["kind"], one["name"]): one for one in (status.json or {}).get("resources", [])}
    found.expect("status exits 0", status.code == 0, status)
    for kind, name in (
        ("gateway", "outside-gateway"),
        ("target", "outside-target"),
        ("runtime", "outside_runtime"),
        ("endpoint", "outside_endpoint"),
        ("secret", seeded["secret"]),
    ):
        found.expect(f"the {kind} is listed", (kind, name) in listed, status)
    gateway = listed.get(("gateway", "outside-gateway"), {})
    found.equal("the gateway's id is boto3's", gateway.get("id"), seeded["gateway"])
    found.expect("statuses are AWS's words", gateway.get("status") in ("CREATING", "READY"), gateway)
    table = console.run("status")
    found.expect(
        "the table has no escape sequence in a pipe",
        table.code == 0 and "\x1b" not in table.out and "outside-gateway" in table.out,
        table,
    )


def check_describe(console, seeded):
    """Details come as JSON with what boto3 set; an unknown id is a clear no."""
    for kind, key in (("gateway", "gateway"), ("runtime", "runtime"), ("secret", "secret")):
        one = console.run("describe", kind, seeded[key], "-o", "json")
        found.expect(f"describe {kind}", one.code == 0 and one.json is not None and seeded[key] in one.out, one)
    unknown = console.run("describe", "gateway", "nothing-0123456789", "-o", "json")
    found.expect("an unknown gateway does not exit 0", unknown.code != 0 and unknown.err.strip() != "", unknown)


def check_logs(console, aws, seeded):
    """Every event of both streams, once, in order; filters; the tail over what is written meanwhile."""
    read = console.run("logs", seeded["group"], "--since", "15m", "-o", "json")
    events = [line for line in read.lines if "notice" not in line] if read.code == 0 else []
    found.expect("logs exits 0", read.code == 0, read)
    found.equal(
        "all 400 events arrive once", sorted(int(one["message"].split()[1]) for one in events), list(range(400))
    )
    found.equal(
        "in the order of time", [one["timestamp"] for one in events], sorted(one["timestamp"] for one in events)
    )
    found.equal("of both streams", {one["stream"] for one in events}, {"one", "two"})
    some = console.run("logs", seeded["group"], "--since", "15m", "--grep", "line 39[0-9] ", "-o", "json")
    found.equal("--grep", len([line for line in some.lines if "notice" not in line]), 10)


def check_secrets(console, aws, seeded):
    """Versions and stages as boto3 sees them, and no value anywhere."""
    shown = console.run("secrets", "show", seeded["secret"], "-o", "json")
    found.expect("secrets show exits 0", shown.code == 0, shown)
    versions = {one["version_id"]: one["stages"] for one in (shown.json or {}).get("versions", [])}
    found.equal("versions and stages", versions, seeded["versions"])
    listed = console.run("secrets", "list", "-o", "json")
    found.expect("secrets list names it", listed.code == 0 and seeded["secret"] in listed.out, listed)
    found.expect("no value is printed", "never-to-be-printed" not in shown.out + shown.err + listed.out + listed.err)
    value = console.run("describe", "secret", seeded["secret"], "-o", "yaml")
    found.expect("nor by describe", value.code == 0 and "never-to-be-printed" not in value.out + value.err, value)
    dead = console.run("secrets", "rotate", seeded["secret"], "--yes", "-o", "json")
    found.expect("a rotation with Neo4j out of reach fails", dead.code in (1, 5), dead)
    current = aws("secretsmanager").get_secret_value(SecretId=seeded["secret"])
    found.expect("and leaves AWSCURRENT alone", seeded["versions"].get(current["VersionId"]) == ["AWSCURRENT"], current)


def check_failures(endpoint, seeded):
    """Nobody at the endpoint: exit 5, and words that help."""
    gone = f"http://127.0.0.1:{free_port()}"
    console = Console(configure(gone, seeded))
    lost = console.run("logs", seeded["group"], "--since", "15m", "--timeout", "5s", "-o", "json")
    found.equal("nobody at the endpoint is exit 5", lost.code, 5)
    found.expect("and is said on standard error", lost.err.strip() != "" and lost.out.strip() == "", lost)


main()
