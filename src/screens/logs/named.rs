//! Filters and queries under a name: `@slow=…` keeps one, `@slow` takes it, `@slow=` forgets it.

use crate::state::NamedText;

/// What was typed into a prompt whose texts can have names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TypedText {
    /// A text, or the one that was kept under the typed name.
    Text(String),
    /// A text that is to be kept under a name.
    Keep {
        /// The name, without its sign.
        name: String,
        /// The text.
        text: String,
    },
    /// A name that is to be forgotten.
    Forget(String),
    /// A name that nothing is kept under.
    Unknown(String),
}

impl TypedText {
    /// Reads what was typed. A name is a word alone: with more behind it, it is a text like any other.
    pub(super) fn read(typed: &str, kept: &[NamedText]) -> Self {
        let typed = typed.trim();
        let Some((name, rest)) = split(typed) else {
            return Self::Text(typed.to_owned());
        };
        match rest.strip_prefix('=').map(str::trim) {
            Some("") => Self::Forget(name.to_owned()),
            Some(text) => Self::Keep {
                name: name.to_owned(),
                text: text.to_owned(),
            },
            None => {
                if !rest.is_empty() {
                    return Self::Text(typed.to_owned());
                }
                let found = kept.iter().find(|kept| kept.name == name);
                found.map_or_else(
                    || Self::Unknown(name.to_owned()),
                    |kept| Self::Text(kept.text.clone()),
                )
            }
        }
    }
}

/// Returns the name that a text begins with, and what follows.
fn split(typed: &str) -> Option<(&str, &str)> {
    let named = typed.strip_prefix('@')?;
    let is_of_name = |letter: char| letter.is_alphanumeric() || matches!(letter, '-' | '_');
    let end = named
        .find(|letter| !is_of_name(letter))
        .unwrap_or(named.len());
    let (name, rest) = named.split_at_checked(end)?;
    (!name.is_empty()).then_some((name, rest))
}

/// Keeps a text under a name, instead of the one that has the name so far.
pub(super) fn keep(kept: &mut Vec<NamedText>, name: String, text: String) {
    kept.retain(|known| known.name != name);
    kept.push(NamedText { name, text });
    kept.sort_by(|one, other| one.name.cmp(&other.name));
}

/// Forgets a name. Returns whether there was one.
pub(super) fn forget(kept: &mut Vec<NamedText>, name: &str) -> bool {
    let before = kept.len();
    kept.retain(|known| known.name != name);
    kept.len() < before
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_keeps_takes_and_forgets_a_text() {
        let mut kept = Vec::new();
        let keeping = TypedText::Keep {
            name: "slow".to_owned(),
            text: "durationNano>5 -x".to_owned(),
        };
        assert_eq!(
            TypedText::read(" @slow = durationNano>5 -x", &kept),
            TypedText::Text("@slow = durationNano>5 -x".to_owned()),
            "a space ends the name"
        );
        assert_eq!(TypedText::read("@slow=durationNano>5 -x ", &kept), keeping);
        keep(&mut kept, "slow".to_owned(), "a".to_owned());
        keep(&mut kept, "slow".to_owned(), "b".to_owned());
        keep(&mut kept, "errors".to_owned(), "level>=error".to_owned());
        let names: Vec<&str> = kept.iter().map(|kept| kept.name.as_str()).collect();
        assert_eq!(names, ["errors", "slow"]);
        let text = |text: &str| TypedText::Text(text.to_owned());
        assert_eq!(TypedText::read("@slow", &kept), text("b"));
        assert_eq!(
            TypedText::read("@other", &kept),
            TypedText::Unknown("other".to_owned())
        );
        assert_eq!(TypedText::read("@timestamp x", &kept), text("@timestamp x"));
        assert_eq!(
            TypedText::read("@slow=", &kept),
            TypedText::Forget("slow".to_owned())
        );
        assert!(forget(&mut kept, "slow") && !forget(&mut kept, "slow"));
    }
}
