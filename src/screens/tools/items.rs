//! The lines of the left pane, and which of them is selected.

use super::{Item, Tools};
use crate::{
    messages::Action,
    model::{Offer, Tool},
};

impl Tools {
    /// The lines of the left pane: tools that pass the filter, saved queries that do, then the session's calls.
    pub(super) fn items(&self) -> Vec<Item> {
        let filter = self.filter.text().to_lowercase();
        let tools = self
            .tools()
            .iter()
            .enumerate()
            .filter(|(_, tool)| tool.name.to_lowercase().contains(&filter));
        let mut items: Vec<Item> = Vec::new();
        let mut last_target = None;
        for (at, tool) in tools {
            // Two targets may offer tools of the same names: each target is a heading above its own.
            let target = tool.parts().0;
            if target.is_some() && target != last_target {
                items.push(Item::Target(at));
            }
            last_target = target;
            items.push(Item::Tool(at));
        }
        let offers = self
            .offers()
            .iter()
            .enumerate()
            .filter(|(_, offer)| offer.tool.name.to_lowercase().contains(&filter));
        let saved = self
            .queries
            .iter()
            .enumerate()
            .filter(|(_, query)| query.name.to_lowercase().contains(&filter));
        let past = self
            .history
            .iter()
            .enumerate()
            .filter(|(_, past)| Some(&past.endpoint) == self.endpoint.as_ref());
        let groups: [(&str, Vec<Item>); 3] = [
            (
                "resources and prompts",
                offers.map(|(at, _)| Item::Offer(at)).collect(),
            ),
            ("saved", saved.map(|(at, _)| Item::Saved(at)).collect()),
            ("history", past.map(|(at, _)| Item::Past(at)).collect()),
        ];
        for (title, group) in groups {
            if !group.is_empty() {
                items.push(Item::Heading(title));
                items.extend(group);
            }
        }
        items
    }

    /// What the server offers beside tools.
    pub(super) fn offers(&self) -> &[Offer] {
        self.connection()
            .map_or(&[], |connection| connection.offers.as_slice())
    }

    /// The resource, template or prompt that the form is for, where it is for none of the tools.
    pub(super) fn offer(&self) -> Option<&Offer> {
        let name = &self.selected()?.name;
        self.offers().iter().find(|offer| offer.tool.name == *name)
    }

    /// The line that is selected.
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
}
