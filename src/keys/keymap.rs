//! The keymap: read from TOML, judged whole, looked up layer by layer.

use std::collections::{BTreeMap, HashMap};

use super::{Chord, Layer, parse_sequence, show_sequence};
use crate::{app::Action, model::did_you_mean};

/// The embedded keymap: default, documentation and test fixture in one.
pub const DEFAULT: &str = include_str!("../../assets/keymap.toml");

/// The bindings of all layers.
#[derive(Clone, Debug, Default)]
pub struct Keymap {
    layers: BTreeMap<Layer, Bindings>,
}

/// One layer: what leads to an action, in the order of the file.
#[derive(Clone, Debug, Default)]
struct Bindings {
    order: Vec<(Action, Vec<Vec<Chord>>)>,
    lookup: HashMap<Vec<Chord>, Action>,
}

/// What pressed keys mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// An action.
    Action(Action),
    /// The beginning of one or more longer sequences.
    Prefix,
    /// Nothing.
    Nothing,
}

impl Keymap {
    /// The embedded keymap.
    pub fn embedded() -> Self {
        let (keymap, problems) = Self::parse(DEFAULT);
        debug_assert!(problems.is_empty(), "{problems:?}");
        keymap
    }

    /// Reads a keymap. What is wrong is told, all of it; what is right counts.
    pub fn parse(text: &str) -> (Self, Vec<String>) {
        match text.parse::<toml::Table>() {
            Ok(table) => {
                let mut keymap = Self::default();
                let problems = keymap.lay_over(&table);
                (keymap, problems)
            }
            Err(error) => (Self::default(), vec![error.to_string()]),
        }
    }

    /// Lays a user's `[keys]` table over this keymap: an action that it names loses its old keys in that layer.
    pub fn lay_over(&mut self, table: &toml::Table) -> Vec<String> {
        let mut problems = Vec::new();
        for (word, bindings) in table {
            let Some(layer) = Layer::parse(word) else {
                let known = Layer::ALL.map(Layer::word);
                problems.push(format!("no layer is called {word:?}{}", suggestion(word, known)));
                continue;
            };
            let Some(bindings) = bindings.as_table() else {
                problems.push(format!("[{word}] must be a table of actions and their keys"));
                continue;
            };
            for (id, keys) in bindings {
                self.bind(layer, id, keys, &mut problems);
            }
        }
        self.layers.iter_mut().for_each(|(layer, bindings)| bindings.index(*layer, &mut problems));
        problems
    }

    fn bind(&mut self, layer: Layer, id: &str, keys: &toml::Value, problems: &mut Vec<String>) {
        let Some(action) = Action::parse(id) else {
            problems
                .push(format!("no action is called {id:?}{}", suggestion(id, Action::ALL.iter().map(|action| action.spec().id))));
            return;
        };
        let listed: Vec<&str> = match keys {
            toml::Value::String(one) => vec![one.as_str()],
            toml::Value::Array(many) => many.iter().filter_map(toml::Value::as_str).collect(),
            _ => {
                problems.push(format!("{id}: keys are a text or a list of texts"));
                return;
            }
        };
        let mut sequences = Vec::new();
        for text in listed {
            match parse_sequence(text) {
                Ok(sequence) => sequences.push(sequence.into_iter().map(Chord::normalized).collect()),
                Err(wrong) => problems.push(format!("{id}: {wrong}")),
            }
        }
        let order = &mut self.layers.entry(layer).or_default().order;
        match order.iter_mut().find(|(each, _)| *each == action) {
            Some((_, old)) => *old = sequences,
            None => order.push((action, sequences)),
        }
    }

    /// What the keys mean in the active layers, the topmost first. Any layer's action goes before a lower one's.
    pub fn find(&self, layers: &[Layer], keys: &[Chord]) -> Found {
        for bindings in layers.iter().filter_map(|layer| self.layers.get(layer)) {
            if let Some(action) = bindings.lookup.get(keys) {
                return Found::Action(*action);
            }
            if bindings.lookup.keys().any(|sequence| sequence.starts_with(keys)) {
                return Found::Prefix;
            }
        }
        Found::Nothing
    }

    /// The ways on from a begun sequence: the rest of the keys and the action.
    pub fn continuations(&self, layers: &[Layer], begun: &[Chord]) -> Vec<(String, Action)> {
        let active = layers.iter().filter_map(|layer| self.layers.get(layer));
        active
            .flat_map(|bindings| bindings.order.iter().flat_map(|(action, ways)| ways.iter().map(|way| (*action, way))))
            .filter_map(|(action, way)| {
                way.strip_prefix(begun).filter(|rest| !rest.is_empty()).map(|rest| (show_sequence(rest), action))
            })
            .collect()
    }

