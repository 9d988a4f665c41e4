//! Scenarios of the openCypher Technology Compatibility Kit, run against the interpreter.
//!
//! `features` holds a selection of the kit as data: all clauses but `CALL` with test procedures, and
//! the expressions that are not temporal. `skipped.txt` lists the scenarios that the interpreter does
//! not pass; a scenario that passes must be removed from it, so the list can only shrink.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a scenario that cannot be read must fail the test"
)]

mod gherkin;
mod scenario;
mod values;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Largest number of scenarios that `skipped.txt` may list.
const MAX_SKIPPED: usize = 62;

#[test]
fn scenarios_pass_except_those_listed_as_skipped() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tck");
    let mut files: Vec<_> = fs::read_dir(folder.join("features"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    let skipped = fs::read_to_string(folder.join("skipped.txt")).unwrap_or_default();
    let skipped: BTreeSet<&str> = skipped
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let (mut passed, mut failed) = (0, Vec::new());
    for file in files {
        for scenario in gherkin::parse(&fs::read_to_string(file).unwrap()) {
            match scenario::run(&scenario) {
                Ok(()) => passed += 1,
                Err(problem) => failed.push((scenario.name.clone(), problem)),
            }
        }
    }
    let names: BTreeSet<&str> = failed.iter().map(|(name, _)| name.as_str()).collect();
    println!("{passed} scenarios passed, {} failed", failed.len());
    let new: Vec<_> = failed
        .iter()
        .filter(|(name, _)| !skipped.contains(name.as_str()))
        .collect();
    let passing: Vec<_> = skipped.difference(&names).collect();
    assert!(new.is_empty(), "scenarios fail: {new:#?}");
    assert!(
        passing.is_empty(),
        "scenarios pass, remove them from skipped.txt: {passing:#?}"
    );
    assert!(skipped.len() <= MAX_SKIPPED, "the list may only shrink");
}
