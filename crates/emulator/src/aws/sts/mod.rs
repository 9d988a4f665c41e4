//! Security Token Service: who calls.

use crate::operation::OperationReply;
use crate::scenarios::{ACCOUNT, CALLER_ARN};
use crate::service::Operation;

/// The operations of `sts`.
pub(crate) const OPERATIONS: &[Operation] = &[Operation::read("GetCallerIdentity", |_, _| {
    Ok(OperationReply::Xml(caller_identity()))
})];

fn caller_identity() -> String {
    format!(
        "<Arn>{CALLER_ARN}</Arn><UserId>AIDALOCALOPERATOR000</UserId><Account>{ACCOUNT}</Account>"
    )
}