    /// The actions of a layer with all their keys, in the order of the file.
    pub fn bindings(&self, layer: Layer) -> Vec<(Action, Vec<String>)> {
        let shown = |ways: &[Vec<Chord>]| ways.iter().map(|way| show_sequence(way)).collect();
        self.layers
            .get(&layer)
            .map_or_else(Vec::new, |bindings| bindings.order.iter().map(|(action, ways)| (*action, shown(ways))).collect())
    }

    /// The first key of an action in the active layers, as the footer shows it.
    pub fn key_of(&self, layers: &[Layer], action: Action) -> Option<String> {
        let active = layers.iter().filter_map(|layer| self.layers.get(layer));
        active
            .flat_map(|bindings| &bindings.order)
            .find(|(each, ways)| *each == action && !ways.is_empty())
            .and_then(|(_, ways)| ways.first())
            .map(|way| show_sequence(way))
    }
}

impl Bindings {
    /// Fills the lookup, and tells of keys that mean two things or begin another's.
    fn index(&mut self, layer: Layer, problems: &mut Vec<String>) {
        self.lookup.clear();
        for (action, ways) in &self.order {
            for way in ways {
                if let Some(other) = self.lookup.insert(way.clone(), *action)
                    && other != *action
                {
                    problems.push(format!(
                        "[{}] {} means both {} and {}",
                        layer.word(),
                        show_sequence(way),
                        other.spec().id,
                        action.spec().id
                    ));
                }
            }
        }
        for (way, action) in &self.lookup {
            let longer = self.lookup.iter().find(|(other, _)| other.len() > way.len() && other.starts_with(way));
            if let Some((other, longer)) = longer {
                problems.push(format!(
                    "[{}] {} ({}) is the beginning of {} ({}) and would never let it through",
                    layer.word(),
                    show_sequence(way),
                    action.spec().id,
                    show_sequence(other),
                    longer.spec().id
                ));
            }
        }
    }
}

fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    did_you_mean(word, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(keymap: &Keymap, layers: &[Layer], keys: &str) -> Found {
        let sequence: Vec<Chord> = parse_sequence(keys).unwrap().into_iter().map(Chord::normalized).collect();
        keymap.find(layers, &sequence)
    }

    #[test]
    fn the_embedded_keymap_has_no_problem_and_reaches_every_action() {
        let (keymap, problems) = Keymap::parse(DEFAULT);
        assert_eq!(problems, Vec::<String>::new());
        for action in Action::ALL {
            let reachable = Layer::ALL
                .iter()
                .any(|layer| keymap.bindings(*layer).iter().any(|(each, ways)| each == action && !ways.is_empty()));
            assert!(reachable, "{} has no key", action.spec().id);
        }
    }

    #[test]
    fn the_upper_layer_wins_and_sequences_wait() {
        let (keymap, problems) =
            Keymap::parse("[fleet]\n\"fleet.logs\" = \"l\"\n\"copy.arn\" = \"c a\"\n[list]\n\"list.right\" = [\"l\", \"right\"]");
        assert_eq!(problems, Vec::<String>::new());
        let layers = [Layer::Fleet, Layer::List];
        assert_eq!(find(&keymap, &layers, "l"), Found::Action(Action::FollowLogs));
        assert_eq!(find(&keymap, &layers, "right"), Found::Action(Action::Right));
        assert_eq!(find(&keymap, &layers, "c"), Found::Prefix);
        assert_eq!(find(&keymap, &layers, "c a"), Found::Action(Action::CopyArn));
        assert_eq!(find(&keymap, &layers, "z"), Found::Nothing);
    }

    #[test]
    fn all_problems_are_told_at_once() {
        let (_, problems) = Keymap::parse(
            "[flet]\n\"x\" = \"y\"\n[fleet]\n\"fleet.log\" = \"l\"\n\"fleet.logs\" = \"hyper-l\"\n\"copy.arn\" = \"c\"\n\"copy.id\" = \"c\"\n\"copy.json\" = \"c j\"",
        );
        for expected in ["\"flet\"", "\"fleet.log\"", "hyper-l", "means both", "is the beginning of"] {
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{expected} in {problems:#?}");
        }
    }

    #[test]
    fn a_users_table_replaces_an_actions_keys_and_leaves_the_rest() {
        let mut keymap = Keymap::embedded();
        let user: toml::Table = "[fleet]\n\"fleet.logs\" = \"F9\"".parse().unwrap();
        assert_eq!(keymap.lay_over(&user), Vec::<String>::new());
        assert_eq!(keymap.key_of(&[Layer::Fleet], Action::FollowLogs).as_deref(), Some("f9"));
        assert_eq!(keymap.key_of(&[Layer::Fleet], Action::FollowTools).as_deref(), Some("t"));
    }
}
