//! The keymap: parsed from TOML, validated as a whole, looked up layer by layer.

use std::{
    collections::{BTreeMap, HashMap},
    fmt,
};

use super::{Chord, Layer, parse_sequence, show_sequence};
use crate::{messages::Action, model::did_you_mean};

/// The embedded keymap: the default, its documentation, and the fixture of tests.
pub const DEFAULT: &str = include_str!("../../assets/keymap.toml");

/// The bindings of all layers.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    layers: BTreeMap<Layer, Bindings>,
}

/// The bindings of a layer, in the order of the file.
#[derive(Clone, Debug, Default)]
struct Bindings {
    order: Vec<(Action, Vec<Vec<Chord>>)>,
    lookup: HashMap<Vec<Chord>, Action>,
}

/// A problem of a table of keys, with its place in that table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyProblem {
    /// The path to it: layer, action, and the index within a list of keys.
    pub path: Vec<String>,
    /// Whether the value at that path is wrong; otherwise its key is.
    pub of_value: bool,
    /// What is wrong, and how to mend it.
    pub message: String,
}

impl fmt::Display for KeyProblem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

impl KeyProblem {
    fn of_name(path: &[&str], message: String) -> Self {
        Self {
            path: path.iter().map(|step| (*step).to_owned()).collect(),
            of_value: false,
            message,
        }
    }

    fn of_value(path: &[&str], message: String) -> Self {
        Self {
            of_value: true,
            ..Self::of_name(path, message)
        }
    }
}

/// The result of looking up pressed keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An action.
    Action(Action),
    /// The keys begin one or more longer sequences.
    Prefix,
    /// The keys are not bound.
    Nothing,
}

impl Keymap {
    /// Returns the embedded keymap.
    pub fn embedded() -> Self {
        let (keymap, problems) = Self::parse(DEFAULT);
        debug_assert!(problems.is_empty(), "{problems:?}");
        keymap
    }

