//! Suggestions for unknown names.

/// Returns the known name that is most similar to `word`, or `None` if none is similar enough.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    known
        .into_iter()
        .filter_map(|name| {
            let lower = name.to_lowercase();
            let slips = strsim::osa_distance(&word, &lower);
            // A prefix is similar, however much is missing; one letter is none.
            let is_beginning =
                |short: &str, long: &str| short.len() >= 2 && long.starts_with(short);
            let begun = is_beginning(&word, &lower) || is_beginning(&lower, &word);
            (begun || slips <= tolerance(&word, &lower)).then_some((slips, name))
        })
        .min_by_key(|(slips, _)| *slips)
        .map(|(_, name)| name)
}

/// Returns `; did you mean "region"?` for the end of a sentence, or an empty text.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

/// One edit in three characters is tolerated.
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
        assert_eq!(nearest("arn:aws:iam::1:role/x", ["a", "b"]), None);
    }
}
