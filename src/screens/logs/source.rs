//! What is tailed: the groups of one or several deployments, from when until when, and what is read again on return.

use super::{Logs, range::LogRange};
use crate::{
    logs::{may_belong_to, store::LogStore},
    messages::{Effect, Effects, LogsEffect, Slot},
    model::{DeploymentName, Kind, LogQuery, Moment, TailPart, TailRequest, TailStatus},
    screens::{AppRequest, ScreenUpdate, UpdateContext, fleet::deployment_groups},
};

/// How far back a fresh tail begins, in milliseconds.
pub(super) const BACK_MS: i64 = 15 * 60 * 1000;
/// Maximal number of lines of each group that a fresh tail begins with: one page.
const FIRST_LINES: usize = 10_000;
/// Maximal number of lines of a window that is read on request: the newest of it.
pub(super) const WINDOW_LINES: usize = 50_000;
/// How far a tail that is taken up again reaches back, in milliseconds. Events become visible up to 90 seconds after their
/// time, so those of the last moments before the tail was left may be missing.
const RESUME_OVERLAP_MS: i64 = 150_000;

/// What is tailed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TailSource {
    /// Title of the view.
    pub title: String,
    /// The deployments.
    pub parts: Vec<SourcePart>,
}

/// The log groups of one deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcePart {
    /// Deployment whose credentials read the logs.
    pub deployment: DeploymentName,
    /// Log group names.
    pub groups: Vec<String>,
    /// Ids of the deployment's gateways and runtimes.
    pub owner_ids: Vec<String>,
}

/// The time that is read. Without an end the tail goes on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LogWindow {
    /// Its beginning; the last 15 minutes if there is none.
    pub since: Option<Moment>,
    /// Its end.
    pub until: Option<Moment>,
}

impl TailSource {
    /// Returns the number of different log groups.
    pub(super) fn group_count(&self) -> usize {
        let mut groups: Vec<&String> = self.parts.iter().flat_map(|part| &part.groups).collect();
        groups.sort_unstable();
        groups.dedup();
        groups.len()
    }

    /// Returns the deployment that a group belongs to; none if several share it.
    pub(super) fn deployment_of(&self, group: &str) -> Option<&DeploymentName> {
        let mut owners = self
            .parts
            .iter()
            .filter(|part| part.groups.iter().any(|own| own == group));
        match (owners.next(), owners.next()) {
            (Some(part), None) => Some(&part.deployment),
            (Some(_), Some(_)) | (None, _) => None,
        }
    }

    /// Returns the deployment whose gateway or runtime this is.
    pub(super) fn deployment_of_owner(&self, owner: &str) -> Option<&DeploymentName> {
        let mut parts = self.parts.iter();
        parts
            .find(|part| !part.owner_ids.is_empty() && may_belong_to(Some(owner), &part.owner_ids))
            .map(|part| &part.deployment)
    }

    fn request(&self, since: Moment, until: Option<Moment>, limit: Option<usize>) -> TailRequest {
        let parts = self.parts.iter().map(|part| TailPart {
            deployment: part.deployment.clone(),
            query: LogQuery {
                groups: part.groups.clone(),
                owner_ids: part.owner_ids.clone(),
                since: Some(since),
                until,
                limit,
                ..LogQuery::default()
            },
        });
        TailRequest {
            parts: parts.collect(),
            is_resumed: false,
        }
    }
}

/// Ids of a deployment's gateways and runtimes, as far as they have been listed.
pub fn owner_ids(store: &crate::state::Store, deployment: &DeploymentName) -> Vec<String> {
    store
        .resources(deployment)
        .filter(|resource| matches!(resource.key.kind, Kind::Gateway | Kind::Runtime))
        .map(|resource| resource.key.id.clone())
        .collect()
}

