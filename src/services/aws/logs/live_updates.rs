//! Conversion of the events of StartLiveTail.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::LiveTailSessionUpdate;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::{
    model::{Failure, FailureKind, LogEvent, Moment},
    net::http_client,
};

use super::source::LiveUpdate;

/// Returns an update of a session. Group names are shared with `names`.
pub(super) fn live_update(update: LiveTailSessionUpdate, names: &[Arc<str>]) -> LiveUpdate {
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
    LiveUpdate {
        events: events.collect(),
        sampled,
        unknown: 0,
    }
}

/// Returns the failure of a session that broke or was ended.
pub(super) fn stream_failure<E, R>(error: &SdkError<E, R>) -> Failure
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
