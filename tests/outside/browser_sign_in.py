#!/usr/bin/env python3
# check: a person signs in in Chromium and calls Cypher; consents to a target, by a token and by SigV4; and declines both
# needs: node:browser debian:chromium
# limit: 300
"""What the console opens in the browser, in a real one.

oidc-provider's own pages before a gateway that trusts it (protected-resource metadata, discovery, PKCE, the loopback redirect),
the sign-in page of deployment C, and the consent page of deployment E.
"""

import json
import pathlib

from oidc_gateway import change_gateway, update_gateway
from person import Person, came_back, openid_provider
from programs import Console, Findings, embedded_stack, free_port

found = Findings()
PEOPLE = "MATCH (p:Person) RETURN p.name AS name ORDER BY name LIMIT 3"
RESOURCE = "urn:example:mcp"
GET_ME = "github-mcp-server-schema-target___get_me"


def main():
    """One stack, one provider, one person."""
    with embedded_stack() as stack, openid_provider(free_port()) as issuer:
        person = Person(Console(configuration(stack)))
        check_provider(person, stack, issuer)
        check_user_pool(person, stack)
        check_consent(person, "consent-by-token")
        take_signatures(stack)
        check_consent(person, "consent-by-sigv4")
    with embedded_stack() as stack:
        take_signatures(stack)
        check_other_sign_in(Person(Console(configuration(stack))))
    found.close()


def configuration(stack):
    """The stack's own configuration, with deployments of which a person signs in, or whose target a person consents to."""
    a, c = stack.deployment("a"), stack.deployment("c")
    account = stack.ready
    access = f"""region = "{stack.region}"
endpoint_url = "{stack.endpoint}"
credentials = {{ access_key_id = "{account['access_key_id']}", secret_access_key = "{account['secret_access_key']}" }}"""
    e = stack.deployment("e")
    text = f"""
[deployments.person]
{access}
mcp_url = "{a['mcp_url']}"
sign_in = {{ mode = "oauth", client_id = "person" }}
[deployments.pool]
{access}
mcp_url = "{c['mcp_url']}"
sign_in = {{ mode = "oauth", client_id = "{c['client_id']}" }}
[deployments.consent-by-token]
{access}
mcp_url = "{e['mcp_url']}"
sign_in = {{ mode = "m2m", token_url = "{e['token_url']}", client_id = "{e['client_id']}", client_secret = "{e['client_secret']}", scope = "{e['scope']}" }}
[deployments.consent-by-sigv4]
{access}
mcp_url = "{e['mcp_url']}"
sign_in = {{ mode = "sigv4" }}
"""
    path = pathlib.Path("person.toml")
    path.write_text(text)
    path.chmod(0o600)
    return str(path)


def cypher(person, deployment, **options):
    """One `tools cypher` with JSON as the answer, and the pages that the person saw."""
    return person.run("-d", deployment, "tools", "cypher", PEOPLE, "-o", "json", **options)


def check_provider(person, stack, issuer):
    """The gateway of deployment A trusts oidc-provider: the person signs in on its pages."""
    authorizer = {
        "discoveryUrl": f"{issuer}/.well-known/openid-configuration",
        "allowedAudience": [RESOURCE],
        "allowedClients": ["person"],
        "allowedScopes": ["mcp/invoke"],
    }
    status, _, body = update_gateway(stack.ready, stack.deployment("a")["gateway_id"], authorizer)
    found.expect("the gateway trusts the provider", status == 202, body)

    answer, pages = cypher(person, "person", decision="decline")
    found.expect("who cancels on the provider's page is signed in nowhere", answer.code == 3, answer)
    found.expect("the page says that it was refused", came_back(pages, "The sign-in was refused."), pages)
    found.expect("the words say what to do", "was refused" in answer.err and "sign in again and agree" in answer.err, answer)

    answer, pages = cypher(person, "person")
    found.expect("a Cypher tool answers with the person's token", answer.code == 0 and len(answer.json["rows"]) == 3, answer)
    found.expect("the provider's forms were filled in the browser", len([1 for page in pages if page.get("page", "").startswith(f"{issuer}/interaction/")]) == 2, pages)
    found.expect("the browser came back to the console", came_back(pages, "Signed in."), pages)

    answer, pages = person.run("-d", "person", "token", "-o", "json")
    claims = (answer.json or {}).get("claims", {})
    found.equal("the token is the person's, of this issuer, for this resource", (claims.get("iss"), claims.get("sub"), claims.get("aud")), (issuer, "keanu", RESOURCE))


def check_user_pool(person, stack):
    """The sign-in page of deployment C's user pool."""
    pool = stack.deployment("c")
    answer, pages = cypher(person, "pool", decision="decline")
    found.expect("who denies on the pool's page exits 3 with what to do", answer.code == 3 and "sign in again and agree" in answer.err, (answer, pages))
    answer, pages = cypher(person, "pool", user=pool["username"], password=pool["password"])
    found.expect("a Cypher tool answers with the pool's token", answer.code == 0 and len(answer.json["rows"]) == 3, (answer, pages))
    found.expect("the pool's page came back to the console", came_back(pages, "Signed in."), pages)


def check_consent(person, deployment):
    """The target of deployment E needs the person's consent, which the console completes before it repeats the call."""
    def call(decision):
        return person.run("-d", deployment, "tools", "call", GET_ME, "-o", "json", decision=decision)

    answer, pages = call("decline")
    found.expect(f"{deployment}: who declines gets no answer", answer.code == 3 and answer.out == "", answer)
    found.expect(f"{deployment}: the page says so", came_back(pages, "The consent was refused."), pages)
    found.expect(f"{deployment}: the words say what to do", "declined" in answer.err and "call the tool again and agree" in answer.err, answer)
    answer, pages = call("agree")
    found.expect(f"{deployment}: the call is repeated by itself after the consent", answer.code == 0 and not answer.json["is_error"], answer)
    found.expect(f"{deployment}: the form was sent in the browser", came_back(pages, "Consent given."), pages)
    answer, pages = call("agree")
    found.expect(f"{deployment}: the consent holds for the next call", answer.code == 0 and pages == [], (str(answer), pages))
    audit = [json.loads(line) for file in pathlib.Path().rglob("audit*") for line in file.read_text().splitlines()]
    completed = [line for line in audit if line.get("deployment") == deployment and "consent" in json.dumps(line)]
    found.expect(f"{deployment}: the console's own audit has the consent", len(completed) == 2, audit)


def take_signatures(stack):
    """The gateway of deployment E takes AWS's signatures in place of tokens."""
    status, _, body = change_gateway(stack.ready, stack.deployment("e")["gateway_id"], {"authorizerType": "AWS_IAM"})
    found.expect("the gateway of E takes signatures", status == 202, body)


def check_other_sign_in(person):
    """`--sign-in` counts for the consent too: the configured token would complete it for another user."""
    answer, pages = person.run("-d", "consent-by-token", "tools", "call", GET_ME, "--sign-in", "sigv4", "-o", "json")
    found.expect("--sign-in sigv4: the consent is completed by the same identity", answer.code == 0, answer)
    found.expect("--sign-in sigv4: the form was sent in the browser", came_back(pages, "Consent given."), pages)


main()
