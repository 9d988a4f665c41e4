//! How often a stream that ends by itself is opened again.

use std::time::{Duration, Instant};

/// A stream that lived shorter than this ended at once.
const SHORT: Duration = Duration::from_secs(20);
/// The first pause; each one after it is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: Duration = Duration::from_mins(1);
/// Streams that end at once, one after the other, after which no more are opened.
const ATTEMPTS: u32 = 8;

/// What is known of the streams that were opened before.
#[derive(Debug, Default)]
pub(super) struct StreamPace {
    opened: Option<Instant>,
    last_event_id: Option<String>,
    short: u32,
}

impl StreamPace {
    /// Returns how long to wait before a stream is opened; `None`: it is not worth opening again. A stream that brought an event
    /// with an id is taken up at once, since it moves on.
    pub(super) fn pause(&mut self, now: Instant, last_event_id: Option<&str>) -> Option<Duration> {
        let moved_on = last_event_id.is_some() && last_event_id != self.last_event_id.as_deref();
        self.last_event_id = last_event_id.map(str::to_owned);
        let was_short = self
            .opened
            .take()
            .is_some_and(|opened| now.duration_since(opened) < SHORT);
        if moved_on || !was_short {
            self.short = 0;
            return Some(Duration::ZERO);
        }
        self.short += 1;
        (self.short <= ATTEMPTS).then(|| {
            let pause = FIRST_PAUSE.saturating_mul(1 << (self.short - 1).min(16));
            pause.min(LONGEST_PAUSE)
        })
    }

    /// A stream was opened.
    pub(super) fn opened(&mut self, now: Instant) {
        self.opened = Some(now);
    }

    /// A stream brought a message.
    pub(super) fn brought_message(&mut self) {
        self.short = 0;
        self.opened = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_that_ends_at_once_is_opened_ever_more_rarely_and_then_no_more() {
        let (mut pace, mut now) = (StreamPace::default(), Instant::now());
        let mut opened = Vec::new();
        while let Some(pause) = pace.pause(now, None) {
            now += pause;
            opened.push(now);
            pace.opened(now);
        }
        let first = *opened.first().unwrap();
        let within = opened
            .iter()
            .filter(|at| at.duration_since(first) <= Duration::from_secs(15))
            .count();
        assert!((2..=10).contains(&within), "{within}");
        assert_eq!(opened.len(), 9);
    }

    #[test]
    fn a_stream_that_lives_or_moves_on_is_opened_at_once() {
        let (mut pace, start) = (StreamPace::default(), Instant::now());
        assert_eq!(pace.pause(start, None), Some(Duration::ZERO));
        pace.opened(start);
        let later = start + SHORT;
        assert_eq!(pace.pause(later, None), Some(Duration::ZERO));
        pace.opened(later);
        assert_eq!(pace.pause(later, Some("1")), Some(Duration::ZERO));
        pace.opened(later);
        assert_eq!(pace.pause(later, Some("1")), Some(FIRST_PAUSE));
        pace.opened(later);
        pace.brought_message();
        assert_eq!(pace.pause(later, Some("1")), Some(Duration::ZERO));
    }
}
