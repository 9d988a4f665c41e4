//! Statistics by `bin()` as series over time.

use super::{InsightsColumn, InsightsRow, result_time};
use crate::model::Moment;

/// Series that are kept: those with the largest values.
const MAX_SERIES: usize = 6;
/// Bins of a chart at most.
const MAX_BINS: i64 = 20_000;

/// Numbers over time.
#[derive(Clone, Debug, PartialEq)]
pub struct InsightsChart {
    /// Beginning of the first bin.
    pub begin: Moment,
    /// Width of a bin, in milliseconds.
    pub bin_ms: i64,
    /// The series, the largest first.
    pub series: Vec<InsightsSeries>,
    /// Number of series that were left out, the smaller ones.
    pub left_out: usize,
}

/// One series of numbers over time.
#[derive(Clone, Debug, PartialEq)]
pub struct InsightsSeries {
    /// The group, the column of the numbers, or both.
    pub label: String,
    /// The number of each bin; `None` where the query found none.
    pub values: Vec<Option<f64>>,
}

impl InsightsSeries {
    /// Returns the largest number.
    pub fn most(&self) -> f64 {
        self.values.iter().flatten().copied().fold(0.0, f64::max)
    }
}

impl InsightsChart {
    /// Returns the chart of rows that hold a time in one column (`bin(5m)`) and numbers in others. `None` for other rows.
    pub(super) fn of(
        columns: &[InsightsColumn],
        rows: &[InsightsRow],
        window: (Moment, Moment),
    ) -> Option<Self> {
        let time = columns.iter().find(|column| is_time(column, rows))?;
        let numbers: Vec<&InsightsColumn> =
            columns.iter().filter(|column| column.is_number).collect();
        let groups: Vec<&InsightsColumn> = columns
            .iter()
            .filter(|column| !column.is_number && column.name != time.name)
            .collect();
        if numbers.is_empty() {
            return None;
        }
        let times: Vec<Moment> = rows
            .iter()
            .filter_map(|row| result_time(row.cell(&time.name)))
            .collect();
        let bin_ms = bin_width(&time.name).or_else(|| smallest_step(&times))?;
        let first = times.iter().min()?;
        let begin = Moment::from_millis(
            (window.0.millis().div_euclid(bin_ms) * bin_ms).min(first.millis()),
        );
        let last = window.1.max(*times.iter().max()?);
        let count = usize::try_from((last.since(begin) / bin_ms + 1).min(MAX_BINS)).ok()?;
        let mut series: Vec<InsightsSeries> = Vec::new();
        for row in rows {
            let Some(at) = result_time(row.cell(&time.name)) else {
                continue;
            };
            let Ok(bin) = usize::try_from(at.since(begin) / bin_ms) else {
                continue;
            };
            for number in &numbers {
                let label = label(&groups, number, numbers.len(), row);
                let value = row.cell(&number.name).parse::<f64>().ok();
                let place = series_of(&mut series, label, count);
                if let Some(slot) = place.and_then(|series| series.values.get_mut(bin)) {
                    *slot = value;
                }
            }
        }
        series.sort_by(|one, other| other.most().total_cmp(&one.most()));
        let left_out = series.len().saturating_sub(MAX_SERIES);
        series.truncate(MAX_SERIES);
        Some(Self {
            begin,
            bin_ms,
            series,
            left_out,
        })
    }

    /// Returns the end of the last bin.
    pub fn end(&self) -> Moment {
        let bins = self.series.first().map_or(0, |series| series.values.len());
        self.begin
            .plus(self.bin_ms * i64::try_from(bins).unwrap_or(0))
    }
}

/// Returns the series with that label, a new one if there is none.
fn series_of(
    series: &mut Vec<InsightsSeries>,
    label: String,
    count: usize,
) -> Option<&mut InsightsSeries> {
    let place = series.iter().position(|known| known.label == label);
    let place = place.unwrap_or_else(|| {
        series.push(InsightsSeries {
            label,
            values: vec![None; count],
        });
        series.len() - 1
    });
    series.get_mut(place)
}

/// Returns what a number of a row belongs to: its group, and the column if there are several.
fn label(
    groups: &[&InsightsColumn],
    number: &InsightsColumn,
    numbers: usize,
    row: &InsightsRow,
) -> String {
    let mut parts: Vec<&str> = groups.iter().map(|group| row.cell(&group.name)).collect();
    if parts.is_empty() || numbers > 1 {
        parts.push(&number.name);
    }
    parts.join(" ")
}

