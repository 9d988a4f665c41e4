//! Prepare, add, verify, provider: the new secret becomes known to everything that needs it.

use super::ClientSecretMachine;
use crate::client_secret::effect::{
    ClientSecretId, ProviderFacts, ProviderHolding, ProviderState, SecretChoice,
};
use crate::client_secret::phase::{
    ClientRead, ClientSecretPhase, JournalRead, LabelMove, ProbePurpose, ProviderRead,
};
use crate::client_secret::report::ClientSecretEndReason;
use crate::rotation::labels::{self, PENDING, VersionId};
use crate::rotation::report::RotationOutcome;

/// Shown while a read may lag behind a write.
const SETTLE: &str = "one read is no proof; reading again";

impl ClientSecretMachine {
    /// The operator has agreed to the plan.
    pub(super) fn begin_writing(&mut self) {
        self.go(if self.state.journal.exists {
            ClientSecretPhase::Generate
        } else {
            ClientSecretPhase::CreateJournal
        });
    }

    /// A value was drawn.
    pub(super) fn generated(&mut self, version: VersionId) {
        let seconds = self.now.millis().div_euclid(1_000);
        let label = labels::prepared_label(&self.settings.operator, "", &version, seconds);
        self.state.mine = Some((version, label));
        self.go(ClientSecretPhase::Put);
    }

    /// The journal, or the new version, is stored.
    pub(super) fn stored(&mut self) {
        match (self.state.phase, &self.state.mine) {
            (ClientSecretPhase::CreateJournal, _) => {
                self.note("journal created in Secrets Manager, with the current secret");
                self.go(ClientSecretPhase::Generate);
            }
            (ClientSecretPhase::Put, Some((version, _))) => {
                let words = format!("new secret stored as version {}", version.short());
                self.note(words);
                self.go(ClientSecretPhase::Label(LabelMove::Claim));
            }
            _ => self.unexpected(),
        }
    }

    /// A label was moved as asked.
    pub(super) fn moved(&mut self) {
        let ClientSecretPhase::Label(label) = self.state.phase else {
            return self.unexpected();
        };
        match label {
            LabelMove::Claim => self.go(ClientSecretPhase::Journal(JournalRead::AfterClaim)),
            LabelMove::DropOrphan => self.give_up_claim(),
            LabelMove::MarkUndo => self.undo_marked(),
            LabelMove::UnmarkUndo => self.go(ClientSecretPhase::Journal(JournalRead::AfterUnmark)),
            LabelMove::Release if self.state.undoing => self.undo_released(),
            LabelMove::Release if self.state.mine.is_some() => {
                self.go(ClientSecretPhase::Label(LabelMove::DropOrphan));
            }
            LabelMove::Release => {
                self.note("the pending value was never used; AWSPENDING is removed");
                self.state.settled = true;
                self.unlabel();
            }
            LabelMove::Promote => self.promoted(),
            LabelMove::Unpend => self.unlabel(),
            LabelMove::Unlabel => self.unlabelled(),
        }
    }

    /// A definite no, because something else is there.
    pub(super) fn conflicted(&mut self) {
        if self.state.phase == ClientSecretPhase::CreateJournal {
            // Another operator has created it at the same time.
            return self.go(ClientSecretPhase::Generate);
        }
        if self.state.phase == ClientSecretPhase::Add {
            // Two secrets exist: whether the second is ours is found out.
            return self.go(ClientSecretPhase::Client(ClientRead::AfterAdd));
        }
        if self.state.phase == ClientSecretPhase::UpdateProvider {
            // It is UPDATING: by another operator, or by this very update, which an HTTP client has sent twice because the first
            // answer was lost.
            self.state.rounds = self.state.rounds.saturating_add(1);
            return self.go(ClientSecretPhase::Provider(ProviderRead::Update));
        }
        // To be claimed: the journal is read in any case. To be removed: it is gone already. To be made current: it is.
        self.moved();
    }

