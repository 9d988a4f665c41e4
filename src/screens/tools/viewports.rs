//! What the last frame showed of the lists and texts of Tools.

use super::{Tools, modal::Modal};
use crate::{messages::ToolsViewport, widgets::DrawnViewport};

impl Tools {
    /// Records what the last frame showed of one of them.
    pub fn record_viewport(&mut self, part: ToolsViewport, drawn: &DrawnViewport) {
        match part {
            ToolsViewport::List => self.list.record(drawn),
            ToolsViewport::Rows => self.table.rows.record(drawn),
            ToolsViewport::Text => {
                let lines = self.result.as_ref().map(|result| result.lines.as_slice());
                self.text.record(lines.unwrap_or_default(), drawn);
            }
            ToolsViewport::Tree => {
                if let Some(tree) = self.tree_mut() {
                    tree.record(drawn);
                }
            }
            ToolsViewport::Completion => {
                if let Some(popup) = &mut self.completion {
                    popup.record(drawn);
                }
            }
            ToolsViewport::History => {
                for modal in &mut self.modals {
                    if let Modal::History(search) = modal {
                        search.record(drawn);
                    }
                }
            }
            ToolsViewport::Endpoints => {
                for modal in &mut self.modals {
                    if let Modal::Picker(picker) = modal {
                        picker.record(drawn);
                    }
                }
            }
            ToolsViewport::Schema => {
                for modal in &mut self.modals {
                    if let Modal::Schema(browser) = modal {
                        browser.record(drawn);
                    }
                }
            }
            ToolsViewport::Identity => {
                for modal in &mut self.modals {
                    if let Modal::Identity(scroll) = modal {
                        scroll.record(drawn);
                    }
                }
            }
        }
    }
}
