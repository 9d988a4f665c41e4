"""Signing in to the deployments of the embedded stack, for checks whose client cannot do it: tokens, Signature Version 4,
the database password in a secret. Standard library alone.
"""

import datetime
import hashlib
import hmac
import http.server
import json
import threading
import urllib.error
import urllib.parse
import urllib.request


def signed(facts, method, url, body, service, headers=None):
    """The headers that sign a request; the path is encoded once more, as AWS does."""
    parts = urllib.parse.urlsplit(url)
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    sent = {"host": parts.netloc, "x-amz-date": stamp, **(headers or {})}
    names = ";".join(sorted(sent))
    query = "&".join(sorted(f"{urllib.parse.quote(k, safe='-_.~')}={urllib.parse.quote(v, safe='-_.~')}" for k, v in urllib.parse.parse_qsl(parts.query, True)))
    lines = [method, urllib.parse.quote(parts.path, safe="/-_.~"), query]
    lines += [f"{name}:{sent[name]}" for name in sorted(sent)] + ["", names, hashlib.sha256(body).hexdigest()]
    scope = f"{day}/{facts['region']}/{service}/aws4_request"
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(chr(10).join(lines).encode()).hexdigest()}"
    key = ("AWS4" + facts["secret_access_key"]).encode()
    for part in (day, facts["region"], service, "aws4_request"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    credential = f"{facts['access_key_id']}/{scope}"
    authorization = f"AWS4-HMAC-SHA256 Credential={credential}, SignedHeaders={names}, Signature={signature}"
    return {**{name: value for name, value in sent.items() if name != "host"}, "authorization": authorization}


def send(url, body=None, headers=None, method=None):
    """An HTTP request without redirects followed: (status, headers, text)."""

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *_):
            return None

    request = urllib.request.Request(url, body, headers or {}, method=method)
    try:
        with urllib.request.build_opener(NoRedirect).open(request, timeout=30) as answer:
            return answer.status, answer.headers, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read().decode()


def token(facts, deployment):
    if deployment["sign_in"] == "m2m":
        form = {"grant_type": "client_credentials", "client_id": deployment["client_id"],
                "client_secret": deployment["client_secret"], "scope": deployment["scope"]}
        kind = {"content-type": "application/x-www-form-urlencoded"}
        return json.loads(send(deployment["token_url"], urllib.parse.urlencode(form).encode(), kind)[2])["access_token"]
    body = {"AuthFlow": "USER_PASSWORD_AUTH", "ClientId": deployment["client_id"],
            "AuthParameters": {"USERNAME": deployment["username"], "PASSWORD": deployment["password"]}}
    kind = {"content-type": "application/x-amz-json-1.1", "x-amz-target": "AWSCognitoIdentityProviderService.InitiateAuth"}
    return json.loads(send(facts["endpoint"] + "/", json.dumps(body).encode(), kind)[2])["AuthenticationResult"]["AccessToken"]


def database_password(facts, deployment):
    """Read from the embedded Secrets Manager."""
    kind, target = "application/x-amz-json-1.1", "secretsmanager.GetSecretValue"
    body = json.dumps({"SecretId": deployment["secret_id"]}).encode()
    headers = signed(facts, "POST", facts["endpoint"] + "/", body, "secretsmanager", {"content-type": kind, "x-amz-target": target})
    return json.loads(json.loads(send(facts["endpoint"] + "/", body, headers)[2])["SecretString"])["password"]


class SigningProxy:
    """A loopback address that signs what it gets and passes it on: for clients that know no Signature Version 4."""

    def __init__(self, facts, target, extra=None):
        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                kept = {"accept", "content-type", "mcp-protocol-version", "mcp-session-id", "mcp-method", "mcp-name"}
                headers = {name: value for name, value in self.headers.items() if name.lower() in kept}
                headers.update(extra or {})
                headers.update(signed(facts, "POST", target, body, "bedrock-agentcore"))
                status, answered, text = send(target, body, headers)
                data = text.encode()
                self.send_response(status)
                for name, value in answered.items():
                    if name.lower() in ("content-type", "mcp-session-id"):
                        self.send_header(name, value)
                self.send_header("content-length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def refuse(self):
                self.send_response(405)
                self.send_header("content-length", "0")
                self.end_headers()

            do_GET = do_DELETE = refuse

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}/mcp"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
