//! A call as a command to paste into a shell: for curl, and for this program. Never with a credential in it.

use serde_json::{Map, Value, json};

use crate::model::{Deployment, HeaderSpec, McpTarget, SignIn, sanitize, sanitize::escape_json};

/// The version of MCP in which a request says itself what others agree on when they connect.
const STATELESS: &str = "2026-07-28";

/// Where a call goes.
#[derive(Clone, Copy, Debug)]
pub struct CallSite<'a> {
    /// Whose sign-in is used.
    pub deployment: &'a Deployment,
    /// Which endpoint.
    pub target: &'a McpTarget,
    /// Its address.
    pub url: &'a str,
    /// The version of MCP that was agreed on.
    pub protocol: &'a str,
}

/// This program's own command for the call.
pub fn own(site: CallSite<'_>, tool: &str, arguments: &Map<String, Value>) -> String {
    let mut words = vec![
        "agentcore-console".to_owned(),
        "tools".to_owned(),
        "call".to_owned(),
        quoted(&sanitize(tool)),
    ];
    if !arguments.is_empty() {
        words.extend([
            "--json".to_owned(),
            quoted(&one_line(&Value::Object(arguments.clone()))),
        ]);
    }
    words.extend([
        "--deployment".to_owned(),
        quoted(site.deployment.name.as_str()),
    ]);
    match site.target {
        McpTarget::Default => {}
        McpTarget::Resource(key) => words.extend(["--via".to_owned(), quoted(&sanitize(&key.id))]),
        McpTarget::Url(url) => words.extend(["--via".to_owned(), quoted(url)]),
    }
    words.join(" ")
}

/// Returns the call as a curl command. What signs in is taken from variables of the shell; comments say how they are set.
pub fn curl(site: CallSite<'_>, tool: &str, arguments: &Map<String, Value>) -> String {
    let deployment = site.deployment;
    let (mut comments, mut lines, mut settings) = (Vec::new(), Vec::new(), Vec::new());
    // A header of the configuration wins over the sign-in's.
    let signs_itself = deployment
        .headers
        .iter()
        .any(|header| name_of(header).eq_ignore_ascii_case("authorization"));
    if deployment.sign_in.spec().has_token {
        if !signs_itself {
            let name = quoted(deployment.name.as_str());
            comments.push(format!(
                "# the token: TOKEN=$(agentcore-console token --reveal --deployment {name})"
            ));
            settings.push(header_setting("Authorization: Bearer $TOKEN"));
        }
    } else if deployment.sign_in == SignIn::SigV4 {
        sign(site, &mut comments, &mut lines, &mut settings);
    }
    for header in &deployment.headers {
        let (comment, setting) = header_variable(header);
        comments.push(comment);
        settings.push(setting);
    }
    lines.push(
        "-H 'Content-Type: application/json' -H 'Accept: application/json, text/event-stream'"
            .to_owned(),
    );
    if !site.protocol.is_empty() {
        lines.push(format!(
            "-H {}",
            quoted(&format!("MCP-Protocol-Version: {}", site.protocol))
        ));
    }
    let mut params = json!({"name": tool, "arguments": arguments});
    if site.protocol == STATELESS {
        lines.push(format!(
            "-H 'Mcp-Method: tools/call' -H {}",
            quoted(&sanitize(&format!("Mcp-Name: {tool}")))
        ));
        if let Some(members) = params.as_object_mut() {
            members.insert("_meta".to_owned(), stateless_meta());
        }
    }
    let body = json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
    lines.push(format!("--data-raw {}", quoted(&one_line(&body))));
    // Secrets go to curl by its standard input: arguments are seen by everybody on the machine.
    let curl = if settings.is_empty() {
        format!("curl -sS {}", quoted(site.url))
    } else {
        format!(
            "{{ {}; }} | curl -sS -K - {}",
            settings.join("; "),
            quoted(site.url)
        )
    };
    lines.insert(0, curl);
    comments.push(lines.join(" \\\n  "));
    comments.join("\n")
}

/// Returns a header of the configuration: the comment that says what its variable holds, and the setting that sends it.
fn header_variable(header: &HeaderSpec) -> (String, String) {
    let name = sanitize(name_of(header)).into_owned();
    let variable = variable(&name);
    let what = match header {
        HeaderSpec::Literal { .. } => "the value of that header in the configuration".to_owned(),
        HeaderSpec::BasicFromSecret { secret_id, .. } => {
            let secret = sanitize(secret_id.as_deref().unwrap_or("of the deployment"));
            format!("Basic and the base64 of user:password of the secret {secret}")
        }
    };
    let setting = header_setting(&format!("{name}: ${variable}"));
    (format!("# {variable}: {what}"), setting)
}

