//! An SDK's answer as the service sent it: JSON with AWS's member names, unknown members included.

use std::{collections::HashSet, future::Future, sync::Arc};

use parking_lot::Mutex;

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{
                AfterDeserializationInterceptorContextRef, BeforeTransmitInterceptorContextRef,
            },
        },
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::ConfigBag;
use serde_json::Value;

use crate::model::{Failure, FailureKind};

use super::failure;

/// Pages after which a listing stops: far more than any quota allows.
const PAGES: usize = 500;

/// Keeps the body of the answer to the one operation that it is attached to.
#[derive(Clone, Debug, Default)]
pub(crate) struct Capture(Arc<Mutex<CapturedResponse>>);

/// An answer: its body, and the id of the request that it answers.
#[derive(Debug, Default)]
struct CapturedResponse {
    body: Vec<u8>,
    request_id: Option<String>,
    /// How often the request was sent.
    attempts: u32,
}

impl Capture {
    /// Returns the captured JSON.
    ///
    /// # Errors
    /// [`FailureKind::Network`] where the body is no JSON.
    pub(crate) fn json(&self, doing: &str) -> Result<Value, Failure> {
        let answer = self.0.lock();
        serde_json::from_slice(&answer.body).map_err(|error| {
            Failure::new(
                FailureKind::Network,
                doing,
                format!("the answer is not AWS's: {error}"),
            )
        })
    }

    /// Returns whether the SDK has sent the request more than once: an attempt without an answer may have taken effect.
    pub(crate) fn was_repeated(&self) -> bool {
        self.0.lock().attempts > 1
    }

    /// Returns the id of the request, where the service gave one.
    pub(crate) fn request_id(&self) -> Option<String> {
        self.0.lock().request_id.clone()
    }
}

impl Intercept for Capture {
    fn name(&self) -> &'static str {
        "Capture"
    }

    fn read_before_attempt(
        &self,
        _: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        self.0.lock().attempts += 1;
        Ok(())
    }

    fn read_after_deserialization(
        &self,
        context: &AfterDeserializationInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let response = context.response();
        let mut answer = self.0.lock();
        if let Some(body) = response.body().bytes() {
            answer.body = body.to_vec();
        }
        answer.request_id = failure::request_id(|name| response.headers().get(name));
        Ok(())
    }
}

/// Sends an SDK's request at its turn and gives the JSON that came back.
macro_rules! captured {
    ($account:expr, $doing:expr, $request:expr) => {{
        $account.pace.turn($doing.action).await;
        let capture = $crate::services::aws::raw_json::Capture::default();
        match $request
            .customize()
            .interceptor(capture.clone())
            .send()
            .await
        {
            Ok(_) => capture.json($doing.text),
            Err(error) => Err($account.sdk_failure($doing, &error)),
        }
    }};
}
pub(crate) use captured;

/// Collects the items of all pages. A service that repeats a page token is stopped with an error.
pub(crate) async fn pages<F, P>(
    doing: &str,
    items: &str,
    mut page: F,
) -> Result<Vec<Value>, Failure>
where
    F: FnMut(Option<String>) -> P,
    P: Future<Output = Result<Value, Failure>>,
{
    let mut all = Vec::new();
    let mut seen = HashSet::new();
    let mut token: Option<String> = None;
    for _ in 0..PAGES {
        let mut answer = page(token.clone()).await?;
        if let Some(Value::Array(found)) = answer.get_mut(items).map(Value::take) {
            all.extend(found);
        }
        match answer
            .get("nextToken")
            .or_else(|| answer.get("NextToken"))
            .and_then(Value::as_str)
            .filter(|token| !token.is_empty())
        {
            None => return Ok(all),
            Some(next) if !seen.insert(next.to_owned()) => {
                return Err(Failure::new(
                    FailureKind::Server,
                    doing,
                    "the service repeats a page: the list has no end",
                ));
            }
            Some(next) => token = Some(next.to_owned()),
        }
    }
    Err(Failure::new(
        FailureKind::Server,
        doing,
        format!("the list has more than {PAGES} pages"),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[tokio::test]
    async fn pages_end_with_the_token_and_a_loop_is_an_error() {
        let page = |token: Option<String>| async move {
            Ok(match token.as_deref() {
                None => json!({"items": [1], "nextToken": "a"}),
                Some("a") => json!({"items": [], "nextToken": "b"}),
                _ => json!({"items": [2]}),
            })
        };
        assert_eq!(
            pages("listing", "items", page).await.unwrap(),
            [json!(1), json!(2)]
        );
        let endless = |_| async { Ok(json!({"items": [1], "nextToken": "a"})) };
        assert_eq!(
            pages("listing", "items", endless).await.unwrap_err().kind,
            FailureKind::Server
        );
    }
}
