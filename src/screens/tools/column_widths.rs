//! How wide the columns of a result are.

use crate::widgets::text_width;

/// The most columns of the screen that a column takes while others stand behind it.
pub(super) const SHARE: usize = 48;

/// Returns the widths of columns that want so much each, in a room with a gap of `gap` between them: what is left of the room goes to
/// those that want more than their share.
pub(super) fn widths(wanted: &[usize], room: usize, gap: usize) -> Vec<usize> {
    let mut widths: Vec<usize> = wanted
        .iter()
        .map(|width| (*width).clamp(1, SHARE))
        .collect();
    let taken = widths.iter().sum::<usize>() + gap * widths.len().saturating_sub(1);
    let mut spare = room.saturating_sub(taken);
    let mut cut: Vec<usize> = (0..widths.len())
        .filter(|at| wanted.get(*at) > widths.get(*at))
        .collect();
    // Who lacks least is served first, so that what it does not need goes to the others.
    cut.sort_by_key(|at| wanted.get(*at).copied());
    let mut waiting = cut.len();
    for at in cut {
        let (Some(width), Some(wanted)) = (widths.get_mut(at), wanted.get(at)) else {
            continue;
        };
        let more = (*wanted - *width).min(spare / waiting.max(1));
        *width += more;
        spare -= more;
        waiting -= 1;
    }
    widths
}

/// Returns how wide a column wants to be.
pub(super) fn wanted<'a>(title: &str, cells: impl Iterator<Item = &'a str>) -> usize {
    cells
        .map(text_width)
        .chain([text_width(title)])
        .max()
        .unwrap_or(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_column_uses_the_width_that_is_free() {
        assert_eq!(widths(&[200], 100, 2), [100]);
        assert_eq!(widths(&[5, 200], 100, 2), [5, 93]);
        assert_eq!(widths(&[60, 200, 0], 151, 2), [60, 86, 1]);
        assert_eq!(
            widths(&[200, 200], 60, 2),
            [48, 48],
            "those behind are scrolled to"
        );
    }
}
