//! The lines of a result as they were laid out last: a result of many megabytes is laid out once for a view and a width, and
//! each frame costs what is visible of it.

use std::cell::{Ref, RefCell};

use super::ResultView;
use crate::{theme::Role, widgets::StyledLine};

/// Lines of a result that are laid out at most; all of it is written to a file by the key that exports it.
pub(super) const MOST: usize = 50_000;

/// Lines with what they were laid out for.
#[derive(Clone, Debug, Default)]
pub(super) struct LineCache(RefCell<Option<(ResultView, u16, Vec<StyledLine>)>>);

impl LineCache {
    /// The lines for a view and a width, made where the last ones were for others.
    pub(super) fn lines(
        &self,
        shown: ResultView,
        width: u16,
        make: impl FnOnce() -> Vec<StyledLine>,
    ) -> Ref<'_, [StyledLine]> {
        if self
            .0
            .borrow()
            .as_ref()
            .is_none_or(|(of, at, _)| (*of, *at) != (shown, width))
        {
            let lines = bounded(make());
            *self.0.borrow_mut() = Some((shown, width, lines));
        }
        Ref::map(self.0.borrow(), |line_cache| {
            line_cache.as_ref().map_or(&[][..], |(_, _, lines)| lines)
        })
    }
}

/// No more lines than are laid out; that there are more is said in the last.
fn bounded(mut lines: Vec<StyledLine>) -> Vec<StyledLine> {
    if lines.len() > MOST {
        lines.truncate(MOST);
        lines.push(vec![(
            "… more than is shown here: x writes all of it to a file".to_owned(),
            Role::Dim,
        )]);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_laid_out_once_for_a_view_and_a_width() {
        let line_cache = LineCache::default();
        let times = std::cell::Cell::new(0);
        let lines = |shown, width| {
            let make = || {
                times.set(times.get() + 1);
                vec![vec![(format!("{width}"), Role::Text)]]
            };
            line_cache
                .lines(shown, width, make)
                .first()
                .and_then(|line| line.first())
                .map(|(text, _)| text.clone())
                .unwrap()
        };
        for _ in 0..100 {
            assert_eq!(lines(ResultView::Text, 80), "80");
        }
        assert_eq!(times.get(), 1);
        assert_eq!(
            (
                lines(ResultView::Raw, 80),
                lines(ResultView::Raw, 120),
                lines(ResultView::Raw, 120)
            ),
            ("80".into(), "120".into(), "120".into())
        );
        assert_eq!(times.get(), 3);
    }

    #[test]
    fn what_is_not_laid_out_is_said() {
        let lines = bounded(vec![Vec::new(); MOST + 7]);
        assert_eq!(lines.len(), MOST + 1);
        assert!(
            lines
                .last()
                .is_some_and(|line| line[0].0.contains("x writes all"))
        );
        assert_eq!(bounded(vec![Vec::new(); 3]).len(), 3);
    }
}
