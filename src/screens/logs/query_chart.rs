//! Statistics of a query over time, drawn as bars on one axis.

use ratatui::layout::Rect;

use super::histogram::{HistogramSeries, LABELS, draw_axis_times, draw_series};
use crate::{
    logs::insights::{InsightsChart, InsightsSeries},
    model::Moment,
    screens::ViewContext,
    theme::Role,
    widgets::{Painter, cut},
};

/// Steps into which the largest number of a series is divided.
const STEPS: f64 = 10_000.0;
/// The hues of the series, in their order.
const ROLES: [Role; 6] = [
    Role::Bar,
    Role::Runtime,
    Role::Interceptor,
    Role::Gateway,
    Role::Database,
    Role::Dim,
];
/// From this length on a window's times are shown with their dates, in milliseconds.
pub(super) const DAY_MS: i64 = 86_400_000;
/// Rows of a bar.
const ROWS: u16 = 2;

/// Draws a chart into the upper part of the area and returns its height; 0 if there is no room.
pub(super) fn draw_chart(
    chart: &InsightsChart,
    context: &ViewContext<'_>,
    area: Rect,
    painter: &mut Painter<'_>,
) -> u16 {
    let bars = Rect {
        x: area.x + LABELS,
        width: area.width.saturating_sub(LABELS + 2),
        ..area
    };
    let series_room = (area.height / 2).saturating_sub(2) / ROWS;
    if bars.width < 20 || series_room == 0 {
        return 0;
    }
    let mut y = area.y;
    let shown = chart
        .series
        .iter()
        .zip(ROLES)
        .take(usize::from(series_room));
    let left_out = chart.left_out + chart.series.len() - shown.len();
    for (series, role) in shown {
        let drawn = HistogramSeries {
            label: cut(&series.label, usize::from(LABELS) - 2),
            value: String::new(),
            value_role: Role::Dim,
            values: columns(series, usize::from(bars.width)),
            role,
            rows: ROWS,
        };
        painter.text(area.x + 1, y, LABELS - 2, &drawn.label, Role::Text);
        let most = format!("max {}", number(series.most()));
        painter.text(area.x + 1, y + 1, LABELS - 2, &most, Role::Dim);
        let place = Rect {
            y,
            height: ROWS,
            ..bars
        };
        draw_series(&drawn, None, place, painter);
        y += ROWS;
    }
    if left_out > 0 {
        let words = format!("+ {left_out} more");
        painter.text(area.x + 1, y, LABELS - 2, &words, Role::Dim);
    }
    let axis = Rect {
        y,
        height: 2,
        ..bars
    };
    painter.hline(Rect { height: 1, ..axis });
    draw_axis_times((chart.begin, chart.end()), context, axis, painter);
    y + 2 - area.y
}

/// Returns the numbers of a series by column of the screen: the largest of the bins that fall into it.
fn columns(series: &InsightsSeries, width: usize) -> Vec<Option<u64>> {
    let (most, bins) = (series.most(), series.values.len());
    (0..width)
        .map(|column| {
            let first = column * bins / width.max(1);
            let last = ((column + 1) * bins).div_ceil(width.max(1)).max(first + 1);
            // A bin that is wider than a column belongs to the columns that begin in it.
            let last = if bins < width { first + 1 } else { last };
            let values = series.values.get(first..last.min(bins))?;
            let value = values.iter().flatten().copied().reduce(f64::max);
            // A bin without a row has counted nothing.
            let part = value.unwrap_or(0.0).max(0.0) / most.max(f64::MIN_POSITIVE);
            Some((part * STEPS) as u64)
        })
        .collect()
}

/// Returns a number without digits that say nothing.
pub(super) fn number(value: f64) -> String {
    if value.fract() == 0.0 && value.abs() < 1e15 {
        format!("{value:.0}")
    } else if value.abs() >= 100.0 {
        format!("{value:.1}")
    } else {
        format!("{value:.3}")
    }
}

/// Returns the time of a bin as a list shows it: with its date if the window is longer than a day.
pub(super) fn time_cell(at: Moment, window: (Moment, Moment), context: &ViewContext<'_>) -> String {
    if window.1.since(window.0) > DAY_MS {
        at.date_time(context.zone)
    } else {
        at.clock_millis(context.zone)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_shows_the_largest_of_its_bins_and_a_wide_bin_fills_its_columns() {
        let series = |values: &[Option<f64>]| InsightsSeries {
            label: String::new(),
            values: values.to_vec(),
        };
        let narrow = series(&[Some(1.0), Some(4.0), None, Some(2.0)]);
        assert_eq!(columns(&narrow, 2), [Some(10_000), Some(5_000)]);
        let wide = series(&[Some(4.0), None]);
        assert_eq!(
            columns(&wide, 4),
            [Some(10_000), Some(10_000), Some(0), Some(0)]
        );
        assert_eq!(number(12.0), "12");
        assert_eq!(number(12.345_67), "12.346");
        assert_eq!(number(2_412.75), "2412.8");
    }
}