    /// Parses a keymap. All problems are returned; valid bindings are kept.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        match text.parse::<toml::Table>() {
            Ok(table) => {
                let mut keymap = Self::default();
                let problems = keymap
                    .lay_over(&table)
                    .iter()
                    .map(ToString::to_string)
                    .collect();
                (keymap, problems)
            }
            Err(error) => (Self::default(), vec![error.to_string()]),
        }
    }

    /// Merges the user's `[keys]` table: an action that it names loses its default keys in that
    /// layer.
    pub fn lay_over(&mut self, table: &toml::Table) -> Vec<KeyProblem> {
        let mut problems = Vec::new();
        for (word, bindings) in table {
            let Some(layer) = Layer::parse(word) else {
                let known = Layer::ALL.map(Layer::as_str);
                let hint = did_you_mean(word, known);
                let hint = if hint.is_empty() {
                    format!("; known: {}", known.join(", "))
                } else {
                    hint
                };
                problems.push(KeyProblem::of_name(
                    &[word],
                    format!("no layer is called {word:?}{hint}"),
                ));
                continue;
            };
            let Some(bindings) = bindings.as_table() else {
                let wrong = format!(
                    "{word}: a table of actions and their keys is wanted here, like {{ \"app.help\" = \"f1\" }}"
                );
                problems.push(KeyProblem::of_value(&[word], wrong));
                continue;
            };
            for (id, keys) in bindings {
                self.bind(layer, id, keys, &mut problems);
            }
        }
        for (layer, bindings) in &mut self.layers {
            let own = table.get(layer.as_str()).and_then(toml::Value::as_table);
            let is_own = |action: Action| own.is_some_and(|own| own.contains_key(action.spec().id));
            bindings.index(*layer, &is_own, &mut problems);
        }
        problems
    }

    fn bind(&mut self, layer: Layer, id: &str, keys: &toml::Value, problems: &mut Vec<KeyProblem>) {
        let word = layer.as_str();
        let Some(action) = Action::parse(id) else {
            if let Some(inner) = keys.as_table().and_then(|table| table.keys().next()) {
                // In TOML a dot outside of quotes makes a nested table.
                let wrong = format!("{id}: an action's name stands in quotes: \"{id}.{inner}\"");
                return problems.push(KeyProblem::of_name(&[word, id], wrong));
            }
            // `fleet.logs = …` in [keys] is the table `fleet` with the key `logs`.
            let whole = format!("{word}.{id}");
            let known = Action::ALL.iter().map(|action| action.spec().id);
            let hint = match Action::parse(&whole) {
                Some(_) => format!("; did you mean \"{whole}\" in [keys.{word}]?"),
                None => did_you_mean(id, known),
            };
            let hint = if hint.is_empty() {
                "; `agentcore-console keys` prints all".to_owned()
            } else {
                hint
            };
            return problems.push(KeyProblem::of_name(
                &[word, id],
                format!("no action is called {id:?}{hint}"),
            ));
        };
        let listed = match keys {
            toml::Value::Array(many) => many.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut sequences = Vec::new();
        for (at, value) in listed.iter().enumerate() {
            let read = value
                .as_str()
                .map_or_else(|| Err(mistyped(value)), parse_sequence);
            match read {
                Ok(sequence) => {
                    sequences.push(sequence.into_iter().map(Chord::normalized).collect());
                }
                Err(wrong) => {
                    let place = at.to_string();
                    let whole = [word, id, &place];
                    let path = whole
                        .iter()
                        .take(if keys.is_array() { 3 } else { 2 })
                        .copied()
                        .collect::<Vec<_>>();
                    problems.push(KeyProblem::of_value(&path, format!("{id}: {wrong}")));
                }
            }
        }
        let order = &mut self.layers.entry(layer).or_default().order;
        match order.iter_mut().find(|(each, _)| *each == action) {
            Some((_, old)) => *old = sequences,
            None => order.push((action, sequences)),
        }
    }

    /// Looks up keys in the active layers, the topmost first. An action of a layer takes precedence
    /// over those of lower layers.
    pub fn find(&self, layers: &[Layer], keys: &[Chord]) -> Found {
        for bindings in layers.iter().filter_map(|layer| self.layers.get(layer)) {
            if let Some(action) = bindings.lookup.get(keys) {
                return Found::Action(*action);
            }
            if bindings
                .lookup
                .keys()
                .any(|sequence| sequence.starts_with(keys))
            {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// Returns the continuations of an unfinished sequence: the remaining keys and the action.
    pub fn continuations(&self, layers: &[Layer], begun: &[Chord]) -> Vec<(String, Action)> {
        let active = layers.iter().filter_map(|layer| self.layers.get(layer));
        active
            .flat_map(|bindings| {
                bindings
                    .order
                    .iter()
                    .flat_map(|(action, ways)| ways.iter().map(|way| (*action, way)))
            })
            .filter_map(|(action, way)| {
                way.strip_prefix(begun)
                    .filter(|rest| !rest.is_empty())
                    .map(|rest| (show_sequence(rest), action))
            })
            .collect()
    }

    /// Returns the actions of a layer with all their keys, in the order of the file.
    pub fn bindings(&self, layer: Layer) -> Vec<(Action, Vec<String>)> {
        let shown = |ways: &[Vec<Chord>]| ways.iter().map(|way| show_sequence(way)).collect();
        self.layers.get(&layer).map_or_else(Vec::new, |bindings| {
            bindings
                .order
                .iter()
                .map(|(action, ways)| (*action, shown(ways)))
                .collect()
        })
    }

    /// Returns the first key of an action in the active layers, as the footer shows it.
    pub fn key_of(&self, layers: &[Layer], action: Action) -> Option<String> {
        let active = layers.iter().filter_map(|layer| self.layers.get(layer));
        active
            .flat_map(|bindings| &bindings.order)
            .find(|(each, ways)| *each == action && !ways.is_empty())
            .and_then(|(_, ways)| ways.first())
            .map(|way| show_sequence(way))
    }
}

fn mistyped(value: &toml::Value) -> String {
    let found = value.type_str();
    let article = if found.starts_with(['a', 'i']) {
        "an"
    } else {
        "a"
    };
    format!("a key as text in quotes, or a list of them, is wanted here, not {article} {found}")
}

impl Bindings {
    /// Builds the lookup table and reports keys that are bound twice or begin another binding.
    fn index(
        &mut self,
        layer: Layer,
        is_own: &dyn Fn(Action) -> bool,
        problems: &mut Vec<KeyProblem>,
    ) {
        let word = layer.as_str();
        // Reported at the user's own table.
        let clash = |problem: Action, other: Action, message: String| {
            let meant = if is_own(problem) { problem } else { other };
            KeyProblem::of_value(&[word, meant.spec().id], message)
        };
        self.lookup.clear();
        for (action, ways) in &self.order {
            for way in ways {
                if let Some(other) = self.lookup.insert(way.clone(), *action)
                    && other != *action
                {
                    let (key, one, two) = (show_sequence(way), other.spec().id, action.spec().id);
                    problems.push(clash(
                        *action,
                        other,
                        format!("{key} means both {one} and {two} in the layer {word}"),
                    ));
                }
            }
        }
        for (way, action) in &self.lookup {
            let longer = self
                .lookup
                .iter()
                .find(|(other, _)| other.len() > way.len() && other.starts_with(way));
            if let Some((other, longer)) = longer {
                let (key, id) = (show_sequence(way), action.spec().id);
                let (sequence, hidden) = (show_sequence(other), longer.spec().id);
                problems.push(clash(
                    *action,
                    *longer,
                    format!("{key} ({id}) is the beginning of {sequence} ({hidden}) and would never let it through"),
                ));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::messages::{FleetAction, ListAction};

    fn find(keymap: &Keymap, layers: &[Layer], keys: &str) -> Found {
        let sequence: Vec<Chord> = parse_sequence(keys)
            .unwrap()
            .into_iter()
            .map(Chord::normalized)
            .collect();
        keymap.find(layers, &sequence)
    }

    #[test]
    fn the_embedded_keymap_has_no_problem_and_reaches_every_action() {
        let (keymap, problems) = Keymap::parse(DEFAULT);
        assert_eq!(problems, Vec::<String>::new());
        for action in Action::ALL {
            let reachable = Layer::ALL.iter().any(|layer| {
                keymap
                    .bindings(*layer)
                    .iter()
                    .any(|(each, ways)| each == action && !ways.is_empty())
            });
            assert!(reachable, "{} has no key", action.spec().id);
        }
    }

    #[test]
    fn the_upper_layer_wins_and_sequences_wait() {
        let (keymap, problems) = Keymap::parse(
            "[fleet]\n\"fleet.logs\" = \"l\"\n\"copy.arn\" = \"c a\"\n[list]\n\"list.right\" = [\"l\", \"right\"]",
        );
        assert_eq!(problems, Vec::<String>::new());
        let layers = [Layer::Fleet, Layer::List];
        assert_eq!(
            find(&keymap, &layers, "l"),
            Found::Action(Action::Fleet(FleetAction::FollowLogs))
        );
        assert_eq!(
            find(&keymap, &layers, "right"),
            Found::Action(Action::List(ListAction::Right))
        );
        assert_eq!(find(&keymap, &layers, "c"), Found::Prefix);
        assert_eq!(
            find(&keymap, &layers, "c a"),
            Found::Action(Action::Fleet(FleetAction::CopyArn))
        );
        assert_eq!(find(&keymap, &layers, "z"), Found::Nothing);
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let (_, problems) = Keymap::parse(
            "[flet]\n\"x\" = \"y\"\n[fleet]\n\"fleet.log\" = \"l\"\n\"fleet.logs\" = \"hyper-l\"\n\"copy.arn\" = \"c\"\n\"copy.id\" = \"c\"\n\"copy.json\" = \"c j\"",
        );
        for expected in [
            "\"flet\"",
            "\"fleet.log\"",
            "hyper-l",
            "means both",
            "is the beginning of",
        ] {
            assert!(
                problems.iter().any(|problem| problem.contains(expected)),
                "{expected} in {problems:#?}"
            );
        }
    }

    #[test]
    fn every_problem_knows_where_it_stands_in_the_users_table() {
        let user: toml::Table =
            "fleet.\"fleet.logs\" = [\"f9\", 5]\nglobal.app.quit = \"x\"\nglobal.\"app.help\" = \"q\"\nlogs.follow = \"x\"\nlist = 1\nzebra = {}"
                .parse()
                .unwrap();
        let problems = Keymap::embedded().lay_over(&user);
        let places: Vec<(String, bool)> = problems
            .iter()
            .map(|known| (known.path.join("/"), known.of_value))
            .collect();
        for expected in [
            ("fleet/fleet.logs/1", true),
            ("global/app", false),
            ("global/app.help", true),
            ("list", true),
            ("logs/follow", false),
            ("zebra", false),
        ] {
            assert!(
                places.contains(&(expected.0.to_owned(), expected.1)),
                "{expected:?} in {problems:#?}"
            );
        }
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains("\"app.quit\"")),
            "{problems:#?}"
        );
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains("known: start, fleet, ")),
            "{problems:#?}"
        );
        assert!(
            problems
                .iter()
                .any(|problem| problem.message.contains("\"logs.follow\" in [keys.logs]")),
            "{problems:#?}"
        );
    }

    #[test]
    fn a_users_table_replaces_an_actions_keys_and_leaves_the_rest() {
        let mut keymap = Keymap::embedded();
        let user: toml::Table = "[fleet]\n\"fleet.logs\" = \"F9\"".parse().unwrap();
        assert_eq!(keymap.lay_over(&user), []);
        assert_eq!(
            keymap
                .key_of(&[Layer::Fleet], Action::Fleet(FleetAction::FollowLogs))
                .as_deref(),
            Some("f9")
        );
        assert_eq!(
            keymap
                .key_of(&[Layer::Fleet], Action::Fleet(FleetAction::FollowTools))
                .as_deref(),
            Some("t")
        );
    }
}
