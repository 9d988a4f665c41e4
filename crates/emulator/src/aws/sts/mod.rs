//! STS: who calls.

use crate::dispatch::{OperationReply, OperationResult};
use crate::operation::ApiError;
use crate::scenarios::ACCOUNT;

/// Answers GetCallerIdentity.
pub(crate) fn handle(operation: &str) -> OperationResult {
    match operation {
        "GetCallerIdentity" => Ok(OperationReply::Xml(format!(
            "<Arn>arn:aws:iam::{ACCOUNT}:user/local-operator</Arn><UserId>AIDALOCALOPERATOR000</UserId><Account>{ACCOUNT}</Account>"
        ))),
        other => Err(ApiError::bad(
            "InvalidAction",
            format!("Could not find operation {other}"),
        )),
    }
}
