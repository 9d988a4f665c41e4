//! Data that is asked for: what is known of it, how old it is, and why the last try failed.

use crate::model::{Failure, Moment};

/// Data on its way. Old data stays visible while it is asked for again, and when asking fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Loadable<T> {
    /// The last good answer and its time.
    pub value: Option<(Moment, T)>,
    /// Since when it is being asked for.
    pub loading: Option<Moment>,
    /// Why the last try failed; gone with the next good answer.
    pub failure: Option<(Moment, Failure)>,
}

impl<T> Default for Loadable<T> {
    fn default() -> Self {
        Self::not_asked()
    }
}

impl<T> Loadable<T> {
    /// Nothing is known and nothing asked.
    pub const fn not_asked() -> Self {
        Self {
            value: None,
            loading: None,
            failure: None,
        }
    }

    /// Asking has begun.
    pub const fn ask(&mut self, now: Moment) {
        self.loading = Some(now);
    }

    /// An answer has come.
    pub fn answer(&mut self, result: Result<T, Failure>, now: Moment) {
        self.loading = None;
        match result {
            Ok(value) => {
                self.value = Some((now, value));
                self.failure = None;
            }
            Err(failure) => self.failure = Some((now, failure)),
        }
    }

    /// Returns the last good answer.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    /// Returns why the last try failed.
    pub fn problem(&self) -> Option<&Failure> {
        self.failure.as_ref().map(|(_, failure)| failure)
    }

    /// Returns whether the visible value is older than the last, failed, try.
    pub const fn is_stale(&self) -> bool {
        self.failure.is_some() && self.value.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::FailureKind;

    #[test]
    fn old_data_outlives_a_failed_refresh() {
        let at = Moment::from_millis;
        let mut list = Loadable::not_asked();
        list.ask(at(1));
        list.answer(Ok(7), at(2));
        list.ask(at(3));
        assert_eq!((list.get(), list.loading), (Some(&7), Some(at(3))));
        list.answer(
            Err(Failure::new(FailureKind::Network, "listing", "refused")),
            at(4),
        );
        assert_eq!(
            (list.get(), list.is_stale(), list.loading),
            (Some(&7), true, None)
        );
        list.answer(Ok(8), at(5));
        assert_eq!((list.get(), list.problem()), (Some(&8), None));
    }
}
