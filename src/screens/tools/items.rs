//! The lines of the left pane, and which of them is selected.

use super::{Item, Tools};
use crate::{app::Action, model::Tool};

impl Tools {
    /// The lines of the left pane: tools that pass the filter, saved queries that do, then the session's calls.
    pub(super) fn items(&self) -> Vec<Item> {
        let filter = self.filter.text().to_lowercase();
        let tools = self.tools().iter().enumerate().filter(|(_, tool)| tool.name.to_lowercase().contains(&filter));
        let mut items: Vec<Item> = tools.map(|(at, _)| Item::Tool(at)).collect();
        let saved = self.queries.iter().enumerate().filter(|(_, query)| query.name.to_lowercase().contains(&filter));
        let past = self.history.iter().enumerate().filter(|(_, past)| Some(&past.endpoint) == self.endpoint.as_ref());
        let groups: [(&str, Vec<Item>); 2] = [
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

    /// The line that is selected.
    pub(super) fn current(&self) -> Option<Item> {
        let items = self.items();
        items.get(self.list.cursor().min(items.len().saturating_sub(1))).copied()
    }

    pub(super) fn selected(&self) -> Option<&Tool> {
        match self.current()? {
            Item::Tool(at) => self.tools().get(at),
            Item::Saved(at) => self.queries.get(at).and_then(|query| self.tool_of(query)),
            Item::Past(at) => self.history.get(at).and_then(|past| self.tools().iter().find(|tool| tool.name == past.tool)),
            Item::Heading(_) => None,
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
        if matches!(items.get(at), Some(Item::Heading(_))) {
            self.list.select(if backwards && at > 0 { at - 1 } else { at + 1 });
        }
    }
}
