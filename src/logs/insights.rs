//! Queries of CloudWatch Logs Insights as data: the question before an expensive one, rows as a list shows them,
//! statistics over time as a chart, and queries to begin with. Pure.

mod chart;
mod rows;
mod saved;

use crate::model::{Failure, LogScanEstimate, Moment, with_separators};

pub use chart::{InsightsChart, InsightsSeries};
pub use rows::{InsightsColumn, InsightsOutput, InsightsRow, column_names};
pub use saved::{ANY_SESSION, SavedInsightsQuery, saved_queries};

/// A query that may scan more bytes than this is run after a question.
const ASK_ABOVE_BYTES: u64 = 10_000_000_000;
/// Price of scanning a gigabyte in dollars (us-east-1).
const DOLLARS_PER_GB: f64 = 0.005;
/// The most log groups of one query. Source: API reference of StartQuery.
pub const MAX_GROUPS: usize = 50;

/// Returns what a query may scan, in words: bytes and their price.
pub fn scan_words(bytes: u64) -> String {
    let gigabytes = bytes as f64 / 1e9;
    let dollars = gigabytes * DOLLARS_PER_GB;
    if gigabytes >= 0.1 {
        format!("{gigabytes:.1} GB ({dollars:.2} dollars)")
    } else if bytes >= 100_000 {
        format!("{:.1} MB", bytes as f64 / 1e6)
    } else {
        format!("{} bytes", with_separators(bytes))
    }
}

/// Returns what is asked before a query that may scan more than ten gigabytes, or of which this is not known. `None`: nothing.
pub fn question(estimate: &LogScanEstimate) -> Option<String> {
    let scan = scan_words(estimate.bytes);
    if estimate.bytes > ASK_ABOVE_BYTES {
        Some(format!("The query may scan up to {scan}. Run it?"))
    } else if estimate.is_unknown {
        Some(format!(
            "The query may scan more than {scan}: some log groups could not be listed. Run it?"
        ))
    } else {
        None
    }
}

/// Returns the first character that the service could not read in a malformed query.
pub fn error_position(failure: &Failure) -> Option<usize> {
    failure.evidence.iter().find_map(|fact| {
        let (start, _) = fact.strip_prefix("position: ")?.split_once(" to ")?;
        start.parse().ok()
    })
}

/// Adds the query with a caret under the position that the service names.
pub fn with_position(failure: Failure, query: &str) -> Failure {
    match error_position(&failure).filter(|_| !query.contains('\n')) {
        Some(start) => failure
            .evidence(query.to_owned())
            .evidence(format!("{}^", " ".repeat(start.min(query.chars().count())))),
        None => failure,
    }
}

/// Parses a time of a result: `YYYY-MM-DD hh:mm:ss.SSS` in UTC, or milliseconds since 1970.
pub fn result_time(text: &str) -> Option<Moment> {
    if let Ok(millis) = text.parse::<i64>() {
        return Some(Moment::from_millis(millis));
    }
    let time: jiff::civil::DateTime = text.parse().ok()?;
    let zoned = time.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
    Some(Moment::from_millis(zoned.timestamp().as_millisecond()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureKind;

    #[test]
    fn only_an_expensive_or_unknown_query_is_asked_about() {
        let estimate = |bytes, is_unknown| LogScanEstimate {
            bytes,
            is_unknown,
            missing: Vec::new(),
        };
        assert_eq!(question(&estimate(ASK_ABOVE_BYTES, false)), None);
        assert_eq!(
            question(&estimate(24_000_000_000, false)).unwrap(),
            "The query may scan up to 24.0 GB (0.12 dollars). Run it?"
        );
        assert!(question(&estimate(0, true)).is_some());
        assert_eq!(scan_words(1_234), "1,234 bytes");
        assert_eq!(scan_words(5_000_000), "5.0 MB");
    }

    #[test]
    fn a_malformed_query_is_shown_with_a_caret() {
        let failure =
            Failure::new(FailureKind::Usage, "q", "unexpected symbol").evidence("position: 7 to 9");
        let shown = with_position(failure, "fields !!");
        assert_eq!(shown.evidence[2], "       ^");
    }

    #[test]
    fn times_of_results_are_utc_texts_or_milliseconds() {
        let expected = Some(Moment::from_millis(1_764_349_200_123));
        assert_eq!(result_time("2025-11-28 17:00:00.123"), expected);
        assert_eq!(result_time("1764349200123"), expected);
        assert_eq!(result_time("yesterday"), None);
    }
}
