//! Who AWS takes this console for.

use serde::Serialize;

use super::Moment;

/// Who AWS takes us for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Identity {
    /// Account number.
    pub account: String,
    /// ARN of the user or assumed role.
    pub arn: String,
    /// When these credentials end, where they do.
    pub expires_at: Option<Moment>,
    /// AWS's clock minus this machine's, in milliseconds; signatures fail beyond five minutes.
    pub clock_skew_ms: i64,
}
