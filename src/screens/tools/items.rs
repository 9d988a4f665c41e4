//! The lines of the left pane, and which of them is selected.

use super::{Item, Tools};
use crate::{
    messages::Action,
    model::{Offer, Tool},
    tools::name_match::{NameMatch, name_match},
    widgets::LineInput,
};

/// A target with the places of its tools that pass the filter, and how well each does.
type TargetMatches<'a> = (Option<&'a str>, Vec<(NameMatch, usize)>);

impl Tools {
    /// Returns the lines of the left pane: tools that pass the filter, saved queries that do, then the session's calls.
    pub(super) fn items(&self) -> Vec<Item> {
        let typed = self.filter.text();
        let mut items = self.tool_items(typed);
        let is_found = |name: &str| name_match(typed, name, "").is_some();
        let offers = self
            .offers()
            .iter()
            .enumerate()
            .filter(|(_, offer)| is_found(&offer.tool.name));
        let saved = self
            .queries
            .iter()
            .enumerate()
            .filter(|(_, query)| is_found(&query.name));
        let past = self.listed_calls().into_iter().filter(|at| {
            self.history
                .get(*at)
                .is_some_and(|entry| is_found(&entry.title()))
        });
        let groups: [(&str, Vec<Item>); 3] = [
            (
                "resources and prompts",
                offers.map(|(at, _)| Item::Offer(at)).collect(),
            ),
            ("saved", saved.map(|(at, _)| Item::Saved(at)).collect()),
            ("history", past.map(Item::Past).collect()),
        ];
        for (title, group) in groups {
            if !group.is_empty() {
                items.push(Item::Heading(title));
                items.extend(group);
            }
        }
        items
    }

    /// Returns the tools that pass the filter below their targets: the target with the best one first, and in each the best one.
    fn tool_items(&self, typed: &str) -> Vec<Item> {
        let mut groups: Vec<TargetMatches<'_>> = Vec::new();
        for (at, tool) in self.tools().iter().enumerate() {
            let (target, own) = tool.parts();
            let Some(rank) = name_match(typed, own, target.unwrap_or_default()) else {
                continue;
            };
            match groups.last_mut().filter(|(known, _)| *known == target) {
                Some((_, tools)) => tools.push((rank, at)),
                None => groups.push((target, vec![(rank, at)])),
            }
        }
        for (_, tools) in &mut groups {
            tools.sort();
        }
        groups.sort_by_key(|(_, tools)| tools.first().map(|(rank, _)| *rank));
        let mut items = Vec::new();
        for (target, tools) in groups {
            // Two targets may offer tools of the same names: each target is a heading above its own.
            let heading = tools.first().filter(|_| target.is_some());
            items.extend(heading.map(|(_, at)| Item::Target(*at)));
            items.extend(tools.iter().map(|(_, at)| Item::Tool(*at)));
        }
        items
    }

    /// Returns what the server offers beside tools.
    pub(super) fn offers(&self) -> &[Offer] {
        self.connection()
            .map_or(&[], |connection| connection.offers.as_slice())
    }

    /// Returns the resource, template or prompt that the form is for, where it is for none of the tools.
    pub(super) fn offer(&self) -> Option<&Offer> {
        let name = &self.selected()?.name;
        self.offers().iter().find(|offer| offer.tool.name == *name)
    }

    /// Returns the line that is selected.
    pub(super) fn current(&self) -> Option<Item> {
        let items = self.items();
        items
            .get(self.list.cursor().min(items.len().saturating_sub(1)))
            .copied()
    }

    pub(super) fn selected(&self) -> Option<&Tool> {
        match self.current()? {
            Item::Tool(at) => self.tools().get(at),
            Item::Saved(at) => self.queries.get(at).and_then(|query| self.tool_of(query)),
            Item::Offer(at) => self.offers().get(at).map(|offer| &offer.tool),
            Item::Past(at) => self.history.get(at).and_then(|past| {
                let offered = self.offers().iter().map(|offer| &offer.tool);
                self.tools()
                    .iter()
                    .chain(offered)
                    .find(|tool| tool.name == past.tool)
            }),
            Item::Heading(_) | Item::Target(_) => None,
        }
    }

    /// Takes the filter off; the line that is selected stays selected.
    pub(super) fn clear_filter(&mut self) {
        let selected = self.current();
        self.filter = LineInput::default();
        let items = self.items();
        let kept = selected.and_then(|kept| items.iter().position(|item| *item == kept));
        if let Some(at) = kept {
            self.list.select(at);
        }
        self.pass_heading(&items, false);
    }

    /// Moves in the left pane; headings are passed over.
    pub(super) fn move_in_list(&mut self, action: Action) -> bool {
        let items = self.items();
        let before = self.list.cursor();
        if !self.list.act(action, items.len()) {
            return false;
        }
        self.pass_heading(&items, self.list.cursor() < before);
        true
    }

    pub(super) fn pass_heading(&mut self, items: &[Item], backwards: bool) {
        let at = self.list.cursor();
        if matches!(items.get(at), Some(Item::Heading(_) | Item::Target(_))) {
            self.list
                .select(if backwards && at > 0 { at - 1 } else { at + 1 });
        }
    }

    /// Selects the tool of that name; else the one that most people come for, which reads Cypher; else the first line.
    pub(super) fn select_tool(&mut self, name: Option<&str>) {
        let reader = crate::tools::cypher::tools(self.tools(), crate::tools::cypher::Access::Read)
            .first()
            .map(|tool| tool.name.as_str());
        let wanted = name.or(reader);
        let items = self.items();
        let at = items.iter().position(|item| match item {
            Item::Tool(at) => {
                let tool = self.tools().get(*at);
                tool.map(|tool| tool.name.as_str()) == wanted
            }
            Item::Target(_)
            | Item::Offer(_)
            | Item::Heading(_)
            | Item::Saved(_)
            | Item::Past(_) => false,
        });
        if let Some(at) = at {
            self.list.select(at);
        }
        self.pass_heading(&items, false);
        self.settle();
    }
}
