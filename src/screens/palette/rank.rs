//! Ranks the items of the palette for the typed text.

use nucleo_matcher::{
    Config, Matcher, Utf32Str,
    pattern::{CaseMatching, Normalization, Pattern},
};

use super::{PaletteCommand, PaletteItem, PaletteSection, typed_names::TypedNames};
use crate::messages::{Action, AppAction};

/// How the shown items match the typed text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum MatchQuality {
    /// Nothing is typed: the items are those that were used last, then all others.
    NothingTyped,
    /// Each item contains the typed words.
    Contained,
    /// No item contains the typed words; the letters occur in their order.
    Similar,
}

/// The items for a typed text, best first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PaletteMatches {
    pub(super) items: Vec<PaletteItem>,
    pub(super) quality: MatchQuality,
}

/// Match rank of an item for the typed text. Lower ranks are better matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// The typed text is not the beginning of "quit", or the item does not leave the console.
    is_not_quit: bool,
    /// A typed word occurs only inside a word of the item.
    is_inside_word: bool,
    /// The item's text is not the typed text.
    is_not_equal: bool,
    /// The item has another target than the deployment that was typed, or none.
    has_other_target: bool,
    /// The item is a fault, and no fault was asked for.
    is_stray_fault: bool,
    /// How far the typed words are from words of the item, summed up.
    distance: usize,
    /// The item's text does not begin with the typed text.
    is_not_prefix: bool,
    is_quit: bool,
    section: PaletteSection,
    /// A typed word occurs only in the hidden words of the item.
    is_hidden: bool,
    /// Where the typed words occur in the text, summed up.
    position: usize,
}

/// Returns the items that match the typed text; all of them, with `recent` first, if nothing is
/// typed.
pub(super) fn find(
    typed: &str,
    items: Vec<PaletteItem>,
    recent: &[PaletteCommand],
) -> PaletteMatches {
    let typed = typed.to_lowercase();
    let words: Vec<&str> = typed.split_whitespace().collect();
    if words.is_empty() {
        return PaletteMatches {
            items: recent_first(items, recent),
            quality: MatchQuality::NothingTyped,
        };
    }
    let names = TypedNames::of(&typed, &items);
    let items: Vec<PaletteItem> = items.into_iter().filter(|item| names.allow(item)).collect();
    let mut ranked: Vec<(Rank, &PaletteItem)> = items
        .iter()
        .filter_map(|item| Some((rank(&typed, &words, &names, item)?, item)))
        .collect();
    ranked.sort_by_key(|(rank, _)| *rank);
    if ranked.is_empty() {
        return PaletteMatches {
            items: similar(&typed, items),
            quality: MatchQuality::Similar,
        };
    }
    let items = ranked
        .into_iter()
        .map(|(rank, item)| PaletteItem {
            section: if rank.is_inside_word {
                PaletteSection::InsideWord
            } else {
                item.section
            },
            ..item.clone()
        })
        .collect();
    PaletteMatches {
        items: by_section(items),
        quality: MatchQuality::Contained,
    }
}

/// Puts the items that were used last in front, in their order, and the item that leaves the
/// console last.
fn recent_first(items: Vec<PaletteItem>, recent: &[PaletteCommand]) -> Vec<PaletteItem> {
    let used = |item: &PaletteItem| {
        recent
            .iter()
            .position(|command| is_same(command, &item.command))
    };
    let mut first: Vec<(usize, PaletteItem)> = items
        .iter()
        .filter_map(|item| {
            let section = PaletteSection::Recent;
            Some((
                used(item)?,
                PaletteItem {
                    section,
                    ..item.clone()
                },
            ))
        })
        .collect();
    first.sort_by_key(|(at, _)| *at);
    let (quit, others): (Vec<_>, Vec<_>) = items
        .into_iter()
        .filter(|item| used(item).is_none())
        .partition(is_quit);
    first
        .into_iter()
        .map(|(_, item)| item)
        .chain(others)
        .chain(quit)
        .collect()
}

/// Keeps the items of a section together; sections come in the order of their best item.
fn by_section(items: Vec<PaletteItem>) -> Vec<PaletteItem> {
    let mut order: Vec<PaletteSection> = Vec::new();
    for item in &items {
        if !order.contains(&item.section) {
            order.push(item.section);
        }
    }
    let mut sorted = items;
    sorted.sort_by_key(|item| order.iter().position(|section| *section == item.section));
    sorted
}

