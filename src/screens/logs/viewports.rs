//! What the last frame showed of the lists of Logs.

use super::Logs;
use crate::{messages::LogsViewport, widgets::DrawnViewport};

impl Logs {
    /// Records what the last frame showed of one of them.
    pub fn record_viewport(&mut self, part: LogsViewport, drawn: &DrawnViewport) {
        match part {
            LogsViewport::Lines => self.list.record(drawn),
            LogsViewport::Detail => {
                if let Some(detail) = &mut self.detail {
                    detail.record(drawn);
                }
            }
            LogsViewport::Calls => self.calls.list.record(drawn),
            LogsViewport::Patterns => self.patterns.list.record(drawn),
            LogsViewport::Query => self.query.list.record(drawn),
            LogsViewport::QueryLines => {
                if let Some(opened) = &mut self.query.opened {
                    opened.list.record(drawn);
                }
            }
            LogsViewport::Waterfall => {
                if let Some(open) = &mut self.waterfall {
                    open.list.record(drawn);
                }
            }
        }
    }
}
