//! Log events as they may be shown. Masking and parsing happen here, once, where the events arrive: no screen does it.

use std::sync::Arc;

use super::{Line, ReadLine, StackTraces, redact, strip_escapes};
use crate::model::{LogBatch, LogEvent, Moment};

/// A log event whose credentials are masked, whose escape sequences are removed and whose facts are read.
///
/// Only [`RecordReader`] makes one, so what holds a record holds no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogRecord {
    timestamp: Moment,
    ingestion: Moment,
    group: Arc<str>,
    stream: Arc<str>,
    id: Option<String>,
    text: String,
    line: Line,
}

impl LogRecord {
    /// Time of the event by the writer's clock.
    pub const fn timestamp(&self) -> Moment {
        self.timestamp
    }

    /// Time at which CloudWatch received the event.
    pub const fn ingestion(&self) -> Moment {
        self.ingestion
    }

    /// Log group name.
    pub const fn group(&self) -> &Arc<str> {
        &self.group
    }

    /// Log stream name.
    pub const fn stream(&self) -> &Arc<str> {
        &self.stream
    }

    /// Event id; `live:` and 32 hexadecimal digits for an event that only a live session has delivered.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// Returns the text without credentials and escape sequences.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Returns the facts that the text states.
    pub const fn line(&self) -> &Line {
        &self.line
    }

    /// Text and facts.
    pub(crate) fn into_text(self) -> (String, Line) {
        (self.text, self.line)
    }
}

/// Reads events into records. One reader sees all events of a tail, since the lines of a stack trace have the level of the
/// error that they follow.
#[derive(Clone, Debug, Default)]
pub struct RecordReader {
    traces: StackTraces,
}

impl RecordReader {
    /// Reads an event. The events of a stream must be given in their order.
    pub fn read(&mut self, event: LogEvent) -> LogRecord {
        let redacted = redact(event.message.trim_end());
        let text = strip_escapes(&redacted).into_owned();
        let mut line = ReadLine::new(&text).facts();
        line.level = self.traces.level(&event, &text, line.level);
        LogRecord {
            timestamp: event.timestamp,
            ingestion: event.ingestion,
            group: event.group,
            stream: event.stream,
            id: event.id,
            text,
            line,
        }
    }

    /// Reads a batch. The records are in the order of time.
    pub fn read_batch(&mut self, batch: LogBatch) -> LogBatch<LogRecord> {
        let mut events = batch.events;
        events.sort_by_key(|event| (event.timestamp, event.ingestion));
        LogBatch {
            events: events.into_iter().map(|event| self.read(event)).collect(),
            notices: batch.notices,
            identified: batch.identified,
            status: batch.status,
            complete_from: batch.complete_from,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::logs::Level;

    fn event(millis: i64, message: &str) -> LogEvent {
        let at = Moment::from_millis(millis);
        LogEvent {
            timestamp: at,
            ingestion: at,
            group: "g".into(),
            stream: "s".into(),
            id: None,
            message: message.into(),
        }
    }

    #[test]
    fn a_record_holds_neither_credentials_nor_escape_sequences() {
        let record = RecordReader::default().read(event(
            1,
            "\u{1b}[31mERROR\u{1b}[0m Authorization: Basic bmVvNGo6Y2FuYXJ5",
        ));
        assert_eq!(record.text(), "ERROR Authorization: Basic ***");
        assert_eq!(record.line().level, Some(Level::Error));
        assert!(!format!("{record:?}").contains("bmVvNGo6Y2FuYXJ5"));
    }

    #[test]
    fn a_batch_is_read_in_the_order_of_time() {
        let batch = LogBatch {
            events: vec![event(2, "  at frame"), event(1, "ERROR it broke")],
            ..LogBatch::default()
        };
        let read = RecordReader::default().read_batch(batch);
        let levels: Vec<Option<Level>> = read
            .events
            .iter()
            .map(|record| record.line().level)
            .collect();
        assert_eq!(levels, [Some(Level::Error), Some(Level::Error)]);
    }
}
