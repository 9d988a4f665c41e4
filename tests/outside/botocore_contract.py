#!/usr/bin/env python3
# check: boto3 drives every AWS operation of the embedded stack, signatures on: paging, errors, live tail, faults
# needs: python:boto
# limit: 180
"""The AWS side of the embedded stack, driven by botocore: every operation that it serves, with signatures on.

usage: python botocore_contract.py [BINARY]        (without it: the program that AGENTCORE_BINARY names)

Needs boto3. botocore's own parsers judge the shapes, the event stream's checksums and the places of members; the checks
here judge what is in them. Prints a line a check and `N passed, N failed`; exits 1 if one failed.
"""

import base64
import datetime
import hashlib
import hmac
import json
import os
import subprocess
import sys
import tempfile
import time
import traceback
import urllib.error
import urllib.parse
import urllib.request
import uuid

import boto3
import botocore.exceptions
from botocore.config import Config

PASSED, FAILED = [], []
CALLED = set()


def check(name):
    """Runs the decorated function at once and counts how it ended."""

    def run(function):
        try:
            function()
        except Exception as error:  # every way to fail is a failed check
            FAILED.append(name)
            place = traceback.extract_tb(error.__traceback__)[-1]
            print(f"FAILED {name}: {type(error).__name__}: {error} (line {place.lineno})")
        else:
            PASSED.append(name)
            print(f"ok     {name}")

    return run


def same(found, wanted):
    assert found == wanted, f"{found!r} instead of {wanted!r}"


def refused(code, call, *arguments, status=None, **members):
    """The call must be refused with that error code."""
    try:
        call(*arguments, **members)
    except botocore.exceptions.ClientError as error:
        same(error.response["Error"]["Code"], code)
        if status:
            same(error.response["ResponseMetadata"]["HTTPStatusCode"], status)
        assert error.response["ResponseMetadata"].get("RequestId") or "x-amzn-requestid" in error.response["ResponseMetadata"]["HTTPHeaders"]
        return error.response
    raise AssertionError(f"not refused with {code}")


class Stack:
    def __init__(self, binary, *more):
        self.process = subprocess.Popen(
            [binary, "local", "-o", "json", "--quiet-world", "--seed", "7", *more], stdout=subprocess.PIPE, text=True
        )
        self.facts = json.loads(self.process.stdout.readline())
        self.endpoint = self.facts["endpoint"]

    def client(self, service, key=None, secret=None, region=None, token=None, **config):
        client = boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=region or self.facts["region"],
            aws_access_key_id=key or self.facts["access_key_id"],
            aws_secret_access_key=secret or self.facts["secret_access_key"],
            aws_session_token=token,
            config=Config(retries={"total_max_attempts": 1}, inject_host_prefix=False, read_timeout=30, **config),
        )
        client.meta.events.register("before-call", lambda model, **_: CALLED.add((service, model.name)))
        return client

    def deployment(self, name):
        return next(one for one in self.facts["deployments"] if one["name"] == name)

    def stop(self):
        self.process.terminate()
        self.process.wait(10)


def pages(call, member, token="nextToken", **members):
    """All entries of a list, and how many pages they came in."""
    entries, count = [], 0
    while True:
        answer = call(**members)
        entries += answer[member]
        count += 1
        if not answer.get(token):
            return entries, count
        members[token] = answer[token]


