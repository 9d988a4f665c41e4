//! The invariants of the architecture, held against the source itself. The map that they guard opens `src/lib.rs`.
//!
//! Each rule reads the production part of the files (what stands before `#[cfg(test)]`), without comments.

#![expect(
    clippy::expect_used,
    reason = "a source that cannot be read fails the test, as it should"
)]

use std::{
    fs,
    path::{Path, PathBuf},
};

/// Layers that are pure: data in, data out.
const PURE: [&str; 10] = [
    "app", "screens", "widgets", "kinds", "keys", "logs", "tools", "rotation", "doctor", "model",
];

/// A source file: its path below `src`, and its production lines with their numbers.
struct Source {
    path: String,
    lines: Vec<(usize, String)>,
}

#[test]
fn pure_layers_know_no_io_and_no_clock() {
    let forbidden = [
        "tokio",
        "aws_",
        "rmcp",
        "reqwest",
        "neo4j::",
        "hyper",
        "std::fs",
        "std::env",
        "std::net",
        "std::process",
        "Instant::now",
        "SystemTime",
        "Timestamp::now",
        "Zoned::now",
    ];
    check(&PURE, |line| {
        forbidden
            .iter()
            .find(|word| mentions(line, word))
            .map(|word| format!("a pure layer names `{word}`"))
    });
}

#[test]
fn services_know_no_screen() {
    check(&["services", "net"], |line| {
        [
            "crate::app",
            "crate::screens",
            "crate::widgets",
            "crate::runtime",
            "crate::cli",
            "crate::local",
            "ratatui",
            "crossterm",
        ]
        .iter()
        .find(|word| mentions(line, word))
        .map(|word| format!("a service names `{word}`"))
    });
}

#[test]
fn pure_layers_only_look_down() {
    check(&["model"], |line| {
        upward(
            line,
            &[
                "kinds", "logs", "rotation", "doctor", "tools", "app", "screens", "widgets",
                "keys", "services", "runtime", "cli", "local", "config",
            ],
        )
    });
    check(&["logs", "rotation", "doctor", "tools"], |line| {
        upward(
            line,
            &[
                "app", "screens", "widgets", "keys", "services", "runtime", "cli", "local",
            ],
        )
    });
    check(&["app", "screens", "widgets", "keys", "kinds"], |line| {
        upward(line, &["services", "runtime", "cli", "local"])
    });
    check(&["runtime"], |line| upward(line, &["cli", "local"]));
}

#[test]
fn types_of_an_sdk_stay_in_the_file_that_calls_it() {
    for source in sources("") {
        let may = source.path.starts_with("services/") || source.path.starts_with("net/");
        for (number, line) in &source.lines {
            let found = ["aws_sdk_", "aws_config", "rmcp::", "graphdblite"]
                .iter()
                .find(|word| mentions(line, word));
            assert!(
                may || found.is_none(),
                "src/{}:{number}: `{}` outside services, auth and local",
                source.path,
                found.unwrap_or(&"")
            );
        }
    }
}

#[test]
fn only_the_terminal_file_touches_the_terminal() {
    for source in sources("") {
        if source.path == "runtime/terminal.rs" {
            continue;
        }
        for (number, line) in &source.lines {
            let found = [
                "enable_raw_mode",
                "disable_raw_mode",
                "EnterAlternateScreen",
                "LeaveAlternateScreen",
                "EnableMouseCapture",
            ]
            .iter()
            .find(|word| mentions(line, word));
            assert!(
                found.is_none(),
                "src/{}:{number}: `{}` outside runtime/terminal.rs",
                source.path,
                found.unwrap_or(&"")
            );
        }
    }
}

#[test]
fn effects_are_matched_in_one_place() {
    for source in sources("") {
        // The rotation's effects are a world of their own, performed by its driver.
        let own = ["rotation/", "services/rotation/"]
            .iter()
            .any(|folder| source.path.starts_with(folder));
        if own || source.path == "runtime/effect_runner.rs" || source.path.starts_with("messages/")
        {
            continue;
        }
        for (number, line) in &source.lines {
            let is_arm = line.contains("Effect::")
                && line.contains("=>")
                && line.trim_start().starts_with("Effect::");
            assert!(
                !is_arm,
                "src/{}:{number}: a match over Effect outside runtime/effect_runner.rs",
                source.path
            );
        }
    }
}

#[test]
fn every_file_says_what_lives_in_it() {
    let silent: Vec<String> = files(&root())
        .into_iter()
        .filter(|path| !read(path).starts_with("//!"))
        .map(|path| shown(&path))
        .collect();
    assert!(
        silent.is_empty(),
        "files without a `//!` opening: {silent:?}"
    );
}

#[test]
fn files_stay_readable() {
    let long: Vec<String> = sources("")
        .into_iter()
        .filter(|source| source.lines.len() > 900)
        .map(|source| {
            format!(
                "src/{} has {} production lines",
                source.path,
                source.lines.len()
            )
        })
        .collect();
    assert!(long.is_empty(), "look for the seam: {long:#?}");
}

fn check(layers: &[&str], rule: impl Fn(&str) -> Option<String>) {
    let mut broken = Vec::new();
    for source in layers.iter().flat_map(|layer| sources(layer)) {
        for (number, line) in &source.lines {
            if let Some(why) = rule(line) {
                broken.push(format!(
                    "src/{}:{number}: {why}: {}",
                    source.path,
                    line.trim()
                ));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

fn upward(line: &str, layers: &[&str]) -> Option<String> {
    layers
        .iter()
        .find(|layer| mentions(line, &format!("crate::{layer}")))
        .map(|layer| format!("an arrow points up to `{layer}`"))
}

/// Whether the line names the word, not merely a longer one that contains it.
fn mentions(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let joined =
            |each: Option<char>| each.is_some_and(|each| each.is_alphanumeric() || each == '_');
        !joined(before) && (word.ends_with(['_', ':']) || !joined(after))
    })
}

/// The sources of a layer: a folder or a single file; all of them for the empty name.
fn sources(layer: &str) -> Vec<Source> {
    files(&root())
        .into_iter()
        .map(|path| Source {
            path: shown(&path),
            lines: production_lines(&read(&path)),
        })
        .filter(|source| {
            layer.is_empty()
                || source.path == format!("{layer}.rs")
                || source.path.starts_with(&format!("{layer}/"))
        })
        .collect()
}

fn production_lines(text: &str) -> Vec<(usize, String)> {
    text.lines()
        .enumerate()
        .take_while(|(_, line)| {
            !["#[cfg(test)]", "#![cfg(test)]"]
                .iter()
                .any(|mark| line.trim_start().starts_with(mark))
        })
        .filter(|(_, line)| !line.trim_start().starts_with("//"))
        .map(|(index, line)| (index + 1, line.to_owned()))
        .collect()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable source folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn shown(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).expect("a readable source file")
}

#[test]
fn the_rules_find_what_they_forbid() {
    assert!(mentions("use tokio::sync::mpsc;", "tokio"));
    assert!(!mentions("let tokio_like = 1;", "tokio"));
    assert!(mentions("use aws_config::x;", "aws_"));
    assert!(upward("use crate::app::App;", &["app"]).is_some());
    assert!(upward("use crate::application::X;", &["app"]).is_none());
    assert_eq!(
        production_lines("a\n// tokio\n#[cfg(test)]\nmod tests { use tokio; }").len(),
        1
    );
}
