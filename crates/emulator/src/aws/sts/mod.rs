//! STS: who calls.

use crate::dispatch::{Outcome, Reply};
use crate::operation::ApiError;
use crate::scenarios::ACCOUNT;

/// Answers GetCallerIdentity.
pub(crate) fn handle(operation: &str) -> Outcome {
    match operation {
        "GetCallerIdentity" => Ok(Reply::Xml(format!(
            "<Arn>arn:aws:iam::{ACCOUNT}:user/local-operator</Arn><UserId>AIDALOCALOPERATOR000</UserId><Account>{ACCOUNT}</Account>"
        ))),
        other => Err(ApiError::bad(
            "InvalidAction",
            format!("Could not find operation {other}"),
        )),
    }
}
