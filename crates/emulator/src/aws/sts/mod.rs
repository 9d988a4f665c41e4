//! Security Token Service: who calls.

use crate::operation::{OperationCall, OperationReply, OperationResult};
use crate::scenarios::{ACCOUNT, CALLER_ARN};
use crate::service::Operation;
use crate::world::SharedWorld;

/// The operations of `sts`.
pub(crate) const OPERATIONS: &[Operation] =
    &[Operation::read("GetCallerIdentity", get_caller_identity)];

fn get_caller_identity(_world: &SharedWorld, _call: &OperationCall) -> OperationResult {
    Ok(OperationReply::Xml(format!(
        "<Arn>{CALLER_ARN}</Arn><UserId>AIDALOCALOPERATOR000</UserId><Account>{ACCOUNT}</Account>"
    )))
}
