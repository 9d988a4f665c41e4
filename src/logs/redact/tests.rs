//! Credentials in the forms that drivers, containers, proxies and command lines print, and lines that must stay as they are.

use super::*;
use proptest::prelude::*;

#[test]
fn credentials_are_masked() {
    let jwt = "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJjYW5hcnkifQ.c2lnbmF0dXJlY2FuYXJ5";
    for (line, shown) in [
        (
            "Authorization: Basic bmVvNGo6Y2FuYXJ5",
            "Authorization: Basic ***".to_owned(),
        ),
        (
            "key -----BEGIN RSA PRIVATE KEY-----MIIcanary-----END RSA PRIVATE KEY----- and on",
            "key -----BEGIN RSA PRIVATE KEY-----***-----END RSA PRIVATE KEY----- and on".to_owned(),
        ),
        (
            "db password\u{a0}: canary, é",
            "db password\u{a0}: ***, é".to_owned(),
        ),
        (
            "Authorization:\u{a0}Basic\u{a0}bmVvNGo6Y2FuYXJ5",
            "Authorization:\u{a0}***".to_owned(),
        ),
        (
            r#"{"headers":{"X-Neo4j-Authorization":"Basic bmVvNGo6Y2FuYXJ5","a":1}}"#,
            r#"{"headers":{"X-Neo4j-Authorization":"Basic ***","a":1}}"#.to_owned(),
        ),
        (
            "FULL EVENT: {'Authorization': 'Bearer abc', 'Host': 'x'}",
            "FULL EVENT: {'Authorization': 'Bearer ***', 'Host': 'x'}".to_owned(),
        ),
        (
            r#"{"requestBody":"{\"password\":\"can\\\"ary\",\"user\":\"neo4j\"}"}"#,
            r#"{"requestBody":"{\"password\":\"***\",\"user\":\"neo4j\"}"}"#.to_owned(),
        ),
        (
            "login with password=canary&user=x",
            "login with password=***&user=x".to_owned(),
        ),
        (
            "NEO4J_PASSWORD=canary NEO4J_URI=neo4j://h",
            "NEO4J_PASSWORD=*** NEO4J_URI=neo4j://h".to_owned(),
        ),
        (
            "connecting to neo4j+s://neo4j:c@n:ary@db.example:7687",
            "connecting to neo4j+s://neo4j:***@db.example:7687".to_owned(),
        ),
        (
            "ALTER CURRENT USER SET PASSWORD FROM 'canary1' TO 'canary2'",
            "ALTER CURRENT USER SET PASSWORD FROM '***' TO '***'".to_owned(),
        ),
        (
            "sent Basic bmVvNGo6Y2FuYXJ5 to it",
            "sent Basic *** to it".to_owned(),
        ),
        (
            r#"{"client_secret": "canary", "grant_type": "client_credentials"}"#,
            r#"{"client_secret": "***", "grant_type": "client_credentials"}"#.to_owned(),
        ),
        (
            r#"{"secret_access_key":"canary/1"}"#,
            r#"{"secret_access_key":"***"}"#.to_owned(),
        ),
    ] {
        assert_eq!(redact(line), shown);
    }
    assert_eq!(redact(&format!("got {jwt} back")), "got *** back");
    assert_eq!(
        redact(&format!("\"access_token\":\"{jwt}\"")),
        "\"access_token\":\"***\""
    );
}

/// Bytes that are looked at for ends, beside the regular expressions, whose cost is linear by construction.
fn steps(line: &str) -> usize {
    let mut ends = ValueEnds::new(line);
    credentials(line, &mut ends);
    ends.steps
}

#[test]
fn a_line_of_openings_without_an_end_costs_no_more_than_its_length() {
    for opening in [
        "password=\"",
        "\\\"password\\\":\\\"",
        "authorization:",
        "cookie: a ",
        "\"secret_key\": '",
        "token_password=\\\\\\\"",
    ] {
        for count in [100, 1_000, 10_000] {
            let line = opening.repeat(count);
            let (steps, length) = (steps(&line), line.len());
            assert!(
                steps <= 4 * length,
                "{opening:?} {count} times: {steps} steps for {length} bytes"
            );
        }
        let line = format!("{}canary", opening.repeat(1_000));
        assert!(!redact(&line).contains("canary"), "{opening:?}");
    }
}

#[test]
fn however_deep_the_quotes_are_escaped_the_cost_is_bounded() {
    let line: Vec<String> = (0..700)
        .map(|depth| format!("password={}\"x", "\\".repeat(depth)))
        .collect();
    let line = line.concat();
    let (steps, length) = (steps(&line), line.len());
    assert!(steps <= 40 * length, "{steps} steps for {length} bytes");
    assert!(!redact(&format!("password={}\"canary", "\\".repeat(100))).contains("canary"));
}

