//! `tools` and `token`: sign-ins, calls, Cypher, and every way in which they fail.

use std::{
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener},
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};

use crate::world::{Console, WORLD};

const MATRIX: &str = "MATCH (p:Person)-[:ACTED_IN]->(m:Movie {title: 'The Matrix'}) RETURN p.name AS name, m.title AS film ORDER BY name";

#[test]
fn tools_come_from_every_page_as_the_server_gave_them() {
    let console = Console::new();
    let listed = console
        .run(&["tools", "list", "-d", "b", "-o", "json"])
        .exits(0)
        .json();
    let names: Vec<&str> = listed["tools"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tool| tool["name"].as_str().unwrap())
        .collect();
    assert!(names.len() > 2, "more than one page: {names:?}");
    assert!(
        names.iter().any(|name| name.ends_with("___read-cypher")),
        "{names:?}"
    );
    let mut once = names.clone();
    once.sort_unstable();
    once.dedup();
    assert_eq!(once.len(), names.len(), "{names:?}");
    assert!(listed["tools"][0]["inputSchema"].is_object());
    let table = console.run(&["tools", "-d", "b"]).exits(0).out;
    assert!(
        table.starts_with("TARGET") && table.contains("read-cypher"),
        "{table}"
    );
}

#[test]
fn cypher_answers_through_every_shape_of_deployment() {
    for name in ["a", "b", "c", "d"] {
        let answer = Console::new()
            .run(&["tools", "cypher", MATRIX, "-d", name, "-o", "json"])
            .exits(0)
            .json();
        let members = [
            "deployment",
            "endpoint",
            "is_error",
            "columns",
            "rows",
            "content",
            "structured_content",
            "elapsed_ms",
            "request_id",
            "trace_id",
        ];
        assert_eq!(
            answer.as_object().unwrap().keys().collect::<Vec<_>>(),
            members
        );
        assert_eq!(
            (&answer["is_error"], &answer["columns"]),
            (&json!(false), &json!(["name", "film"])),
            "{name}"
        );
        assert_eq!(
            answer["rows"][0],
            json!(["Carrie-Anne Moss", "The Matrix"]),
            "{name}"
        );
        for part in ["sign_in", "connect", "first_byte", "total"] {
            assert!(answer["elapsed_ms"][part].is_u64(), "{part}: {answer}");
        }
    }
}

#[test]
fn parameters_are_json_where_they_can_be() {
    let console = Console::new();
    let query = "RETURN $n + 1 AS n, $text AS text, size($list) AS size";
    let arguments = [
        "tools",
        "cypher",
        query,
        "--param",
        "n=41",
        "--param",
        "text=Keanu",
        "--param",
        "list=[1,2,3]",
        "-d",
        "b",
        "-o",
        "json",
    ];
    assert_eq!(
        console.run(&arguments).exits(0).json()["rows"],
        json!([[42, "Keanu", 3]])
    );
    let input = console.run_with_input(
        &["tools", "cypher", "-", "-d", "b", "-o", "json"],
        "RETURN 1 AS one",
    );
    assert_eq!(input.exits(0).json()["rows"], json!([[1]]));
}

#[test]
fn a_result_is_a_table_or_csv() {
    let console = Console::new();
    let table = console
        .run(&["tools", "cypher", MATRIX, "-d", "b"])
        .exits(0)
        .says("rows");
    let at = table.out.find("film").unwrap();
    assert!(
        table.out.starts_with("name") && table.out.contains("Keanu Reeves"),
        "{}",
        table.out
    );
    assert!(
        table
            .out
            .lines()
            .skip(1)
            .all(|line| line.get(at..) == Some("The Matrix")),
        "{}",
        table.out
    );
    let csv = console
        .run(&[
            "tools",
            "cypher",
            "RETURN 'a,\"b\"' AS x, 2 AS y",
            "-d",
            "b",
            "-o",
            "csv",
        ])
        .exits(0);
    assert_eq!(csv.out, "x,y\r\n\"a,\"\"b\"\"\",2\r\n");
}

