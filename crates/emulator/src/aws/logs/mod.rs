//! CloudWatch Logs: groups, streams and events, for every reader and writer.

mod filter;
mod filter_events;
mod filter_parser;
mod generated;
pub(crate) mod handlers;
mod insights;
mod observe;
mod query;
mod range;
mod read;
pub(crate) mod records;
pub(crate) mod spans;
mod state;
mod tail;

pub(crate) use self::observe::Observed;
pub(crate) use self::state::{LogGroup, LogStream, LogsState, StoredEvent, group_arn};
