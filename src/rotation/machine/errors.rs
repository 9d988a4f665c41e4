//! No answer, a refusal, a limiter: what is tried again, how long is waited, and when it is given up.

use super::super::effect::{EffectError, Pause, RotationEffect, RotationNext};
use super::super::report::{EndReason, Neo4jEvidence, RotationEvidence, RotationOutcome};
use super::phase::{LabelsRead, LoginPurpose, StageMove, VersionRead};
use super::{RotationMachine, RotationPhase};

/// How often a call is tried again while nothing has been written.
const EARLY_TRIES: u8 = 3;

impl RotationMachine {
    /// After two wrong logins, or while logins are limited: how long until the next one.
    pub(super) fn login_pause(&self) -> (Pause, u64) {
        let settings = &self.settings;
        match self.state.logins.limited {
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
        if self.state.phase == RotationPhase::Login(LoginPurpose::Verify)
            && self.state.progress.changed
            && !self.state.progress.promoted
        {
            self.note(Neo4jEvidence::ConfirmedByChange);
            return self.go(RotationPhase::Move(StageMove::Promote));
        }
        self.state.logins.limited = self.state.logins.limited.saturating_add(1);
        if self.state.logins.limited > self.settings.limited_tries {
            return self.end(RotationOutcome::Failed, EndReason::Limited);
        }
        let (pause, millis) = self.login_pause();
        self.wait_for(pause, millis);
    }

    /// A call without a usable answer.
    pub(super) fn failed(&mut self, error: EffectError) {
        let next = self.next();
        let is_login = matches!(next, RotationNext::Effect(RotationEffect::Login { .. }));
        let is_alter = matches!(
            next,
            RotationNext::Effect(RotationEffect::AlterPassword { .. })
        );
        if error.is_in_doubt() && is_login {
            // The server may have heard it, and it may have been wrong.
            self.count_wrong();
        }
        let in_doubt = error.is_in_doubt();
        match self.state.phase {
            RotationPhase::Alter if is_alter => self.alter_failed(error),
            // A last password that cannot be read is one that nobody knows.
            RotationPhase::Alter if !error.is_transient() => self.source_unknown(),
            RotationPhase::SetByAdministrator => self.alter_failed(error),
            RotationPhase::Move(StageMove::Promote) if in_doubt => {
                self.go(RotationPhase::Labels(LabelsRead::AfterPromote));
            }
            RotationPhase::Move(StageMove::Claim | StageMove::Replace) if in_doubt => {
                self.claim_in_doubt();
            }
            RotationPhase::ManagedStart if in_doubt => {
                self.go(RotationPhase::Labels(LabelsRead::Function));
            }
            RotationPhase::Connections(_)
            | RotationPhase::Kill
            | RotationPhase::Read(VersionRead::Before)
            | RotationPhase::FindReaders
            | RotationPhase::Refresh
            | RotationPhase::Call => self.consumer_trouble(error),
            RotationPhase::Labels(_)
            | RotationPhase::Read(
                VersionRead::Current
                | VersionRead::Previous
                | VersionRead::Back
                | VersionRead::Compare
                | VersionRead::Function,
            )
            | RotationPhase::Login(_)
            | RotationPhase::CheckAdministrator
            | RotationPhase::Ask(_)
            | RotationPhase::Generate
            | RotationPhase::Put
            | RotationPhase::Move(_)
            | RotationPhase::Alter
            | RotationPhase::ManagedStart
            | RotationPhase::Done => self.retry_or_give_up(error),
        }
    }

    fn retry_or_give_up(&mut self, error: EffectError) {
        if error.is_transient() {
            self.try_again(error);
        } else {
            self.give_up(error);
        }
    }

    pub(super) fn try_again(&mut self, error: EffectError) {
        let since = self.silent_since();
        // Before the first write nothing is at stake: the operator is told soon.
        let tries = if self.state.progress.underway {
            self.settings.tries
        } else {
            self.settings.tries.min(EARLY_TRIES)
        };
        if self.state.retry.tries >= tries || self.now - since > self.settings.patience_millis {
            return self.give_up(error);
        }
        let factor = 1_u64 << self.state.retry.tries.min(3);
        self.state.retry.tries += 1;
        self.say(RotationEvidence::Error(error));
        self.wait_for(
            Pause::Retry,
            self.settings.retry_millis * factor + self.settings.jitter_millis,
        );
    }

    /// Returns when the calls began to which nobody has answered since.
    pub(super) fn silent_since(&mut self) -> i64 {
        *self.state.retry.since.get_or_insert(self.asked_at)
    }

    pub(super) fn give_up(&mut self, error: EffectError) {
        let sent = self.state.progress.sent && !self.state.progress.promoted;
        let network = error.is_transient();
        let outcome = if self.state.progress.underway || network {
            RotationOutcome::Failed
        } else {
            RotationOutcome::Refused
        };
        let doing = if let RotationNext::Effect(effect) = self.next() {
            effect.doing()
        } else {
            "asking"
        };
        self.end(outcome, EndReason::Error { doing, error, sent });
    }

    pub(super) fn wait_for(&mut self, pause: Pause, millis: u64) {
        self.state.pause = Some((pause, millis));
        self.report_wait(pause, millis);
    }
}