#[test]
fn json_lines_are_an_object_a_row_with_the_columns_as_keys() {
    let console = Console::new();
    let query = "UNWIND [1, null] AS n RETURN '=x' AS name, n";
    let rows = console
        .run(&["tools", "cypher", query, "-d", "b", "-o", "jsonl"])
        .exits(0);
    assert_eq!(
        rows.out,
        "{\"name\":\"=x\",\"n\":1}\n{\"name\":\"=x\",\"n\":null}\n"
    );
    let tools = console
        .run(&["tools", "list", "-d", "b", "-o", "jsonl"])
        .exits(0);
    let names: Vec<serde_json::Value> = tools
        .out
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["name"].clone())
        .collect();
    assert!(
        names.len() > 1 && names.iter().all(serde_json::Value::is_string),
        "{names:?}"
    );
}

#[test]
fn nothing_is_an_empty_field_in_csv_and_a_statement_that_writes_is_told_how() {
    let console = Console::new();
    let csv = console
        .run(&[
            "tools",
            "cypher",
            "RETURN null AS a, 1 AS b",
            "-d",
            "b",
            "-o",
            "csv",
        ])
        .exits(0)
        .out;
    assert_eq!(csv, "a,b\r\n,1\r\n");
    let signed = console
        .run(&[
            "tools",
            "cypher",
            "RETURN $x AS x",
            "--param",
            "$x=7",
            "-d",
            "b",
            "-o",
            "csv",
        ])
        .exits(0)
        .out;
    assert_eq!(signed, "x\r\n7\r\n");
    console
        .run(&["tools", "cypher", "CREATE (n:X) RETURN n", "-d", "b"])
        .exits(1)
        .says("--write runs it")
        .without_data();
}

#[test]
fn saved_checks_say_what_does_not_hold_in_every_format() {
    let console = Console::new();
    let file = console.file(
        "checks.toml",
        "[[check]]\nname = \"good\"\ncypher = \"RETURN 1 AS x\"\nrows = [[1]]\n\
         [[check]]\nname = \"bad, really\"\ntool = \"get-schema\"\nrow_count = 0\n",
    );
    let path = file.to_str().unwrap();
    let table = console
        .run(&["tools", "check", path, "-d", "b"])
        .exits(1)
        .out;
    assert!(
        table.starts_with("ok    good")
            && table.contains("FAIL  bad, really: ")
            && table.contains(" instead of 0"),
        "{table}"
    );
    let report = console.file("report.xml", "");
    let junit = report.to_str().unwrap();
    console
        .run(&["tools", "check", path, "-d", "b", "--junit", junit])
        .exits(1);
    let xml = std::fs::read_to_string(&report).unwrap();
    assert!(
        xml.contains("tests=\"2\"") && xml.contains("failures=\"1\""),
        "{xml}"
    );
    assert!(xml.contains("name=\"bad, really\""), "{xml}");
    // A check that cannot be made is an error of the report, and the others are made; so is every one without a connection.
    let text = std::fs::read_to_string(path).unwrap();
    let unable = format!("[[check]]\nname = \"unable\"\ntool = \"no-such-tool\"\n{text}");
    let unable = console.file("unable.toml", &unable);
    let unable = unable.to_str().unwrap();
    let words = ["tools", "check", unable, "--junit", junit];
    console
        .run(&[&words[..], &["-d", "b"]].concat())
        .exits(2)
        .says("no-such-tool");
    let xml = std::fs::read_to_string(&report).unwrap();
    assert!(
        ["tests=\"3\"", "failures=\"1\"", "errors=\"1\""].map(|words| xml.contains(words))
            == [true; 3],
        "{xml}"
    );
    let nowhere = ["--via", "http://127.0.0.1:9/mcp", "--sign-in", "none"];
    console.run(&[&words[..], &nowhere].concat()).exits(5);
    let xml = std::fs::read_to_string(&report).unwrap();
    assert!(
        xml.contains("tests=\"3\"") && xml.contains("errors=\"3\""),
        "{xml}"
    );
    let csv = console
        .run(&["tools", "check", path, "-d", "b", "-o", "csv"])
        .exits(1)
        .out;
    let lines: Vec<&str> = csv.split("\r\n").collect();
    assert!(
        lines[0] == "check,ok,evidence,elapsed_ms" && lines[1].starts_with("good,true,,"),
        "{csv}"
    );
    assert!(lines[2].starts_with("\"bad, really\",false,"), "{csv}");
    let slip = console.file(
        "slip.toml",
        "[[check]]\nname = \"x\"\ncyhper = \"RETURN 1\"\n",
    );
    let refused = console
        .run(&["tools", "check", slip.to_str().unwrap(), "-d", "b"])
        .exits(2)
        .without_data();
    refused.says("line 3, column 1: unknown field `cyhper`");
}