/// Returns whether two commands do the same: an action stays the same on its own screen and elsewhere.
fn is_same(one: &PaletteCommand, other: &PaletteCommand) -> bool {
    let action = |command: &PaletteCommand| match command {
        PaletteCommand::Act(action) | PaletteCommand::Elsewhere(_, action) => Some(*action),
        PaletteCommand::Logs(_)
        | PaletteCommand::LogWindow(..)
        | PaletteCommand::LogsIn(..)
        | PaletteCommand::Tools(_)
        | PaletteCommand::Reveal(_)
        | PaletteCommand::Rotate(_)
        | PaletteCommand::Examine(_)
        | PaletteCommand::Fault(_) => None,
    };
    one == other || action(one).is_some_and(|done| action(other) == Some(done))
}

fn is_quit(item: &PaletteItem) -> bool {
    item.command == PaletteCommand::Act(Action::App(AppAction::Quit))
}

/// Returns the rank, or `None` if one of the words does not occur in the item.
fn rank(typed: &str, words: &[&str], names: &TypedNames, item: &PaletteItem) -> Option<Rank> {
    let text = item.text.to_lowercase();
    let all = format!("{text} {} {}", item.note.to_lowercase(), item.words);
    if !words.iter().all(|word| all.contains(word)) {
        return None;
    }
    let position = |word: &&str| begin_of_word(&text, word).unwrap_or(text.len());
    let asks_for_fault = words.first().is_some_and(|word| "fault".starts_with(word));
    Some(Rank {
        is_not_quit: !(is_quit(item) && "quit".starts_with(typed.trim())),
        is_inside_word: !words.iter().all(|word| begin_of_word(&all, word).is_some()),
        is_not_equal: text != typed,
        has_other_target: !names.are_of(item),
        is_stray_fault: item.section == PaletteSection::Fault && !asks_for_fault,
        distance: words.iter().map(|word| distance(&all, word)).sum(),
        is_not_prefix: !text.starts_with(typed) && !item.words.starts_with(typed),
        is_quit: is_quit(item),
        section: item.section,
        is_hidden: !words.iter().all(|word| text.contains(word)),
        position: words.iter().map(position).sum(),
    })
}

/// Returns how far a typed word is from the nearest word of the text: 0 if it is one, 1 for its beginning, 2 for the beginning of
/// a part of it, like `gateway` in `movies-gateway`, otherwise 3.
fn distance(all: &str, word: &str) -> usize {
    if words_of(all).any(|own| own == word) {
        0
    } else if words_of(all).any(|own| own.starts_with(word)) {
        1
    } else if begin_of_word(all, word).is_some() {
        2
    } else {
        3
    }
}

/// Returns the words of a text, without the marks around them. A name with hyphens is one word.
pub(super) fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|letter: char| letter.is_whitespace() || "():,;".contains(letter))
        .filter(|word| !word.is_empty())
}

/// Returns where `word` occurs at the beginning of a word of the text.
fn begin_of_word(text: &str, word: &str) -> Option<usize> {
    let before = |at: usize| text.get(..at).and_then(|head| head.chars().next_back());
    text.match_indices(word)
        .map(|(at, _)| at)
        .find(|at| before(*at).is_none_or(|letter| !letter.is_alphanumeric()))
}

