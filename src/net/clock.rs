//! The clock of this machine.

use std::time::SystemTime;

use crate::model::Moment;

/// The time now.
pub(crate) fn now() -> Moment {
    let since = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}
