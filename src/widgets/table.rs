//! Layout of table columns: their widths, and which ones are left out in a narrow table.

/// The width of a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Size {
    /// A fixed number of terminal columns.
    Fixed(u16),
    /// At least this many terminal columns, and a share of what is left.
    Share(u16),
}

/// A column of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// The heading.
    pub title: &'static str,
    /// The width.
    pub size: Size,
    /// Whether cells are aligned to the right, as numbers are.
    pub right: bool,
    /// The column is left out if the table has fewer terminal columns than this.
    pub from: u16,
}

/// The placed columns: index, first terminal column, width.
pub type Layout = Vec<(usize, u16, u16)>;

/// Terminal columns between two columns.
const GAP: u16 = 2;

/// Distributes `room` terminal columns, beginning at `x`, among the columns.
pub fn lay_out(columns: &[Column], x: u16, room: u16) -> Layout {
    let shown: Vec<(usize, &Column)> = columns
        .iter()
        .enumerate()
        .filter(|(_, column)| room >= column.from)
        .collect();
    let gaps = GAP * u16::try_from(shown.len().saturating_sub(1)).unwrap_or(0);
    let least = |column: &Column| match column.size {
        Size::Fixed(width) | Size::Share(width) => width,
    };
    let taken: u16 = shown.iter().map(|(_, column)| least(column)).sum::<u16>() + gaps;
    let sharers = u16::try_from(
        shown
            .iter()
            .filter(|(_, column)| matches!(column.size, Size::Share(_)))
            .count(),
    )
    .unwrap_or(0);
    let spare = room.saturating_sub(taken);
    let (mut at, end) = (x, x.saturating_add(room));
    let mut layout = Vec::with_capacity(shown.len());
    for (index, column) in shown {
        let extra = if matches!(column.size, Size::Share(_)) {
            spare.checked_div(sharers).unwrap_or(0)
        } else {
            0
        };
        let width = (least(column) + extra).min(end.saturating_sub(at));
        layout.push((index, at, width));
        at = at.saturating_add(width + GAP);
    }
    layout
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharers_share_what_is_left_and_wide_columns_wait_for_room() {
        let column = |size, from| Column {
            title: "",
            size,
            right: false,
            from,
        };
        let columns = [
            column(Size::Share(10), 0),
            column(Size::Fixed(5), 0),
            column(Size::Fixed(8), 60),
        ];
        assert_eq!(lay_out(&columns, 2, 40), [(0, 2, 33), (1, 37, 5)]);
        assert_eq!(
            lay_out(&columns, 0, 60),
            [(0, 0, 43), (1, 45, 5), (2, 52, 8)]
        );
        assert!(
            lay_out(&columns, 0, 3)
                .iter()
                .all(|(_, at, width)| *at >= 3 || at + width <= 3)
        );
    }
}
