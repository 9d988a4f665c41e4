//! No answer, a refusal, a limiter: what is tried again, how long is waited, and when it is given up.

use super::super::effect::{Effect, Next, Pause, Trouble};
use super::super::report::{Evidence, Outcome, Why};
use super::{Machine, Place};

/// How often a call is tried again while nothing has been written.
const EARLY_TRIES: u8 = 3;

impl Machine {
    /// After two wrong logins, or while logins are limited: how long until the next one.
    pub(super) fn login_pause(&self) -> (Pause, u64) {
        let settings = &self.settings;
        match self.state.limited {
            0 => (
                Pause::LockWindow,
                settings.lock_millis + settings.jitter_millis,
            ),
            1 => (
                Pause::Limited,
                settings.lock_millis + settings.jitter_millis,
            ),
            // Whoever locks the user tries again and again: the gap after each lock is short, and tries inside a lock do not count.
            _ => (
                Pause::Limited,
                settings.retry_millis + settings.jitter_millis,
            ),
        }
    }

    pub(super) fn limited(&mut self) {
        if self.state.place == Place::Verify && self.state.changed && !self.state.promoted {
            self.note(Evidence::ConfirmedByChange);
            return self.go(Place::Promote);
        }
        self.state.limited = self.state.limited.saturating_add(1);
        if self.state.limited > self.settings.limited_tries {
            return self.end(Outcome::Failed, Why::Limited);
        }
        let (pause, millis) = self.login_pause();
        self.wait_for(pause, millis);
    }

    /// A call without a usable answer.
    pub(super) fn failed(&mut self, trouble: Trouble) {
        if trouble == Trouble::InDoubt && matches!(self.next(), Next::Effect(Effect::Login { .. }))
        {
            // The server may have heard it, and it may have been wrong.
            self.count_wrong();
        }
        match self.state.place {
            Place::Alter if matches!(self.next(), Next::Effect(Effect::AlterPassword { .. })) => {
                return self.alter_failed(trouble);
            }
            // A last password that cannot be read is one that nobody knows.
            Place::Alter
                if !matches!(
                    trouble,
                    Trouble::InDoubt | Trouble::Unreachable(_) | Trouble::Throttled
                ) =>
            {
                return self.source_unknown();
            }
            Place::SetByAdministrator => return self.alter_failed(trouble),
            Place::Promote if trouble == Trouble::InDoubt => return self.go(Place::PromoteLook),
            Place::Claim | Place::Replace if trouble == Trouble::InDoubt => {
                return self.claim_in_doubt();
            }
            Place::CheckConnections
            | Place::ListConnections
            | Place::Kill
            | Place::ReadBefore
            | Place::FindReaders
            | Place::Refresh
            | Place::Call => {
                return self.consumer_trouble(trouble);
            }
            Place::ManagedStart if trouble == Trouble::InDoubt => {
                return self.go(Place::ManagedWatch);
            }
            _ => {}
        }
        match trouble {
            Trouble::InDoubt | Trouble::Unreachable(_) | Trouble::Throttled => {
                self.try_again(trouble)
            }
            Trouble::NotFound | Trouble::Denied(_) | Trouble::Expired(_) | Trouble::Refused(_) => {
                self.give_up(trouble)
            }
        }
    }

    pub(super) fn try_again(&mut self, trouble: Trouble) {
        let since = self.silent_since();
        // Before the first write nothing is at stake: the operator is told soon.
        let tries = if self.state.underway {
            self.settings.tries
        } else {
            self.settings.tries.min(EARLY_TRIES)
        };
        if self.state.tries >= tries || self.now - since > self.settings.patience_millis {
            return self.give_up(trouble);
        }
        let factor = 1_u64 << self.state.tries.min(3);
        self.state.tries += 1;
        self.say(Evidence::Trouble(trouble));
        self.wait_for(
            Pause::Retry,
            self.settings.retry_millis * factor + self.settings.jitter_millis,
        );
    }

    /// When the calls began to which nobody has answered since.
    pub(super) fn silent_since(&mut self) -> i64 {
        *self.state.since.get_or_insert(self.asked_at)
    }

    pub(super) fn give_up(&mut self, trouble: Trouble) {
        let sent = self.state.sent && !self.state.promoted;
        let network = matches!(
            trouble,
            Trouble::InDoubt | Trouble::Unreachable(_) | Trouble::Throttled
        );
        let outcome = if self.state.underway || network {
            Outcome::Failed
        } else {
            Outcome::Refused
        };
        let doing = if let Next::Effect(effect) = self.next() {
            effect.doing()
        } else {
            "asking"
        };
        self.end(
            outcome,
            Why::Trouble {
                doing,
                trouble,
                sent,
            },
        );
    }

    pub(super) fn wait_for(&mut self, pause: Pause, millis: u64) {
        self.state.pause = Some((pause, millis));
        self.report_wait(pause, millis);
    }
}