fn part_of(store: &crate::state::Store, deployment: &DeploymentName) -> Option<SourcePart> {
    let groups = deployment_groups(store, deployment);
    (!groups.is_empty()).then(|| SourcePart {
        deployment: deployment.clone(),
        groups,
        owner_ids: owner_ids(store, deployment),
    })
}

impl Logs {
    /// Begins to read log groups, and to follow them if the window has no end. How lines are shown is kept.
    pub fn tail(&mut self, source: TailSource, window: LogWindow, now: Moment) -> Effects {
        let since = window.since.unwrap_or_else(|| now.plus(-BACK_MS));
        let limit = if window.until.is_some() {
            WINDOW_LINES
        } else {
            FIRST_LINES
        };
        let request = source.request(since, window.until, Some(limit));
        let mut store = LogStore::default();
        store.set_tail_start(now);
        let stop = if self.range.older.is_some() {
            Effects::one(Effect::Stop(Slot::OlderLogs))
        } else {
            Effects::none()
        };
        let fresh = Self {
            range: LogRange::new(since, window.until),
            store,
            source: Some(source),
            follows: window.since.is_none() && window.until.is_none(),
            view: self.view,
            wrap: self.wrap,
            times: self.times,
            used_filters: std::mem::take(&mut self.used_filters),
            named_filters: std::mem::take(&mut self.named_filters),
            fields: std::mem::take(&mut self.fields),
            histogram: self.histogram,
            filter: std::mem::take(&mut self.filter),
            hidden: std::mem::take(&mut self.hidden),
            calls: self.calls.emptied(),
            patterns: self.patterns.emptied(),
            query: std::mem::take(&mut self.query),
            marks: std::mem::take(&mut self.marks),
            ..Self::default()
        };
        *self = fresh;
        if self.filter.contains("call=") || self.filter.contains("pattern=") {
            self.filter.clear();
        }
        self.apply_filter();
        stop.and(Effects::one(Effect::Logs(LogsEffect::Tail(request))))
    }

    /// Returns the time from which on a tail that was left has to read again: a little before it last had everything, or its own
    /// beginning if it never did.
    pub(super) fn resume_from(&self, now: Moment) -> Moment {
        let since = self.range.tail_since;
        let has_everything = self.status.is_backfilled && self.status.open_gaps == 0;
        match (has_everything, &self.failure, self.heard) {
            (true, None, Some(_)) => now.plus(-RESUME_OVERLAP_MS).max(since),
            (true, Some(_), Some(heard)) => heard.plus(-RESUME_OVERLAP_MS).max(since),
            _ => since,
        }
    }

    /// Starts the tail of the same groups again, without losing or repeating a line.
    pub(super) fn resume(&mut self, now: Moment) -> Effects {
        let Some(source) = &self.source else {
            return Effects::none();
        };
        let since = self.left_at.take().unwrap_or_else(|| self.resume_from(now));
        let limit = self.store.is_empty_of_events().then_some(FIRST_LINES);
        let mut request = source.request(since, self.range.until, limit);
        if self.range.until.is_some() && self.status.is_backfilled && self.failure.is_none() {
            // A window that was read whole does not change any more.
            return Effects::none();
        }
        request.is_resumed = !self.store.is_empty_of_events();
        self.store.expect_again(since);
        self.range.tail_since = since;
        self.status = TailStatus::default();
        self.failure = None;
        Effects::one(Effect::Logs(LogsEffect::Tail(request)))
    }

    /// Opens the next deployment's logs.
    pub(super) fn next_source(&mut self, context: &UpdateContext<'_>) -> ScreenUpdate {
        let names: Vec<&DeploymentName> = deployment_names(context.store).collect();
        let at = self
            .source
            .as_ref()
            .and_then(|source| source.parts.last())
            .and_then(|part| names.iter().position(|name| **name == part.deployment))
            .map_or(0, |at| at + 1);
        let next = names
            .iter()
            .cycle()
            .skip(at)
            .take(names.len())
            .find_map(|name| part_of(context.store, name));
        match next {
            Some(part) => {
                let source = TailSource {
                    title: context.store.title(part.deployment.as_str()).to_owned(),
                    parts: vec![part],
                };
                ScreenUpdate::effects(self.tail(source, LogWindow::default(), context.now))
            }
            None => ScreenUpdate::request(AppRequest::Say("no log group is known yet".to_owned())),
        }
    }