def wait_for(probe, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = probe()
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not come about in time")


def post_form(url, fields, headers=None):
    body = urllib.parse.urlencode(fields).encode()
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def check_identity(stack):
    @check("sts: who calls")
    def _():
        answer = stack.client("sts").get_caller_identity()
        same(answer["Account"], stack.facts["account"])
        assert answer["Arn"].startswith("arn:aws:iam::")

    @check("signatures: a wrong secret is refused by every protocol")
    def _():
        wrong = {"secret": "x" * 40}
        refused("SignatureDoesNotMatch", stack.client("sts", **wrong).get_caller_identity, status=403)
        refused("SignatureDoesNotMatch", stack.client("cloudformation", **wrong).describe_stacks, status=403)
        refused("InvalidSignatureException", stack.client("logs", **wrong).describe_log_groups, status=400)
        refused("InvalidSignatureException", stack.client("secretsmanager", **wrong).list_secrets, status=400)
        refused("InvalidSignatureException", stack.client("cloudwatch", **wrong).list_metrics)
        refused("InvalidSignatureException", stack.client("bedrock-agentcore-control", **wrong).list_gateways, status=403)

    @check("signatures: unknown key, wrong region")
    def _():
        refused("UnrecognizedClientException", stack.client("logs", key="AKIAUNKNOWNUNKNOWN12").describe_log_groups)
        refused("InvalidClientTokenId", stack.client("sts", key="AKIAUNKNOWNUNKNOWN12").get_caller_identity)
        refused("InvalidSignatureException", stack.client("logs", region="eu-west-1").describe_log_groups)

    @check("signatures: a session token that nobody gave out, rightly signed")
    def _():
        refused("UnrecognizedClientException", stack.client("secretsmanager", token="foreign").list_secrets, status=400)
        refused("UnrecognizedClientException", stack.client("bedrock-agentcore-control", token="foreign").list_gateways, status=403)
        refused("InvalidClientTokenId", stack.client("sts", token="foreign").get_caller_identity, status=403)

    @check("signatures: an unsigned request is refused")
    def _():
        request = urllib.request.Request(stack.endpoint + "/gateways/")
        try:
            urllib.request.urlopen(request)
            raise AssertionError("answered")
        except urllib.error.HTTPError as error:
            same(error.code, 403)
            same(error.headers["x-amzn-ErrorType"], "MissingAuthenticationTokenException")
            assert error.headers["x-amzn-RequestId"]

    @check("signatures: a date 20 minutes off is refused")
    def _():
        import botocore.auth

        client, real = stack.client("logs"), botocore.auth.get_current_datetime
        for minutes in (-20, 20):
            botocore.auth.get_current_datetime = lambda *a, **k: real(*a, **k) + datetime.timedelta(minutes=minutes)
            try:
                refused("InvalidSignatureException", client.describe_log_groups)
            finally:
                botocore.auth.get_current_datetime = real

    @check("foreign Host and Origin are refused")
    def _():
        for headers in ({"Host": "evil.example"}, {"Origin": "https://evil.example"}):
            try:
                urllib.request.urlopen(urllib.request.Request(stack.endpoint + "/", headers=headers))
                raise AssertionError("answered")
            except urllib.error.HTTPError as error:
                same(error.code, 403)


def check_control(stack):
    control = stack.client("bedrock-agentcore-control")
    a = stack.deployment("a")

    @check("gateways: list by pages, get")
    def _():
        items, count = pages(control.list_gateways, "items")
        assert count > 1 and len(items) == 5, (count, len(items))
        assert isinstance(items[0]["createdAt"], datetime.datetime)
        same(len(control.list_gateways(maxResults=50)["items"]), 5)
        gateway = control.get_gateway(gatewayIdentifier=a["gateway_id"])
        same(gateway["gatewayUrl"], a["mcp_url"])
        same(gateway["status"], "READY")
        same(gateway["authorizerConfiguration"]["customJWTAuthorizer"]["allowedClients"], [a["client_id"]])
        assert gateway["interceptorConfigurations"][0]["interceptor"]["lambda"]["arn"]

    @check("gateways: what is wrong is refused")
    def _():
        refused("ResourceNotFoundException", control.get_gateway, gatewayIdentifier="nope-0123456789", status=404)
        refused("ValidationException", control.list_gateways, nextToken="nonsense", status=400)
        answer = refused("ValidationException", control.list_gateways, nextToken="nonsense")
        same(answer["reason"], "FieldValidationFailed")

    @check("targets: list, get, pending authorization")
    def _():
        for gateway in control.list_gateways(maxResults=50)["items"]:
            items, _ = pages(control.list_gateway_targets, "items", gatewayIdentifier=gateway["gatewayId"])
            assert items
            for item in items:
                target = control.get_gateway_target(gatewayIdentifier=gateway["gatewayId"], targetId=item["targetId"])
                same(target["name"], item["name"])
                assert target["targetConfiguration"]["mcp"]["mcpServer"]["endpoint"].startswith("http://127.0.0.1")
        e = stack.deployment("e")["gateway_id"]
        items, _ = pages(control.list_gateway_targets, "items", gatewayIdentifier=e)
        pending = next(item for item in items if item["status"] == "CREATE_PENDING_AUTH")
        assert pending["authorizationData"]["oauth2"]["authorizationUrl"].startswith(stack.endpoint)

    @check("targets: synchronise")
    def _():
        target = control.list_gateway_targets(gatewayIdentifier=a["gateway_id"])["items"][0]
        before = target["lastSynchronizedAt"]
        answer = control.synchronize_gateway_targets(gatewayIdentifier=a["gateway_id"], targetIdList=[target["targetId"]])
        same(answer["ResponseMetadata"]["HTTPStatusCode"], 202)
        same(answer["targets"][0]["status"], "SYNCHRONIZING")
        refused("ConflictException", control.synchronize_gateway_targets, gatewayIdentifier=a["gateway_id"], targetIdList=[target["targetId"]], status=409)

        def done():
            found = control.get_gateway_target(gatewayIdentifier=a["gateway_id"], targetId=target["targetId"])
            return found if found["status"] != "SYNCHRONIZING" else None

        found = wait_for(done)
        same(found["status"], "READY")
        assert found["lastSynchronizedAt"] > before

    @check("targets: one that cannot be reached stays unsynchronised, with the reason")
    def _():
        retired = next(one for one in control.list_gateways(maxResults=50)["items"] if one["name"] == "retired-gateway")
        target = control.list_gateway_targets(gatewayIdentifier=retired["gatewayId"])["items"][0]
        control.synchronize_gateway_targets(gatewayIdentifier=retired["gatewayId"], targetIdList=[target["targetId"]])

        def done():
            found = control.get_gateway_target(gatewayIdentifier=retired["gatewayId"], targetId=target["targetId"])
            return found if found["status"] != "SYNCHRONIZING" else None

        found = wait_for(done)
        same(found["status"], "SYNCHRONIZE_UNSUCCESSFUL")
        assert found["statusReasons"]

    @check("gateways: update and come back")
    def _():
        gateway = control.get_gateway(gatewayIdentifier=a["gateway_id"])
        kept = ("name", "description", "roleArn", "protocolType", "protocolConfiguration", "authorizerType", "authorizerConfiguration", "interceptorConfigurations", "exceptionLevel")
        members = {name: gateway[name] for name in kept if name in gateway}
        members["description"] = "changed"
        answer = control.update_gateway(gatewayIdentifier=a["gateway_id"], **members)
        same(answer["status"], "UPDATING")
        found = wait_for(lambda: (lambda g: g if g["status"] == "READY" else None)(control.get_gateway(gatewayIdentifier=a["gateway_id"])))
        same(found["description"], "changed")
        same(found["authorizerConfiguration"], gateway["authorizerConfiguration"])
        same(found["protocolConfiguration"], gateway["protocolConfiguration"])

    @check("runtimes: list, get, versions, endpoints")
    def _():
        items, count = pages(control.list_agent_runtimes, "agentRuntimes")
        assert count > 1 and len(items) == 6
        d = stack.deployment("d")["runtime_arn"].rsplit("/")[-1]
        runtime = control.get_agent_runtime(agentRuntimeId=d)
        assert runtime["metadataConfiguration"]["requireMMDSV2"] is True
        assert "authorizerConfiguration" not in runtime
        versions, count = pages(control.list_agent_runtime_versions, "agentRuntimes", agentRuntimeId=d)
        same(sorted(one["agentRuntimeVersion"] for one in versions), ["1", "2", "3"])
        assert count > 1
        same(control.get_agent_runtime(agentRuntimeId=d, agentRuntimeVersion="1")["agentRuntimeVersion"], "1")
        endpoints, _ = pages(control.list_agent_runtime_endpoints, "runtimeEndpoints", agentRuntimeId=d)
        same([one["name"] for one in endpoints], ["DEFAULT", "canary"])
        canary = control.get_agent_runtime_endpoint(agentRuntimeId=d, endpointName="canary")
        assert canary["liveVersion"] != canary["targetVersion"]
        refused("ResourceNotFoundException", control.get_agent_runtime_endpoint, agentRuntimeId=d, endpointName="none")
        refused("ResourceNotFoundException", control.get_agent_runtime, agentRuntimeId="none-0123456789")

    @check("runtimes: an update makes a version and rolls DEFAULT out")
    def _():
        identifier = stack.deployment("d")["runtime_arn"].rsplit("/")[-1]
        runtime = control.get_agent_runtime(agentRuntimeId=identifier)
        kept = ("agentRuntimeArtifact", "roleArn", "networkConfiguration", "requestHeaderConfiguration", "protocolConfiguration", "environmentVariables", "metadataConfiguration", "lifecycleConfiguration")
        members = {name: runtime[name] for name in kept if name in runtime}
        answer = control.update_agent_runtime(agentRuntimeId=identifier, description="next", **members)
        same(answer["agentRuntimeVersion"], "4")
        endpoint = control.get_agent_runtime_endpoint(agentRuntimeId=identifier, endpointName="DEFAULT")
        same((endpoint["liveVersion"], endpoint["targetVersion"], endpoint["status"]), ("3", "4", "UPDATING"))
        endpoint = wait_for(lambda: (lambda e: e if e["status"] == "READY" else None)(control.get_agent_runtime_endpoint(agentRuntimeId=identifier, endpointName="DEFAULT")))
        same(endpoint["liveVersion"], "4")
        found = control.get_agent_runtime(agentRuntimeId=identifier)
        same(found["environmentVariables"], runtime["environmentVariables"])
        same(found["description"], "next")

    @check("runtimes: an update replaces everything, and lacks nothing that is required")
    def _():
        identifier = stack.deployment("d")["runtime_arn"].rsplit("/")[-1]
        before = control.get_agent_runtime(agentRuntimeId=identifier)
        required = {name: before[name] for name in ("agentRuntimeArtifact", "roleArn", "networkConfiguration")}
        loose = stack.client("bedrock-agentcore-control", parameter_validation=False)
        for name in required:
            rest = {kept: value for kept, value in required.items() if kept != name}
            refused("ValidationException", loose.update_agent_runtime, agentRuntimeId=identifier, status=400, **rest)
        wrong = {**required, "networkConfiguration": {"networkMode": "VPC"}}
        refused("ValidationException", control.update_agent_runtime, agentRuntimeId=identifier, status=400, **wrong)
        token = str(uuid.uuid4())
        for _ in range(2):
            same(control.update_agent_runtime(agentRuntimeId=identifier, clientToken=token, **required)["agentRuntimeVersion"], "5")
        refused("ConflictException", control.update_agent_runtime, agentRuntimeId=identifier, status=409, **required)
        found = control.get_agent_runtime(agentRuntimeId=identifier)
        for name in ("environmentVariables", "description", "requestHeaderConfiguration", "protocolConfiguration"):
            assert name in before and name not in found, name
        same(found["metadataConfiguration"], {"requireMMDSV2": False})
        same(found["lifecycleConfiguration"], {"idleRuntimeSessionTimeout": 900, "maxLifetime": 28800})
        wait_for(lambda: control.get_agent_runtime(agentRuntimeId=identifier)["status"] == "READY")
        kept = ("description", "requestHeaderConfiguration", "protocolConfiguration", "environmentVariables", "metadataConfiguration")
        control.update_agent_runtime(agentRuntimeId=identifier, **required, **{name: before[name] for name in kept})
        wait_for(lambda: control.get_agent_runtime_endpoint(agentRuntimeId=identifier, endpointName="DEFAULT")["liveVersion"] == "6")
        same(control.get_agent_runtime(agentRuntimeId=identifier)["environmentVariables"], before["environmentVariables"])

    @check("identity: providers, workload identities, token vault")
    def _():
        providers, count = pages(control.list_oauth2_credential_providers, "credentialProviders", maxResults=1)
        assert count == len(providers) == 3
        assert isinstance(providers[0]["createdTime"], datetime.datetime)
        provider = control.get_oauth2_credential_provider(name="neo4j_mcp_server_oauth_provider")
        assert provider["oauth2ProviderConfigOutput"]["customOauth2ProviderConfig"]["oauthDiscovery"]["discoveryUrl"].startswith(stack.endpoint)
        keys, _ = pages(control.list_api_key_credential_providers, "credentialProviders")
        same(control.get_api_key_credential_provider(name=keys[0]["name"])["name"], keys[0]["name"])
        identities, count = pages(control.list_workload_identities, "workloadIdentities")
        assert count > 1
        assert control.get_workload_identity(name=identities[0]["name"])["createdTime"]
        same(control.get_token_vault(tokenVaultId="default")["kmsConfiguration"]["keyType"], "ServiceManagedKey")
        refused("ResourceNotFoundException", control.get_oauth2_credential_provider, name="none")

    @check("memories, rules, policies, tags")
    def _():
        memories, count = pages(control.list_memories, "memories")
        assert count > 1 and isinstance(memories[0]["createdAt"], datetime.datetime)
        memory = control.get_memory(memoryId=memories[0]["id"])["memory"]
        assert memory["strategies"][0]["type"] == "SEMANTIC"
        rules, _ = pages(control.list_gateway_rules, "gatewayRules", gatewayIdentifier=a["gateway_id"])
        assert control.get_gateway_rule(gatewayIdentifier=a["gateway_id"], ruleId=rules[0]["ruleId"])["priority"]
        engines, _ = pages(control.list_policy_engines, "policyEngines")
        engine = control.get_policy_engine(policyEngineId=engines[0]["policyEngineId"])
        policies, _ = pages(control.list_policies, "policies", policyEngineId=engine["policyEngineId"])
        same(policies[0]["status"], "ACTIVE")
        arn = control.get_gateway(gatewayIdentifier=a["gateway_id"])["gatewayArn"]
        same(control.list_tags_for_resource(resourceArn=arn)["tags"], {"deployment": "a"})

    @check("data plane: a session that is not there; a consent that is not there")
    def _():
        data = stack.client("bedrock-agentcore")
        arn = stack.deployment("d")["runtime_arn"]
        refused("ResourceNotFoundException", data.stop_runtime_session, agentRuntimeArn=arn, qualifier="DEFAULT", runtimeSessionId="s" * 36)
        refused("ResourceNotFoundException", data.complete_resource_token_auth, userIdentifier={"userId": "u"}, sessionUri="urn:ietf:params:oauth:request_uri:none")

    @check("data plane: the sessions that live are in the records of the runtime, and end once")
    def _():
        data, deployment = stack.client("bedrock-agentcore"), stack.deployment("d")
        since = int((time.time() - 600) * 1000)
        events, _ = pages(stack.client("logs").filter_log_events, "events", "nextToken", logGroupName=deployment["log_groups"][0], startTime=since)
        records = [json.loads(event["message"]) for event in events if event["message"].startswith("{")]
        sessions = {record["sessionId"] for record in records if "sessionId" in record}
        assert sessions, "nobody has called for ten minutes"
        members = {"agentRuntimeArn": deployment["runtime_arn"], "qualifier": "DEFAULT"}
        for session in sessions:
            same(data.stop_runtime_session(runtimeSessionId=session, **members)["statusCode"], 200)
            refused("ResourceNotFoundException", data.stop_runtime_session, runtimeSessionId=session, **members)

    @check("an operation that is not served says so")
    def _():
        refused("UnknownOperationException", control.delete_gateway, gatewayIdentifier=a["gateway_id"])


def check_secrets(stack):
    secrets = stack.client("secretsmanager")
    name = f"check/{uuid.uuid4()}"
    first, second = str(uuid.uuid4()), str(uuid.uuid4())

    @check("secrets: the deployments' secrets in their spellings")
    def _():
        a = json.loads(secrets.get_secret_value(SecretId=stack.deployment("a")["secret_id"])["SecretString"])
        same(list(a), ["uri", "username", "password", "database"])
        b = json.loads(secrets.get_secret_value(SecretId=stack.deployment("b")["secret_id"])["SecretString"])
        same(list(b), ["NEO4J_URI", "NEO4J_USERNAME", "NEO4J_PASSWORD", "NEO4J_DATABASE"])
        assert a["uri"].startswith("http://127.0.0.1:")

    @check("secrets: create, the same again, another value")
    def _():
        made = secrets.create_secret(Name=name, ClientRequestToken=first, SecretString="one", Tags=[{"Key": "k", "Value": "v"}])
        same(made["VersionId"], first)
        same(secrets.create_secret(Name=name, ClientRequestToken=first, SecretString="one")["VersionId"], first)
        refused("ResourceExistsException", secrets.create_secret, Name=name, SecretString="two")
        refused("ResourceNotFoundException", secrets.get_secret_value, SecretId="none")
        same(secrets.get_secret_value(SecretId=made["ARN"])["SecretString"], "one")
        same(secrets.get_secret_value(SecretId=made["ARN"][:-7])["SecretString"], "one")

    @check("secrets: put as AWSPENDING, immutable versions")
    def _():
        put = secrets.put_secret_value(SecretId=name, ClientRequestToken=second, SecretString="two", VersionStages=["AWSPENDING"])
        same(put["VersionStages"], ["AWSPENDING"])
        same(secrets.put_secret_value(SecretId=name, ClientRequestToken=second, SecretString="two", VersionStages=["AWSPENDING"])["VersionId"], second)
        refused("ResourceExistsException", secrets.put_secret_value, SecretId=name, ClientRequestToken=second, SecretString="three")
        same(secrets.get_secret_value(SecretId=name)["SecretString"], "one")
        same(secrets.get_secret_value(SecretId=name, VersionStage="AWSPENDING")["SecretString"], "two")
        refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=name, VersionStage="NONE")

    @check("secrets: labels move by compare and swap; AWSPREVIOUS follows")
    def _():
        move = secrets.update_secret_version_stage
        refused("InvalidParameterException", move, SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=second)
        refused("InvalidParameterException", move, SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=second)
        refused("InvalidParameterException", move, SecretId=name, VersionStage="AWSCURRENT", RemoveFromVersionId=first)
        move(SecretId=name, VersionStage="AWSCURRENT", MoveToVersionId=second, RemoveFromVersionId=first)
        stages = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
        same(stages, {first: ["AWSPREVIOUS"], second: ["AWSPENDING", "AWSCURRENT"]})
        move(SecretId=name, VersionStage="AWSPENDING", RemoveFromVersionId=second)
        same(secrets.get_secret_value(SecretId=name)["SecretString"], "two")
        versions, count = pages(secrets.list_secret_version_ids, "Versions", "NextToken", SecretId=name, MaxResults=1)
        same((len(versions), count), (2, 2))

    @check("secrets: put without stages moves AWSCURRENT")
    def _():
        third = secrets.put_secret_value(SecretId=name, SecretBinary=b"\x00three")
        same(third["VersionStages"], ["AWSCURRENT"])
        same(secrets.get_secret_value(SecretId=name)["SecretBinary"], b"\x00three")
        same(secrets.get_secret_value(SecretId=name, VersionStage="AWSPREVIOUS")["SecretString"], "two")
        stages = secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
        assert first not in stages
        versions, _ = pages(secrets.list_secret_version_ids, "Versions", "NextToken", SecretId=name, IncludeDeprecated=True)
        same(len(versions), 3)

    @check("secrets: at most 20 labels on a version, and a refusal changes nothing")
    def _():
        stages = lambda: secrets.describe_secret(SecretId=name)["VersionIdsToStages"]
        holder = next(version for version, labels in stages().items() if "AWSCURRENT" in labels)
        for number in range(20 - len(stages()[holder])):
            secrets.update_secret_version_stage(SecretId=name, VersionStage=f"label-{number}", MoveToVersionId=holder)
        before = secrets.describe_secret(SecretId=name)
        members = {"SecretId": name, "VersionStage": "one-more", "MoveToVersionId": holder}
        refused("LimitExceededException", secrets.update_secret_version_stage, status=400, **members)
        after = secrets.describe_secret(SecretId=name)
        same((after["VersionIdsToStages"], after["LastChangedDate"]), (before["VersionIdsToStages"], before["LastChangedDate"]))
        for label in [label for label in stages()[holder] if label.startswith("label-")]:
            secrets.update_secret_version_stage(SecretId=name, VersionStage=label, RemoveFromVersionId=holder)

    @check("secrets: a user that alternates with its clone names its administrator")
    def _():
        reports = json.loads(secrets.get_secret_value(SecretId="neo4j-reports/credentials")["SecretString"])
        admin = secrets.get_secret_value(SecretId=reports["masterarn"])
        same(admin["Name"], "neo4j-admin/credentials")
        same(json.loads(admin["SecretString"])["uri"], reports["uri"])
        assert "RotationEnabled" not in secrets.describe_secret(SecretId="neo4j-reports/credentials")

    @check("secrets: list by pages and filters, tags")
    def _():
        found, count = pages(secrets.list_secrets, "SecretList", "NextToken")
        assert count > 1 and len(found) >= 5
        found, _ = pages(secrets.list_secrets, "SecretList", "NextToken", Filters=[{"Key": "name", "Values": ["check/"]}])
        same([one["Name"] for one in found], [name])
        secrets.tag_resource(SecretId=name, Tags=[{"Key": "x", "Value": "y"}])
        secrets.untag_resource(SecretId=name, TagKeys=["k"])
        same(secrets.describe_secret(SecretId=name)["Tags"], [{"Key": "x", "Value": "y"}])

    @check("secrets: random passwords")
    def _():
        password = secrets.get_random_password(PasswordLength=40, ExcludePunctuation=True)["RandomPassword"]
        assert len(password) == 40 and password.isalnum()
        refused("InvalidParameterException", secrets.get_random_password, PasswordLength=2)

    @check("secrets: rotation needs a function; cancel")
    def _():
        refused("InvalidRequestException", secrets.rotate_secret, SecretId=name)
        refused("AccessDeniedException", secrets.rotate_secret, SecretId=name, RotationLambdaARN="arn:aws:lambda:us-west-2:123456789012:function:other")
        same(secrets.cancel_rotate_secret(SecretId=name)["Name"], name)
        same(secrets.describe_secret(SecretId=name)["RotationEnabled"], False)

    @check("secrets: the rotation function of deployment D changes secret and database")
    def _():
        identifier = stack.deployment("d")["secret_id"]
        assert secrets.describe_secret(SecretId=identifier)["RotationEnabled"] is True
        old = json.loads(secrets.get_secret_value(SecretId=identifier)["SecretString"])
        token = str(uuid.uuid4())
        same(secrets.rotate_secret(SecretId=identifier, ClientRequestToken=token)["VersionId"], token)
        refused("ResourceNotFoundException", secrets.get_secret_value, SecretId=identifier, VersionStage="AWSPENDING")
        refused("InvalidRequestException", secrets.rotate_secret, SecretId=identifier)
        wait_for(lambda: secrets.get_secret_value(SecretId=identifier)["VersionId"] == token)
        new = json.loads(secrets.get_secret_value(SecretId=identifier)["SecretString"])
        assert old["password"] != new["password"]
        same({**new, "password": ""}, {**old, "password": ""})

        def login(password):
            request = urllib.request.Request(
                f"{new['uri']}/db/{new['database']}/query/v2",
                json.dumps({"statement": "RETURN 1 AS one"}).encode(),
                {"Content-Type": "application/json", "Authorization": "Basic " + base64.b64encode(f"{new['username']}:{password}".encode()).decode()},
            )
            try:
                with urllib.request.urlopen(request) as answer:
                    return answer.status
            except urllib.error.HTTPError as error:
                return error.code

        same(login(new["password"]), 202)
        same(login(old["password"]), 401)
        same(secrets.describe_secret(SecretId=identifier)["VersionIdsToStages"][token], ["AWSCURRENT"])

    @check("secrets: delete, restore")
    def _():
        secrets.delete_secret(SecretId=name, RecoveryWindowInDays=7)
        refused("InvalidRequestException", secrets.get_secret_value, SecretId=name)
        secrets.restore_secret(SecretId=name)
        assert secrets.get_secret_value(SecretId=name)
        secrets.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
        refused("ResourceNotFoundException", secrets.describe_secret, SecretId=name)