/// Returns the endpoint as an entry of `mcp.json`, the file in which MCP clients name their servers. What signs in is an input or a
/// variable of the environment, never a value.
pub fn mcp_json(site: CallSite<'_>) -> String {
    let deployment = site.deployment;
    let name = deployment.name.as_str();
    let mut headers = Map::new();
    if deployment.sign_in.spec().has_token {
        let value = Value::from("Bearer ${env:TOKEN}");
        headers.insert("Authorization".to_owned(), value);
    }
    for header in &deployment.headers {
        let name = sanitize(name_of(header)).into_owned();
        let value = format!("${{env:{}}}", variable(&name));
        headers.insert(name, Value::from(value));
    }
    let entry = if deployment.sign_in == SignIn::SigV4 {
        // MCP clients do not sign requests: AWS's own proxy does (PyPI, mcp-proxy-for-aws).
        json!({"command": "uvx", "args": ["mcp-proxy-for-aws@latest", site.url]})
    } else if headers.is_empty() {
        json!({"type": "http", "url": site.url})
    } else {
        json!({"type": "http", "url": site.url, "headers": headers})
    };
    let entry = json!({ "mcpServers": { name: entry } });
    let text = serde_json::to_string_pretty(&entry).unwrap_or_default();
    escape_json(&text).into_owned()
}

/// Signature Version 4 by curl itself, with credentials of the environment.
fn sign(
    site: CallSite<'_>,
    comments: &mut Vec<String>,
    lines: &mut Vec<String>,
    settings: &mut Vec<String>,
) {
    let profile = site
        .deployment
        .profile
        .as_deref()
        .map_or_else(String::new, |name| format!(" --profile {}", quoted(name)));
    comments.push(format!(
        "# the credentials: eval \"$(aws configure export-credentials --format env{profile})\""
    ));
    if site.url.contains('%') {
        comments
            .push("# an old curl (7.88) signs an address with % in it wrongly; tools call of this program does not".to_owned());
    }
    let region = region(site.url).unwrap_or(&site.deployment.region);
    lines.push(format!(
        "--aws-sigv4 {}",
        quoted(&format!("aws:amz:{region}:bedrock-agentcore"))
    ));
    settings
        .push("printf 'user = \"%s\"\\n' \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\"".to_owned());
    settings.push(header_setting("x-amz-security-token: $AWS_SESSION_TOKEN"));
}

/// Returns a command of the shell that prints a header as a setting of curl's configuration. `printf` is part of the shell.
fn header_setting(header: &str) -> String {
    format!("printf 'header = \"%s\"\\n' \"{header}\"")
}

/// Returns the region that the host of an AWS address names.
fn region(url: &str) -> Option<&str> {
    let host = url.split("://").nth(1)?.split(['/', ':']).next()?;
    let labels: Vec<&str> = host.split('.').collect();
    let at = labels.iter().position(|label| *label == "amazonaws")?;
    labels.get(at.checked_sub(1)?).copied()
}

fn stateless_meta() -> Value {
    json!({
        "io.modelcontextprotocol/protocolVersion": STATELESS,
        "io.modelcontextprotocol/clientInfo": {"name": "curl", "version": "1"},
        "io.modelcontextprotocol/clientCapabilities": {},
    })
}

fn name_of(header: &HeaderSpec) -> &str {
    match header {
        HeaderSpec::Literal { name, .. } | HeaderSpec::BasicFromSecret { name, .. } => name,
    }
}

/// Returns a header's name as that of a variable.
fn variable(header: &str) -> String {
    header
        .chars()
        .map(|character| {
            if character.is_ascii_alphanumeric() {
                character.to_ascii_uppercase()
            } else {
                '_'
            }
        })
        .collect()
}

/// JSON in which nothing steers the terminal that it is pasted into.
fn one_line(value: &Value) -> String {
    escape_json(&value.to_string()).into_owned()
}