    /// Adds the next deployment that is not open to the tail, or all of them.
    pub(super) fn add_sources(&mut self, all: bool, context: &UpdateContext<'_>) -> ScreenUpdate {
        let mut parts = self
            .source
            .as_ref()
            .map_or_else(Vec::new, |source| source.parts.clone());
        let open = |parts: &[SourcePart], name: &DeploymentName| {
            parts.iter().any(|part| part.deployment == *name)
        };
        let closed: Vec<SourcePart> = deployment_names(context.store)
            .filter(|name| !open(&parts, name))
            .filter_map(|name| part_of(context.store, name))
            .collect();
        if closed.is_empty() {
            return ScreenUpdate::request(AppRequest::Say(
                "all deployments with log groups are open".to_owned(),
            ));
        }
        let is_everything = all || closed.len() == 1;
        parts.extend(closed.into_iter().take(if all { usize::MAX } else { 1 }));
        let names: Vec<&str> = parts
            .iter()
            .map(|part| context.store.title(part.deployment.as_str()))
            .collect();
        let title = if is_everything {
            "all deployments".to_owned()
        } else {
            names.join(" + ")
        };
        let window = LogWindow {
            since: Some(self.range.since).filter(|_| self.has_source()),
            until: self.range.until,
        };
        let follows = self.follows;
        let effects = self.tail(TailSource { title, parts }, window, context.now);
        self.follows = follows;
        ScreenUpdate::effects(effects)
    }

    /// Reads the lines before the window: as much time again, or back to a time.
    pub(super) fn read_older(&mut self, back_to: Option<Moment>, now: Moment) -> ScreenUpdate {
        let Some(source) = &self.source else {
            return ScreenUpdate::done();
        };
        if self.range.older.is_some() {
            return ScreenUpdate::request(AppRequest::Say("older lines are being read".to_owned()));
        }
        let (begin, end) = self.range.axis(now);
        let since = back_to.unwrap_or_else(|| begin.plus(-end.since(begin).max(BACK_MS)));
        let request = source.request(since, Some(begin.plus(-1)), Some(WINDOW_LINES));
        self.range.older = Some(since);
        self.range.cut = None;
        // Of groups with few lines, those before the beginning may be here already.
        self.store.expect_older(begin);
        ScreenUpdate::effect(Effect::Logs(LogsEffect::ReadOlder(request)))
    }

    /// Goes to a time: the cursor stands on the first line from then on. Lines from before the window are read.
    pub fn jump_to_time(&mut self, at: Moment, now: Moment) -> ScreenUpdate {
        self.stop_following();
        self.range.window = None;
        self.apply_filter();
        let update = if at < self.range.since {
            self.range.wanted = Some(at);
            let margin = BACK_MS / 3;
            self.read_older(Some(at.plus(-margin)), now)
        } else {
            ScreenUpdate::done()
        };
        self.select_time(at);
        update
    }

    /// Puts the cursor on the first line from a time on.
    pub(super) fn select_time(&mut self, at: Moment) {
        self.list.select(self.row_at(at));
        self.list.clamp(self.store.len());
    }

    /// Returns the index of the first line from a time on.
    pub(super) fn row_at(&self, at: Moment) -> usize {
        let (mut low, mut high) = (0, self.store.len());
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.store.time_of_row(middle).is_some_and(|time| time < at) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }
}

fn deployment_names(store: &crate::state::Store) -> impl Iterator<Item = &DeploymentName> {
    store.deployments.iter().map(|deployment| &deployment.name)
}
