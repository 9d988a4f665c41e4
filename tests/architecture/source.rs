//! The source files of the workspace, with what is code in them told from comments and strings.

use std::{
    fs,
    path::{Path, PathBuf},
};

/// A Rust source file of the workspace.
pub(crate) struct SourceFile {
    /// Path from the root of the workspace, with `/`.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// The production part, with comments and the contents of strings replaced by blanks.
    pub(crate) code: String,
}

impl SourceFile {
    /// Creates a file from its text, as the guards see it.
    pub(crate) fn new(path: &str, text: &str) -> Self {
        Self {
            path: path.to_owned(),
            text: text.to_owned(),
            code: without_tests(&blanked(text)),
        }
    }

    /// The folder below `src` of the console, if the file is part of it: `screens` for `src/screens/logs.rs`.
    pub(crate) fn layer(&self) -> Option<&str> {
        let inside = self.path.strip_prefix("src/")?;
        let (folder, _) = inside.split_once('/')?;
        Some(folder)
    }

    /// The lines of production code with their numbers, counted from one.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.code
            .lines()
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

/// Returns all production files of the console and of the crates below `crates`.
pub(crate) fn workspace() -> Vec<SourceFile> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut folders = vec![root.join("src")];
    for entry in fs::read_dir(root.join("crates")).expect("the folder of the crates") {
        folders.push(entry.expect("a readable entry").path().join("src"));
    }
    let mut paths: Vec<PathBuf> = folders
        .iter()
        .flat_map(|folder| rust_files(folder))
        .collect();
    paths.sort();
    paths
        .iter()
        .map(|path| {
            let relative = path.strip_prefix(root).unwrap_or(path);
            let text = fs::read_to_string(path).expect("a readable source file");
            SourceFile::new(&relative.to_string_lossy().replace('\\', "/"), &text)
        })
        .collect()
}

/// Returns the files of the console alone.
pub(crate) fn console() -> Vec<SourceFile> {
    let mut files = workspace();
    files.retain(|file| file.path.starts_with("src/"));
    files
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable source folder") {
        let path = entry.expect("a readable entry").path();
        if path.is_dir() {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs")
            && !is_test_file(&path)
        {
            found.push(path);
        }
    }
    found
}

/// Modules that are only compiled for tests carry it in their name.
fn is_test_file(path: &Path) -> bool {
    let is_test = |name: &str| {
        name == "tests" || name == "explore" || name.ends_with("_tests") || name.ends_with("_test")
    };
    path.with_extension("")
        .components()
        .filter_map(|component| component.as_os_str().to_str())
        .any(is_test)
}

/// Cuts the text off at its test module.
fn without_tests(code: &str) -> String {
    code.split_inclusive('\n')
        .take_while(|line| {
            let line = line.trim_start();
            !line.starts_with("#[cfg(test)]") && !line.starts_with("#![cfg(test)]")
        })
        .collect()
}

/// Replaces comments and the contents of strings and characters by blanks; line ends stay where they are.
pub(crate) fn blanked(text: &str) -> String {
    let characters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < characters.len() {
        let end = match characters[at..] {
            ['/', '/', ..] => end_of_line(&characters, at),
            ['/', '*', ..] => end_of_block_comment(&characters, at),
            ['"', ..] => end_of_string(&characters, at),
            ['r', '"' | '#', ..] if is_raw_string(&characters, at) => {
                end_of_raw_string(&characters, at)
            }
            ['\'', '\\', ..] => end_of_character(&characters, at),
            ['\'', _, '\'', ..] => at + 3,
            _ => {
                out.push(characters[at]);
                at += 1;
                continue;
            }
        };
        for character in &characters[at..end.min(characters.len())] {
            out.push(if *character == '\n' { '\n' } else { ' ' });
        }
        at = end;
    }
    out
}

fn end_of_line(characters: &[char], at: usize) -> usize {
    let length = characters[at..].iter().position(|it| *it == '\n');
    length.map_or(characters.len(), |length| at + length)
}

fn end_of_block_comment(characters: &[char], at: usize) -> usize {
    let closed = characters[at + 2..]
        .windows(2)
        .position(|pair| pair == ['*', '/']);
    closed.map_or(characters.len(), |length| at + 2 + length + 2)
}

fn end_of_string(characters: &[char], at: usize) -> usize {
    let mut end = at + 1;
    while end < characters.len() && characters[end] != '"' {
        end += if characters[end] == '\\' { 2 } else { 1 };
    }
    end + 1
}

fn is_raw_string(characters: &[char], at: usize) -> bool {
    let is_start = at == 0 || !(characters[at - 1].is_alphanumeric() || characters[at - 1] == '_');
    let after_hashes = characters[at + 1..].iter().find(|it| **it != '#');
    is_start && after_hashes == Some(&'"')
}

fn end_of_raw_string(characters: &[char], at: usize) -> usize {
    let hashes = characters[at + 1..]
        .iter()
        .take_while(|it| **it == '#')
        .count();
    let closing: Vec<char> = std::iter::once('"')
        .chain(std::iter::repeat_n('#', hashes))
        .collect();
    let start = at + 1 + hashes + 1;
    let closed = characters[start..]
        .windows(closing.len())
        .position(|window| window == closing);
    closed.map_or(characters.len(), |length| start + length + closing.len())
}

fn end_of_character(characters: &[char], at: usize) -> usize {
    let closed = characters[at + 2..]
        .iter()
        .skip(1)
        .position(|it| *it == '\'');
    closed.map_or(characters.len(), |length| at + 3 + length + 1)
}

/// Returns the index of the bracket that closes the one at `open`, both in characters of `code`.
pub(crate) fn closing(code: &[char], open: usize) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, character) in code.iter().enumerate().skip(open) {
        match character {
            '{' | '(' | '[' => depth += 1,
            '}' | ')' | ']' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether the line names the word, not merely a longer one that contains it.
pub(crate) fn mentions(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + word.len()..].chars().next();
        let is_word = |character: Option<char>| {
            character.is_some_and(|character| character.is_alphanumeric() || character == '_')
        };
        !is_word(before) && (word.ends_with(['_', ':']) || !is_word(after))
    })
}

#[test]
fn comments_strings_and_tests_are_no_code() {
    let file = SourceFile::new(
        "src/app/x.rs",
        "let a = \"{ tokio \\\" \"; // tokio\nlet b = r#\"}\"#; /* tokio */ let c = '\"';\nlet d: &'static str;\n#[cfg(test)]\nmod tests { use tokio; }\n",
    );
    assert!(!file.code.contains("tokio") && !file.code.contains('}'));
    assert!(file.code.contains("&'static str") && file.code.contains("let c"));
    assert_eq!(file.layer(), Some("app"));
}

#[test]
fn a_longer_word_is_not_mentioned() {
    assert!(mentions("use tokio::sync::mpsc;", "tokio"));
    assert!(!mentions("let tokio_like = 1;", "tokio"));
    assert!(mentions("use aws_config::x;", "aws_"));
}