#[test]
fn what_drivers_containers_and_shells_print_is_masked() {
    for line in [
        "C: INIT ('neo4j-python/1.3.1', {'credentials': 'CANARY', 'scheme': 'basic', 'principal': 'neo4j'})",
        r#"C: LOGON {"scheme":"basic","principal":"neo4j","credentials":"CANARY"}"#,
        "NEO4J_AUTH=neo4j/CANARY",
        r#""NEO4J_AUTH": "neo4j/CANARY""#,
        r#"{"Env":["NEO4J_AUTH=neo4j/CANARY","A=b"]}"#,
        r#"env: [{"name":"NEO4J_PASSWORD","value":"CANARY"}]"#,
        r#"{"name":"NEO4J_AUTH","value":"neo4j/CANARY"}"#,
        r#"{"value":"CANARY","name":"NEO4J_PASSWORD"}"#,
        r#"{\"name\":\"NEO4J_PASSWORD\",\"value\":\"CANARY\"}"#,
        r#"{"ParameterKey":"Neo4jPassword","ParameterValue":"CANARY"}"#,
        "[{Name:NEO4J_PASSWORD Value:CANARY}]",
        r#"<property name="password" value="CANARY"/>"#,
        "cypher-shell -u neo4j -p CANARY",
        "cypher-shell -a bolt://h:7687 -u neo4j -pCANARY",
        "--password CANARY --user neo4j",
        "--password=CANARY",
        "--neo4j-password CANARY",
        "['mcp-neo4j-cypher', '--password', 'CANARY']",
        r#"["--password","CANARY"]"#,
        "curl -u neo4j:CANARY https://h",
        "neo4j.password CANARY",
        "ENV NEO4J_PASSWORD CANARY",
        "set NEO4J_PASSWORD to CANARY",
        "password changed to CANARY",
        "neo4j-admin dbms set-initial-password CANARY",
        "auth=('neo4j', 'CANARY')",
        r#"auth=("neo4j", "CANARY")"#,
        r#"driver("bolt://h", ("neo4j", "CANARY"))"#,
        "AuthTokens.basic(\"neo4j\", \"CANARY\")",
        "neo4j.BasicAuth(\"neo4j\", \"CANARY\", \"\")",
        "Auth('basic', 'neo4j', 'CANARY')",
        "CALL dbms.security.changePassword('CANARY')",
        "CALL dbms.security.createUser('jo', 'CANARY', false)",
        "ALTER USER jo SET PASSWORD $p  params={p: 'CANARY'}",
        r#"ALTER CURRENT USER SET PASSWORD FROM $old TO $new {"new":"CANARY"}"#,
        "CREATE USER jo IDENTIFIED BY 'CANARY'",
        "{'authorization': b'Basic CANARY'}",
        "(b'authorization', b'Basic CANARY')",
        r#""password": ["CANARY"]"#,
        r#"{"X-Neo4j-Authorization":["bmVvNGo6CANARY"],"Host":["h"]}"#,
        "map[Authorization:[Basic CANARY] Host:[h]]",
        r#""password" : {"value":"CANARY"}"#,
        r#"{"password":{"S":"CANARY"}}"#,
        "password=\"\"\"CANARY\"\"\"",
        "Settings(password=SecretStr('CANARY'), user='neo4j')",
        "Config { password: Some(\"CANARY\") }",
        "os.environ[\"NEO4J_PASSWORD\"] = \"CANARY\"",
        "key=AKIAIOSFODNN7EXAMPLE secret=CANARY",
        "token=CANARY",
        "redirected to http://h/cb?code=CANARY&state=1",
        "password%3DCANARY",
        "%22password%22%3A%22CANARY%22%7D",
        "<password>CANARY</password>",
        "<ns:clientSecret xsi:type=\"string\">CANARY</ns:clientSecret>",
        "neo4j://u:CAN/ARY@h",
        r#"Authorization: Digest username="neo4j", realm="r", response="CANARY""#,
        "DB_PASS=CANARY",
        r#"["cypher-shell","-u","neo4j","-p","CANARY"]"#,
        "args: ['-u', 'neo4j', '-p', 'CANARY']",
        r#"LOGON { scheme: "basic", principal: "neo4j", credentials: "CANARY" }"#,
        "credentials=(neo4j, CANARY)",
        "Password for neo4j: CANARY",
        "password of user 'neo4j' = CANARY",
        r#"{"SecretBinary":"CANARY"}"#,
        r#"{"passwords":["CANARY","CANARY"]}"#,
        r#"<entry key="neo4j.password">CANARY</entry>"#,
        "password → CANARY",
        r"- name: NEO4J_PASSWORD\n  value: CANARY",
        "- name: NEO4J_PASSWORD\n  value: CANARY",
        "passphrase: CANARY",
        "-----BEGIN RSA PRIVATE KEY-----\nCANARY\n-----END RSA PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\\nCANARY",
    ] {
        let shown = redact(line);
        assert!(
            !shown.contains("CANARY") && !shown.contains("ARY@"),
            "{line} -> {shown}"
        );
    }
}

