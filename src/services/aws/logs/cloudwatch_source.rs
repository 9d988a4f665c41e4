//! CloudWatch Logs as a source of log events: DescribeLogGroups, FilterLogEvents, StartLiveTail, and Logs Insights for groups
//! of the Infrequent Access class.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Weak},
    time::Duration,
};

use parking_lot::Mutex;

use aws_sdk_cloudwatchlogs::types::{
    LogGroup as SdkLogGroup, LogGroupClass as SdkLogGroupClass,
    StartLiveTailResponseStream as SdkLiveEvent,
};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use futures::{StreamExt as _, future::BoxFuture, stream};

use crate::{
    model::{Failure, FailureKind, LogEvent, Moment},
    net::{clock, retry},
};

use super::{
    budget::RequestBudget,
    filter_events, insights,
    live_updates::{live_update, stream_failure},
    source::{
        LiveSession, LiveUpdate, LogGroupClass, LogGroupInfo, LogPage, LogSource, NewestEvents,
        PageRequest,
    },
};
use crate::services::aws::{AwsClient, account::Account, failure::AwsOperation};

/// Time limit for the first message of a session that was accepted.
const SESSION_BEGIN: Duration = Duration::from_secs(5);
/// `FilterLogEvents` requires a start time when reading newest first, and none before 2024-01-01.
const NEWEST_FIRST_START: Moment = Moment::from_millis(1_704_067_200_000);
/// Attempts at one page while the service asks to slow down, in addition to those of the SDK.
const THROTTLED_ATTEMPTS: u32 = 5;

/// Takes the `stream-` prefix off the host of StartLiveTail: the SDK adds it even to a configured endpoint, where no such
/// name exists.
#[derive(Debug)]
pub(crate) struct PlainHost;

impl Intercept for PlainHost {
    fn name(&self) -> &'static str {
        "PlainHost"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let plain = request.uri().replacen("//stream-", "//", 1);
        request.set_uri(plain)?;
        Ok(())
    }
}

/// The log groups of an account.
pub(crate) struct CloudWatchSource {
    /// Sends requests that are signed by hand.
    pub(super) client: AwsClient,
    /// The account.
    pub(crate) account: Arc<Account>,
    /// CloudWatch filter pattern.
    pub(crate) pattern: Option<String>,
    /// Requests that the account allows.
    pub(crate) budget: Arc<RequestBudget>,
    names: Mutex<HashMap<String, Arc<str>>>,
    /// Groups that only Logs Insights can read.
    insights_only: Mutex<HashSet<String>>,
    this: Weak<Self>,
}

impl CloudWatchSource {
    /// Returns a source of the events that match the pattern.
    pub(crate) fn new(
        client: AwsClient,
        account: Arc<Account>,
        pattern: Option<String>,
        budget: Arc<RequestBudget>,
    ) -> Arc<Self> {
        Arc::new_cyclic(|this| Self {
            client,
            account,
            pattern,
            budget,
            names: Mutex::default(),
            insights_only: Mutex::default(),
            this: this.clone(),
        })
    }

    /// Returns the same text for the same name: thousands of events share it.
    pub(crate) fn shared(&self, name: &str) -> Arc<str> {
        let mut names = self.names.lock();
        if let Some(known) = names.get(name) {
            return Arc::clone(known);
        }
        let text: Arc<str> = Arc::from(name);
        names.insert(name.to_owned(), Arc::clone(&text));
        text
    }

    /// Returns all groups whose names begin with `prefix`.
    pub(crate) async fn groups(&self, prefix: &str) -> Result<Vec<LogGroupInfo>, Failure> {
        let (mut groups, mut token, mut seen) = (Vec::new(), None, HashSet::new());
        loop {
            let (found, next) = self.groups_page(prefix, token).await?;
            groups.extend(found);
            token = next.filter(|token| seen.insert(token.clone()));
            if token.is_none() {
                return Ok(groups);
            }
        }
    }

