//! No answer and errors: what is tried again, what is looked up, and when a rotation of a client secret gives up.

use super::ClientSecretMachine;
use crate::client_secret::phase::{
    ClientRead, ClientSecretPhase, JournalRead, LabelMove, ProviderRead,
};
use crate::client_secret::report::ClientSecretEndReason;
use crate::rotation::effect::{EffectError, EffectErrorClass};
use crate::rotation::report::RotationOutcome;

/// Shown while a request without an answer may still be on its way.
pub(super) const DRAIN_OWN: &str = "the request without an answer may still be on its way";

impl ClientSecretMachine {
    /// An effect brought no usable answer.
    pub(super) fn failed(&mut self, error: EffectError) {
        let phase = self.state.phase;
        if phase == ClientSecretPhase::Call {
            self.warn(format!("not proven through the chain: {error}"));
            return self.go(ClientSecretPhase::FindHolders);
        }
        if matches!(
            phase,
            ClientSecretPhase::FindHolders | ClientSecretPhase::UpdateConfiguration
        ) {
            let why =
                format!("whether a configuration holds the old secret is not known ({error})");
            return self.configuration_written(&[], vec![why]);
        }
        let is_removal = matches!(
            phase,
            ClientSecretPhase::Retire | ClientSecretPhase::Discard
        );
        // Which code a removal has whose first request took effect is not documented, nor that of the last secret's: what Cognito
        // lists afterwards decides, not the code.
        let is_gone = is_removal
            && matches!(
                error.class(),
                EffectErrorClass::NotFound | EffectErrorClass::Refused
            );
        if is_gone {
            self.note(error.to_string());
        }
        match read_after(phase).filter(|_| error.is_in_doubt() || is_gone) {
            Some(read) => self.look(read, error),
            None if error.is_transient() && phase.is_guarded() => self.guard_again(phase, error),
            None if error.is_transient() => self.try_again(error),
            None => self.give_up(error),
        }
    }

    /// Reads what became of a write without an answer; silence is counted over both.
    fn look(&mut self, phase: ClientSecretPhase, error: EffectError) {
        let since = *self.state.silent_since.get_or_insert(self.asked_at);
        if self.now.since(since) > millis(self.settings.patience) {
            return self.give_up(error);
        }
        if matches!(
            self.state.phase,
            ClientSecretPhase::Add | ClientSecretPhase::UpdateProvider
        ) {
            // If it arrived after a later rotation has begun, it would add a secret twice, or give a provider a secret that is about
            // to be removed. So this rotation stays pending until it has taken effect or never will.
            self.state.silent_since = None;
            self.wait_for(DRAIN_OWN, self.settings.drain);
        }
        self.go(phase);
    }

    fn try_again(&mut self, error: EffectError) {
        let since = *self.state.silent_since.get_or_insert(self.asked_at);
        let is_over = self.now.since(since) > millis(self.settings.patience);
        if self.state.tries >= self.settings.tries || is_over {
            return self.give_up(error);
        }
        let factor = 1_u32 << self.state.tries.min(3);
        self.state.tries += 1;
        self.wait_for(
            "no conclusive answer; trying again",
            self.settings.retry.saturating_mul(factor),
        );
    }

    /// A write that another operator may have made needless or harmful meanwhile: the journal is read again before the next try.
    fn guard_again(&mut self, write: ClientSecretPhase, error: EffectError) {
        if self.state.guarded_tries >= self.settings.tries {
            return self.give_up(error);
        }
        let factor = 1_u32 << self.state.guarded_tries.min(3);
        self.state.guarded_tries += 1;
        self.wait_for(
            "no conclusive answer; trying again",
            self.settings.retry.saturating_mul(factor),
        );
        self.guard(write);
    }

    fn give_up(&mut self, error: EffectError) {
        let written = self.state.written;
        let outcome = if written || error.is_transient() {
            RotationOutcome::Failed
        } else {
            RotationOutcome::Refused
        };
        let doing = self.doing();
        self.end(
            outcome,
            ClientSecretEndReason::Error {
                doing,
                error,
                written,
            },
        );
    }
}

fn millis(duration: std::time::Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Returns the phase that finds out what became of a write without an answer; none where the write is simply repeated.
fn read_after(phase: ClientSecretPhase) -> Option<ClientSecretPhase> {
    let reads: [_; 5] = [
        (
            ClientSecretPhase::Label(LabelMove::Claim),
            ClientSecretPhase::Journal(JournalRead::AfterClaim),
        ),
        (
            ClientSecretPhase::Add,
            ClientSecretPhase::Client(ClientRead::AfterAdd),
        ),
        (
            ClientSecretPhase::UpdateProvider,
            ClientSecretPhase::Provider(ProviderRead::Update),
        ),
        (
            ClientSecretPhase::Retire,
            ClientSecretPhase::Client(ClientRead::AfterRetire),
        ),
        (
            ClientSecretPhase::Discard,
            ClientSecretPhase::Client(ClientRead::AfterDiscard),
        ),
    ];
    reads
        .into_iter()
        .find_map(|(write, read)| (write == phase).then_some(read))
}
