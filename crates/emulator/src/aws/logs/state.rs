//! CloudWatch Logs: groups, streams and events as they are now, for every reader and writer.
//! `handlers` speaks the wire, `filter` reads filter patterns.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;

use jiff::Timestamp;

use crate::Options;
use crate::scenarios::{ACCOUNT, REGION, Scenario};

use super::generated::Generated;
use super::{insights, tail};

/// Number of events that a group keeps; the oldest are dropped first.
const KEPT_EVENTS: usize = 1_000_000;
/// Number of them that a live tail can still catch up with.
const KEPT_RECENT: usize = 50_000;

/// All log groups.
#[derive(Debug)]
pub(crate) struct LogsState {
    groups: Mutex<BTreeMap<String, LogGroup>>,
    /// Open live tail sessions.
    pub(super) sessions: tail::TailSessions,
    /// Queries that were started.
    pub(super) queries: insights::Queries,
    /// Calls that the platform refused before anything logged them, by the group of what refused them, and when.
    pub(super) unlogged: Mutex<VecDeque<(String, i64)>>,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct StoredEvent {
    /// Milliseconds since 1970, as its writer said.
    pub(crate) timestamp: i64,
    /// Milliseconds since 1970, when it came in.
    pub(crate) ingestion: i64,
    pub(crate) stream: Arc<str>,
    pub(crate) message: String,
    /// Counts arrivals in the group from 1: identity and last criterion of order.
    pub(crate) arrival: u64,
}

/// One group.
#[derive(Debug, Default)]
pub(crate) struct LogGroup {
    pub(crate) created: i64,
    pub(crate) retention_days: Option<i64>,
    pub(crate) class: String,
    pub(crate) streams: HashMap<Arc<str>, LogStream>,
    /// In the order of (timestamp, ingestion, arrival).
    pub(crate) events: VecDeque<Arc<StoredEvent>>,
    /// In the order of arrival.
    pub(crate) recent: VecDeque<Arc<StoredEvent>>,
    pub(crate) arrivals: u64,
    pub(crate) stored_bytes: u64,
    /// Number of events that were dropped because the group was full.
    pub(crate) dropped: u64,
    /// Its events are computed instead of kept.
    pub(super) generated: Option<Generated>,
}

/// What is known of one stream.
#[derive(Clone, Debug, Default)]
pub(crate) struct LogStream {
    pub(crate) created: i64,
    pub(crate) first_event: Option<i64>,
    pub(crate) last_event: Option<i64>,
    pub(crate) last_ingestion: Option<i64>,
}

impl LogGroup {
    pub(super) fn new(created: i64, class: &str, generated: Option<Generated>) -> Self {
        let mut group = Self {
            created,
            class: class.to_owned(),
            generated,
            ..Self::default()
        };
        if let Some(source) = &generated {
            let (first, last) = (
                source.timestamp(0),
                source.timestamp(source.shape.events.saturating_sub(1)),
            );
            let facts = LogStream {
                created: first,
                first_event: Some(first),
                last_event: Some(last),
                last_ingestion: Some(last),
            };
            group
                .streams
                .extend(super::generated::stream_names().map(|name| (name, facts.clone())));
        }
        group
    }

    /// Returns what came in after an arrival, and until a moment (which the fault `late` sets back).
    pub(super) fn arrived_after(&self, arrival: u64, until: i64) -> Vec<Arc<StoredEvent>> {
        let start = self
            .recent
            .partition_point(|event| event.arrival <= arrival);
        self.recent
            .range(start..)
            .take_while(|event| event.ingestion <= until)
            .cloned()
            .collect()
    }

    /// Takes in one event at its place in time.
    pub(crate) fn append(&mut self, stream: &str, timestamp: i64, ingestion: i64, message: String) {
        let name: Arc<str> = match self.streams.get_key_value(stream) {
            Some((name, _)) => Arc::clone(name),
            None => Arc::from(stream),
        };
        let facts = self
            .streams
            .entry(Arc::clone(&name))
            .or_insert_with(|| LogStream {
                created: ingestion,
                ..LogStream::default()
            });
        facts.first_event = Some(
            facts
                .first_event
                .map_or(timestamp, |first| first.min(timestamp)),
        );
        facts.last_event = Some(
            facts
                .last_event
                .map_or(timestamp, |last| last.max(timestamp)),
        );
        facts.last_ingestion = Some(ingestion);
        self.arrivals += 1;
        self.stored_bytes += message.len() as u64 + 26;
        let event = Arc::new(StoredEvent {
            timestamp,
            ingestion,
            stream: name,
            message,
            arrival: self.arrivals,
        });
        let place = self
            .events
            .partition_point(|known| (known.timestamp, known.ingestion) <= (timestamp, ingestion));
        self.events.insert(place, Arc::clone(&event));
        self.recent.push_back(event);
        if self.events.len() > KEPT_EVENTS {
            self.events.pop_front();
            self.dropped += 1;
        }
        if self.recent.len() > KEPT_RECENT {
            self.recent.pop_front();
        }
    }
}

impl LogsState {
    pub(crate) fn new(options: &Options, deployments: &[Scenario], began: Timestamp) -> Self {
        let mut groups = BTreeMap::new();
        for name in deployments
            .iter()
            .flat_map(|deployment| &deployment.log_groups)
        {
            let group = LogGroup::new(began.as_millisecond() - 890 * 3_600_000, "STANDARD", None);
            groups.entry(name.clone()).or_insert(group);
        }
        if let Some(shape) = options.generated_logs {
            let now = began.as_millisecond();
            let source = Generated {
                shape,
                end: now,
                live: true,
            };
            groups.insert(
                "/local/generated".into(),
                LogGroup::new(now, "STANDARD", Some(source)),
            );
        }
        Self {
            groups: Mutex::new(groups),
            sessions: tail::TailSessions::default(),
            queries: insights::Queries::default(),
            unlogged: Mutex::default(),
        }
    }

    /// Reads or changes the groups; keep it short, nothing may wait inside.
    pub(crate) fn with<T>(&self, act: impl FnOnce(&mut BTreeMap<String, LogGroup>) -> T) -> T {
        act(&mut self.groups.lock())
    }

    /// Returns the groups that dropped events because they were full, and how many.
    pub(crate) fn dropped(&self) -> Vec<(String, u64)> {
        self.with(|groups| {
            let full = groups.iter().filter(|(_, group)| group.dropped > 0);
            full.map(|(name, group)| (name.clone(), group.dropped))
                .collect()
        })
    }

    /// Writes one event (times in milliseconds since 1970); the group and the stream come to be if they are not there.
    pub(crate) fn append_at(
        &self,
        group: &str,
        stream: &str,
        timestamp: i64,
        ingestion: i64,
        message: String,
    ) {
        self.with(|groups| {
            let group = groups
                .entry(group.to_owned())
                .or_insert_with(|| LogGroup::new(ingestion, "STANDARD", None));
            group.append(stream, timestamp, ingestion, message);
        });
    }
}

/// Returns the ARN of a group, without `:*`.
pub(crate) fn group_arn(group: &str) -> String {
    format!("arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{group}")
}
