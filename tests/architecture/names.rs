//! A type name is unique in the workspace.

use std::collections::BTreeMap;

use crate::{
    exceptions,
    source::{SourceFile, workspace},
};

/// The types that a file defines: structs, enums, unions, traits, and type aliases outside of impl blocks.
fn defined_types(file: &SourceFile) -> Vec<String> {
    file.lines()
        .filter_map(|(_, line)| {
            let is_nested = line.starts_with(' ');
            let mut words = line.split_whitespace().peekable();
            while words
                .next_if(|word| word.starts_with("pub") || *word == "unsafe")
                .is_some()
            {}
            let keyword = words.next()?;
            let name: String = words
                .next()?
                .chars()
                .take_while(|character| character.is_alphanumeric() || *character == '_')
                .collect();
            let defines = match keyword {
                "struct" | "enum" | "union" | "trait" => true,
                "type" => !is_nested,
                _ => false,
            };
            (defines && !name.is_empty()).then_some(name)
        })
        .collect()
}

fn repeated_names(files: &[SourceFile]) -> Vec<String> {
    let mut places: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for file in files {
        for name in defined_types(file) {
            places.entry(name).or_default().push(&file.path);
        }
    }
    places
        .into_iter()
        .filter(|(_, places)| places.len() > 1)
        .map(|(name, places)| format!("{name}: {}", places.join(" ")))
        .collect()
}

#[test]
fn type_names_are_unique_in_the_workspace() {
    exceptions::check(
        "repeated_type_names",
        "at least one of the names is too vague",
        repeated_names(&workspace()),
    );
}

#[test]
fn a_repeated_name_is_found() {
    let files = [
        SourceFile::new("src/a.rs", "pub struct Place;\ntype Short = u8;\n"),
        SourceFile::new("src/b.rs", "pub(crate) enum Place { A }\n"),
        SourceFile::new(
            "src/c.rs",
            "impl Iterator for X {\n    type Short = u8;\n}\n",
        ),
    ];
    assert_eq!(repeated_names(&files), ["Place: src/a.rs src/b.rs"]);
}
