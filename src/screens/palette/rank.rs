//! Which lines of the palette hold what is typed, the best first. What is only alike comes where nothing holds it.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::{Group, Offer};

/// What was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// The best first.
    pub(super) offers: Vec<Offer>,
    /// Whether none of them holds what is typed: their letters only come in its order.
    pub(super) alike: bool,
}

/// How well a line holds what is typed; less is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place {
    is_fault: bool,
    not_it: bool,
    not_its_beginning: bool,
    /// Whether a typed word is in the middle of a word only.
    inside: bool,
    group: Group,
    /// Whether a typed word is in the note or the further words only.
    beside: bool,
}

/// The lines for a typed text; all of them where nothing is typed.
pub(super) fn find(typed: &str, offers: Vec<Offer>) -> Found {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    if words.is_empty() {
        return Found {
            offers,
            alike: false,
        };
    }
    let placed = offers
        .iter()
        .filter_map(|offer| Some((place(&typed, &words, offer)?, offer)));
    let mut placed: Vec<(Place, &Offer)> = placed.collect();
    placed.sort_by_key(|(place, _)| *place);
    if placed.is_empty() {
        return Found {
            offers: alike(&typed, offers),
            alike: true,
        };
    }
    Found {
        offers: placed.into_iter().map(|(_, offer)| offer.clone()).collect(),
        alike: false,
    }
}

/// `None` where one of the words is nowhere in it.
fn place(typed: &str, words: &[&str], offer: &Offer) -> Option<Place> {
    let text = offer.text.to_lowercase();
    let all = format!("{text} {} {}", offer.note.to_lowercase(), offer.words);
    if !words.iter().all(|word| all.contains(word)) {
        return None;
    }
    Some(Place {
        is_fault: offer.group == Group::Fault,
        not_it: text != typed,
        not_its_beginning: !text.starts_with(typed),
        inside: !words.iter().all(|word| begins_a_word(&all, word)),
        group: offer.group,
        beside: !words.iter().all(|word| text.contains(word)),
    })
}

fn begins_a_word(text: &str, word: &str) -> bool {
    let before = |at: usize| text.get(..at).and_then(|head| head.chars().next_back());
    text.match_indices(word)
        .any(|(at, _)| before(at).is_none_or(|letter| !letter.is_alphanumeric()))
}

/// Lines that have the letters in that order, the closest first.
fn alike(typed: &str, offers: Vec<Offer>) -> Vec<Offer> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(bool, std::cmp::Reverse<u32>, Offer)> = offers
        .into_iter()
        .filter_map(|offer| {
            let hay = format!("{} {}", offer.text, offer.note);
            let score = pattern.score(Utf32Str::new(&hay, &mut buffer), &mut matcher)?;
            Some((offer.group == Group::Fault, std::cmp::Reverse(score), offer))
        })
        .collect();
    scored.sort_by_key(|(is_fault, score, _)| (*is_fault, *score));
    scored.into_iter().map(|(.., offer)| offer).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        messages::{Action, AppAction},
        screens::palette::Choice,
    };

    fn offer(text: &str, words: &str, group: Group) -> Offer {
        Offer {
            text: text.into(),
            note: String::new(),
            words: words.into(),
            group,
            choice: Choice::Act(Action::App(AppAction::Help)),
        }
    }

    fn found(typed: &str) -> (Vec<String>, bool) {
        let offers = vec![
            offer(
                "fault c: runtime throttling",
                "embedded stack",
                Group::Fault,
            ),
            offer("fault a: token slow", "embedded stack", Group::Fault),
            offer("describe neo4j-tokens", "", Group::Named),
            offer(
                "Rotate the password",
                "secrets.rotate rotate",
                Group::Elsewhere,
            ),
            offer(
                "Copy the call as a command",
                "tools.copy-curl as curl",
                Group::Here,
            ),
            offer("Claims of the token", "tools.identity", Group::Here),
            offer("To the bottom of betokened things", "", Group::Here),
            offer("logs a", "", Group::Named),
            offer("logs all-of-it", "", Group::Named),
        ];
        let found = find(typed, offers);
        (
            found.offers.into_iter().map(|offer| offer.text).collect(),
            found.alike,
        )
    }

    #[test]
    fn what_holds_the_typed_words_comes_first_and_faults_last() {
        assert_eq!(
            found("curl"),
            (vec!["Copy the call as a command".to_owned()], false)
        );
        assert_eq!(found("ROTATE").0, ["Rotate the password"]);
        let token = [
            "Claims of the token",
            "describe neo4j-tokens",
            "To the bottom of betokened things",
            "fault a: token slow",
        ];
        assert_eq!(found("token").0, token);
        assert_eq!(found("stack throttling").0, ["fault c: runtime throttling"]);
        assert_eq!(
            found("logs a").0.first().map(String::as_str),
            Some("logs a"),
            "just what was typed"
        );
    }

    #[test]
    fn what_is_only_alike_is_told_apart() {
        assert_eq!(
            found("rtpw"),
            (vec!["Rotate the password".to_owned()], true)
        );
        assert_eq!(found("zzzz"), (Vec::new(), true));
        assert_eq!(found("  ").0.len(), 9);
    }
}
