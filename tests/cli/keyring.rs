//! The system's keyring by its program on the PATH, which is a script here: it writes down its arguments.
#![cfg(any(target_os = "linux", target_os = "freebsd"))]

use std::{fs, io::Write as _, path::PathBuf, process::Stdio};

use crate::world::Console;

const CONFIG: &str = r#"
[deployments.studio]
region = "us-west-2"
mcp_url = "http://127.0.0.1:9/mcp"
sign_in = { mode = "oauth", issuer = "http://127.0.0.1:9", client_id = "c", keep_tokens = "keyring" }
[deployments.pasted]
region = "us-west-2"
mcp_url = "http://127.0.0.1:9/mcp"
sign_in = { mode = "bearer", token = { keyring = "my-service", account = "me" } }
"#;

/// A console whose PATH has a `secret-tool` with one value.
struct Keyring {
    console: Console,
    folder: PathBuf,
}

impl Keyring {
    fn start(value: &str) -> Self {
        let console = Console::with(CONFIG);
        let folder = console.folder().join("keyring");
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("value"), value).unwrap();
        let script = format!(
            "#!/bin/sh\ncd '{}'\necho \"$*\" >>arguments\ncase $1 in\n\
             lookup) cat value 2>/dev/null || exit 1 ;;\n\
             clear) rm value 2>/dev/null || exit 1 ;;\nesac\n",
            folder.display()
        );
        // A program cannot be run while a process has it open for writing: another process than this one writes it.
        let mut shell = std::process::Command::new("sh")
            .args(["-c", "cat >\"$1\" && chmod 755 \"$1\"", "sh"])
            .arg(folder.join("secret-tool"))
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = shell.stdin.take().unwrap();
        input.write_all(script.as_bytes()).unwrap();
        drop(input);
        assert!(shell.wait().unwrap().success());
        let path = format!("{}:/usr/bin:/bin", folder.display());
        Self {
            console: console.env("PATH", &path),
            folder,
        }
    }

    fn arguments(&self) -> String {
        fs::read_to_string(self.folder.join("arguments")).unwrap_or_default()
    }
}

#[test]
fn a_secret_of_the_configuration_is_read_from_the_keyring() {
    let keyring = Keyring::start("canary-token\n");
    let shown = keyring.console.run(&["token", "-d", "pasted", "--reveal"]);
    assert_eq!(shown.exits(0).out.trim(), "canary-token");
    assert_eq!(
        keyring.arguments(),
        "lookup service my-service account me\n"
    );
}

#[test]
fn an_entry_that_does_not_exist_is_named() {
    let keyring = Keyring::start("");
    fs::remove_file(keyring.folder.join("value")).unwrap();
    keyring
        .console
        .run(&["token", "-d", "pasted"])
        .exits(2)
        .without_data()
        .says("the keyring's entry my-service / me, which does not exist");
}

#[test]
fn forgetting_a_sign_in_deletes_its_entry() {
    let keyring = Keyring::start("kept");
    let forget = ["token", "-d", "studio", "--forget", "-o", "json"];
    let entry = "studio http://127.0.0.1:9/mcp";
    let forgotten = keyring.console.run(&forget).exits(0).json();
    assert_eq!(
        forgotten,
        serde_json::json!({"forgotten": true, "entry": entry})
    );
    assert!(!keyring.folder.join("value").exists());
    let forgotten = keyring.console.run(&forget).exits(0).json();
    assert_eq!(
        forgotten,
        serde_json::json!({"forgotten": false, "entry": null})
    );
    let clear = format!("clear service agentcore-console account {entry}\n");
    assert_eq!(keyring.arguments(), clear.repeat(2));
}

#[test]
fn without_a_keyring_nothing_can_be_forgotten() {
    let console = Console::with(CONFIG).env("PATH", "/nowhere");
    console
        .run(&["token", "-d", "studio", "--forget"])
        .exits(2)
        .without_data()
        .says("the keyring cannot be used: secret-tool could not be run")
        .says("install what is missing");
    console
        .run(&["token", "-d", "pasted", "--forget"])
        .exits(2)
        .says("the sign-in `bearer` keeps nothing");
}
