//! What may still arrive of a call: CloudWatch Logs delivers lines and spans some time after they were written.

use super::{LoggedCall, LoggedOutcome};
use crate::model::{Moment, moment::short_duration};

/// Until this long after its end, a call may lack lines without any sign of it, in milliseconds.
const FRESH_MS: i64 = 10_000;
/// After this time nothing more is expected, in milliseconds. Reads of CloudWatch Logs settle within about 90 seconds; the tail reads
/// stored events again for as long.
const SETTLED_MS: i64 = 150_000;
/// The hops that write log lines of their own.
const WRITING_HOPS: [&str; 3] = ["gateway", "interceptor", "runtime"];

/// Returns what a reading at `read_at` may lack because CloudWatch Logs had not delivered it yet. `None` if the call is old enough, or
/// not quite as old and nothing of it is missing.
pub fn arrival_gap(call: &LoggedCall, read_at: Moment) -> Option<String> {
    let age = read_at.since(call.end()).max(0);
    let missing = missing(call);
    if age >= SETTLED_MS || (age >= FRESH_MS && missing.is_none()) {
        return None;
    }
    let missing = missing.map_or_else(String::new, |missing| format!("; so far {missing}"));
    Some(format!(
        "lines of the last seconds may still arrive: the call ended {} before it was read, and CloudWatch Logs delivers late{missing}",
        short_duration(age)
    ))
}

/// Returns what a whole call would have, in words: its end, and lines of each hop of which a span tells.
fn missing(call: &LoggedCall) -> Option<String> {
    if call.line_count() == 0 {
        return Some("no log line of it is here".to_owned());
    }
    if call.outcome == LoggedOutcome::Unknown {
        return Some("its end is not known".to_owned());
    }
    let is_silent = |hop: &&str| {
        let mut of_hop = call.records.iter().filter(|record| record.hop == *hop);
        of_hop.clone().any(|record| record.span.is_some())
            && of_hop.all(|record| record.span.is_some())
    };
    let silent: Vec<&str> = WRITING_HOPS.into_iter().filter(is_silent).collect();
    (!silent.is_empty()).then(|| format!("no line of the {} is here", silent.join(" and ")))
}
