//! Usage, configuration, `local`, `init`: everything that needs no service.

use std::{
    fs,
    io::{BufRead as _, BufReader},
};

use serde_json::Value;

use crate::world::{Console, WORLD};

#[test]
fn all_problems_of_a_configuration_come_at_once_and_exit_2() {
    let console = Console::with(
        "[deployments.x]\nregoin = \"us-west-2\"\nmcp_url = \"http://mcp.example\"\n[ui]\nrefresh = 5\n",
    );
    for arguments in [
        ["config", "check"].as_slice(),
        &["status"],
        &["tools", "list"],
        &["token"],
    ] {
        console
            .run(arguments)
            .exits(2)
            .says("line 2, column 1: unknown key \"regoin\" in [deployments.x]; did you mean \"region\"?")
            .says("line 1, column 1: [deployments.x]: no region")
            .says("line 3, column 11: mcp_url:")
            .says("line 5, column 11: refresh:")
            .without_data();
    }
    let checked = console
        .run(&["config", "check", "-o", "json"])
        .exits(2)
        .json();
    assert_eq!(checked["problems"].as_array().unwrap().len(), 4);
    assert_eq!(checked["problems"][1]["line"], 2);
}

#[test]
fn a_good_configuration_is_well() {
    let console = Console::new();
    let checked = console
        .run(&["config", "check", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        checked["deployments"],
        serde_json::json!(["a", "b", "c", "d", "e"])
    );
    assert_eq!(
        (&checked["problems"], &checked["warnings"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
    assert!(
        console
            .run(&["config", "path"])
            .exits(0)
            .out
            .trim()
            .ends_with("config.toml")
    );
}

#[test]
fn the_example_checks_itself() {
    let example = Console::bare().run(&["config", "example"]).exits(0).out;
    Console::with(&example).run(&["config", "check"]).exits(0);
}

#[test]
fn without_a_configuration_commands_say_what_to_do() {
    Console::bare()
        .run(&["status"])
        .exits(2)
        .says("demo")
        .says("init")
        .says("--config")
        .without_data();
    for command in [["status"].as_slice(), &["config", "check"]] {
        let answer = Console::bare()
            .run(&[command, &["--config", "/nowhere/config.toml"]].concat())
            .exits(2)
            .without_data();
        answer
            .says("no such file")
            .says("init --config /nowhere/config.toml")
            .says("config example > /nowhere/config.toml");
    }
}

#[test]
fn unknown_names_exit_2_and_name_the_nearest() {
    let console = Console::new();
    console.run(&["statsu"]).exits(2).says("status");
    console
        .run(&["status", "gatewy"])
        .exits(2)
        .says("did you mean \"gateway\"?");
    console
        .run(&["status", "-d", "aa"])
        .exits(2)
        .says("did you mean \"a\"?")
        .says("known: a (movies-gateway), b (analytics)");
    console
        .run(&["logs", "x", "--level", "wran"])
        .exits(2)
        .says("did you mean \"warn\"?");
    console
        .run(&["tools", "list", "--sign-in", "m2n"])
        .exits(2)
        .says("m2m");
    console
        .run(&["status", "--wait", "REDAY"])
        .exits(2)
        .says("did you mean \"READY\"?");
}

#[test]
fn inline_secrets_that_others_may_read_are_warned_about_but_work() {
    use std::os::unix::fs::PermissionsExt as _;

    let console = Console::new();
    fs::set_permissions(console.config(), fs::Permissions::from_mode(0o644)).unwrap();
    console
        .run(&["status", "gateway", "-d", "a"])
        .exits(0)
        .says("chmod 600");
}

#[test]
fn flags_go_over_the_environment() {
    let console = Console::new().env("AGENTCORE_DEPLOYMENT", "a,b");
    let names = |answer: &Value| {
        answer["deployments"]
            .as_array()
            .unwrap()
            .iter()
            .map(|each| each["name"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(
            &console
                .run(&["status", "gateway", "-o", "json"])
                .exits(0)
                .json()
        ),
        ["a", "b"]
    );
    assert_eq!(
        names(
            &console
                .run(&["status", "gateway", "-o", "json", "-d", "c"])
                .exits(0)
                .json()
        ),
        ["c"]
    );
}

#[test]
fn help_version_completions_and_manual_are_data() {
    let console = Console::bare();
    for (arguments, word) in [
        (["--help"].as_slice(), "Commands"),
        (&["--version"], "agentcore-console"),
        (&["completions", "bash"], "complete"),
        (&["man"], ".TH"),
        (&["man"], "agentcore\\-console tools call [OPTIONS] <NAME>"),
        (&["man"], "Examples:"),
        (&["man"], "[default: 15m]"),
        (&["status", "--help"], "-o, --output <table|json>"),
        (&["tools", "call", "--help"], "--arg"),
    ] {
        let answer = console.run(arguments).exits(0);
        assert!(
            answer.out.contains(word) && answer.err.is_empty(),
            "{answer:#?}"
        );
        assert!(
            !answer.out.contains('\x1b'),
            "an escape sequence in a pipe: {}",
            answer.arguments
        );
    }
}

/// Every command that prints.
#[cfg(target_os = "linux")]
const PRINTING: [&[&str]; 16] = [
    &["--help"],
    &["--version"],
    &["status", "--help"],
    &["status"],
    &["status", "-o", "json"],
    &["describe", "gateway", "neo4j-mcp-gw"],
    &["secrets"],
    &["secrets", "show", "neo4j-mcp-server/neo4j"],
    &["tools", "-d", "b"],
    &["tools", "call", "get-schema", "-d", "b"],
    &["token", "-d", "b"],
    &["doctor", "-d", "b"],
    &["keys"],
    &["config", "check"],
    &["completions", "zsh"],
    &["man"],
];

#[test]
#[cfg(target_os = "linux")]
fn an_output_that_cannot_be_written_is_a_failure_and_one_that_nobody_reads_is_none() {
    let console = Console::new();
    for command in PRINTING {
        let full = fs::OpenOptions::new()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let ended = console.command(command).stdout(full).output().unwrap();
        let err = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(5), "{command:?}: {err}");
        assert!(err.contains("writing the output"), "{command:?}: {err}");
        console.unread(command, 0);
    }
}

#[test]
fn no_timeout_is_too_strange() {
    let console = Console::new();
    for (timeout, code) in [
        ("0", 2),
        ("-1", 2),
        ("soon", 2),
        ("1e19", 2),
        ("366d", 2),
        ("365d", 0),
        ("1e3", 0),
    ] {
        console
            .run(&[
                "status",
                "gateway",
                "--wait",
                "READY",
                &format!("--timeout={timeout}"),
            ])
            .exits(code);
    }
}

#[test]
fn what_was_typed_is_quoted_without_its_escape_sequences() {
    let (console, nasty) = (Console::new(), "\u{1b}[31mred\u{202e}\nx");
    for command in [
        ["status", nasty].as_slice(),
        &[nasty],
        &["describe", "gateway", nasty],
        &["logs", nasty],
        &["secrets", "rotate", nasty, "--yes"],
        &["tools", "call", nasty, "-d", "b"],
        &["tools", "list", "--header", nasty, "-d", "b"],
        &["status", "-d", nasty],
        &["status", "--timeout", nasty],
        &["status", "--config", nasty],
        &["completions", nasty],
    ] {
        let answer = console.run(command).exits(2).without_data();
        let bad = answer
            .err
            .chars()
            .find(|each| *each != '\n' && agentcore_console::model::sanitize::is_dangerous(*each));
        assert_eq!(bad, None, "{answer:#?}");
    }
}

#[test]
fn the_console_needs_a_terminal() {
    Console::new()
        .run(&[])
        .exits(2)
        .says("terminal")
        .without_data();
}

#[test]
fn local_says_that_it_is_ready_writes_its_configuration_first_and_ends_on_a_signal() {
    let console = Console::bare();
    let path = console.folder().join("written.toml");
    let written = path.to_str().unwrap();
    let mut child = console
        .command(&[
            "local",
            "--quiet-world",
            "-o",
            "json",
            "--write-config",
            written,
        ])
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!(ready["deployments"].as_array().unwrap().len(), 5);
    for name in [
        "endpoint",
        "region",
        "account",
        "access_key_id",
        "secret_access_key",
        "neo4j",
    ] {
        assert!(ready.get(name).is_some(), "{name}: {line}");
    }
    let listed = console
        .run(&["--config", written, "status", "gateway", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(listed["resources"].as_array().unwrap().len(), 3);
    rustix::process::kill_process(
        rustix::process::Pid::from_child(&child),
        rustix::process::Signal::TERM,
    )
    .unwrap();
    assert!(child.wait().unwrap().success());
}

#[test]
fn local_never_overwrites_a_configuration_that_is_not_its_own() {
    let console = Console::bare();
    let mine = console.file("mine.toml", "# mine\n");
    console
        .run(&["local", "--write-config", mine.to_str().unwrap()])
        .exits(2)
        .says("was not written by this command");
    assert_eq!(fs::read_to_string(mine).unwrap(), "# mine\n");
}

#[test]
fn local_refuses_unknown_faults_and_a_missing_password() {
    let console = Console::bare();
    let faults = console.file(
        "faults.json",
        r#"[{"deployment":"a","hop":"interceptor","fault":"explode"}]"#,
    );
    console
        .run(&["local", "--faults", faults.to_str().unwrap()])
        .exits(2)
        .says("known:")
        .says("broken")
        .without_data();
    console
        .run(&[
            "local",
            "--neo4j-uri",
            "bolt://127.0.0.1:1",
            "--neo4j-password-env",
            "NOPE",
        ])
        .exits(2)
        .says("NOPE")
        .without_data();
    console
        .run(&["local", "--neo4j-uri", "bolt://127.0.0.1:1"])
        .exits(2)
        .says("--neo4j-password-env");
    console
        .run(&["local", "--neo4j-mcp-url", "x"])
        .exits(2)
        .says("https://")
        .without_data();
    console
        .run(&["local", "--neo4j-uri", "x", "--neo4j-password-env", "HOME"])
        .exits(2)
        .says("bolt://")
        .without_data();
}

#[test]
fn init_reads_a_credentials_file_and_never_overwrites() {
    let console = Console::bare();
    let file = console.file(
        "creds.json",
        r#"{"gateway_url":"https://gw-x1.gateway.bedrock-agentcore.eu-west-1.amazonaws.com/mcp","client_id":"c","client_secret":"canary","token_url":"https://t.example/token","scope":"s/invoke"}"#,
    );
    let path = console.folder().join("deep/new.toml");
    let (from, config) = (file.to_str().unwrap(), path.to_str().unwrap());
    let answer = console
        .run(&["init", "--from", from, "--config", config, "--name", "prod"])
        .exits(0);
    assert!(!answer.out.contains("canary") && !answer.err.contains("canary"));
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains("region = \"eu-west-1\"") && !text.contains("canary"),
        "{text}"
    );
    assert!(text.contains("key = \"client_secret\""), "{text}");
    console
        .run(&["config", "check", "--config", config])
        .exits(0);

    console
        .run(&["init", "--from", from, "--config", config, "--name", "prod"])
        .exits(2)
        .says("already");
    console
        .run(&[
            "init", "--from", from, "--config", config, "--name", "second",
        ])
        .exits(2)
        .says("--yes");
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
    fs::write(&path, format!("# my own words\n{text}")).unwrap();
    console
        .run(&[
            "init", "--from", from, "--config", config, "--name", "second", "--yes",
        ])
        .exits(0);
    let both = console
        .run(&["config", "check", "--config", config, "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(both["deployments"], serde_json::json!(["prod", "second"]));
    assert!(
        fs::read_to_string(&path)
            .unwrap()
            .starts_with("# my own words\n")
    );
}

#[test]
fn init_without_a_source_or_with_a_broken_one_says_so() {
    let console = Console::bare();
    console
        .run(&["init"])
        .exits(2)
        .says("--region")
        .says("--stack")
        .says("--from");
    let file = console.file("broken.json", "{\"client_secret\": canary");
    let answer = console
        .run(&["init", "--from", file.to_str().unwrap()])
        .exits(2)
        .says("line 1");
    assert!(!answer.err.contains("canary"));
}

#[test]
fn init_reads_a_stack() {
    let ready = &WORLD.ready;
    let text = |name: &str| ready[name].as_str().unwrap().to_owned();
    let console = Console::bare()
        .env("AWS_ENDPOINT_URL", &text("endpoint"))
        .env("AWS_ACCESS_KEY_ID", &text("access_key_id"))
        .env("AWS_SECRET_ACCESS_KEY", &text("secret_access_key"))
        .env("AWS_REGION", &text("region"));
    let stack = WORLD.deployment("a")["stack"].as_str().unwrap();
    console.run(&["init", "--stack", stack]).exits(0);
    let listed = console
        .run(&["status", "gateway", "-o", "json"])
        .exits(0)
        .json();
    assert_eq!(
        listed["resources"][0]["id"],
        WORLD.deployment("a")["gateway_id"]
    );
    console
        .run(&[
            "init",
            "--stack",
            "nope",
            "--config",
            console.folder().join("x.toml").to_str().unwrap(),
        ])
        .exits(1)
        .says("nope");
    assert!(!console.folder().join("x.toml").exists());
}

#[test]
fn the_keymap_is_printed_and_can_be_laid_over() {
    let keymap = Console::bare().run(&["keys"]).exits(0).out;
    let table: toml::Table = keymap.parse().unwrap();
    assert!(table.len() > 3, "{keymap}");
    Console::with("[keys.global]\n\"app.quit\" = [\"ctrl-q\"]\n")
        .run(&["config", "check"])
        .exits(0);
    let slip = Console::with("[keys.global]\n\"app.quti\" = [\"ctrl-q\"]\n[ui]\ntheem = 1\n")
        .run(&["config", "check"])
        .exits(2);
    slip.says(
        "line 2, column 1: [keys]: no action is called \"app.quti\"; did you mean \"app.quit\"?",
    )
    .says("line 4, column 1: ");
}

#[test]
fn the_theme_and_the_keys_are_judged_at_their_lines() {
    let text = "[ui]\ntheme = \"dork\"\n[keys]\nflet = {}\n[keys.global]\n\"app.quit\" = [\"q\", \"hyper-q\"]\n";
    let checked = Console::with(text)
        .run(&["config", "check", "-o", "json"])
        .exits(2)
        .json();
    let at = |line: usize, column: usize| {
        let found = checked["problems"]
            .as_array()
            .unwrap()
            .iter()
            .find(|each| each["line"] == line && each["column"] == column);
        found.unwrap_or_else(|| panic!("{line}:{column} in {checked:#}"))["message"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert!(at(2, 9).contains("dork"));
    assert!(at(4, 1).contains("did you mean \"fleet\"?"));
    assert!(at(6, 20).contains("hyper-q"));
}