#[test]
fn a_value_is_masked_behind_the_name_of_its_member_too() {
    let masked = |value: Value| masked_json(value).to_string();
    let canary = serde_json::json!({
        "password": "CANARY",
        "env": [{"name": "NEO4J_PASSWORD", "value": "CANARY"}],
        "text": "login with password=CANARY",
        "nested": "{\"password\":\"CANARY\"}",
        "kept": [1, null, true, "a"],
    });
    let shown = masked(canary);
    assert!(!shown.contains("CANARY"), "{shown}");
    assert!(shown.contains(r#""kept":[1,null,true,"a"]"#), "{shown}");
    let harmless = serde_json::json!({"reason": "disk full", "n": 9_007_199_254_740_993_i64});
    assert_eq!(masked_json(harmless.clone()), harmless);
}

#[test]
fn the_rest_of_a_line_behind_a_header_stays() {
    assert_eq!(
        redact("Authorization: Bearer abc.def took 12 ms"),
        "Authorization: Bearer *** took 12 ms"
    );
}

#[test]
fn harmless_lines_are_untouched() {
    for line in [
        "Unauthorized: Basic or Bearer authentication required",
        "bearer authenticationmiddleware was loaded",
        "the password was rotated; a token is needed",
        "next_token=abc secret=neo4j-mcp/credentials",
        "A password must be at least 8 characters.",
        "token endpoint https://x.auth.example/oauth2/token answered 200",
        r#"{"password":null,"authorization":{"mode":"jwt"}}"#,
        "WWW-Authenticate: Basic realm=\"Neo4j MCP Server\"",
        "SecretId=arn:aws:secretsmanager:us-west-2:123456789012:secret:neo4j-Ab12Cd",
        "NEO4J_PASSWORD is not set; NEO4J_PASSWORD must be set",
        "NEO4J_PASSWORD environment variable is missing",
        "the --password flag is required; --token is deprecated",
        "PWD=/app OLDPWD=/",
        "GET http://localhost:8080/users/a@b.example 200",
        "docker run -p 8080:80 neo4j; mkdir -p data",
        r#"{"code":"Neo.ClientError.Security.Unauthorized","token_type":"Bearer","expires_in":3600}"#,
        r#"{"authMethods":["basic","none"],"auth":"required"}"#,
        "Unexpected token: } in JSON at position 3",
        "NEO4J_AUTH=none NEO4J_PASSWORD=${SECRET}",
        "password=******** (masked by the driver)",
        "tests: 12 pass, 0 fail; pass: 12",
        "-----BEGIN CERTIFICATE-----",
        "credentials: loaded from the environment",
        "password for user neo4j: incorrect",
        "docker run -u 1000 -p 7687:7687",
        "signature mismatch: Signature=abc",
        "max_tokens=4096 next_token=abc password_attempts=3",
    ] {
        assert_eq!(redact(line), line);
    }
}

proptest! {
    #[test]
    fn redacting_twice_is_redacting_once(text in "\\PC*|.*") {
        let once = redact(&text).into_owned();
        prop_assert_eq!(redact(&once).into_owned(), once.clone());
    }

    #[test]
    fn no_password_survives_any_spelling(
        secret in "[a-zA-Z0-9!%@#^*+~.-]{8,24}",
        key in prop::sample::select(vec!["password", "NEO4J_PASSWORD", "Passwd", "client_secret", "clientSecret", "X-Api-Key", "refresh_token"]),
        form in 0..6_u8,
    ) {
        prop_assume!(secret.chars().any(char::is_alphanumeric));
        let json = serde_json::json!({ key: secret, "other": 1 }).to_string();
        let line = match form {
            0 => json,
            1 => serde_json::json!({ "body": json }).to_string(),
            2 => serde_json::json!({ "outer": serde_json::json!({ "body": json }).to_string() }).to_string(),
            3 => format!("{{'{key}': '{secret}', 'other': 1}}"),
            4 => format!("{key}={secret} other=1"),
            _ => format!("{key}: {secret}"),
        };
        prop_assert!(!redact(&line).contains(&secret), "{}", redact(&line));
    }
}
