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

/// All folders below `src` that are not among the given ones.
fn folders_without(left_out: &[&str]) -> Vec<&'static str> {
    let folders = FLOORS.iter().map(|(folder, _)| *folder);
    folders
        .filter(|folder| !left_out.contains(folder))
        .collect()
}

/// Lines outside of the file of the clock that read the clock.
fn clock_readers(files: &[SourceFile]) -> Vec<String> {
    let words = ["SystemTime::now", "Timestamp::now", "Zoned::now"];
    let mut found = named_words(files, &folders_without(&[]), &words);
    found.retain(|place| !place.starts_with("src/net/clock.rs"));
    found
}

/// Lines of services that name a screen.
fn services_with_screens(files: &[SourceFile]) -> Vec<String> {
    named_words(files, &["services", "net"], &["ratatui", "crossterm"])
}

/// Lines of the event loop and the screens that mask or parse log lines.
fn log_line_parsers(files: &[SourceFile]) -> Vec<String> {
    let words = [
        "redact",
        "strip_escapes",
        "Line::read",
        "ReadLine",
        "RecordReader",
    ];
    named_words(files, &["app", "screens", "widgets", "messages"], &words)
}

/// Lines outside of the services that name an SDK.
fn sdk_names(files: &[SourceFile]) -> Vec<String> {
    let words = ["aws_sdk_", "aws_config", "rmcp::"];
    named_words(files, &folders_without(&["services", "net"]), &words)
}

/// Lines outside of the file of the terminal that switch a mode of the terminal.
fn terminal_switches(files: &[SourceFile]) -> Vec<String> {
    let words = [
        "enable_raw_mode",
        "disable_raw_mode",
        "EnterAlternateScreen",
        "LeaveAlternateScreen",
        "EnableMouseCapture",
    ];
    let mut found = named_words(files, &folders_without(&[]), &words);
    found.retain(|place| !place.starts_with("src/runtime/terminal.rs"));
    found
}

/// Files other than the commands that start the emulator which name it.
fn emulator_users(files: &[SourceFile]) -> Vec<String> {
    paths_where(files, |file| {
        !["src/cli/demo.rs", "src/cli/local.rs"].contains(&file.path.as_str())
            && file.lines().any(|(_, line)| mentions(line, "emulator::"))
    })
}

/// Files of the crates that name what is built on them.
fn crates_that_look_up(files: &[SourceFile]) -> Vec<String> {
    paths_where(files, |file| {
        file.path.starts_with("crates/")
            && (file.code.contains("agentcore_console")
                || (file.path.starts_with("crates/cypher/") && file.code.contains("emulator::")))
    })
}

/// Pure files that can change behind a shared reference.
fn interior_mutability(files: &[SourceFile]) -> Vec<String> {
    let words = [
        "Cell",
        "RefCell",
        "OnceCell",
        "UnsafeCell",
        "Mutex",
        "RwLock",
        "OnceLock",
        "atomic",
    ];
    paths_where(files, |file| {
        file.layer().is_some_and(|layer| PURE.contains(&layer))
            && file
                .lines()
                .any(|(_, line)| words.iter().any(|word| mentions(line, word)))
    })
}

fn paths_where(files: &[SourceFile], is_found: impl Fn(&SourceFile) -> bool) -> Vec<String> {
    let found = files.iter().filter(|file| is_found(file));
    found.map(|file| file.path.clone()).collect()
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
    let found = clock_readers(&console());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn services_name_no_screen() {
    let found = services_with_screens(&console());
    assert!(found.is_empty(), "{found:#?}");
}

/// A screen receives records, which are masked and parsed where they arrive: a long line must not keep a key waiting.
#[test]
fn log_lines_are_masked_and_parsed_outside_of_the_event_loop() {
    let found = log_line_parsers(&console());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn sdk_types_stay_in_services() {
    let found = sdk_names(&console());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_the_terminal_file_touches_the_terminal() {
    let found = terminal_switches(&console());
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn only_demo_and_local_name_the_emulator() {
    let found = emulator_users(&console());
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn the_emulator_and_the_cypher_engine_do_not_know_the_console() {
    let found = crates_that_look_up(&workspace());
    assert!(found.is_empty(), "{found:?}");
}

#[test]
fn pure_folders_hold_no_interior_mutability() {
    exceptions::check(
        "interior_mutability",
        "a view returns what it drew, state changes on events",
        interior_mutability(&console()),
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

#[test]
fn a_second_clock_and_a_second_terminal_are_found() {
    let clock = "let now = Timestamp::now();\n";
    let files = [
        SourceFile::new("src/net/clock.rs", clock),
        SourceFile::new("src/services/a.rs", clock),
    ];
    assert_eq!(
        clock_readers(&files),
        ["src/services/a.rs:1 names `Timestamp::now`"]
    );
    let switch = "execute!(out, EnterAlternateScreen)?;\n";
    let files = [
        SourceFile::new("src/runtime/terminal.rs", switch),
        SourceFile::new("src/runtime/run.rs", switch),
    ];
    assert_eq!(
        terminal_switches(&files),
        ["src/runtime/run.rs:1 names `EnterAlternateScreen`"]
    );
}

#[test]
fn a_screen_in_a_service_an_sdk_in_a_screen_and_a_parser_of_lines_are_found() {
    let files = [
        SourceFile::new("src/services/a.rs", "use ratatui::Frame;\nuse rmcp::A;\n"),
        SourceFile::new("src/screens/b.rs", "use ratatui::Frame;\nuse rmcp::A;\n"),
        SourceFile::new("src/logs/c.rs", "redact(line);\n"),
        SourceFile::new("src/app/d.rs", "\nlogs::redact(line);\n"),
    ];
    assert_eq!(
        services_with_screens(&files),
        ["src/services/a.rs:1 names `ratatui`"]
    );
    assert_eq!(sdk_names(&files), ["src/screens/b.rs:2 names `rmcp::`"]);
    assert_eq!(log_line_parsers(&files), ["src/app/d.rs:2 names `redact`"]);
}

#[test]
fn an_emulator_in_a_screen_and_a_console_in_a_crate_are_found() {
    let files = [
        SourceFile::new("src/cli/demo.rs", "use emulator::World;\n"),
        SourceFile::new("src/screens/a.rs", "use emulator::World;\n"),
        SourceFile::new("crates/emulator/src/b.rs", "use agentcore_console::App;\n"),
        SourceFile::new("crates/cypher/src/c.rs", "use emulator::World;\n"),
        SourceFile::new("crates/emulator/src/d.rs", "use cypher::Value;\n"),
    ];
    assert_eq!(emulator_users(&files[..2]), ["src/screens/a.rs"]);
    assert_eq!(
        crates_that_look_up(&files),
        ["crates/emulator/src/b.rs", "crates/cypher/src/c.rs"]
    );
}

#[test]
fn a_cell_in_a_pure_folder_is_found() {
    let files = [
        SourceFile::new("src/screens/a.rs", "struct A { kept: RefCell<u8> }\n"),
        SourceFile::new("src/state/b.rs", "use std::sync::Mutex;\n"),
        SourceFile::new("src/state/c.rs", "struct C { CellWidth: u8 }\n"),
        SourceFile::new("src/services/d.rs", "use std::sync::Mutex;\n"),
    ];
    assert_eq!(
        interior_mutability(&files),
        ["src/screens/a.rs", "src/state/b.rs"]
    );
}
