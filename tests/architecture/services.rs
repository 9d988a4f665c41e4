//! The services: one struct a system, extended in its own folder only, and an error mapper that changes no state.

use std::collections::BTreeMap;

use crate::source::{SourceFile, console, mentions};

/// The type that an inherent `impl` at the start of a line extends.
fn extended_type(line: &str) -> Option<String> {
    let rest = line.strip_prefix("impl")?;
    if line.contains(" for ") {
        return None;
    }
    let rest = match rest.strip_prefix('<') {
        Some(generic) => generic.split_once("> ")?.1,
        None => rest.strip_prefix(' ')?,
    };
    Some(first_word(rest))
}

fn first_word(text: &str) -> String {
    text.chars()
        .take_while(|character| character.is_alphanumeric() || *character == '_')
        .collect()
}

/// The type that a line declares.
fn declared_type(line: &str) -> Option<String> {
    let line = line.trim_start();
    let line = match line.strip_prefix("pub") {
        Some(rest) => rest
            .strip_prefix('(')
            .map_or(rest, |scope| {
                scope.split_once(')').map_or(scope, |(_, rest)| rest)
            })
            .trim_start(),
        None => line,
    };
    let name = line
        .strip_prefix("struct ")
        .or_else(|| line.strip_prefix("enum "))?;
    Some(first_word(name))
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// Services' types that a file of another folder extends.
fn extended_elsewhere(files: &[SourceFile]) -> Vec<String> {
    let mut homes = BTreeMap::new();
    for file in files {
        for name in file.lines().filter_map(|(_, line)| declared_type(line)) {
            homes.entry(name).or_insert_with(|| folder(&file.path));
        }
    }
    let mut found = Vec::new();
    for file in files {
        for name in file.lines().filter_map(|(_, line)| extended_type(line)) {
            if homes
                .get(&name)
                .is_some_and(|home| !folder(&file.path).starts_with(home))
            {
                found.push(format!("{} extends {name}", file.path));
            }
        }
    }
    found
}

fn services() -> Vec<SourceFile> {
    let mut files = console();
    files.retain(|file| file.layer() == Some("services"));
    files
}

#[test]
fn a_service_is_extended_in_its_own_folder_only() {
    let found = extended_elsewhere(&services());
    assert!(found.is_empty(), "{found:#?}");
}

/// Files that extend the composition of all services.
fn composition_extenders(files: &[SourceFile]) -> Vec<String> {
    let extends = |line: &str| extended_type(line).as_deref() == Some("Services");
    let found = files
        .iter()
        .filter(|file| file.lines().any(|(_, line)| extends(line)));
    found.map(|file| file.path.clone()).collect()
}

/// Files below the composition of all services that name it.
fn composition_users(files: &[SourceFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.path != "src/services/mod.rs")
        .filter(|file| file.lines().any(|(_, line)| mentions(line, "Services")))
        .map(|file| file.path.clone())
        .collect()
}

/// Lines that name the account.
fn account_names(file: &SourceFile) -> Vec<String> {
    let is_account = |line: &str| {
        line.split(|character: char| !character.is_alphanumeric())
            .any(|word| word == "Account")
    };
    file.lines()
        .filter(|(_, line)| is_account(line))
        .map(|(number, line)| format!("line {number} names the account: {line}"))
        .collect()
}

#[test]
fn only_one_file_extends_the_composition_of_all_services() {
    assert_eq!(composition_extenders(&services()), ["src/services/mod.rs"]);
}

#[test]
fn no_service_names_the_composition_of_all() {
    let found = composition_users(&services());
    assert!(
        found.is_empty(),
        "a service gets the parts that it needs: {found:?}"
    );
}

#[test]
fn the_error_mapper_sees_a_label_of_the_account_not_its_state() {
    let files = services();
    let mapper = files
        .iter()
        .find(|file| file.path == "src/services/aws/failure.rs")
        .expect("the error mapper");
    let found = account_names(mapper);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_service_that_knows_the_composition_and_an_error_mapper_that_knows_the_account_are_found() {
    let files = [
        SourceFile::new("src/services/mod.rs", "impl Services {}\n"),
        SourceFile::new("src/services/a.rs", "impl Services {}\n"),
        SourceFile::new("src/services/b.rs", "fn f(all: &Services) {}\n"),
        SourceFile::new("src/services/c.rs", "fn f(all: &ServicesOfAws) {}\n"),
    ];
    assert_eq!(
        composition_extenders(&files),
        ["src/services/mod.rs", "src/services/a.rs"]
    );
    assert_eq!(
        composition_users(&files),
        ["src/services/a.rs", "src/services/b.rs"]
    );
    let mapper = SourceFile::new(
        "src/services/aws/failure.rs",
        "fn f(label: &AccountLabel) {}\nfn g(account: &Account) {}\n",
    );
    assert_eq!(
        account_names(&mapper),
        ["line 2 names the account: fn g(account: &Account) {}"]
    );
}

#[test]
fn a_service_that_is_extended_elsewhere_is_found() {
    let files = [
        SourceFile::new("src/services/aws/a.rs", "pub struct Aws;\nimpl Aws {}\n"),
        SourceFile::new(
            "src/services/mcp/b.rs",
            "impl Aws {}\nimpl Clone for Aws {}\n",
        ),
    ];
    assert_eq!(
        extended_elsewhere(&files),
        ["src/services/mcp/b.rs extends Aws"]
    );
}