    /// Who holds AWSPENDING after the claim?
    pub(super) fn claim_seen(&mut self) {
        let holder = self.state.journal.labels.holder(PENDING).cloned();
        let mine = self.state.mine.as_ref().map(|(version, _)| version.clone());
        if holder.is_some() && holder == mine {
            self.state.rounds = 0;
            self.state.pending = holder;
            self.state.old.clone_from(&self.state.journal.pending_old);
            self.note("AWSPENDING is on it");
            return self.go(ClientSecretPhase::Client(ClientRead::BeforeAdd));
        }
        if self.state.rounds < self.settings.settle_rounds.min(3) {
            self.state.rounds += 1;
            self.wait_for(SETTLE, self.settings.settle);
            // A version without our label, or with the mark of a roll back, was given up by another operator: it is not claimed again.
            if holder.is_none() && self.is_mine_intact() {
                self.go(ClientSecretPhase::Label(LabelMove::Claim));
            }
            return;
        }
        if holder.is_none() {
            // Nobody is seen to hold what was refused to us: a request that the HTTP client has repeated by itself is refused because
            // of its own effect, and reads may lag behind it. The label tells the next `resume` that the version is ours.
            return self.end(RotationOutcome::Failed, ClientSecretEndReason::Unsettled);
        }
        // Never claimed, so never sent to Cognito: our label may go, the value with it.
        self.state.giving_up = true;
        self.go(ClientSecretPhase::Label(LabelMove::DropOrphan));
    }

    /// Returns whether our version still has the label that it was stored with, and nobody rolls it back.
    fn is_mine_intact(&self) -> bool {
        let labels = &self.state.journal.labels;
        self.state.mine.as_ref().is_some_and(|(version, own)| {
            let has_own = labels.of(version).iter().any(|label| **label == **own);
            has_own && !labels.is_undone(version)
        })
    }

    /// Our version was given up before Cognito learnt it.
    fn give_up_claim(&mut self) {
        let holder = self.state.journal.labels.holder(PENDING).cloned();
        let mine = self.state.mine.as_ref().map(|(version, _)| version.clone());
        match holder.filter(|holder| Some(holder) != mine.as_ref()) {
            Some(holder) => {
                let author = self.state.journal.labels.author(&holder);
                self.state.pending = Some(holder.clone());
                self.end(
                    RotationOutcome::Refused,
                    ClientSecretEndReason::Pending(holder, author),
                );
            }
            None => self.end(RotationOutcome::Failed, ClientSecretEndReason::Superseded),
        }
    }

    fn has_old(&self) -> bool {
        self.state
            .old
            .as_ref()
            .is_some_and(|old| self.state.secrets.contains(old))
    }

    /// The last look before the new secret is added.
    pub(super) fn seen_before_add(&mut self) {
        let is_claimed_now = self.state.mine.is_some();
        match (self.has_old(), self.state.secrets.len()) {
            (true, 1) => self.guard(ClientSecretPhase::Add),
            (false, _) if is_claimed_now => {
                // Another rotation has ended between our first look and the claim: its secret is not the one to be replaced.
                self.state.giving_up = true;
                self.go(ClientSecretPhase::Label(LabelMove::Release));
            }
            _ => self.go(ClientSecretPhase::Probe(ProbePurpose::New)),
        }
    }

    /// Cognito has answered with the new secret's id.
    pub(super) fn added(&mut self, id: &ClientSecretId) {
        self.note(format!("second secret at Cognito, id {}", id.short()));
        self.go(ClientSecretPhase::Client(ClientRead::AfterAdd));
    }

    /// Is the new secret there?
    pub(super) fn seen_after_add(&mut self) {
        if self.has_old() && self.state.secrets.len() == 1 {
            if self.state.rounds >= self.settings.settle_rounds {
                return self.end(RotationOutcome::Failed, ClientSecretEndReason::NotAdded);
            }
            self.state.rounds += 1;
            self.wait_for(SETTLE, self.settings.settle);
            return self.guard(ClientSecretPhase::Add);
        }
        self.state.rounds = 0;
        self.go(ClientSecretPhase::Probe(ProbePurpose::New));
    }