    /// Returns a page of the groups whose names begin with `prefix`, by name: a group of exactly that name is on the first page.
    async fn groups_page(
        &self,
        prefix: &str,
        token: Option<String>,
    ) -> Result<(Vec<LogGroupInfo>, Option<String>), Failure> {
        let text = format!("listing log groups {prefix}*");
        let doing = AwsOperation {
            text: &text,
            action: "logs:DescribeLogGroups",
            account: self.account.label(),
        };
        let prefix = Some(prefix.to_owned()).filter(|prefix| !prefix.is_empty());
        let request = self
            .account
            .logs()
            .describe_log_groups()
            .set_log_group_name_prefix(prefix)
            .limit(50)
            .set_next_token(token);
        let page = request
            .send()
            .await
            .map_err(|error| self.account.sdk_failure(doing, &error))?;
        let groups: Vec<LogGroupInfo> = page
            .log_groups
            .unwrap_or_default()
            .into_iter()
            .filter_map(group_of_sdk)
            .collect();
        for group in &groups {
            if group.class == LogGroupClass::InfrequentAccess {
                self.mark_insights_only(&group.name);
            }
        }
        Ok((groups, page.next_token))
    }

    fn mark_insights_only(&self, name: &str) {
        let mut groups = self.insights_only.lock();
        groups.insert(name.to_owned());
    }

    fn is_insights_only(&self, name: &str) -> bool {
        let groups = self.insights_only.lock();
        groups.contains(name)
    }

    /// Returns one page within the request budget. Throttling is waited out.
    async fn page_in_budget(&self, request: &PageRequest) -> Result<LogPage, Failure> {
        let mut failures = 0;
        loop {
            if self.is_insights_only(&request.group)
                && let Some(this) = self.this.upgrade()
            {
                return insights::event_page(&this, request).await;
            }
            self.budget.acquire().await;
            match Box::pin(filter_events::page(self, request)).await {
                Ok(page) => {
                    self.budget.record_success();
                    return Ok(page);
                }
                Err(failure) if failure.kind == FailureKind::Throttled => {
                    self.budget.record_throttle();
                    failures += 1;
                    if failures >= THROTTLED_ATTEMPTS {
                        return Err(failure);
                    }
                    tokio::time::sleep(retry::LOG_PAGE.wait(failures)).await;
                }
                // The group may not be listed, or was listed before its class was known.
                Err(failure) if failure.code.as_deref() == Some("InvalidOperationException") => {
                    self.mark_insights_only(&request.group);
                }
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Returns at most `limit` events that match, the newest of the window. Also correct with a server that cannot return the
    /// newest first.
    pub(crate) async fn newest_events(
        &self,
        group: &str,
        from: Option<Moment>,
        until: Option<Moment>,
        limit: usize,
    ) -> Result<NewestEvents, Failure> {
        let from = from.unwrap_or(NEWEST_FIRST_START);
        let newest_first = from >= NEWEST_FIRST_START;
        let mut request = PageRequest {
            group: group.to_owned(),
            from: Some(from),
            until,
            newest_first,
            limit,
            token: None,
        };
        let (mut kept, mut seen) = (VecDeque::new(), HashSet::new());
        let (mut is_descending, mut is_cut) = (newest_first, false);
        loop {
            let page = self.page_in_budget(&request).await?;
            if let (Some(first), Some(last)) = (page.events.first(), page.events.last())
                && first.timestamp < last.timestamp
            {
                is_descending = false;
            }
            for event in page.events {
                if is_descending && kept.len() == limit {
                    is_cut = true;
                    break;
                }
                kept.push_back(event);
                if kept.len() > limit {
                    is_cut = true;
                    kept.pop_front();
                }
            }
            let is_enough = is_descending && kept.len() >= limit;
            is_cut |= is_enough && page.next.is_some();
            match page.next.filter(|_| !is_enough) {
                None => break,
                Some(next) if !seen.insert(next.clone()) => {
                    return Err(Failure::new(
                        FailureKind::Server,
                        format!("reading {group}"),
                        "the service repeats a page",
                    ));
                }
                next => request.token = next,
            }
        }
        let mut events: Vec<LogEvent> = kept.into();
        events.sort_by_key(|event| (event.timestamp, event.ingestion));
        Ok(NewestEvents::new(events, is_cut))
    }

    /// Returns a group whose ARN follows from the caller's account, without the right to list groups.
    async fn assume_group(&self, name: &str) -> Result<LogGroupInfo, Failure> {
        let doing = AwsOperation {
            text: "asking AWS for the account",
            action: "sts:GetCallerIdentity",
            account: self.account.label(),
        };
        let answer = self
            .account
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| self.account.sdk_failure(doing, &error))?;
        let (region, account) = (&self.account.region, answer.account.unwrap_or_default());
        // aws, aws-us-gov or aws-cn: as in the caller's own ARN.
        let partition = answer
            .arn
            .as_deref()
            .and_then(|arn| arn.split(':').nth(1))
            .unwrap_or("aws");
        Ok(LogGroupInfo {
            name: name.to_owned(),
            arn: format!("arn:{partition}:logs:{region}:{account}:log-group:{name}"),
            class: LogGroupClass::Standard,
            stored_bytes: 0,
            is_assumed: true,
        })
    }

    async fn begin_session(&self, groups: &[LogGroupInfo]) -> Result<LiveSession, Failure> {
        let text = "starting a live tail".to_owned();
        let doing = AwsOperation {
            text: &text,
            action: "logs:StartLiveTail",
            account: self.account.label(),
        };
        let arns: Vec<String> = groups.iter().map(|group| group.arn.clone()).collect();
        let mut events = self
            .account
            .logs()
            .start_live_tail()
            .set_log_group_identifiers(Some(arns))
            .set_log_event_filter_pattern(self.pattern.clone())
            .send()
            .await
            .map_err(|error| self.account.sdk_failure(doing, &error))?
            .response_stream;
        match tokio::time::timeout(SESSION_BEGIN, events.recv()).await {
            Err(_) => {
                let cause = "the session did not begin";
                return Err(Failure::new(FailureKind::Timeout, text, cause));
            }
            Ok(Err(error)) => return Err(stream_failure(&error)),
            Ok(Ok(None)) => {
                let cause = "the session ended before it began";
                return Err(Failure::new(FailureKind::Network, text, cause));
            }
            Ok(Ok(Some(_))) => {}
        }
        let names: Vec<Arc<str>> = groups
            .iter()
            .map(|group| self.shared(&group.name))
            .collect();
        Ok(stream::unfold(Some((events, names)), |state| async move {
            let (mut events, names) = state?;
            match events.recv().await {
                Ok(Some(SdkLiveEvent::SessionUpdate(update))) => {
                    Some((Ok(live_update(update, &names)), Some((events, names))))
                }
                Ok(Some(SdkLiveEvent::SessionStart(_))) => {
                    Some((Ok(LiveUpdate::default()), Some((events, names))))
                }
                // A message of a newer service: a sign of life.
                Ok(Some(_)) => {
                    let update = LiveUpdate {
                        unknown: 1,
                        ..LiveUpdate::default()
                    };
                    Some((Ok(update), Some((events, names))))
                }
                Ok(None) => None,
                Err(error) => Some((Err(stream_failure(&error)), None)),
            }
        })
        .boxed())
    }
}

impl LogSource for CloudWatchSource {
    fn now(&self) -> Moment {
        clock::now().plus(self.account.clock_skew_ms())
    }

    fn find_group<'a>(
        &'a self,
        name: &'a str,
    ) -> BoxFuture<'a, Result<Option<LogGroupInfo>, Failure>> {
        Box::pin(async move {
            match self.groups_page(name, None).await {
                Ok((groups, _)) => Ok(groups.into_iter().find(|group| group.name == name)),
                Err(failure) if failure.kind == FailureKind::Denied => {
                    Ok(Some(self.assume_group(name).await?))
                }
                Err(failure) => Err(failure),
            }
        })
    }