/// Returns whether a column holds the time of a bin in every row.
fn is_time(column: &InsightsColumn, rows: &[InsightsRow]) -> bool {
    const OF_LINES: [&str; 2] = ["@timestamp", "@ingestionTime"];
    !OF_LINES.contains(&column.name.as_str())
        && !column.is_number
        && !rows.is_empty()
        && rows
            .iter()
            .all(|row| result_time(row.cell(&column.name)).is_some())
}

/// Returns the width in a name such as `bin(5m)`, in milliseconds.
fn bin_width(name: &str) -> Option<i64> {
    let inside = name.strip_prefix("bin(")?.strip_suffix(')')?.trim();
    let digits = inside.find(|letter: char| !letter.is_ascii_digit())?;
    let (count, unit) = inside.split_at_checked(digits)?;
    let millis = match unit.trim() {
        "ms" | "msec" => 1,
        "s" | "sec" => 1_000,
        "m" | "min" => 60_000,
        "h" | "hr" => 3_600_000,
        "d" => 86_400_000,
        "w" => 604_800_000,
        _ => return None,
    };
    let width = count.parse::<i64>().ok()?.checked_mul(millis)?;
    (width > 0).then_some(width)
}

/// Returns the smallest time between two different times.
fn smallest_step(times: &[Moment]) -> Option<i64> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    sorted.dedup();
    sorted
        .iter()
        .zip(sorted.iter().skip(1))
        .map(|(earlier, later)| later.since(*earlier))
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{logs::insights::InsightsOutput, model::LogQueryResult};

    const HOUR: (Moment, Moment) = (
        Moment::from_millis(1_764_349_200_000),
        Moment::from_millis(1_764_349_499_000),
    );

    fn chart(rows: &[&[(&str, &str)]]) -> Option<InsightsChart> {
        let rows = rows.iter().map(|row| {
            row.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        });
        let result = LogQueryResult {
            rows: rows.collect(),
            ..LogQueryResult::default()
        };
        InsightsOutput::of(result, HOUR).chart
    }

    #[test]
    fn statistics_by_bin_are_a_series_over_the_whole_window() {
        let chart = chart(&[
            &[("bin(1m)", "2025-11-28 17:03:00.000"), ("errors", "7")],
            &[("bin(1m)", "2025-11-28 17:01:00.000"), ("errors", "2")],
        ])
        .unwrap();
        assert_eq!((chart.begin, chart.bin_ms), (HOUR.0, 60_000));
        assert_eq!(chart.series.len(), 1);
        assert_eq!(chart.series[0].label, "errors");
        assert_eq!(
            chart.series[0].values,
            [None, Some(2.0), None, Some(7.0), None]
        );
        assert_eq!(chart.end(), Moment::from_millis(1_764_349_500_000));
    }

    #[test]
    fn rows_without_a_time_are_no_series() {
        assert_eq!(chart(&[&[("tool", "read-cypher"), ("calls", "7")]]), None);
        // The times of lines are no bins.
        let line = |time| [("@timestamp", time), ("ms", "7")];
        let lines = [
            line("2025-11-28 17:02:00.000"),
            line("2025-11-28 17:03:00.000"),
        ];
        assert_eq!(chart(&[&lines[0], &lines[1]]), None);
    }

    #[test]
    fn a_group_beside_the_bin_is_a_series_of_its_own() {
        let chart = chart(&[
            &[
                ("t", "2025-11-28 17:00:00.000"),
                ("level", "WARN"),
                ("n", "1"),
            ],
            &[
                ("t", "2025-11-28 17:02:00.000"),
                ("level", "ERROR"),
                ("n", "3"),
            ],
        ])
        .unwrap();
        assert_eq!(chart.bin_ms, 120_000, "the smallest step between two times");
        let labels: Vec<&str> = chart
            .series
            .iter()
            .map(|series| series.label.as_str())
            .collect();
        assert_eq!(labels, ["ERROR", "WARN"], "the largest first");
    }

    #[test]
    fn rows_of_lines_and_plain_tables_have_no_chart() {
        assert!(chart(&[&[("@timestamp", "2025-11-28 17:00:00.000"), ("took", "5")]]).is_none());
        assert!(chart(&[&[("tool", "read-cypher"), ("calls", "5")]]).is_none());
        assert!(chart(&[]).is_none());
    }

    #[test]
    fn the_width_of_a_bin_is_read_from_its_name() {
        assert_eq!(bin_width("bin(5m)"), Some(300_000));
        assert_eq!(bin_width("bin(1h)"), Some(3_600_000));
        assert_eq!(bin_width("bin(0s)"), None);
        assert_eq!(bin_width("bin(5x)"), None);
    }
}
