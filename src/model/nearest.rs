//! The nearest known name to one that is not known: every list of names in the program asks here.

/// The known name that was most likely meant; `None` where nothing is near enough to be worth saying.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = word.to_lowercase();
    known
        .into_iter()
        .map(|name| (distance(&lower, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= tolerance(word, name))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The same as the end of a sentence: `; did you mean "region"?`, or nothing.
pub fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map_or_else(String::new, |name| format!("; did you mean \"{name}\"?"))
}

fn distance(word: &str, name: &str) -> usize {
    if word.len() >= 2 && (name.starts_with(word) || word.starts_with(name)) {
        return 1;
    }
    strsim::osa_distance(word, name)
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
        assert_eq!(did_you_mean("regio", known), "; did you mean \"region\"?");
        assert_eq!(did_you_mean("zebra", known), "");
    }
}