    fn start_session<'a>(
        &'a self,
        groups: &'a [LogGroupInfo],
    ) -> BoxFuture<'a, Result<LiveSession, Failure>> {
        Box::pin(self.begin_session(groups))
    }

    fn page<'a>(&'a self, request: &'a PageRequest) -> BoxFuture<'a, Result<LogPage, Failure>> {
        Box::pin(self.page_in_budget(request))
    }

    fn newest<'a>(
        &'a self,
        group: &'a str,
        from: Moment,
        limit: usize,
    ) -> BoxFuture<'a, Result<NewestEvents, Failure>> {
        Box::pin(self.newest_events(group, Some(from), None, limit))
    }
}

fn group_of_sdk(group: SdkLogGroup) -> Option<LogGroupInfo> {
    let arn = group
        .log_group_arn
        .or_else(|| group.arn.map(|arn| arn.trim_end_matches(":*").to_owned()));
    let class = match group.log_group_class {
        Some(SdkLogGroupClass::InfrequentAccess) => LogGroupClass::InfrequentAccess,
        Some(SdkLogGroupClass::Delivery) => LogGroupClass::Delivery,
        Some(_) | None => LogGroupClass::Standard,
    };
    Some(LogGroupInfo {
        name: group.log_group_name?,
        arn: arn?,
        class,
        stored_bytes: group
            .stored_bytes
            .and_then(|bytes| u64::try_from(bytes).ok())
            .unwrap_or(0),
        is_assumed: false,
    })
}
