//! The nearest known name to one that is not known: every list of names in the program asks here.

/// The known name that was most likely meant; `None` where nothing is near enough to be worth saying.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let slips = strsim::osa_distance(&word, &lower);
            // A word that somebody stopped writing, or wrote on, is near whatever is missing.
            let begun = word.len() >= 2 && (lower.starts_with(&word) || word.starts_with(&lower));
            (begun || slips <= tolerance(&word, &lower)).then_some((slips, name))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// The same as the end of a sentence: `; did you mean "region"?`, or nothing.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// One slip in three characters is still the same word.
fn tolerance(word: &str, name: &str) -> usize {
    (word.chars().count().max(name.chars().count()) / 3).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_strangers_are_not() {
        let known = ["region", "runtimes", "gateways", "read_only"];
        assert_eq!(nearest("regoin", known), Some("region"));
        assert_eq!(nearest("Gateway", known), Some("gateways"));
        assert_eq!(nearest("readonly", known), Some("read_only"));
        assert_eq!(nearest("zebra", known), None);
        assert_eq!(
            nearest("neo4j-mcp-gww", ["neo4j-mcp", "neo4j-mcp-gw"]),
            Some("neo4j-mcp-gw")
        );
        assert_eq!(did_you_mean("regio", known), "; did you mean \"region\"?");
        assert_eq!(did_you_mean("zebra", known), "");
    }
}