/// Returns the items that contain the letters in their order, the closest first.
fn similar(typed: &str, items: Vec<PaletteItem>) -> Vec<PaletteItem> {
    let mut matcher = Matcher::new(Config::DEFAULT);
    let pattern = Pattern::parse(typed, CaseMatching::Ignore, Normalization::Smart);
    let mut buffer = Vec::new();
    let mut scored: Vec<(bool, std::cmp::Reverse<u32>, PaletteItem)> = items
        .into_iter()
        .filter_map(|item| {
            let haystack = format!("{} {}", item.text, item.note);
            let score = pattern.score(Utf32Str::new(&haystack, &mut buffer), &mut matcher)?;
            let is_fault = item.section == PaletteSection::Fault;
            let section = PaletteSection::Similar;
            Some((
                is_fault,
                std::cmp::Reverse(score),
                PaletteItem { section, ..item },
            ))
        })
        .collect();
    scored.sort_by_key(|(is_fault, score, _)| (*is_fault, *score));
    scored.into_iter().map(|(.., item)| item).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{Route, SecretsAction};

    fn item(text: &str, words: &str, section: PaletteSection) -> PaletteItem {
        PaletteItem {
            text: text.into(),
            note: String::new(),
            key: String::new(),
            words: words.into(),
            section,
            command: PaletteCommand::Fault(text.len()),
        }
    }

    fn items() -> Vec<PaletteItem> {
        let quit = PaletteItem {
            command: PaletteCommand::Act(Action::App(AppAction::Quit)),
            ..item("Leave the console", "quit app.quit", PaletteSection::Here)
        };
        vec![
            quit,
            item("fault c: runtime throttling", "", PaletteSection::Fault),
            item("fault b: token internal-error", "", PaletteSection::Fault),
            item(
                "fault b: interceptor no-permission",
                "",
                PaletteSection::Fault,
            ),
            item("describe DEFAULT", "", PaletteSection::Named),
            item("describe neo4j-tokens", "", PaletteSection::Named),
            item(
                "Rotate the password",
                "rotate secrets.rotate",
                PaletteSection::Elsewhere,
            ),
            item(
                "Copy the call as a command",
                "as curl tools.copy-curl",
                PaletteSection::Here,
            ),
            item(
                "Claims of the token",
                "tools.identity",
                PaletteSection::Here,
            ),
            item(
                "To the bottom of betokened things",
                "",
                PaletteSection::Here,
            ),
            item("Query the logs", "query logs.query", PaletteSection::Here),
            item("logs a", "", PaletteSection::Named),
            item("logs all-of-it", "", PaletteSection::Named),
        ]
    }

    fn found(typed: &str) -> (Vec<String>, MatchQuality) {
        let found = find(typed, items(), &[]);
        (
            found.items.into_iter().map(|item| item.text).collect(),
            found.quality,
        )
    }

    fn first(typed: &str) -> String {
        found(typed).0.first().cloned().unwrap_or_default()
    }

    #[test]
    fn items_that_contain_the_typed_words_come_first() {
        assert_eq!(first("curl"), "Copy the call as a command");
        assert_eq!(first("ROTATE"), "Rotate the password");
        assert_eq!(first("logs a"), "logs a", "the very text that was typed");
        assert_eq!(
            found("token").0,
            [
                "Claims of the token",
                "describe neo4j-tokens",
                "fault b: token internal-error",
                "To the bottom of betokened things",
            ]
        );
    }

    #[test]
    fn the_beginning_of_a_word_beats_its_inside() {
        assert!(first("fault").starts_with("fault "));
        let inside = found("fault").0;
        assert_eq!(inside.last().map(String::as_str), Some("describe DEFAULT"));
        assert_eq!(first("fault b inter"), "fault b: interceptor no-permission");
    }

    #[test]
    fn with_nothing_typed_the_last_used_come_first_and_quit_last() {
        let used = PaletteCommand::Fault("logs a".len());
        let found = find(" ", items(), &[used]);
        assert_eq!(found.quality, MatchQuality::NothingTyped);
        assert_eq!(
            found.items.first().map(|item| item.text.as_str()),
            Some("logs a")
        );
        assert_eq!(
            found.items.last().map(|item| item.text.as_str()),
            Some("Leave the console")
        );
        let quit = "Leave the console";
        assert_eq!(first("q"), quit, "before what a query is");
        assert_eq!(
            first("quit"),
            "Leave the console",
            "unless it is what was typed"
        );
    }

    #[test]
    fn similar_items_are_told_apart() {
        let similar = (
            vec!["Rotate the password".to_owned()],
            MatchQuality::Similar,
        );
        assert_eq!(found("rtpw"), similar);
        assert_eq!(found("zzzz"), (Vec::new(), MatchQuality::Similar));
    }

    #[test]
    fn an_action_that_was_used_elsewhere_is_the_one_used_last_here_too() {
        let rotate = Action::Secrets(SecretsAction::Rotate);
        let here = PaletteItem {
            command: PaletteCommand::Act(rotate),
            ..item("Rotate", "", PaletteSection::Here)
        };
        let used = [PaletteCommand::Elsewhere(Route::Secrets, rotate)];
        let found = find("", [items(), vec![here]].concat(), &used);
        let first = found
            .items
            .first()
            .map(|item| (item.text.as_str(), item.section));
        assert_eq!(first, Some(("Rotate", PaletteSection::Recent)));
    }
}
