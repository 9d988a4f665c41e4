//! CloudWatch's own side of a tail: StartLiveTail and FilterLogEvents by the SDK.

use std::{sync::Arc, time::Duration};

use aws_sdk_cloudwatchlogs::types::{LiveTailSessionUpdate, StartLiveTailResponseStream as Event};
use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{Intercept, context::BeforeTransmitInterceptorContextMut},
        result::SdkError,
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::{config_bag::ConfigBag, error::metadata::ProvideErrorMetadata};
use futures::{StreamExt as _, future::BoxFuture, stream};

use crate::{
    model::{Failure, FailureKind, LogEvent, Moment},
    net::http_client,
};

use super::tail::{Session, Source, Update};
use crate::services::aws::{
    failure::{self, Doing},
    logs::{Ask, Group, Page, Reader},
};

/// Waiting for the session to begin once it is accepted.
const BEGIN: Duration = Duration::from_secs(5);

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

impl Source for Reader {
    fn now(&self) -> Moment {
        Moment::from_millis(jiff::Timestamp::now().as_millisecond())
            .plus(self.account.clock_skew_ms())
    }

    fn find<'a>(&'a self, name: &'a str) -> BoxFuture<'a, Result<Option<Group>, Failure>> {
        Box::pin(async move {
            match self.groups_page(name, None).await {
                Ok((groups, _)) => Ok(groups.into_iter().find(|group| group.name == name)),
                // Without the right to list groups, its ARN follows from the account.
                Err(failure) if failure.kind == FailureKind::Denied => {
                    Ok(Some(self.guess(name).await?))
                }
                Err(failure) => Err(failure),
            }
        })
    }

    fn start<'a>(&'a self, groups: &'a [Group]) -> BoxFuture<'a, Result<Session, Failure>> {
        Box::pin(async move {
            let text = "starting a live tail".to_owned();
            let doing = Doing {
                text: &text,
                action: "logs:StartLiveTail",
                account: &self.account,
            };
            let arns: Vec<String> = groups.iter().map(|group| group.arn.clone()).collect();
            let request = self
                .account
                .logs()
                .start_live_tail()
                .set_log_group_identifiers(Some(arns))
                .set_log_event_filter_pattern(self.pattern.clone());
            let mut events = request
                .send()
                .await
                .map_err(|error| failure::sdk(doing, &error))?
                .response_stream;
            match tokio::time::timeout(BEGIN, events.recv()).await {
                Err(_) => {
                    return Err(Failure::new(
                        FailureKind::Timeout,
                        text,
                        "the session did not begin",
                    ));
                }
                Ok(Err(error)) => return Err(stream_failure(&error)),
                Ok(Ok(None)) => {
                    return Err(Failure::new(
                        FailureKind::Network,
                        text,
                        "the session ended before it began",
                    ));
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
                    Ok(Some(Event::SessionUpdate(update))) => {
                        Some((Ok(self::update(update, &names)), Some((events, names))))
                    }
                    // The start again, or an event that a newer service sends: not a line, but a sign of life.
                    Ok(Some(_)) => Some((Ok(Update::default()), Some((events, names)))),
                    Ok(None) => None,
                    Err(error) => Some((Err(stream_failure(&error)), None)),
                }
            })
            .boxed())
        })
    }

    fn page<'a>(&'a self, ask: &'a Ask) -> BoxFuture<'a, Result<Page, Failure>> {
        Box::pin(Self::page(self, ask))
    }

    fn newest<'a>(
        &'a self,
        group: &'a str,
        from: Moment,
        limit: usize,
    ) -> BoxFuture<'a, Result<Vec<LogEvent>, Failure>> {
        Box::pin(Self::newest(self, group, Some(from), None, limit))
    }
}

impl Reader {
    async fn guess(&self, name: &str) -> Result<Group, Failure> {
        let doing = Doing {
            text: "asking AWS for the account",
            action: "sts:GetCallerIdentity",
            account: &self.account,
        };
        let answer = self
            .account
            .sts()
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| failure::sdk(doing, &error))?;
        let (region, account) = (&self.account.region, answer.account.unwrap_or_default());
        Ok(Group {
            name: name.to_owned(),
            arn: format!("arn:aws:logs:{region}:{account}:log-group:{name}"),
            is_standard: true,
        })
    }
}

fn update(update: LiveTailSessionUpdate, names: &[Arc<str>]) -> Update {
    let sampled = update
        .session_metadata
        .is_some_and(|metadata| metadata.sampled);
    let events = update
        .session_results
        .unwrap_or_default()
        .into_iter()
        .map(|event| {
            // An ARN, or `account:name`.
            let identifier = event.log_group_identifier.unwrap_or_default();
            let name = identifier.split_once(":log-group:").map_or_else(
                || {
                    identifier
                        .split_once(':')
                        .map_or(identifier.as_str(), |(_, name)| name)
                },
                |(_, name)| name,
            );
            let name = name.trim_end_matches(":*");
            LogEvent {
                timestamp: Moment::from_millis(event.timestamp.unwrap_or_default()),
                ingestion: Moment::from_millis(
                    event.ingestion_time.or(event.timestamp).unwrap_or_default(),
                ),
                group: names
                    .iter()
                    .find(|known| ***known == *name)
                    .map_or_else(|| Arc::from(name), Arc::clone),
                stream: Arc::from(event.log_stream_name.unwrap_or_default()),
                id: None,
                message: event.message.unwrap_or_default(),
            }
        });
    Update {
        events: events.collect(),
        sampled,
    }
}

fn stream_failure<E, R>(error: &SdkError<E, R>) -> Failure
where
    E: std::error::Error + ProvideErrorMetadata + 'static,
    R: std::fmt::Debug + 'static,
{
    let doing = "following the log";
    match error {
        SdkError::ServiceError(context) => {
            let meta = context.err().meta();
            let failure = Failure::new(
                FailureKind::Server,
                doing,
                meta.message().unwrap_or("the session failed"),
            );
            match meta.code() {
                Some(code) => failure.code(code),
                None => failure,
            }
        }
        other => Failure::new(FailureKind::Network, doing, "the stream broke")
            .evidence(http_client::chain(other)),
    }
}