    /// The token endpoint has judged the new value.
    pub(super) fn new_probed(&mut self, accepted: bool) {
        if accepted {
            self.state.rounds = 0;
            self.state.provider = 0;
            self.state.provider_updated = false;
            self.note("the new secret gives a token");
            return self.next_provider();
        }
        if self.state.rounds < self.settings.settle_rounds {
            // A new value may need some seconds before every node of the token endpoint knows it.
            self.state.rounds += 1;
            return self.wait_for(
                "the token endpoint may not know the new secret yet",
                self.settings.settle,
            );
        }
        let second = self
            .state
            .secrets
            .iter()
            .find(|id| Some(*id) != self.state.old.as_ref())
            .cloned();
        if let Some(second) = second.filter(|_| self.has_old()) {
            // Added by hand, or by a late request of the rotation before: then both secrets have the same value, which Cognito does
            // not show. Only people can tell, so none is removed here.
            self.end(
                self.bad_outcome(),
                ClientSecretEndReason::SecondIsForeign(second),
            );
        } else {
            // The secret that it was to replace is gone, and its value was never added: another rotation ended before the claim.
            self.state.rounds = 0;
            self.state.provider = 0;
            self.state.giving_up = true;
            self.inspect_next();
        }
    }

    /// Reads the next provider, or goes on.
    pub(super) fn next_provider(&mut self) {
        self.go(if self.state.provider < self.state.providers.len() {
            ClientSecretPhase::Provider(ProviderRead::Update)
        } else {
            ClientSecretPhase::Call
        });
    }

    /// A provider was read: must it be updated?
    pub(super) fn seen_provider(&mut self, facts: &ProviderFacts) {
        let name = self.provider_name();
        let updated = self.state.provider_updated;
        let wanted = self.wanted();
        let has_taken = match wanted {
            SecretChoice::New => facts.holds == ProviderHolding::New,
            SecretChoice::Old => facts.holds == ProviderHolding::Old,
        };
        match (facts.state, facts.holds) {
            (ProviderState::Updating, _) => self.wait_for_provider(&name),
            (ProviderState::Ready, _) if has_taken => {
                self.note(format!(
                    "{name} holds the {} secret and is READY",
                    wanted.as_str()
                ));
                self.provider_done();
            }
            (ProviderState::Ready, ProviderHolding::Unknown) if updated => {
                self.warn(format!(
                    "{name} is READY after the update, but which secret it holds could not be read"
                ));
                self.provider_done();
            }
            (ProviderState::Failed, _) if updated => {
                let outcome = self.bad_outcome();
                self.end(outcome, ClientSecretEndReason::ProviderNotReady(name));
            }
            (ProviderState::Ready | ProviderState::Failed, _) => {
                if self.state.rounds > self.settings.settle_rounds {
                    let outcome = self.bad_outcome();
                    return self.end(outcome, ClientSecretEndReason::ProviderNotReady(name));
                }
                self.guard(ClientSecretPhase::UpdateProvider);
            }
        }
    }

    fn provider_done(&mut self) {
        self.state.rounds = 0;
        self.state.provider_updated = false;
        self.state.provider += 1;
        self.next_provider();
    }

    /// A provider was told its value.
    pub(super) fn provider_updated(&mut self) {
        self.state.provider_updated = true;
        self.state.rounds = self.state.rounds.saturating_add(1);
        let name = self.provider_name();
        self.note(format!(
            "{name} takes the {} secret",
            self.wanted().as_str()
        ));
        self.go(ClientSecretPhase::Provider(ProviderRead::Update));
    }

    /// A provider is UPDATING: read it again later.
    pub(super) fn wait_for_provider(&mut self, name: &str) {
        if self.state.rounds >= self.settings.provider_polls {
            let outcome = self.bad_outcome();
            return self.end(
                outcome,
                ClientSecretEndReason::ProviderNotReady(name.to_owned()),
            );
        }
        self.state.rounds += 1;
        self.wait_for(
            "the credential provider is UPDATING",
            self.settings.provider_poll,
        );
    }
}
