//! Every file opens with what it holds, and what the documents point to exists.

use std::{collections::BTreeSet, fs, path::Path};

use crate::source::{SourceFile, workspace};

/// The documents for readers. The change log is left out: it tells of what was.
const DOCUMENTS: [&str; 5] = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/tour.md",
    "docs/troubleshooting.md",
    "src/lib.rs",
];
/// Folders of the repository: a word that begins with one of them is a path.
const FOLDERS: [&str; 8] = [
    ".ci/",
    "assets/",
    "crates/",
    "docs/",
    "examples/",
    "scripts/",
    "src/",
    "tests/",
];
/// Folders in which the path of a source file in a document may begin.
const SOURCE_FOLDERS: [&str; 3] = ["src", "crates/emulator/src", "crates/cypher/src"];

fn without_opening(files: &[SourceFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| file.path.clone())
        .collect()
}

/// What a document points to.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reference {
    /// A path from the root of the repository.
    Path(String),
    /// A source file, named from a folder of sources.
    Source(String),
    /// A link, relative to the document, with the heading if it names one.
    Link(String, Option<String>),
}

/// Returns everything in the repository that a document points to.
fn references(document: &str) -> BTreeSet<Reference> {
    let mut found: BTreeSet<Reference> = links(document).collect();
    let is_edge = |letter: char| letter.is_whitespace() || "`()[]|;:\"'".contains(letter);
    for word in document.split(is_edge) {
        let word = word.trim_end_matches(['.', ',', '/']);
        if FOLDERS.iter().any(|folder| word.starts_with(folder)) {
            found.extend(expanded(word).into_iter().map(Reference::Path));
        }
    }
    // Between backticks stands code.
    for word in document.split('`').skip(1).step_by(2) {
        let is_source = has_extension(word, "rs") && !word.contains(char::is_whitespace);
        if is_source && !FOLDERS.iter().any(|folder| word.starts_with(folder)) {
            found.extend(expanded(word).into_iter().map(Reference::Source));
        }
    }
    found
}

fn links(document: &str) -> impl Iterator<Item = Reference> + '_ {
    let ends = [("](", ')'), ("src=\"", '"'), ("href=\"", '"')];
    let targets = ends.into_iter().flat_map(move |(begin, end)| {
        document
            .split(begin)
            .skip(1)
            .filter_map(move |rest| rest.split_once(end).map(|(target, _)| target))
    });
    targets
        .filter(|target| !target.contains("://") && !target.starts_with("mailto:"))
        .map(|target| match target.split_once('#') {
            Some((path, heading)) => Reference::Link(path.to_owned(), Some(heading.to_owned())),
            None => Reference::Link(target.to_owned(), None),
        })
}

/// Returns the paths that a pattern such as `a/{b,c}.rs` stands for, each up to its first part that is left open (`<name>`, `*`).
fn expanded(pattern: &str) -> Vec<String> {
    if let Some((before, rest)) = pattern.split_once('{')
        && let Some((choices, after)) = rest.split_once('}')
    {
        return choices
            .split(',')
            .flat_map(|choice| expanded(&format!("{before}{choice}{after}")))
            .collect();
    }
    let fixed: Vec<&str> = pattern
        .split('/')
        .take_while(|part| !part.contains(['<', '*']))
        .collect();
    if fixed.is_empty() {
        Vec::new()
    } else {
        vec![fixed.join("/")]
    }
}

/// Returns the heading as a link names it.
fn anchor(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter_map(|letter| match letter {
            ' ' => Some('-'),
            letter if letter.is_alphanumeric() || "-_".contains(letter) => Some(letter),
            _ => None,
        })
        .collect()
}

fn has_heading(document: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(document).unwrap_or_default();
    text.lines()
        .filter_map(|line| line.strip_prefix('#'))
        .any(|heading| anchor(heading.trim_start_matches('#')) == wanted)
}

fn is_alive(reference: &Reference, document: &str, root: &Path) -> bool {
    match reference {
        Reference::Path(path) => root.join(path).exists(),
        Reference::Source(path) => SOURCE_FOLDERS
            .iter()
            .any(|folder| root.join(folder).join(path).exists()),
        Reference::Link(path, heading) => {
            let from = root.join(document);
            let target = match (path.as_str(), from.parent()) {
                ("", _) | (_, None) => from.clone(),
                (path, Some(folder)) => folder.join(path),
            };
            target.exists()
                && heading
                    .as_ref()
                    .is_none_or(|heading| has_heading(&target, heading))
        }
    }
}

#[test]
fn what_the_documents_point_to_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut dead, mut count) = (Vec::new(), 0);
    for document in DOCUMENTS {
        let text = fs::read_to_string(root.join(document)).expect("a readable document");
        let all = references(&text);
        count += all.len();
        dead.extend(
            all.into_iter()
                .filter(|reference| !is_alive(reference, document, root))
                .map(|reference| format!("{document}: {reference:?}")),
        );
    }
    assert!(dead.is_empty(), "dead references: {dead:#?}");
    assert!(count > 50, "only {count} references were found");
}

#[test]
fn every_document_is_checked() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (folder, prefix) in [(root.to_owned(), ""), (root.join("docs"), "docs/")] {
        for entry in fs::read_dir(folder).expect("a readable folder") {
            let name = entry.expect("a readable entry").file_name();
            let path = format!("{prefix}{}", name.to_string_lossy());
            let is_checked = DOCUMENTS.contains(&path.as_str());
            assert!(
                is_checked || !has_extension(&path, "md") || path == "CHANGELOG.md",
                "{path} is not among the documents that are checked"
            );
        }
    }
}

#[test]
fn a_dead_reference_is_found() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = "See `src/lib.rs`, `src/nowhere.rs`, `cli/{outcome,none}.rs`, `kinds/<kind>.rs`, run `scripts/gone --fast`,\n\
        [the tour](docs/tour.md), [a page](docs/none.md), [a part](README.md#no-such-part), [out](https://x.example/docs/y).";
    let dead: Vec<Reference> = references(text)
        .into_iter()
        .filter(|reference| !is_alive(reference, "README.md", root))
        .collect();
    assert_eq!(
        dead,
        [
            Reference::Path("docs/none.md".into()),
            Reference::Path("scripts/gone".into()),
            Reference::Path("src/nowhere.rs".into()),
            Reference::Source("cli/none.rs".into()),
            Reference::Link("README.md".into(), Some("no-such-part".into())),
            Reference::Link("docs/none.md".into(), None),
        ]
    );
}

#[test]
fn every_file_opens_with_a_module_comment() {
    let silent = without_opening(&workspace());
    assert!(silent.is_empty(), "files without `//!`: {silent:?}");
}

#[test]
fn a_file_without_a_module_comment_is_found() {
    let files = [
        SourceFile::new("src/a.rs", "//! A.\n"),
        SourceFile::new("src/b.rs", "fn f() {}\n"),
    ];
    assert_eq!(without_opening(&files), ["src/b.rs"]);
}

fn has_extension(path: &str, extension: &str) -> bool {
    std::path::Path::new(path)
        .extension()
        .is_some_and(|found| found == extension)
}
