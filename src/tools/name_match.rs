//! How well a name fits what is typed to find it.

/// How the typed text occurs in a name; the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameMatch {
    /// It is the name.
    Whole,
    /// The name begins with it.
    Beginning,
    /// A word of the name begins with it.
    Word,
    /// The name contains it.
    Inside,
    /// Its letters occur in the name in their order.
    Letters,
    /// What the name stands below contains it.
    Above,
    /// Its letters occur in what the name stands below and the name together, in their order.
    LettersFromAbove,
}

/// Returns how the typed text occurs in a name, or in `above`, what the name stands below; `None` if it does not. Of several words
/// each must occur, and the worst one counts.
pub fn name_match(typed: &str, name: &str, above: &str) -> Option<NameMatch> {
    let words = typed.split_whitespace();
    let matches: Option<Vec<NameMatch>> = words.map(|word| word_match(word, name, above)).collect();
    Some(matches?.into_iter().max().unwrap_or(NameMatch::Whole))
}

fn word_match(word: &str, name: &str, above: &str) -> Option<NameMatch> {
    let (word, lower, above) = (
        word.to_lowercase(),
        name.to_lowercase(),
        above.to_lowercase(),
    );
    if lower == word {
        Some(NameMatch::Whole)
    } else if lower.starts_with(&word) {
        Some(NameMatch::Beginning)
    } else if begins_word(name, &word) {
        Some(NameMatch::Word)
    } else if lower.contains(&word) {
        Some(NameMatch::Inside)
    } else if holds_letters(&lower, &word) {
        Some(NameMatch::Letters)
    } else if above.contains(&word) {
        Some(NameMatch::Above)
    } else if holds_letters(&(above + &lower), &word) {
        Some(NameMatch::LettersFromAbove)
    } else {
        None
    }
}

/// Returns whether a word of the name, behind a separator or a capital after a small letter, begins with the typed text.
fn begins_word(name: &str, word: &str) -> bool {
    let mut before = None;
    name.char_indices().any(|(at, letter)| {
        let begins = before.is_some_and(|before: char| {
            !before.is_alphanumeric() || (before.is_lowercase() && letter.is_uppercase())
        });
        before = Some(letter);
        let rest = name.get(at..).unwrap_or_default();
        begins && rest.to_lowercase().starts_with(word)
    })
}

fn holds_letters(text: &str, wanted: &str) -> bool {
    let mut letters = text.chars();
    wanted
        .chars()
        .all(|wanted| letters.any(|letter| letter == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_beginning_of_a_word_goes_before_its_middle_and_a_name_before_what_is_above_it() {
        let of = |name| name_match("create", name, "create-tools");
        let ranks = [
            ("create", NameMatch::Whole),
            ("create_issue", NameMatch::Beginning),
            ("issue-create", NameMatch::Word),
            ("issueCreate", NameMatch::Word),
            ("recreate", NameMatch::Inside),
            ("c-r-e-a-t-e", NameMatch::Letters),
            ("list", NameMatch::Above),
        ];
        for (name, rank) in ranks {
            assert_eq!(of(name), Some(rank), "{name}");
        }
        assert_eq!(name_match("create", "list", "other"), None);
        assert_eq!(
            name_match("neolist", "list", "neo4j"),
            Some(NameMatch::LettersFromAbove)
        );
    }

    #[test]
    fn each_word_must_occur_and_nothing_typed_passes() {
        assert_eq!(
            name_match("cypher read", "read-cypher", ""),
            Some(NameMatch::Word)
        );
        assert_eq!(
            name_match("neo read", "read-cypher", "neo4j"),
            Some(NameMatch::Above)
        );
        assert_eq!(name_match("write read", "read-cypher", ""), None);
        assert!(name_match(" ", "anything", "").is_some());
    }
}
