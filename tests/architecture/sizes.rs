//! A function has at most 60 lines and a file at most 500, at rustfmt's default settings.

use crate::{
    exceptions,
    source::{SourceFile, closing, mentions, workspace},
};

const MAX_FUNCTION_LINES: usize = 60;
const MAX_FILE_LINES: usize = 500;

/// The functions of a file with their lengths in lines, from `fn` to the closing brace.
fn functions(file: &SourceFile) -> Vec<(String, usize)> {
    let code: Vec<char> = file.code.chars().collect();
    let mut found = Vec::new();
    let mut offset = 0;
    for line in file.code.split_inclusive('\n') {
        if mentions(line, "fn") {
            found.extend(function_at(&code, offset + position(line)));
        }
        offset += line.chars().count();
    }
    found
}

/// Where the keyword `fn` stands in the line, in characters.
fn position(line: &str) -> usize {
    let at = line
        .match_indices("fn ")
        .map(|(at, _)| at)
        .find(|at| *at == 0 || line[..*at].ends_with(' '));
    line[..at.unwrap_or(0)].chars().count()
}

/// The name and length of the function whose keyword stands at `start`; none for a type or a declaration without a body.
fn function_at(code: &[char], start: usize) -> Option<(String, usize)> {
    let name: String = code
        .get(start + 3..)?
        .iter()
        .take_while(|character| character.is_alphanumeric() || **character == '_')
        .collect();
    let open = code
        .iter()
        .enumerate()
        .skip(start)
        .find(|(_, character)| matches!(character, '{' | ';'))?;
    if name.is_empty() || *open.1 == ';' {
        return None;
    }
    let end = closing(code, open.0)?;
    let breaks = code[start..end]
        .iter()
        .filter(|character| **character == '\n');
    Some((name, breaks.count() + 1))
}

fn long_functions(files: &[SourceFile], most: usize) -> Vec<String> {
    files
        .iter()
        .flat_map(|file| {
            functions(file)
                .into_iter()
                .filter(|(_, lines)| *lines > most)
                .map(|(name, _)| format!("{} {name}", file.path))
        })
        .collect()
}

fn long_files(files: &[SourceFile], most: usize) -> Vec<String> {
    files
        .iter()
        .filter(|file| file.lines().count() > most)
        .map(|file| file.path.clone())
        .collect()
}

#[test]
fn functions_have_at_most_60_lines() {
    exceptions::check(
        "long_functions",
        "a function does one thing",
        long_functions(&workspace(), MAX_FUNCTION_LINES),
    );
}

#[test]
fn files_have_at_most_500_lines() {
    exceptions::check(
        "long_files",
        "look for the seam",
        long_files(&workspace(), MAX_FILE_LINES),
    );
}

#[test]
fn a_long_function_and_a_long_file_are_found() {
    let text = "fn short() { g() }\npub const fn long(\n    x: u8,\n) -> u8 {\n    match x {\n        _ => 1,\n    }\n}\nfn declared();\n";
    let file = [SourceFile::new("src/a.rs", text)];
    assert_eq!(long_functions(&file, 6), ["src/a.rs long"]);
    assert!(long_functions(&file, 7).is_empty());
    assert_eq!(long_files(&file, 8), ["src/a.rs"]);
    assert!(long_files(&file, 9).is_empty());
}
