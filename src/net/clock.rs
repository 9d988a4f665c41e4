//! The wall clock of this machine. No other file reads it, which `tests/architecture` checks.

use std::time::SystemTime;

use crate::model::Moment;

/// Returns the time now.
pub(crate) fn now() -> Moment {
    let since = system_now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Returns the time now, for signatures and the expiry of credentials.
pub(crate) fn system_now() -> SystemTime {
    SystemTime::now()
}