def check_logs(stack):
    logs = stack.client("logs")
    group = f"/check/{uuid.uuid4()}"
    arn = f"arn:aws:logs:{stack.facts['region']}:{stack.facts['account']}:log-group:{group}"
    now = int(time.time() * 1000)

    @check("logs: groups and streams are made, listed by pages, not twice")
    def _():
        refused("ResourceNotFoundException", logs.describe_log_streams, logGroupName=group)
        logs.create_log_group(logGroupName=group)
        refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName=group)
        for stream in ("one", "two", "other"):
            logs.create_log_stream(logGroupName=group, logStreamName=stream)
        refused("ResourceAlreadyExistsException", logs.create_log_stream, logGroupName=group, logStreamName="one")
        refused("InvalidParameterException", logs.create_log_stream, logGroupName=group, logStreamName="a:b")
        groups, count = pages(logs.describe_log_groups, "logGroups")
        assert count > 1
        names = [one["logGroupName"] for one in groups]
        assert group in names and names == sorted(names)
        for deployment in stack.facts["deployments"]:
            assert set(deployment["log_groups"]) <= set(names)
        found = logs.describe_log_groups(logGroupNamePattern=group[:14].upper())["logGroups"]
        same((found[0]["arn"], found[0]["logGroupArn"]), (arn + ":*", arn))
        streams, count = pages(logs.describe_log_streams, "logStreams", logGroupName=group, limit=2)
        same(([one["logStreamName"] for one in streams], count), (["one", "other", "two"], 2))
        same(len(logs.describe_log_streams(logGroupIdentifier=arn, logStreamNamePrefix="o")["logStreams"]), 2)
        refused("InvalidParameterException", logs.describe_log_streams, logGroupName=group, logStreamNamePrefix="o", orderBy="LastEventTime")
        refused("InvalidParameterException", logs.describe_log_groups, nextToken="nonsense")

    @check("logs: events are put within the limits")
    def _():
        put = logs.put_log_events
        refused("ResourceNotFoundException", put, logGroupName=group, logStreamName="none", logEvents=[{"timestamp": now, "message": "x"}])
        refused("InvalidParameterException", put, logGroupName=group, logStreamName="one", logEvents=[{"timestamp": now, "message": "x"}, {"timestamp": now - 1, "message": "x"}])
        refused("InvalidParameterException", put, logGroupName=group, logStreamName="one", logEvents=[{"timestamp": now, "message": "x" * 1_048_570}] * 2)
        events = [{"timestamp": now - 60_000 + i, "message": json.dumps({"level": "ERROR" if i % 10 == 0 else "INFO", "n": i, "user": {"id": f"u-{i}"}})} for i in range(100)]
        answer = put(logGroupName=group, logStreamName="one", logEvents=events)
        assert "rejectedLogEventsInfo" not in answer
        put(logGroupName=group, logStreamName="two", logEvents=[{"timestamp": now - 59_950, "message": "plain ERROR text"}, {"timestamp": now - 59_940, "message": "plain WARN text"}])
        days = 86_400_000
        answer = put(logGroupName=group, logStreamName="other", logEvents=[{"timestamp": now - 15 * days, "message": "old"}])
        same(answer["rejectedLogEventsInfo"], {"tooOldLogEventEndIndex": 1})
        answer = put(logGroupName=group, logStreamName="other", logEvents=[{"timestamp": now, "message": "fine"}, {"timestamp": now + 3 * 3_600_000, "message": "new"}])
        same(answer["rejectedLogEventsInfo"], {"tooNewLogEventStartIndex": 1})

    def everything(**members):
        found, count = pages(logs.filter_log_events, "events", logGroupName=group, **members)
        return found, count

    @check("logs: filter by pages, in order, each once")
    def _():
        found, count = everything(limit=7)
        same((len(found), count), (103, 15))
        assert [one["timestamp"] for one in found] == sorted(one["timestamp"] for one in found)
        same(len({one["eventId"] for one in found}), 103)
        backwards, _ = everything(startFromHead=False, startTime=now - 3_600_000, limit=50)
        same([one["eventId"] for one in backwards], [one["eventId"] for one in reversed(found)])
        refused("InvalidParameterException", logs.filter_log_events, logGroupName=group, startFromHead=False)
        refused("InvalidParameterException", logs.filter_log_events, logGroupName=group, nextToken="nonsense")
        refused("InvalidParameterException", logs.filter_log_events, logGroupName=group, logStreamNames=["one"], logStreamNamePrefix="o")
        refused("ResourceNotFoundException", logs.filter_log_events, logGroupName=group + "none")
        same(len(everything(startTime=now - 59_960, endTime=now - 59_951)[0]), 10)
        same(len(everything(logStreamNames=["two"])[0]), 2)
        same(len(everything(logStreamNamePrefix="o", limit=1000)[0]), 101)
        same(len(pages(logs.filter_log_events, "events", logGroupIdentifier=arn)[0]), 103)

    @check("logs: filter patterns")
    def _():
        for pattern, wanted in [
            ("ERROR", 11),
            ("ERROR -plain", 10),
            ('?plain ?"u-7"', 13),
            ('"plain ERROR"', 1),
            ("%u-[5-6]\"%", 2),
            ('{ $.level = "ERROR" }', 10),
            ('{ $.level = "ERROR" && $.n > 50 }', 4),
            ('{ $.n < 3 || $.n >= 98 }', 5),
            ('{ $.user.id = "u-1*" }', 11),
            ('{ $.level != "ERROR" }', 90),
            ("nothing", 0),
        ]:
            same((pattern, len(everything(filterPattern=pattern)[0])), (pattern, wanted))
        first = logs.filter_log_events(logGroupName=group, filterPattern='{ $.n = 1 }')
        assert not first["events"] and first["nextToken"], "the first page of a search is empty and says that there is more"
        refused("InvalidParameterException", logs.filter_log_events, logGroupName=group, filterPattern="{ $.n = ")

    @check("logs: get events forwards and backwards; the end gives the same token")
    def _():
        get = lambda **members: logs.get_log_events(logGroupName=group, logStreamName="one", **members)
        newest = get(limit=10)
        same([json.loads(one["message"])["n"] for one in newest["events"]], list(range(90, 100)))
        before = get(limit=10, nextToken=newest["nextBackwardToken"])
        same([json.loads(one["message"])["n"] for one in before["events"]], list(range(80, 90)))
        again = get(limit=10, nextToken=before["nextForwardToken"])
        same([one["message"] for one in again["events"]], [one["message"] for one in newest["events"]])
        end = get(limit=10, nextToken=newest["nextForwardToken"])
        same((end["events"], end["nextForwardToken"]), ([], newest["nextForwardToken"]))
        same([json.loads(one["message"])["n"] for one in get(limit=5, nextToken=end["nextBackwardToken"])["events"]], list(range(95, 100)))
        head = get(limit=3, startFromHead=True)
        same([json.loads(one["message"])["n"] for one in head["events"]], [0, 1, 2])
        start = get(nextToken=head["nextBackwardToken"])
        same((start["events"], start["nextBackwardToken"]), ([], head["nextBackwardToken"]))
        same(newest["nextForwardToken"][:2] + newest["nextBackwardToken"][:2], "f/b/")
        refused("InvalidParameterException", get, nextToken="x/nonsense")

    @check("logs: retention, deliveries")
    def _():
        logs.put_retention_policy(logGroupName=group, retentionInDays=7)
        same(logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"][0]["retentionInDays"], 7)
        refused("InvalidParameterException", logs.put_retention_policy, logGroupName=group, retentionInDays=8)
        sources, _ = pages(logs.describe_delivery_sources, "deliverySources")
        same({one["logType"] for one in sources}, {"APPLICATION_LOGS"})
        same(len(logs.describe_deliveries()["deliveries"]), len(sources))

    @check("logs: queries")
    def _():
        def query(text, **members):
            identifier = logs.start_query(logGroupNames=[group], startTime=now // 1000 - 3600, endTime=now // 1000 + 60, queryString=text, **members)["queryId"]

            def done():
                answer = logs.get_query_results(queryId=identifier)
                return answer if answer["status"] == "Complete" else None

            answer = wait_for(done)
            return [{cell["field"]: cell["value"] for cell in row} for row in answer["results"]], answer["statistics"]

        rows, statistics = query("fields @timestamp, @message, n | filter level = 'ERROR' | sort n desc | limit 3")
        same([row["n"] for row in rows], ["90", "80", "70"])
        assert rows[0]["@ptr"] and statistics["recordsMatched"] == 10
        rows, _ = query("stats count(*) as calls by level | sort calls desc")
        same([row["calls"] for row in rows], ["90", "10", "3"])
        same(len(query("filter @message like /WARN/")[0]), 1)
        identifier = logs.start_query(logGroupIdentifiers=[arn], startTime=0, endTime=now // 1000, queryString="fields @message")["queryId"]
        same(logs.get_query_results(queryId=identifier)["status"], "Running")
        same(logs.stop_query(queryId=identifier)["success"], True)
        same(logs.get_query_results(queryId=identifier)["status"], "Cancelled")
        refused("MalformedQueryException", logs.start_query, logGroupNames=[group], startTime=0, endTime=1, queryString="fly")
        refused("ResourceNotFoundException", logs.get_query_results, queryId="none")

    @check("logs: live tail: start, an update a second, what is written arrives")
    def _():
        stream = logs.start_live_tail(logGroupIdentifiers=[arn], logEventFilterPattern="tail")["responseStream"]
        updates, found = 0, []
        for event in stream:
            if "sessionStart" in event:
                same(event["sessionStart"]["logGroupIdentifiers"], [arn])
                logs.put_log_events(logGroupName=group, logStreamName="two", logEvents=[{"timestamp": int(time.time() * 1000), "message": f"{word} {n}"} for n in range(3) for word in ("tail", "other")])
            else:
                updates += 1
                same(event["sessionUpdate"]["sessionMetadata"]["sampled"], False)
                found += event["sessionUpdate"]["sessionResults"]
            if updates == 3:
                break
        stream.close()
        same([one["message"] for one in found], ["tail 0", "tail 1", "tail 2"])
        same(found[0]["logStreamName"], "two")

    @check("logs: live tail samples what is too much")
    def _():
        stream = logs.start_live_tail(logGroupIdentifiers=[arn], logStreamNamePrefixes=["o"])["responseStream"]
        for event in stream:
            if "sessionStart" in event:
                stamp = int(time.time() * 1000)
                logs.put_log_events(logGroupName=group, logStreamName="other", logEvents=[{"timestamp": stamp, "message": f"m {n}"} for n in range(2000)])
            elif event["sessionUpdate"]["sessionResults"]:
                same(event["sessionUpdate"]["sessionMetadata"]["sampled"], True)
                same(len(event["sessionUpdate"]["sessionResults"]), 500)
                break
        stream.close()

    @check("logs: live tail refuses what AWS refuses")
    def _():
        tail = logs.start_live_tail
        refused("ResourceNotFoundException", tail, logGroupIdentifiers=[arn + "none"])
        refused("InvalidParameterException", tail, logGroupIdentifiers=[arn + ":*"])
        refused("InvalidParameterException", tail, logGroupIdentifiers=[group])
        refused("InvalidParameterException", tail, logGroupIdentifiers=[arn] * 11)
        refused("InvalidParameterException", tail, logGroupIdentifiers=[arn], logStreamNames=["one"], logStreamNamePrefixes=["o"])
        other = stack.deployment("a")["log_groups"][0]
        refused("InvalidParameterException", tail, logGroupIdentifiers=[arn, arn.replace(group, other)], logStreamNames=["one"])
        logs.create_log_group(logGroupName=group + "/rare", logGroupClass="INFREQUENT_ACCESS")
        refused("InvalidOperationException", tail, logGroupIdentifiers=[arn + "/rare"])

    @check("logs: pages hold at most a megabyte")
    def _():
        big = group + "/big"
        logs.create_log_group(logGroupName=big)
        logs.create_log_stream(logGroupName=big, logStreamName="s")
        for _ in range(3):
            logs.put_log_events(logGroupName=big, logStreamName="s", logEvents=[{"timestamp": int(time.time() * 1000), "message": "x" * 200_000}] * 5)
        found, count = pages(logs.filter_log_events, "events", logGroupName=big)
        same((len(found), count), (15, 3))

    @check("logs: ten million generated events are addressable")
    def _():
        made = group + "/generated"
        logs.create_log_group(logGroupName=made, tags={"events": "10000000", "per-second": "100000"})
        stream = logs.describe_log_streams(logGroupName=made)["logStreams"][0]
        first, last = stream["firstEventTimestamp"], stream["lastEventTimestamp"]
        same(round((last - first) / 1000), 100)
        middle = logs.filter_log_events(logGroupName=made, startTime=(first + last) // 2, limit=10_000)
        assert 4_990_000 < json.loads(middle["events"][0]["message"])["sequence"] < 5_010_000
        bytes_in_page = sum(len(one["message"]) + 26 for one in middle["events"])
        assert 900_000 < bytes_in_page <= 1_048_576, bytes_in_page
        newest = logs.filter_log_events(logGroupName=made, startTime=first, startFromHead=False, limit=1)
        same(json.loads(newest["events"][0]["message"])["sequence"], 9_999_999)

    @check("logs: a group is deleted")
    def _():
        logs.delete_log_group(logGroupName=group)
        refused("ResourceNotFoundException", logs.filter_log_events, logGroupName=group)


def check_cognito(stack):
    cognito = stack.client("cognito-idp")
    a, c = stack.deployment("a"), stack.deployment("c")

    @check("cognito: pool, domain, clients")
    def _():
        pool = cognito.describe_user_pool(UserPoolId=a["user_pool_id"])["UserPool"]
        assert isinstance(pool["CreationDate"], datetime.datetime)
        same(cognito.describe_user_pool_domain(Domain=pool["Domain"])["DomainDescription"]["Status"], "ACTIVE")
        same(cognito.describe_user_pool_domain(Domain="none")["DomainDescription"], {})
        clients, count = pages(cognito.list_user_pool_clients, "UserPoolClients", "NextToken", UserPoolId=a["user_pool_id"])
        same((len(clients), count), (3, 2))
        client = cognito.describe_user_pool_client(UserPoolId=a["user_pool_id"], ClientId=a["client_id"])["UserPoolClient"]
        same(client["ClientSecret"], a["client_secret"])
        refused("ResourceNotFoundException", cognito.describe_user_pool, UserPoolId="us-west-2_none")
        refused("ResourceNotFoundException", cognito.describe_user_pool_client, UserPoolId=a["user_pool_id"], ClientId="none")

    def basic(identifier, secret):
        return {"Authorization": "Basic " + base64.b64encode(f"{identifier}:{secret}".encode()).decode()}

    @check("cognito: tokens by both styles of client authentication, and the errors")
    def _():
        ask = lambda fields, headers=None: post_form(a["token_url"], fields, headers)
        grant = {"grant_type": "client_credentials"}
        status, token = ask(grant | {"scope": a["scope"]}, basic(a["client_id"], a["client_secret"]))
        same((status, token["token_type"], sorted(token)), (200, "Bearer", ["access_token", "expires_in", "token_type"]))
        body = {"client_id": a["client_id"], "client_secret": a["client_secret"]}
        same(ask(grant | body)[0], 200)
        same(ask(grant, basic(a["client_id"], "wrong")), (400, {"error": "invalid_client"}))
        same(ask(grant | body | {"scope": "other/scope"}), (400, {"error": "invalid_scope"}))
        same(ask(body), (400, {"error": "invalid_request"}))
        same(ask(body | {"grant_type": "password"}), (400, {"error": "unsupported_grant_type"}))
        clients, _ = pages(cognito.list_user_pool_clients, "UserPoolClients", "NextToken", UserPoolId=a["user_pool_id"])
        for name, error in (("web", "unauthorized_client"), ("switched-off", "invalid_grant")):
            identifier = next(one["ClientId"] for one in clients if one["ClientName"] == name)
            secret = cognito.describe_user_pool_client(UserPoolId=a["user_pool_id"], ClientId=identifier)["UserPoolClient"]["ClientSecret"]
            same(ask(grant, basic(identifier, secret)), (400, {"error": error}))
        payload = token["access_token"].split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        same((claims["client_id"], claims["iss"], claims["scope"], "aud" in claims), (a["client_id"], a["issuer"], a["scope"], False))

    @check("cognito: discovery and keys")
    def _():
        discovery = json.load(urllib.request.urlopen(a["issuer"] + "/.well-known/openid-configuration"))
        same((discovery["issuer"], discovery["token_endpoint"]), (a["issuer"], a["token_url"]))
        keys = json.load(urllib.request.urlopen(discovery["jwks_uri"]))["keys"]
        same([key["alg"] for key in keys], ["RS256", "RS256"])

    @check("cognito: a person signs in, with and without a secret hash; renewal")
    def _():
        sign_in = cognito.initiate_auth
        user = {"USERNAME": c["username"], "PASSWORD": c["password"]}
        result = sign_in(AuthFlow="USER_PASSWORD_AUTH", ClientId=c["client_id"], AuthParameters=user)["AuthenticationResult"]
        assert result["AccessToken"] and result["IdToken"] and result["RefreshToken"]
        again = sign_in(AuthFlow="REFRESH_TOKEN_AUTH", ClientId=c["client_id"], AuthParameters={"REFRESH_TOKEN": result["RefreshToken"]})
        assert again["AuthenticationResult"]["AccessToken"] != result["AccessToken"]
        refused("NotAuthorizedException", sign_in, AuthFlow="USER_PASSWORD_AUTH", ClientId=c["client_id"], AuthParameters=user | {"PASSWORD": "wrong"})
        refused("InvalidParameterException", sign_in, AuthFlow="USER_PASSWORD_AUTH", ClientId=a["client_id"], AuthParameters=user)
        clients, _ = pages(cognito.list_user_pool_clients, "UserPoolClients", "NextToken", UserPoolId=c["user_pool_id"])
        identifier = next(one["ClientId"] for one in clients if one["ClientName"] == "confidential")
        secret = cognito.describe_user_pool_client(UserPoolId=c["user_pool_id"], ClientId=identifier)["UserPoolClient"]["ClientSecret"]
        digest = hmac.new(secret.encode(), (c["username"] + identifier).encode(), hashlib.sha256).digest()
        refused("NotAuthorizedException", sign_in, AuthFlow="USER_PASSWORD_AUTH", ClientId=identifier, AuthParameters=user)
        assert sign_in(AuthFlow="USER_PASSWORD_AUTH", ClientId=identifier, AuthParameters=user | {"SECRET_HASH": base64.b64encode(digest).decode()})


def check_stacks_and_metrics(stack):
    @check("cloudformation: stacks by pages, outputs, resources, an unknown one")
    def _():
        formation = stack.client("cloudformation")
        stacks, count = pages(formation.describe_stacks, "Stacks", "NextToken")
        same((len(stacks), count), (6, 3))
        for deployment in stack.facts["deployments"]:
            if deployment["stack"]:
                found = formation.describe_stacks(StackName=deployment["stack"])["Stacks"][0]
                outputs = {one["OutputKey"]: one["OutputValue"] for one in found["Outputs"]}
                assert deployment["mcp_url"] in outputs.values() or deployment["runtime_arn"] in outputs.values()
                resources = formation.describe_stack_resources(StackName=deployment["stack"])["StackResources"]
                assert any(one["ResourceType"].startswith("AWS::BedrockAgentCore::") for one in resources)
        summaries, _ = pages(formation.list_stacks, "StackSummaries", "NextToken", StackStatusFilter=["CREATE_COMPLETE"])
        same(len(summaries), 6)
        answer = refused("ValidationError", formation.describe_stacks, StackName="nope", status=400)
        same(answer["Error"]["Message"], "Stack with id nope does not exist")

    @check("cloudwatch: metrics are listed and read")
    def _():
        watch = stack.client("cloudwatch")
        metrics, count = pages(watch.list_metrics, "Metrics", "NextToken", Namespace="AWS/Bedrock-AgentCore")
        assert count > 1, count
        same(len(metrics), 57)
        arn = f"arn:aws:bedrock-agentcore:{stack.facts['region']}:{stack.facts['account']}:gateway/{stack.deployment('a')['gateway_id']}"
        mine = watch.list_metrics(Namespace="AWS/Bedrock-AgentCore", MetricName="Invocations", Dimensions=[{"Name": "Resource", "Value": arn}])["Metrics"]
        same(len(mine), 1)
        end = datetime.datetime.now(datetime.timezone.utc)
        members = {
            "MetricDataQueries": [{"Id": "calls", "MetricStat": {"Metric": mine[0], "Period": 60, "Stat": "Sum"}}],
            "StartTime": end - datetime.timedelta(hours=1),
            "EndTime": end,
        }
        result = watch.get_metric_data(**members)["MetricDataResults"][0]
        same((result["Id"], result["StatusCode"]), ("calls", "Complete"))
        assert sum(result["Values"]) > 5 and len(result["Values"]) == len(result["Timestamps"])
        assert result["Timestamps"] == sorted(result["Timestamps"], reverse=True)
        refused("InvalidParameterValue", watch.list_metrics, NextToken="nonsense")

    @check("cloudwatch: the older protocols get the same")
    def _():
        import botocore.auth, botocore.awsrequest, botocore.credentials

        credentials = botocore.credentials.Credentials(stack.facts["access_key_id"], stack.facts["secret_access_key"])

        def send(body, headers):
            request = botocore.awsrequest.AWSRequest("POST", stack.endpoint + "/", data=body, headers=headers)
            botocore.auth.SigV4Auth(credentials, "monitoring", stack.facts["region"]).add_auth(request)
            with urllib.request.urlopen(urllib.request.Request(request.url, request.data, dict(request.headers))) as answer:
                return answer.read().decode()

        found = json.loads(send(b'{"Namespace":"AWS/Bedrock-AgentCore"}', {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Target": "GraniteServiceVersion20100801.ListMetrics"}))
        same(len(found["Metrics"]), 20)
        text = send(b"Action=ListMetrics&Version=2010-08-01&Namespace=AWS%2FBedrock-AgentCore", {"Content-Type": "application/x-www-form-urlencoded"})
        same(text.count("<MetricName>"), 20)


def check_stack_resources(stack):
    @check("stacks: resources by pages, and the owner of a resource")
    def _():
        formation = stack.client("cloudformation")
        a = stack.deployment("a")
        resources, count = pages(formation.list_stack_resources, "StackResourceSummaries", "NextToken", StackName=a["stack"])
        assert count > 1 and all(entry["ResourceStatus"] == "CREATE_COMPLETE" for entry in resources)
        owner = formation.describe_stack_resources(PhysicalResourceId=a["gateway_id"])["StackResources"]
        same({entry["StackName"] for entry in owner}, {a["stack"]})
        refused("ValidationError", formation.describe_stack_resources)
        refused("ValidationError", formation.list_stack_resources, StackName="nothing")


def check_client_secrets(stack):
    cognito = stack.client("cognito-idp")
    control = stack.client("bedrock-agentcore-control")
    a = stack.deployment("a")
    client = {"UserPoolId": a["user_pool_id"], "ClientId": a["client_id"]}
    value = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFGHIJKL"

    def token(secret):
        fields = {"grant_type": "client_credentials", "client_id": a["client_id"], "client_secret": secret}
        return post_form(a["token_url"], fields)

    @check("cognito: a second secret of a client, accepted beside the first, and the first deleted")
    def _():
        first = cognito.list_user_pool_client_secrets(**client)["ClientSecrets"]
        same(len(first), 1)
        added = cognito.add_user_pool_client_secret(**client, ClientSecret=value)["ClientSecretDescriptor"]
        assert "ClientSecretValue" not in added and added["ClientSecretCreateDate"]
        same([token(a["client_secret"])[0], token(value)[0]], [200, 200])
        refused("LimitExceededException", cognito.add_user_pool_client_secret, **client)
        cognito.delete_user_pool_client_secret(**client, ClientSecretId=first[0]["ClientSecretId"])
        same(token(a["client_secret"]), (400, {"error": "invalid_client"}))
        refused("InvalidParameterException", cognito.delete_user_pool_client_secret, **client, ClientSecretId=added["ClientSecretId"])
        refused("ResourceNotFoundException", cognito.delete_user_pool_client_secret, **client, ClientSecretId="nobody")

    @check("identity: a provider's whole configuration is replaced, its secret is in Secrets Manager")
    def _():
        name = "neo4j_mcp_server_oauth_provider"
        provider = control.get_oauth2_credential_provider(name=name)
        config = dict(provider["oauth2ProviderConfigOutput"]["customOauth2ProviderConfig"])
        members = {"name": name, "credentialProviderVendor": provider["credentialProviderVendor"]}
        refused("ValidationException", control.update_oauth2_credential_provider, **members,
                oauth2ProviderConfigInput={"customOauth2ProviderConfig": config})
        config["clientSecret"] = value
        answer = control.update_oauth2_credential_provider(**members, oauth2ProviderConfigInput={"customOauth2ProviderConfig": config})
        same(answer["clientSecretSource"], "MANAGED")
        wait_for(lambda: control.get_oauth2_credential_provider(name=name)["status"] == "READY")
        secrets = stack.client("secretsmanager")
        held = secrets.get_secret_value(SecretId=answer["clientSecretArn"]["secretArn"])
        same(json.loads(held["SecretString"])[answer["clientSecretJsonKey"]], value)
        listed, _ = pages(secrets.list_secrets, "SecretList", "NextToken")
        assert any(entry["ARN"] == held["ARN"] and entry["OwningService"] for entry in listed)
        refused("ResourceNotFoundException", control.update_oauth2_credential_provider, status=404,
                **(members | {"name": "nobody"}), oauth2ProviderConfigInput={"customOauth2ProviderConfig": config})

    @check("endpoints: made, moved, DEFAULT left alone")
    def _():
        runtime = a["runtime_arn"].rsplit("/", 1)[1]
        endpoints, _ = pages(control.list_agent_runtime_endpoints, "runtimeEndpoints", agentRuntimeId=runtime)
        assert {"DEFAULT", "production"} <= {entry["name"] for entry in endpoints if entry["status"] == "READY"}
        members = {"agentRuntimeId": runtime, "endpointName": "production"}
        moving = control.update_agent_runtime_endpoint(**members, agentRuntimeVersion="1")
        same((moving["liveVersion"], moving["targetVersion"]), ("2", "1"))
        refused("ConflictException", control.update_agent_runtime_endpoint, **members, agentRuntimeVersion="2", status=409)
        wait_for(lambda: control.get_agent_runtime_endpoint(**members)["liveVersion"] == "1")
        refused("ValidationException", control.update_agent_runtime_endpoint, agentRuntimeId=runtime, endpointName="DEFAULT", agentRuntimeVersion="1")
        made = control.create_agent_runtime_endpoint(agentRuntimeId=runtime, name="trial")
        same(made["status"], "CREATING")
        refused("ConflictException", control.create_agent_runtime_endpoint, agentRuntimeId=runtime, name="trial")
        refused("ResourceNotFoundException", control.create_agent_runtime_endpoint, agentRuntimeId=runtime, name="other", agentRuntimeVersion="99")


def check_policies_and_limits(stack):
    control = stack.client("bedrock-agentcore-control")

    @check("policies: engines and their policies")
    def _():
        engines, _ = pages(control.list_policy_engines, "policyEngines")
        for engine in engines:
            control.get_policy_engine(policyEngineId=engine["policyEngineId"])
            policies, _ = pages(control.list_policies, "policies", policyEngineId=engine["policyEngineId"])
            for policy in policies:
                whole = control.get_policy(policyEngineId=engine["policyEngineId"], policyId=policy["policyId"])
                assert "cedar" in whole["definition"]
        refused("ResourceNotFoundException", control.get_policy, policyEngineId=engines[0]["policyEngineId"], policyId="nothing-abcdefghij")

    @check("rate limits of a gateway")
    def _():
        gateway = stack.deployment("a")["gateway_id"]
        limits, _ = pages(control.list_gateway_rate_limits, "rateLimits", gatewayIdentifier=gateway)
        whole = control.get_gateway_rate_limit(gatewayIdentifier=gateway, rateLimitId=limits[0]["rateLimitId"])
        assert whole["entries"] and whole["dimensionKeys"]
        same(control.list_gateway_rate_limits(gatewayIdentifier=stack.deployment("b")["gateway_id"])["rateLimits"], [])

    @check("a limit above the model's is refused")
    def _():
        refused("ValidationException", stack.client("bedrock-agentcore-control", parameter_validation=False).list_policy_engines, maxResults=101)


def check_trail(stack):
    @check("cloudtrail: every write by name, pages bound to their parameters, no secret in it")
    def _():
        stack.client("logs").create_log_group(logGroupName="/trail")
        stack.client("secretsmanager").create_secret(Name="trail", SecretString="never-shown-here")
        trail = stack.client("cloudtrail")
        writes = {"LookupAttributes": [{"AttributeKey": "ReadOnly", "AttributeValue": "false"}]}
        events, _ = pages(trail.lookup_events, "Events", "NextToken", MaxResults=50, **writes)
        same([event["EventName"] for event in events[:2]], ["CreateSecret", "CreateLogGroup"])
        assert {"UpdateAgentRuntime", "PutSecretValue", "RotationSucceeded"} <= {event["EventName"] for event in events}
        assert "never-shown-here" not in "".join(event["CloudTrailEvent"] for event in events)
        assert all(event["ReadOnly"] == "false" for event in events)
        record = json.loads(events[1]["CloudTrailEvent"])
        same((record["requestParameters"], record["eventSource"]), ({"logGroupName": "/trail"}, "logs.amazonaws.com"))
        failed = [event for event in events if "errorCode" in json.loads(event["CloudTrailEvent"])]
        assert failed
        first = trail.lookup_events(MaxResults=1, **writes)
        refused("InvalidNextTokenException", trail.lookup_events, NextToken=first["NextToken"])
        refused("InvalidTimeRangeException", trail.lookup_events, StartTime=2000, EndTime=1000)

    @check("cloudtrail: two lookups a second after a burst")
    def _():
        trail = stack.client("cloudtrail")
        for _ in range(30):
            try:
                trail.lookup_events(MaxResults=1)
            except botocore.exceptions.ClientError as error:
                same(error.response["Error"]["Code"], "ThrottlingException")
                return
        raise AssertionError("never limited")


def check_sign_in_page(stack):
    @check("user pool: authorization code with PKCE, refresh token")
    def _():
        c = stack.deployment("c")
        with urllib.request.urlopen(c["issuer"] + "/.well-known/openid-configuration") as answer:
            discovery = json.load(answer)
        verifier = "a-verifier-of-at-least-forty-three-characters-long"
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        redirect = "http://127.0.0.1:9/callback"
        query = {"response_type": "code", "client_id": c["client_id"], "redirect_uri": redirect, "scope": "openid",
                 "state": "xyz", "code_challenge": challenge, "code_challenge_method": "S256"}
        page = discovery["authorization_endpoint"] + "?" + urllib.parse.urlencode(query)
        with urllib.request.urlopen(page) as answer:
            assert b"<form" in answer.read()

        class Stay(urllib.request.HTTPRedirectHandler):
            def redirect_request(self, *_):
                return None

        def submit(**fields):
            request = urllib.request.Request(page, urllib.parse.urlencode(fields).encode())
            try:
                urllib.request.build_opener(Stay).open(request)
            except urllib.error.HTTPError as error:
                same(error.code, 302)
                return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(error.headers["Location"]).query))
            raise AssertionError("not redirected")

        same(submit(deny="yes"), {"error": "access_denied", "state": "xyz"})
        given = submit(username=c["username"], password=c["password"])
        same(given["state"], "xyz")
        fields = {"grant_type": "authorization_code", "client_id": c["client_id"], "code": given["code"],
                  "redirect_uri": redirect, "code_verifier": verifier}
        status, tokens = post_form(discovery["token_endpoint"], fields)
        same(status, 200)
        same(post_form(discovery["token_endpoint"], fields), (400, {"error": "invalid_grant"}))
        renewal = {"grant_type": "refresh_token", "client_id": c["client_id"], "refresh_token": tokens["refresh_token"]}
        same(post_form(discovery["token_endpoint"], renewal)[0], 200)


def check_faults(binary):
    faults = [
        {"service": "logs", "operation": "DescribeLogGroups", "fault": "throttling", "times": 1},
        {"service": "logs", "operation": "DescribeLogStreams", "fault": "access-denied"},
        {"service": "logs", "operation": "CreateLogGroup", "fault": "cut-after", "times": 1},
        {"service": "secretsmanager", "operation": "ListSecrets", "fault": "internal-error", "times": 1},
        {"service": "secretsmanager", "operation": "CreateSecret", "fault": "cut-before", "times": 1},
        {"service": "bedrock-agentcore-control", "operation": "ListGateways", "fault": "throttling", "times": 1},
        {"service": "bedrock-agentcore-control", "operation": "GetGateway", "fault": "expired-token", "times": 1},
        {"service": "sts", "operation": "GetCallerIdentity", "fault": "clock-skew", "times": 1},
        {"service": "cloudformation", "operation": "*", "fault": "throttling", "times": 1},
        {"deployment": "a", "hop": "token", "fault": "invalid-client", "times": 1},
        {"deployment": "a", "hop": "secret", "fault": "stale", "times": 1},
        {"deployment": "a", "hop": "logs", "fault": "live-tail-timeout", "times": 1},
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".json", delete=False) as file:
        json.dump(faults, file)
    stack = Stack(binary, "--faults", file.name)
    try:
        logs, secrets = stack.client("logs"), stack.client("secretsmanager")
        control = stack.client("bedrock-agentcore-control")

        @check("faults: each service in its own shape, as often as told")
        def _():
            refused("ThrottlingException", logs.describe_log_groups, status=400)
            assert logs.describe_log_groups()
            for _ in range(3):
                refused("AccessDeniedException", logs.describe_log_streams, logGroupName="aws/spans")
            refused("InternalServiceError", secrets.list_secrets, status=500)
            refused("ThrottlingException", control.list_gateways, status=429)
            refused("ExpiredTokenException", control.get_gateway, gatewayIdentifier="x-0123456789", status=403)
            refused("SignatureDoesNotMatch", stack.client("sts").get_caller_identity, status=403)
            refused("Throttling", stack.client("cloudformation").describe_stacks)
            assert stack.client("cloudformation").describe_stacks()

        @check("faults: a connection cut before or after the effect")
        def _():
            for call, members in ((logs.create_log_group, {"logGroupName": "/cut"}), (secrets.create_secret, {"Name": "cut", "SecretString": "x"})):
                try:
                    call(**members)
                    raise AssertionError("answered")
                except (botocore.exceptions.ConnectionClosedError, botocore.exceptions.HTTPClientError):
                    pass
            refused("ResourceAlreadyExistsException", logs.create_log_group, logGroupName="/cut")
            assert secrets.create_secret(Name="cut", SecretString="x")

        @check("faults: hops")
        def _():
            a = stack.deployment("a")
            fields = {"grant_type": "client_credentials", "client_id": a["client_id"], "client_secret": a["client_secret"]}
            same(post_form(a["token_url"], fields), (400, {"error": "invalid_client"}))
            same(post_form(a["token_url"], fields)[0], 200)
            stale = secrets.get_secret_value(SecretId=a["secret_id"])["SecretString"]
            assert stale != secrets.get_secret_value(SecretId=a["secret_id"])["SecretString"]
            arn = f"arn:aws:logs:{stack.facts['region']}:{stack.facts['account']}:log-group:{a['log_groups'][0]}"
            try:
                for _ in logs.start_live_tail(logGroupIdentifiers=[arn])["responseStream"]:
                    pass
                raise AssertionError("ended without a word")
            except botocore.exceptions.EventStreamError as error:
                same(error.response["Error"]["Code"], "SessionTimeoutException")

    finally:
        stack.stop()
        os.unlink(file.name)


def main():
    binary = sys.argv[1] if len(sys.argv) > 1 else os.environ["AGENTCORE_BINARY"]
    stack = Stack(binary)
    try:
        check_identity(stack)
        check_control(stack)
        check_secrets(stack)
        check_logs(stack)
        check_cognito(stack)
        check_stacks_and_metrics(stack)
        check_stack_resources(stack)
        check_policies_and_limits(stack)
        check_sign_in_page(stack)
        check_trail(stack)
        check_client_secrets(stack)
    finally:
        stack.stop()
    check_faults(binary)
    print(f"{len(CALLED)} operations called: " + ", ".join(sorted(f"{service}:{name}" for service, name in CALLED)))
    print(f"{len(PASSED)} passed, {len(FAILED)} failed")
    sys.exit(1 if FAILED or not PASSED else 0)


main()
