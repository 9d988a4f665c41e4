//! Which layer may name which: floors without upward arrows or cycles, and what only one place may touch.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    exceptions,
    source::{SourceFile, console, mentions, workspace},
};

/// The folders below `src` and their floors. A folder may name folders of lower floors, and itself.
const FLOORS: &[(&str, u8)] = &[
    ("cli", 8),
    ("runtime", 7),
    ("app", 6),
    ("screens", 5),
    ("services", 4),
    ("keys", 4),
    ("widgets", 4),
    ("messages", 3),
    ("state", 3),
    ("theme", 3),
    ("calls", 2),
    ("client_secret", 2),
    ("config", 2),
    ("discovery", 2),
    ("doctor", 2),
    ("kinds", 2),
    ("logs", 2),
    ("net", 2),
    ("rotation", 2),
    ("tools", 2),
    ("model", 1),
];

/// Folders that hold no IO and read no clock.
const PURE: &[&str] = &[
    "app",
    "calls",
    "client_secret",
    "discovery",
    "doctor",
    "keys",
    "kinds",
    "logs",
    "messages",
    "model",
    "rotation",
    "screens",
    "state",
    "theme",
    "tools",
    "widgets",
];

const IMPURE_WORDS: &[&str] = &[
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

fn floor(folder: &str) -> Option<u8> {
    FLOORS
        .iter()
        .find(|(name, _)| *name == folder)
        .map(|(_, floor)| *floor)
}

/// The folders that a file names by `crate::`, its own left out.
fn named_folders(file: &SourceFile) -> BTreeSet<String> {
    let code: String = file.code.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        named.extend(first_segments(&code[at + "crate::".len()..]));
    }
    named.retain(|folder| floor(folder).is_some() && Some(folder.as_str()) != file.layer());
    named
}

/// The first segments of a path or of a group of paths: `a::b` gives `a`, `{a::b, c::{d, e}}` gives `a` and `c`.
fn first_segments(path: &str) -> Vec<String> {
    let word = |text: &str| -> String {
        text.trim_start()
            .chars()
            .take_while(|character| character.is_alphanumeric() || *character == '_')
            .collect()
    };
    if !path.starts_with('{') {
        return vec![word(path)];
    }
    let mut depth = 0_usize;
    let mut segments = Vec::new();
    for (at, character) in path.char_indices() {
        match character {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 1 && matches!(character, '{' | ',') {
            segments.push(word(&path[at + 1..]));
        }
        if depth == 0 {
            break;
        }
    }
    segments
}

fn upward_arrows(files: &[SourceFile]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        let Some(own) = file.layer() else { continue };
        let Some(height) = floor(own) else {
            found.push(format!("{} has no floor", file.path));
            continue;
        };
        for named in named_folders(file) {
            if floor(&named).is_some_and(|other| other > height) {
                found.push(format!("{} names {named}", file.path));
            }
        }
    }
    found
}

/// Pairs of folders that reach each other.
fn folder_cycles(files: &[SourceFile]) -> Vec<String> {
    let mut arrows: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for file in files {
        if let Some(own) = file.layer() {
            arrows
                .entry(own.to_owned())
                .or_default()
                .extend(named_folders(file));
        }
    }
    let reaches = |from: &str, to: &str| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![from.to_owned()]);
        while let Some(folder) = next.pop() {
            for named in arrows.get(&folder).into_iter().flatten() {
                if named == to {
                    return true;
                }
                if seen.insert(named.clone()) {
                    next.push(named.clone());
                }
            }
        }
        false
    };
    let folders: Vec<&String> = arrows.keys().collect();
    let mut found = Vec::new();
    for (at, first) in folders.iter().enumerate() {
        for second in folders.iter().skip(at + 1) {
            if reaches(first, second) && reaches(second, first) {
                found.push(format!("{first} and {second} name each other"));
            }
        }
    }
    found
}

/// Lines of `files` in the given folders that name one of the words.
fn named_words(files: &[SourceFile], folders: &[&str], words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in files {
        if !file.layer().is_some_and(|layer| folders.contains(&layer)) {
            continue;
        }
        for (number, line) in file.lines() {
            for word in words {
                if mentions(line, word) {
                    found.push(format!("{}:{number} names `{word}`", file.path));
                }
            }
        }
    }
    found
}

