//! Data that is loaded from outside: its last value, how old that is, and why the last attempt failed.

use crate::model::{Failure, Moment};

/// Data that is loaded and reloaded. The last value stays available while it is loaded again, and when that fails.
#[derive(Clone, Debug, PartialEq)]
pub struct Loadable<T> {
    value: Option<(Moment, T)>,
    loading_since: Option<Moment>,
    failure: Option<(Moment, Failure)>,
}

impl<T> Default for Loadable<T> {
    /// Returns data that was never loaded.
    fn default() -> Self {
        Self {
            value: None,
            loading_since: None,
            failure: None,
        }
    }
}

impl<T> Loadable<T> {
    /// Marks the data as being loaded since `now`.
    pub const fn start_loading(&mut self, now: Moment) {
        self.loading_since = Some(now);
    }

    /// Stores the result of loading. A failure leaves the last value in place.
    pub fn finish_loading(&mut self, result: Result<T, Failure>, now: Moment) {
        self.loading_since = None;
        match result {
            Ok(value) => self.set_value(value, now),
            Err(failure) => self.failure = Some((now, failure)),
        }
    }

    /// Marks the data as no longer being loaded. Returns whether it was.
    pub fn cancel_loading(&mut self) -> bool {
        self.loading_since.take().is_some()
    }

    /// Stores a value that was loaded at that time.
    pub fn set_value(&mut self, value: T, loaded_at: Moment) {
        self.value = Some((loaded_at, value));
        self.failure = None;
    }

    /// Removes the value.
    pub fn clear_value(&mut self) {
        self.value = None;
    }

    /// Returns the value that was loaded last.
    pub fn value(&self) -> Option<&T> {
        self.value.as_ref().map(|(_, value)| value)
    }

    /// Returns the value that was loaded last, to be changed in place.
    pub fn value_mut(&mut self) -> Option<&mut T> {
        self.value.as_mut().map(|(_, value)| value)
    }

    /// Returns the time at which the value was loaded.
    pub fn loaded_at(&self) -> Option<Moment> {
        self.value.as_ref().map(|(at, _)| *at)
    }

    /// Returns the time since which the data is being loaded.
    pub const fn loading_since(&self) -> Option<Moment> {
        self.loading_since
    }

    /// Returns whether the data is being loaded.
    pub const fn is_loading(&self) -> bool {
        self.loading_since.is_some()
    }

    /// Returns why the last attempt to load failed; `None` if it succeeded.
    pub fn failure(&self) -> Option<&Failure> {
        self.failure.as_ref().map(|(_, failure)| failure)
    }

    /// Returns the time at which the last attempt to load failed; `None` if it succeeded.
    pub fn failed_at(&self) -> Option<Moment> {
        self.failure.as_ref().map(|(at, _)| *at)
    }

    /// Returns whether the value is older than the last attempt to load, which failed.
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
        let mut list = Loadable::default();
        list.start_loading(at(1));
        list.finish_loading(Ok(7), at(2));
        list.start_loading(at(3));
        assert_eq!(
            (list.value(), list.loading_since()),
            (Some(&7), Some(at(3)))
        );
        list.finish_loading(
            Err(Failure::new(FailureKind::Network, "listing", "refused")),
            at(4),
        );
        assert_eq!(
            (list.value(), list.loaded_at(), list.is_stale()),
            (Some(&7), Some(at(2)), true)
        );
        assert_eq!((list.is_loading(), list.failed_at()), (false, Some(at(4))));
        list.finish_loading(Ok(8), at(5));
        assert_eq!((list.value(), list.failure()), (Some(&8), None));
    }

    #[test]
    fn cancelling_says_whether_the_data_was_being_loaded() {
        let mut list = Loadable::<u8>::default();
        assert!(!list.cancel_loading());
        list.start_loading(Moment::from_millis(1));
        assert!(list.cancel_loading() && !list.is_loading());
    }
}
