//! Lists of known exceptions. A list may only shrink: an entry that is no longer needed fails the test as a new violation does.
//! `SHRINK_EXCEPTIONS=1 cargo test --test architecture` removes such entries; nothing adds one.

use std::{collections::BTreeSet, fs, path::Path};

/// Compares what a guard found with the list `tests/architecture/exceptions/<guard>.txt`.
///
/// # Panics
/// Panics if something was found that the list does not name, or the list names something that was not found.
pub(crate) fn check(guard: &str, advice: &str, found: impl IntoIterator<Item = String>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/architecture/exceptions")
        .join(format!("{guard}.txt"));
    let listed: BTreeSet<String> = fs::read_to_string(&path)
        .unwrap_or_default()
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    let found: BTreeSet<String> = found.into_iter().collect();
    let listed = if std::env::var_os("SHRINK_EXCEPTIONS").is_some() {
        shrink(&path, &found, &listed)
    } else {
        listed
    };
    let difference = compare(&found, &listed);
    assert!(
        difference.is_empty(),
        "{guard}: {advice}\n{}",
        difference.join("\n")
    );
}

/// Writes the list without the entries that were not found, and returns what is left of it.
fn shrink(path: &Path, found: &BTreeSet<String>, listed: &BTreeSet<String>) -> BTreeSet<String> {
    let left: BTreeSet<String> = listed.intersection(found).cloned().collect();
    if left.len() < listed.len() {
        let text = left
            .iter()
            .fold(String::new(), |text, entry| text + entry + "\n");
        fs::write(path, text).expect("a writable list");
    }
    left
}

fn compare(found: &BTreeSet<String>, listed: &BTreeSet<String>) -> Vec<String> {
    let new = found
        .difference(listed)
        .map(|entry| format!("  new violation:    {entry}"));
    let stale = listed
        .difference(found)
        .map(|entry| format!("  mended, unlist it: {entry}"));
    new.chain(stale).collect()
}

#[test]
fn new_violations_and_mended_ones_both_fail() {
    let set = |entries: &[&str]| entries.iter().map(|entry| (*entry).to_owned()).collect();
    assert!(compare(&set(&["a"]), &set(&["a"])).is_empty());
    assert_eq!(compare(&set(&["a", "b"]), &set(&["a"])).len(), 1);
    assert_eq!(compare(&set(&[]), &set(&["a"])).len(), 1);
}
