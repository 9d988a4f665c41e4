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

/// What stands before the position in the evidence of a malformed query.
const POSITION: &str = "position: ";

/// Returns the first character that the service could not read in a malformed query.
pub fn error_position(failure: &Failure) -> Option<usize> {
    failure.evidence.iter().find_map(|fact| {
        let (start, _) = fact.strip_prefix(POSITION)?.split_once(" to ")?;
        start.parse().ok()
    })
}

/// Returns how many characters of `typed` come before `position` of the query as it was sent. What is added to a query stands in front of
/// it, and replaces a `|` at its beginning. `None` if the position lies within what was added.
pub fn typed_position(position: usize, sent: &str, typed: &str) -> Option<usize> {
    let own = typed.trim_start().trim_start_matches('|').trim_start();
    let (added, taken_off) = match (sent.strip_suffix(typed), sent.strip_suffix(own)) {
        (Some(added), _) => (added, 0),
        (None, Some(added)) => (added, typed.chars().count() - own.chars().count()),
        (None, None) => return None,
    };
    let position = position.checked_sub(added.chars().count())?;
    Some(position + taken_off)
}

/// Adds the line of the query, as it was typed, with a caret under the position that the service names in the query as it was sent.
pub fn with_position(mut failure: Failure, sent: &str, typed: &str) -> Failure {
    let Some(start) = error_position(&failure) else {
        return failure;
    };
    let (text, at) = match typed_position(start, sent, typed) {
        Some(at) => (typed, at),
        None => (sent, start),
    };
    if at != start {
        // Nobody can count to a place in a text that is not shown.
        failure.evidence.retain(|fact| !fact.starts_with(POSITION));
    }
    let before: String = text.chars().take(at).collect();
    let column = before
        .chars()
        .rev()
        .take_while(|character| *character != '\n');
    let caret = format!("{}^", " ".repeat(column.count()));
    let number = before.matches('\n').count();
    let line = text.lines().nth(number).unwrap_or_default();
    if text.contains('\n') {
        failure = failure.evidence(format!("line {}:", number + 1));
    }
    failure.evidence(line.to_owned()).evidence(caret)
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
        let shown = with_position(failure, "fields !!", "fields !!");
        assert_eq!(
            shown.evidence,
            ["position: 7 to 9", "fields !!", "       ^"]
        );
    }

    #[test]
    fn the_caret_counts_in_what_was_typed_and_in_its_line() {
        let at = |start: usize, sent: &str, typed: &str| {
            let failure = Failure::new(FailureKind::Usage, "q", "unexpected symbol")
                .evidence(format!("position: {start} to {}", start + 1));
            with_position(failure, sent, typed).evidence
        };
        let owners = ["gw-1".to_owned()];
        for (typed, before) in [("fields !!", 7), (" | fields !!", 10)] {
            let sent = crate::logs::own_spans_only(typed, &owners);
            let start = sent.find("!!").unwrap();
            assert_eq!(typed.find("!!"), Some(before));
            let caret = format!("{}^", " ".repeat(before));
            assert_eq!(at(start, &sent, typed), [typed, caret.as_str()]);
        }
        let typed = "fields @message\n| bogus 1";
        let sent = crate::logs::own_spans_only(typed, &owners);
        let start = sent.find("bogus").unwrap();
        assert_eq!(at(start, &sent, typed), ["line 2:", "| bogus 1", "  ^"]);
        let sent = crate::logs::own_spans_only("stats 1", &owners);
        let shown = at(0, &sent, "stats 1");
        assert_eq!(
            shown,
            ["position: 0 to 1", sent.as_str(), "^"],
            "an error in what was added"
        );
    }

    #[test]
    fn times_of_results_are_utc_texts_or_milliseconds() {
        let expected = Some(Moment::from_millis(1_764_349_200_123));
        assert_eq!(result_time("2025-11-28 17:00:00.123"), expected);
        assert_eq!(result_time("1764349200123"), expected);
        assert_eq!(result_time("yesterday"), None);
    }
}