#[test]
fn a_call_follows_the_schema_and_json_carries_anything() {
    let console = Console::new();
    let text = console
        .run(&[
            "tools",
            "call",
            "read-cypher",
            "--arg",
            "query=RETURN 1 AS x",
            "-d",
            "b",
            "-o",
            "json",
        ])
        .exits(0)
        .json();
    assert_eq!(text["rows"], json!([[1]]));
    let whole = r#"{"query":"RETURN $x AS x","params":{"x":[1]}}"#;
    let answer = console
        .run(&[
            "tools",
            "call",
            "neo4j-mcp___read-cypher",
            "--json",
            whole,
            "-d",
            "b",
            "-o",
            "json",
        ])
        .exits(0)
        .json();
    assert_eq!(answer["rows"], json!([[[1]]]));
    let schema = console
        .run(&["tools", "call", "get-schema", "-d", "b", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(schema["is_error"], json!(false));
    console
        .run(&[
            "tools",
            "call",
            "read-cypher",
            "--arg",
            "qurey=x",
            "-d",
            "b",
        ])
        .exits(2)
        .says("did you mean \"query\"?")
        .without_data();
    let schema = ["tools", "call", "get-schema", "-d", "b"];
    console
        .run(&[schema.as_slice(), &["--arg", "foo=1"]].concat())
        .exits(2)
        .says("unknown argument \"foo\": the tool takes none")
        .without_data();
    // Its schema does not say additionalProperties: false, as that of read-cypher does.
    console
        .run(&[schema.as_slice(), &["--json", r#"{"foo":1}"#]].concat())
        .exits(0);
    console
        .run(&[
            "tools",
            "call",
            "read-cypher",
            "--json",
            r#"{"query":"RETURN 1","foo":1}"#,
            "-d",
            "b",
        ])
        .exits(2)
        .says("unknown argument \"foo\"")
        .says("additionalProperties: false")
        .without_data();
    console
        .run(&["tools", "call", "read-cypher", "-d", "b"])
        .exits(2)
        .says("missing \"query\" (string")
        .without_data();
    console
        .run(&["tools", "call", "write-cypher", "-d", "b", "--read-only"])
        .exits(4)
        .says("read-only")
        .without_data();
    console
        .run(&["tools", "call", "read-cyhper", "-d", "b"])
        .exits(2)
        .says("did you mean")
        .says("read-cypher")
        .without_data();
    console
        .run(&["tools", "call", "read-cypher", "--json", "[1]", "-d", "b"])
        .exits(2)
        .says("JSON object")
        .without_data();
}

#[test]
fn an_error_of_the_tool_exits_1_and_a_syntax_error_points_at_the_users_own_token() {
    let console = Console::new();
    let query = "MATCH (n) RETRUN n";
    let answer = console
        .run(&["tools", "cypher", query, "-d", "b"])
        .exits(1)
        .without_data();
    let lines: Vec<&str> = answer.err.lines().collect();
    let at = lines
        .iter()
        .position(|line| line.trim() == query)
        .unwrap_or_else(|| panic!("{answer:#?}"));
    let caret = lines[at + 1].find('^').unwrap();
    assert!(lines[at][caret..].starts_with("RETRUN"), "{answer:#?}");
    assert!(
        lines[at + 1].contains("column 11") && !answer.err.contains("EXPLAIN"),
        "{answer:#?}"
    );
    let json = console
        .run(&[
            "tools",
            "cypher",
            "RETURN $missing",
            "-d",
            "b",
            "-o",
            "json",
        ])
        .exits(1)
        .json();
    assert_eq!(
        (&json["is_error"], &json["rows"], &json["columns"]),
        (&json!(true), &Value::Null, &Value::Null)
    );
}

#[test]
fn a_lost_temporal_value_is_named_with_its_remedy() {
    Console::new()
        .run(&["tools", "cypher", "RETURN date() AS born", "-d", "b"])
        .exits(0)
        .says("toString(")
        .says("born");
}

#[test]
fn writes_need_a_word_and_read_only_mode_refuses_them() {
    let console = Console::new();
    let write = "CREATE (n:CommandTest {at: 1}) RETURN n.at AS at";
    console
        .run(&["tools", "cypher", write, "--write", "-d", "b"])
        .exits(2)
        .says("--yes")
        .without_data();
    console
        .run(&[
            "tools",
            "cypher",
            write,
            "--write",
            "--yes",
            "--read-only",
            "-d",
            "b",
        ])
        .exits(4)
        .says("read-only")
        .without_data();
    console
        .run(&[
            "tools",
            "call",
            "write-cypher",
            "--arg",
            &format!("query={write}"),
            "-d",
            "b",
        ])
        .exits(2)
        .says("--yes")
        .without_data();
    console
        .run(&[
            "tools",
            "call",
            "write-cypher",
            "--arg",
            &format!("query={write}"),
            "--read-only",
            "-d",
            "b",
        ])
        .exits(4)
        .without_data();
    console.run(&["tools", "cypher", write, "-d", "b"]).exits(1);
    let none = console.run(&[
        "tools",
        "cypher",
        "MATCH (n:CommandTest) RETURN count(n) AS n",
        "-d",
        "b",
        "-o",
        "json",
        "--read-only",
    ]);
    assert_eq!(
        none.exits(0).json()["rows"],
        json!([[0]]),
        "nothing was written so far"
    );
    let done = console
        .run(&[
            "tools", "cypher", write, "--write", "--yes", "-d", "b", "-o", "json",
        ])
        .exits(0)
        .json();
    assert_eq!(done["rows"], json!([[1]]));
}

#[test]
fn read_only_mode_looks_at_the_cypher_of_a_call() {
    let console = Console::new();
    for write in [
        "CREATE (n) DETACH DELETE n",
        "\\u0043REATE (n)",
        "RETURN 1; DROP INDEX x",
        "CALL apoc.create.node([], {})",
    ] {
        console
            .run(&["tools", "cypher", write, "-d", "b", "--read-only"])
            .exits(4)
            .says("its Cypher writes")
            .without_data();
    }
    for read in [
        "RETURN 'CREATE (n)' AS text",
        "MATCH (n) // DELETE n\nRETURN count(n) AS n",
    ] {
        console
            .run(&["tools", "cypher", read, "-d", "b", "--read-only"])
            .exits(0);
    }
}

#[test]
fn a_script_runs_statement_by_statement_and_foreign_commands_are_refused() {
    let console = Console::new();
    let script = "\u{feff}RETURN 1 AS a; // first\nRETURN 2 AS b;\n";
    let out = console
        .run(&["tools", "cypher", script, "-d", "b", "-o", "csv"])
        .exits(0)
        .out;
    assert_eq!(out, "a\r\n1\r\nb\r\n2\r\n");
    console
        .run(&["tools", "cypher", "RETURN 1; RETRUN 2; RETURN 3", "-d", "b"])
        .exits(1)
        .says("statement 2 of 3 failed");
    console
        .run(&["tools", "cypher", ":param x => 1; RETURN $x", "-d", "b"])
        .exits(2)
        .says("--param");
}

#[test]
fn an_endpoint_is_found_by_gateway_runtime_and_url() {
    let console = Console::new();
    let b = WORLD.deployment("b");
    let (gateway, url) = (
        b["gateway_id"].as_str().unwrap(),
        b["mcp_url"].as_str().unwrap(),
    );
    for via in [gateway, url] {
        console
            .run(&[
                "tools",
                "cypher",
                "RETURN 1 AS x",
                "--via",
                via,
                "-o",
                "json",
            ])
            .exits(0);
    }
    let slip = format!("{gateway}x");
    console
        .run(&["tools", "list", "--via", &slip])
        .exits(2)
        .says(gateway)
        .without_data();
    console
        .run(&["tools", "list"])
        .exits(2)
        .says("--deployment a|b|c|d|e")
        .without_data();
}

#[test]
fn a_token_shows_its_claims_and_itself_only_when_asked() {
    let console = Console::new();
    let shown = console.run(&["token", "-d", "a", "-o", "json"]).exits(0);
    let members = shown.json();
    assert_eq!(
        members.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["token_type", "expires_at", "claims"]
    );
    assert_eq!(
        members["claims"]["client_id"],
        WORLD.deployment("a")["client_id"]
    );
    assert!(!shown.out.contains("eyJ"), "{}", shown.out);
    assert_eq!(
        console
            .run(&["token", "-d", "a", "--claims"])
            .exits(0)
            .json()["scope"],
        WORLD.deployment("a")["scope"]
    );
    assert!(
        console
            .run(&["token", "-d", "a", "--reveal"])
            .exits(0)
            .out
            .starts_with("eyJ")
    );
    console
        .run(&["token", "-d", "a", "--reveal", "--claims"])
        .exits(2)
        .without_data();
    console.run(&["token", "-d", "d"]).exits(2).without_data();
}

#[test]
fn another_sign_in_takes_its_secrets_from_the_environment() {
    let token = Console::new()
        .run(&["token", "-d", "c", "--reveal"])
        .exits(0)
        .out
        .trim()
        .to_owned();
    let console = Console::new().env("AGENTCORE_BEARER_TOKEN", &token);
    console
        .run(&["tools", "list", "-d", "c", "--sign-in", "bearer"])
        .exits(0);
    Console::new()
        .run(&["tools", "list", "-d", "c", "--sign-in", "bearer"])
        .exits(2)
        .says("AGENTCORE_BEARER_TOKEN")
        .without_data();
    Console::new()
        .run(&["tools", "list", "-d", "c", "--sign-in", "none"])
        .exits(3)
        .without_data();
}

#[test]
fn a_wrong_client_secret_exits_3_and_shows_no_secret() {
    let secret = WORLD.deployment("a")["client_secret"].as_str().unwrap();
    let console = Console::with(&WORLD.config.replace(secret, "wrong-canary"));
    for arguments in [
        ["tools", "list", "-d", "a"].as_slice(),
        &["token", "-d", "a"],
    ] {
        let answer = console.run(arguments).exits(3).without_data();
        assert!(!answer.err.contains("canary"), "{answer:#?}");
    }
}

#[test]
fn a_consent_that_is_wanted_is_an_answer_with_its_address() {
    let console = Console::new();
    let tools = console
        .run(&["tools", "list", "-d", "e", "-o", "json"])
        .exits(0)
        .json();
    let guarded = tools["tools"]
        .as_array()
        .unwrap()
        .iter()
        .find(|tool| tool["name"].as_str().unwrap().contains("schema-target"))
        .unwrap();
    let answer = console
        .run(&[
            "tools",
            "call",
            guarded["name"].as_str().unwrap(),
            "--json",
            "{}",
            "--yes",
            "-d",
            "e",
        ])
        .exits(1)
        .without_data();
    assert!(
        answer.err.contains("-32042") && answer.err.contains("http"),
        "{answer:#?}"
    );
}

#[test]
fn headers_are_checked_before_anything_is_sent() {
    let console = Console::new();
    console
        .run(&["tools", "list", "-d", "b", "--header", "no colon"])
        .exits(2);
    console
        .run(&["tools", "list", "-d", "b", "--header", "Mcp-Session-Id: x"])
        .exits(2)
        .says("transport");
    console
        .run(&["tools", "list", "-d", "b", "--header", "X-Mine: 1"])
        .exits(0);
}

#[test]
fn an_address_with_a_password_is_refused_and_not_shown() {
    let console = Console::new();
    let answer = console
        .run(&[
            "tools",
            "list",
            "--via",
            "http://me:canary@127.0.0.1:9/mcp",
            "-d",
            "b",
        ])
        .exits(2)
        .without_data();
    let answer = answer.says("--header");
    assert!(!answer.err.contains("canary"), "{answer:#?}");
}

#[test]
fn what_is_not_mcp_exits_5() {
    let closed = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let page = serve(
        "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 13\r\n\r\n<html></html>",
    );
    let broken = serve("HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    let console = Console::bare();
    for address in [closed, page.0, broken.0] {
        let url = format!("http://{address}/mcp");
        let answer = console.run(&[
            "tools",
            "list",
            "--via",
            &url,
            "--sign-in",
            "none",
            "--timeout",
            "5s",
        ]);
        answer.exits(5).without_data();
    }
}

#[test]
fn a_redirect_elsewhere_is_refused_and_nothing_is_sent_there() {
    let other = serve("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let answer = format!(
        "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{}/mcp\r\ncontent-length: 0\r\n\r\n",
        other.0
    );
    let first = serve(&answer);
    let url = format!("http://{}/mcp", first.0);
    Console::bare()
        .run(&["tools", "list", "--via", &url, "--sign-in", "none"])
        .exits(5)
        .without_data();
    assert_eq!(
        (
            first.1.lock().unwrap().is_empty(),
            other.1.lock().unwrap().len()
        ),
        (false, 0)
    );
}

#[test]
fn an_unauthorised_answer_exits_3() {
    let guard =
        serve("HTTP/1.1 401 Unauthorized\r\nwww-authenticate: Bearer\r\ncontent-length: 0\r\n\r\n");
    let url = format!("http://{}/mcp", guard.0);
    Console::bare()
        .run(&["tools", "list", "--via", &url, "--sign-in", "none"])
        .exits(3)
        .without_data();
}

#[test]
fn a_foreign_address_gets_no_token_unless_it_is_asked_for() {
    let other = serve("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n");
    let url = format!("http://{}/mcp", other.0);
    let asked = || {
        std::mem::take(&mut *other.1.lock().unwrap())
            .join("\n")
            .to_ascii_lowercase()
    };
    let console = Console::new();
    let (_, plain) = (
        console
            .run(&["tools", "list", "--via", &url, "-d", "b"])
            .says("--sign-in"),
        asked(),
    );
    assert!(
        plain.contains("post /mcp") && !plain.contains("authorization:"),
        "{plain}"
    );
    console.run(&[
        "tools",
        "list",
        "--via",
        &url,
        "-d",
        "b",
        "--sign-in",
        "m2m",
    ]);
    assert!(asked().contains("authorization: bearer "));
}

#[test]
fn an_error_of_the_tool_stays_one_where_nobody_reads() {
    let arguments = [
        "tools",
        "cypher",
        "RETURN nonsense",
        "-d",
        "b",
        "-o",
        "json",
    ];
    Console::new().unread(&arguments, 1);
}

#[test]
fn a_machine_without_tls_roots_reaches_what_is_on_it() {
    let nowhere = "/nonexistent/roots";
    let console = Console::new()
        .env("SSL_CERT_FILE", nowhere)
        .env("SSL_CERT_DIR", nowhere);
    console
        .run(&["tools", "cypher", "RETURN 1 AS x", "-d", "b"])
        .exits(0);
    console.run(&["secrets", "-d", "b"]).exits(0);
}

#[test]
fn what_a_server_logs_before_its_answer_is_printed_whole_and_in_order() {
    let url = log_server(300);
    for _ in 0..5 {
        let answer = Console::bare()
            .run(&["tools", "call", "t", "--via", &url, "--sign-in", "none"])
            .exits(0);
        let logged = answer
            .err
            .lines()
            .filter_map(|line| line.strip_prefix("server log: "));
        let expected: Vec<String> = (0..300)
            .map(|at| format!("{} {at}", ["debug", "info", "error"][at % 3]))
            .collect();
        assert_eq!(logged.collect::<Vec<_>>(), expected);
    }
}

#[test]
fn explain_goes_to_the_tool_that_shows_plans_and_is_printed_as_a_tree() {
    let takes = |name: &str| {
        json!({"name": name, "inputSchema": {"type": "object", "properties": {"query": {"type": "string"}}},
            "annotations": {"readOnlyHint": true}})
    };
    let tools = ["read-cypher", "explain-cypher", "profile-cypher"].map(takes);
    let url = mcp_server(0, json!(tools), |call| {
        let name = call["params"]["name"].as_str().unwrap_or_default();
        let asked = call["params"]["arguments"]["query"].as_str();
        if name == "read-cypher" || asked != Some("MATCH (p:Person) RETURN p") {
            return json!({"isError": true, "content": [{"type": "text", "text": format!("{name} {asked:?}")}]});
        }
        let mut counts = json!({"EstimatedRows": 38.0, "Details": "p:Person"});
        if name == "profile-cypher" {
            counts["Rows"] = json!(133);
            counts["DbHits"] = json!(1_034);
        }
        let plan = json!({"operator": "ProduceResults", "arguments": {"EstimatedRows": 38.0},
            "children": [{"operator": "NodeByLabelScan", "arguments": counts, "children": []}]});
        json!({"content": [{"type": "text", "text": plan.to_string()}]})
    });
    let plan = |statement: &str| {
        let console = Console::bare();
        let route = ["--via", &url, "--sign-in", "none", "-o", "table"];
        let printed = console.run(&[&["tools", "cypher", statement], &route[..]].concat());
        printed.exits(0).out
    };
    let explained = plan("EXPLAIN MATCH (p:Person) RETURN p");
    let lines: Vec<&str> = explained.lines().collect();
    assert!(
        lines[0].starts_with("OPERATOR") && !lines[0].contains("DB HITS"),
        "{explained}"
    );
    assert!(
        lines[2].starts_with(" └ NodeByLabelScan") && lines[2].ends_with("p:Person"),
        "{explained}"
    );
    let profiled = plan("profile MATCH (p:Person) RETURN p");
    assert!(
        profiled.contains("DB HITS") && profiled.contains("133") && profiled.contains("1,034"),
        "{profiled}"
    );
}

/// An MCP server with one tool, which logs so many messages before it answers. Returns its address.
fn log_server(messages: usize) -> String {
    let tools = json!([{"name": "t", "inputSchema": {"type": "object"}}]);
    mcp_server(
        messages,
        tools,
        |_| json!({"content": [{"type": "text", "text": "done"}]}),
    )
}

/// An MCP server with these tools and answers to calls, which logs so many messages before it answers. Returns its address.
fn mcp_server(messages: usize, tools: Value, answer: fn(&Value) -> Value) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let request = read_request(&mut stream);
            let body = request.split_once("\r\n\r\n").map_or("", |(_, body)| body);
            let asked: Value = serde_json::from_str(body).unwrap_or_default();
            let result = match asked["method"].as_str() {
                Some("initialize") => {
                    json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}, "logging": {}},
                    "serverInfo": {"name": "logs", "version": "1"}})
                }
                Some("tools/list") => json!({ "tools": tools }),
                Some("tools/call") => answer(&asked),
                _ => {
                    let status = if asked.is_null() {
                        "405 Method Not Allowed"
                    } else {
                        "202 Accepted"
                    };
                    let head = format!(
                        "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                    );
                    let _ = stream.write_all(head.as_bytes());
                    continue;
                }
            };
            let mut events = String::new();
            if asked["method"] == "tools/call" {
                for at in 0..messages {
                    let level = ["debug", "info", "error"][at % 3];
                    let message = json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": level, "data": at}});
                    events.push_str(&["data: ", &message.to_string(), "\n\n"].concat());
                }
            }
            let answer = json!({"jsonrpc": "2.0", "id": asked["id"], "result": result});
            events.push_str(&["data: ", &answer.to_string(), "\n\n"].concat());
            let head = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
                events.len()
            );
            let _ = stream.write_all((head + &events).as_bytes());
        }
    });
    format!("http://{address}/mcp")
}

/// Reads a request with its whole body.
fn read_request(stream: &mut std::net::TcpStream) -> String {
    let (mut text, mut buffer) = (String::new(), vec![0; 64 * 1024]);
    loop {
        let length = stream.read(&mut buffer).unwrap_or(0);
        text += &String::from_utf8_lossy(&buffer[..length]);
        let wanted = text
            .to_ascii_lowercase()
            .split_once("content-length: ")
            .and_then(|(_, rest)| rest.split("\r\n").next()?.parse::<usize>().ok())
            .unwrap_or(0);
        let has = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
        if length == 0 || has.is_some_and(|has| has >= wanted) {
            return text;
        }
    }
}

/// A server that gives every request the same answer and keeps what it was asked.
fn serve(answer: &str) -> (SocketAddr, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (asked, answer) = (Arc::new(Mutex::new(Vec::new())), answer.to_owned());
    let heard = Arc::clone(&asked);
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = vec![0; 64 * 1024];
            let length = stream.read(&mut buffer).unwrap_or(0);
            heard
                .lock()
                .unwrap()
                .push(String::from_utf8_lossy(&buffer[..length]).into_owned());
            // The client may have gone away, which is its business.
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    (address, asked)
}
