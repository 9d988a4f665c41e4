//! Matches over the workspace's own enums have no wildcard arm, and one place performs effects.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    exceptions,
    source::{SourceFile, closing, console, workspace},
};

/// The patterns of the arms of each `match` in the code: the texts before `=>`.
fn arm_patterns(file: &SourceFile) -> Vec<Vec<String>> {
    let code: Vec<char> = file.code.chars().collect();
    let mut found = Vec::new();
    for at in 0..code.len() {
        if !starts_word(&code, at, "match ") {
            continue;
        }
        // The block is the first brace outside of parentheses and of struct-like closures.
        let Some(open) = (at..code.len()).find(|index| code[*index] == '{') else {
            continue;
        };
        if let Some(end) = closing(&code, open) {
            found.push(patterns(&code[open + 1..end]));
        }
    }
    found
}

fn starts_word(code: &[char], at: usize, word: &str) -> bool {
    let is_start = at == 0 || !(code[at - 1].is_alphanumeric() || code[at - 1] == '_');
    is_start
        && word
            .chars()
            .enumerate()
            .all(|(index, character)| code.get(at + index) == Some(&character))
}

fn patterns(body: &[char]) -> Vec<String> {
    let mut found = Vec::new();
    let mut at = 0;
    while at < body.len() {
        let Some(arrow) = arrow_after(body, at) else {
            break;
        };
        found.push(body[at..arrow].iter().collect::<String>().trim().to_owned());
        at = end_of_arm(body, arrow + 2);
    }
    found
}

/// The next `=>` at this depth.
fn arrow_after(body: &[char], from: usize) -> Option<usize> {
    let mut at = from;
    while at + 1 < body.len() {
        match body[at] {
            '{' | '(' | '[' => at = closing(body, at)?,
            '=' if body[at + 1] == '>' => return Some(at),
            _ => {}
        }
        at += 1;
    }
    None
}

/// Behind the arm whose expression begins at `from`: after its comma, or after its block.
fn end_of_arm(body: &[char], from: usize) -> usize {
    let is_block = body[from..].iter().find(|it| !it.is_whitespace()) == Some(&'{');
    let mut at = from;
    while at < body.len() {
        match body[at] {
            '{' | '(' | '[' => {
                let Some(end) = closing(body, at) else {
                    return body.len();
                };
                let was_brace = body[at] == '{';
                at = end;
                if is_block && was_brace {
                    let after = body[at + 1..].iter().position(|it| !it.is_whitespace());
                    let comma = after.filter(|index| body[at + 1 + index] == ',');
                    return comma.map_or(at + 1, |index| at + 2 + index);
                }
            }
            ',' => return at + 1,
            _ => {}
        }
        at += 1;
    }
    body.len()
}

/// The names of the enums that the files define.
fn own_enums(files: &[SourceFile]) -> BTreeSet<String> {
    files
        .iter()
        .flat_map(SourceFile::lines)
        .filter_map(|(_, line)| {
            let (_, rest) = line.split_once("enum ")?;
            let name: String = rest
                .chars()
                .take_while(|character| character.is_alphanumeric() || *character == '_')
                .collect();
            (!name.is_empty()).then_some(name)
        })
        .collect()
}

/// Files with a wildcard arm in a match whose other arms name an enum of the workspace, and how many such matches. `Self` counts as one:
/// only a type of the workspace has an `impl` in it.
fn wildcards(files: &[SourceFile], enums: &BTreeSet<String>) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in files {
        for arms in arm_patterns(file) {
            let names_own = arms.iter().any(|pattern| {
                pattern.starts_with(char::is_alphabetic)
                    && pattern
                        .split_once("::")
                        .is_some_and(|(first, _)| first == "Self" || enums.contains(first))
            });
            if names_own && arms.iter().any(|pattern| pattern == "_") {
                *counts.entry(&file.path).or_default() += 1;
            }
        }
    }
    counts
        .into_iter()
        .map(|(path, count)| format!("{path} {count}"))
        .collect()
}

#[test]
fn matches_over_own_enums_have_no_wildcard_arm() {
    let files = workspace();
    exceptions::check(
        "wildcard_arms",
        "list the variants, so that a new one does not compile until it is handled",
        wildcards(&files, &own_enums(&files)),
    );
}

/// Files that match over effects, other than those that define and perform them.
fn effect_matchers(files: &[SourceFile]) -> Vec<String> {
    // The rotations have effects of their own, performed by their drivers.
    let allowed = [
        "src/runtime/",
        "src/messages/",
        "src/rotation/",
        "src/client_secret/",
        "src/services/",
    ];
    let is_matcher = |file: &&SourceFile| {
        let patterns = arm_patterns(file);
        let mut patterns = patterns.iter().flatten();
        patterns.any(|pattern| pattern.starts_with("Effect::"))
    };
    files
        .iter()
        .filter(|file| !allowed.iter().any(|folder| file.path.starts_with(folder)))
        .filter(is_matcher)
        .map(|file| file.path.clone())
        .collect()
}

#[test]
fn effects_are_performed_in_one_place() {
    let found = effect_matchers(&console());
    assert!(
        found.is_empty(),
        "a match over Effect outside of runtime: {found:?}"
    );
}

#[test]
fn a_match_over_effects_in_a_screen_is_found() {
    let text = "fn f(effect: Effect) {\n    match effect {\n        Effect::Start => g(),\n        Effect::Stop(slot) => h(slot),\n    }\n}\n";
    let files = [
        SourceFile::new("src/runtime/a.rs", text),
        SourceFile::new("src/screens/b.rs", text),
    ];
    assert_eq!(effect_matchers(&files), ["src/screens/b.rs"]);
}

#[test]
fn a_wildcard_arm_over_an_own_enum_is_found() {
    let text = "enum Kind { A, B, C }\nfn f(k: Kind) -> u8 {\n    match k {\n        Kind::A => 1,\n        Kind::B => { g(); 2 }\n        _ => 3,\n    }\n}\nfn g(n: u8) -> u8 {\n    match n { 1 => 2, _ => 3 }\n}\n";
    let files = [SourceFile::new("src/a.rs", text)];
    assert_eq!(wildcards(&files, &own_enums(&files)), ["src/a.rs 1"]);
    assert_eq!(
        arm_patterns(&files[0]),
        [vec!["Kind::A", "Kind::B", "_"], vec!["1", "_"]]
    );
}

#[test]
fn a_wildcard_arm_in_a_method_of_the_enum_is_found() {
    let text = "impl Kind {\n    fn f(self) -> u8 {\n        match self {\n            Self::A => 1,\n            _ => 3,\n        }\n    }\n}\n";
    let files = [SourceFile::new("src/a.rs", text)];
    assert_eq!(wildcards(&files, &own_enums(&files)), ["src/a.rs 1"]);
}