/// Returns one word of a shell, whatever is in it.
fn quoted(text: &str) -> String {
    // Only a zero byte cannot be quoted, and the words are sanitised before.
    shlex::try_quote(&text.replace('\0', ""))
        .map_or_else(|_| "''".to_owned(), std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Kind, ResourceKey, SecretSource, SecretText};

    fn deployment(sign_in: SignIn) -> Deployment {
        Deployment {
            profile: Some("ops".into()),
            sign_in,
            headers: vec![HeaderSpec::Literal {
                name: "X-Api-Key".into(),
                value: SecretSource::Inline(SecretText::from("canary")),
            }],
            ..Deployment::new("prod", "us-west-2")
        }
    }

    fn arguments() -> Map<String, Value> {
        json!({"query": "RETURN 'it''s' AS q\n\u{1b}[2J"})
            .as_object()
            .cloned()
            .unwrap_or_default()
    }

    /// Returns what a shell makes of the words of a command.
    fn words(command: &str) -> Vec<String> {
        shlex::split(command).unwrap()
    }

    #[test]
    fn a_bearers_command_names_the_token_and_holds_none() {
        let bearer = deployment(SignIn::Bearer {
            token: SecretSource::Inline(SecretText::from("canary")),
        });
        let url = "https://gw.example/mcp";
        let site = CallSite {
            deployment: &bearer,
            target: &McpTarget::Default,
            url,
            protocol: "2025-11-25",
        };
        let text = curl(site, "t___read-cypher", &arguments());
        assert!(
            !text.contains("canary") && !text.contains('\u{1b}'),
            "{text}"
        );
        assert!(
            text.starts_with(
                "# the token: TOKEN=$(agentcore-console token --reveal --deployment prod)\n"
            ),
            "{text}"
        );
        assert!(
            text.contains("\"Authorization: Bearer $TOKEN\"")
                && text.contains("\"X-Api-Key: $X_API_KEY\""),
            "{text}"
        );
        let words = words(
            text.lines()
                .filter(|line| !line.starts_with('#'))
                .collect::<Vec<_>>()
                .join("\n")
                .as_str(),
        );
        let body: Value = serde_json::from_str(words.last().map_or("", String::as_str)).unwrap();
        assert_eq!(
            body["params"]["arguments"],
            Value::Object(arguments()),
            "the shell gives curl the same JSON"
        );
    }

    #[test]
    fn an_entry_of_mcp_json_names_variables_and_holds_no_secret() {
        let bearer = deployment(SignIn::Bearer {
            token: SecretSource::Inline(SecretText::from("canary")),
        });
        let site = CallSite {
            deployment: &bearer,
            target: &McpTarget::Default,
            url: "https://gw.example/mcp",
            protocol: "2025-11-25",
        };
        let entry: Value = serde_json::from_str(&mcp_json(site)).unwrap();
        let server = &entry["mcpServers"]["prod"];
        assert_eq!(server["url"], "https://gw.example/mcp");
        assert_eq!(server["headers"]["X-Api-Key"], "${env:X_API_KEY}");
        assert!(!entry.to_string().contains("canary"), "{entry}");
        let signed = deployment(SignIn::SigV4);
        let entry = mcp_json(CallSite {
            deployment: &signed,
            ..site
        });
        assert!(entry.contains("mcp-proxy-for-aws"), "{entry}");
    }

    #[test]
    fn a_signed_command_takes_its_credentials_from_the_environment() {
        let signed = deployment(SignIn::SigV4);
        let url = "https://bedrock-agentcore.eu-west-1.amazonaws.com/runtimes/arn%3Aaws/invocations?qualifier=DEFAULT";
        let site = CallSite {
            deployment: &signed,
            target: &McpTarget::Default,
            url,
            protocol: STATELESS,
        };
        let text = curl(site, "echo", &Map::new());
        assert!(
            text.contains("--aws-sigv4 aws:amz:eu-west-1:bedrock-agentcore"),
            "the host names the region: {text}"
        );
        assert!(
            text.contains("\"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\"")
                && text.contains("--profile ops"),
            "{text}"
        );
        assert!(
            text.contains("Mcp-Name: echo") && text.contains("clientCapabilities"),
            "{text}"
        );
    }

    #[test]
    fn the_programs_own_command_is_one_line_of_words() {
        let plain = deployment(SignIn::None);
        let key = ResourceKey {
            deployment: "prod".into(),
            kind: Kind::Gateway,
            id: "gw-1".into(),
        };
        let target = McpTarget::Resource(key);
        let site = CallSite {
            deployment: &plain,
            target: &target,
            url: "https://gw.example/mcp",
            protocol: "2025-11-25",
        };
        let text = own(site, "a'b; rm -rf", &arguments());
        let words = words(&text);
        assert_eq!(
            words[..5],
            [
                "agentcore-console",
                "tools",
                "call",
                "a'b; rm -rf",
                "--json"
            ]
        );
        assert_eq!(
            serde_json::from_str::<Value>(&words[5]).unwrap(),
            Value::Object(arguments())
        );
        assert_eq!(words[6..], ["--deployment", "prod", "--via", "gw-1"]);
    }
}
