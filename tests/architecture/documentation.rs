//! Every file opens with what it holds.

use crate::source::{SourceFile, workspace};

fn without_opening(files: &[SourceFile]) -> Vec<String> {
    files
        .iter()
        .filter(|file| !file.text.starts_with("//!"))
        .map(|file| file.path.clone())
        .collect()
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