#[test]
fn arrows_between_folders_point_down() {
    exceptions::check(
        "upward_arrows",
        "a folder may only name folders of lower floors",
        upward_arrows(&console()),
    );
}

#[test]
fn folders_have_no_cycles() {
    exceptions::check(
        "folder_cycles",
        "move what both need to a lower folder",
        folder_cycles(&console()),
    );
}

#[test]
fn pure_folders_name_no_io_and_no_clock() {
    let found = named_words(&console(), PURE, IMPURE_WORDS);
    assert!(found.is_empty(), "{found:#?}");
}

/// Two clocks would differ by the correction that only one of them has.
#[test]
fn one_file_reads_the_clock() {
    let mut found = named_words(
        &console(),
        &FLOORS.iter().map(|(folder, _)| *folder).collect::<Vec<_>>(),
        &["SystemTime::now", "Timestamp::now", "Zoned::now"],
    );
    found.retain(|place| !place.starts_with("src/net/clock.rs"));
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn services_name_no_screen() {
    let words = ["ratatui", "crossterm"];
    let found = named_words(&console(), &["services", "net"], &words);
    assert!(found.is_empty(), "{found:#?}");
}

/// A screen receives records, which are masked and parsed where they arrive: a long line must not keep a key waiting.
#[test]
fn log_lines_are_masked_and_parsed_outside_of_the_event_loop() {
    let words = [
        "redact",
        "strip_escapes",
        "Line::read",
        "ReadLine",
        "RecordReader",
    ];
    let found = named_words(
        &console(),
        &["app", "screens", "widgets", "messages"],
        &words,
    );
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn sdk_types_stay_in_services() {
    let words = ["aws_sdk_", "aws_config", "rmcp::"];
    let others: Vec<&str> = FLOORS
        .iter()
        .map(|(folder, _)| *folder)
        .filter(|folder| !["services", "net"].contains(folder))
        .collect();
    let found = named_words(&console(), &others, &words);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_the_terminal_file_touches_the_terminal() {
    let words = [
        "enable_raw_mode",
        "disable_raw_mode",
        "EnterAlternateScreen",
        "LeaveAlternateScreen",
        "EnableMouseCapture",
    ];
    let mut files = console();
    files.retain(|file| file.path != "src/runtime/terminal.rs");
    let folders: Vec<&str> = FLOORS.iter().map(|(folder, _)| *folder).collect();
    let found = named_words(&files, &folders, &words);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_demo_and_local_name_the_emulator() {
    let found: Vec<String> = console()
        .iter()
        .filter(|file| !["src/cli/demo.rs", "src/cli/local.rs"].contains(&file.path.as_str()))
        .filter(|file| file.lines().any(|(_, line)| mentions(line, "emulator::")))
        .map(|file| file.path.clone())
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_emulator_and_the_cypher_engine_do_not_know_the_console() {
    let found: Vec<String> = workspace()
        .iter()
        .filter(|file| file.path.starts_with("crates/"))
        .filter(|file| {
            file.code.contains("agentcore_console")
                || (file.path.starts_with("crates/cypher/") && file.code.contains("emulator::"))
        })
        .map(|file| file.path.clone())
        .collect();
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn pure_folders_hold_no_interior_mutability() {
    let mut found = BTreeSet::new();
    for file in console() {
        if file.layer().is_some_and(|layer| PURE.contains(&layer))
            && file
                .lines()
                .any(|(_, line)| mentions(line, "Cell") || mentions(line, "RefCell"))
        {
            found.insert(file.path.clone());
        }
    }
    exceptions::check(
        "interior_mutability",
        "a view returns what it drew, state changes on events",
        found,
    );
}

#[test]
fn an_upward_arrow_a_cycle_and_an_impure_word_are_found() {
    let files = [
        SourceFile::new("src/model/a.rs", "use crate::{app::App, model::B};\n"),
        SourceFile::new("src/app/b.rs", "use crate::model::C;\nuse tokio::time;\n"),
        SourceFile::new("src/screens/c.rs", "fn f() { crate::model::g() }\n"),
    ];
    assert_eq!(upward_arrows(&files), ["src/model/a.rs names app"]);
    assert_eq!(folder_cycles(&files), ["app and model name each other"]);
    assert_eq!(
        named_words(&files, PURE, IMPURE_WORDS),
        ["src/app/b.rs:2 names `tokio`"]
    );
}
