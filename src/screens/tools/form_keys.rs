//! Keys in a form: moving from row to row, typing, choosing, adding and removing items.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::{
    field::{Field, next_option, previous_option},
    form::Form,
    form_node::{ChoiceNode, FormNode, ListNode},
    form_parameters::ParameterNames,
    form_rows::{FormRow, RowPath},
};

impl Form {
    /// Moves the focus to the next row that takes keys (or the one before); `false` where there is none.
    pub(super) fn go(&mut self, backwards: bool) -> bool {
        if self.raw.is_some() {
            return false;
        }
        let rows = self.rows();
        let takes_keys = |at: &usize| rows.get(*at).is_some_and(FormRow::takes_keys);
        let next = if backwards {
            (0..self.focus).rev().find(takes_keys)
        } else {
            (self.focus + 1..rows.len()).find(takes_keys)
        };
        if let Some(next) = next {
            self.focus = next;
        }
        next.is_some()
    }

    fn node_mut(&mut self, path: &[usize]) -> Option<&mut FormNode> {
        let (first, rest) = path.split_first()?;
        let first = self.root.child_mut(*first)?;
        rest.iter().try_fold(first, |node, at| node.child_mut(*at))
    }

    fn focused_path(&self) -> Option<RowPath> {
        Some(self.rows().get(self.focus)?.path.clone())
    }

    pub(super) fn focused_field_mut(&mut self) -> Option<&mut Field> {
        match self.focused_path()? {
            RowPath::Parameter(at) => self.parameters.get_mut(at),
            RowPath::Node(path) => match self.node_mut(&path)? {
                FormNode::Field(field) => Some(field),
                FormNode::Object(_) | FormNode::List(_) | FormNode::Choice(_) => None,
            },
        }
    }

    /// Replaces what stands in the field under edit.
    pub(super) fn set_focused(&mut self, text: &str) {
        if let Some(field) = self.focused_field_mut() {
            field.set(text);
        }
    }

    /// Handles a key.
    pub(super) fn press(&mut self, key: KeyEvent) {
        if let Some(raw) = &mut self.raw {
            raw.input(key);
            return;
        }
        let is_statement = self.focused_statement_mut().is_some();
        if !is_statement && matches!(key.code, KeyCode::Enter | KeyCode::Down | KeyCode::Up) {
            let _ = self.go(key.code == KeyCode::Up);
            return;
        }
        let Some(path) = self.focused_path() else {
            return;
        };
        if let RowPath::Node(path) = &path
            && (self.press_branch(path, key) || self.press_removable(path, key))
        {
            self.focus = self.focus.min(self.rows().len().saturating_sub(1));
            return;
        }
        if let Some(field) = self.focused_field_mut()
            && !field.choose(key)
        {
            // ctrl-u and ctrl-r are undo and redo to the text area; a line editor's user means "all of it".
            if is_clearing(key) {
                field.set("");
            } else {
                field.text.input(key);
            }
        }
        if let RowPath::Node(path) = &path {
            self.typed_at(path);
        }
        self.follow_statement(ParameterNames::Edited);
    }

    /// Handles a key of a list, of one of its items, or of a choice. Returns `false` if the row is none of these.
    fn press_branch(&mut self, path: &[usize], key: KeyEvent) -> bool {
        let adds = matches!(key.code, KeyCode::Right | KeyCode::Char(' ' | '+'));
        let removes = matches!(
            key.code,
            KeyCode::Backspace | KeyCode::Delete | KeyCode::Char('-')
        );
        let goes_back = removes || key.code == KeyCode::Left;
        let is_item = self.is_item(path);
        match self.node_mut(path) {
            Some(FormNode::List(list)) => change_list(list, adds, goes_back),
            Some(FormNode::Object(_) | FormNode::Choice(_)) if is_item && removes => {
                self.remove_item(path);
            }
            Some(FormNode::Choice(choice)) => change_choice(choice, adds, goes_back),
            Some(FormNode::Object(_)) => {}
            Some(FormNode::Field(_)) | None => return false,
        }
        self.forget(path);
        true
    }

    /// Handles the keys that remove a further member, or an item of a list that is a field. Returns `false` if this key does not.
    fn press_removable(&mut self, path: &[usize], key: KeyEvent) -> bool {
        let is_item = self.is_item(path);
        let Some(field) = self.node_mut(path).and_then(|node| node.field()) else {
            return false;
        };
        let is_erasing = matches!(key.code, KeyCode::Backspace | KeyCode::Delete);
        let removes = (is_erasing && field.is_empty()) || is_clearing(key);
        if removes && is_item {
            self.remove_item(path);
            return true;
        }
        removes && field.is_further() && self.remove_further(path)
    }

    /// Returns whether a part is an item of a list.
    fn is_item(&mut self, path: &[usize]) -> bool {
        let parent = path.split_last().map(|(_, parent)| parent);
        matches!(
            parent.and_then(|parent| self.node_mut(parent)),
            Some(FormNode::List(_))
        )
    }

    fn remove_item(&mut self, path: &[usize]) {
        if let Some((at, parent)) = path.split_last()
            && let Some(FormNode::List(list)) = self.node_mut(parent)
        {
            list.remove(Some(*at));
        }
    }

    fn remove_further(&mut self, path: &[usize]) -> bool {
        let Some((at, parent)) = path.split_last() else {
            return false;
        };
        let object = if parent.is_empty() {
            Some(&mut self.root)
        } else {
            self.node_mut(parent).and_then(FormNode::object_mut)
        };
        object.is_some_and(|object| object.remove_further(*at))
    }

    /// What is typed into a part takes the place of the further members that stand for it and for the parts around it.
    fn typed_at(&mut self, path: &[usize]) {
        for depth in 1..=path.len() {
            let part = path.get(..depth).unwrap_or_default();
            if self.node_mut(part).is_some_and(|node| !node.is_empty()) {
                self.forget(part);
            }
        }
    }

    /// Drops the value that an earlier call gave to a part: what is chosen now takes its place.
    fn forget(&mut self, path: &[usize]) {
        let Some((part, parent)) = path.split_last() else {
            return;
        };
        if parent.is_empty() {
            self.root.forget(*part);
        } else if let Some(object) = self.node_mut(parent).and_then(FormNode::object_mut) {
            object.forget(*part);
        }
    }

    /// Inserts pasted text.
    pub(super) fn paste(&mut self, text: &str) {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        if let Some(raw) = &mut self.raw {
            raw.insert_str(&text);
            return;
        }
        if let Some(field) = self.focused_field_mut() {
            if field.is_statement() {
                field.text.insert_str(text);
            } else {
                field.text.insert_str(text.replace('\n', " "));
            }
        }
        self.follow_statement(ParameterNames::Edited);
    }
}

/// Returns whether a key empties a field.
fn is_clearing(key: KeyEvent) -> bool {
    key.modifiers.contains(KeyModifiers::CONTROL) && key.code == KeyCode::Char('u')
}

fn change_list(list: &mut ListNode, adds: bool, removes: bool) {
    if adds {
        list.add();
    } else if removes {
        list.remove(None);
    }
}

fn change_choice(choice: &mut ChoiceNode, forwards: bool, backwards: bool) {
    let count = choice.property.variants.len();
    if forwards {
        choice.choose(next_option(Some(choice.chosen), count));
    } else if backwards {
        choice.choose(previous_option(Some(choice.chosen), count));
    }
}
