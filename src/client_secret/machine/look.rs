//! The first look: what Cognito, the journal and the providers say. Nothing is written here.

use std::sync::Arc;

use super::ClientSecretMachine;
use crate::client_secret::effect::{
    AppClientFacts, ClientSecretId, JournalFacts, ProviderFacts, ProviderHolding, ProviderState,
};
use crate::client_secret::phase::{
    AskPurpose, ClientRead, ClientSecretPhase, JournalRead, LabelMove, ProbePurpose, ProviderRead,
};
use crate::client_secret::report::{ClientSecretEndReason, ClientSecretKind};
use crate::rotation::labels::{CURRENT, PENDING};
use crate::rotation::report::RotationOutcome;

impl ClientSecretMachine {
    /// The app client was read.
    pub(super) fn client_read(&mut self, facts: AppClientFacts) {
        let problem = facts.problem.or_else(|| {
            facts.secrets.is_empty().then(|| {
                "the app client has no secret, or does not exist: there is nothing to rotate"
                    .to_owned()
            })
        });
        if let Some(problem) = problem {
            let outcome = self.bad_outcome();
            return self.end(outcome, ClientSecretEndReason::Client(problem));
        }
        self.state.secrets = facts.secrets;
        if !facts.described.is_empty() {
            self.state.described = facts.described;
        }
        let ClientSecretPhase::Client(read) = self.state.phase else {
            return self.unexpected();
        };
        match read {
            ClientRead::First => {
                let count = self.state.secrets.len();
                self.note(if count == 1 {
                    "the client has one secret".to_owned()
                } else {
                    format!("the client has {count} secrets")
                });
                self.go(ClientSecretPhase::Journal(JournalRead::First));
            }
            ClientRead::BeforeAdd => self.seen_before_add(),
            ClientRead::AfterAdd => self.seen_after_add(),
            ClientRead::BeforeRetire => self.seen_before_retire(),
            ClientRead::AfterRetire => self.seen_after_retire(),
            ClientRead::Undo => self.seen_for_undo(),
            ClientRead::UndoMarked => self.seen_after_mark(),
            ClientRead::BeforeDiscard => self.seen_before_discard(),
            ClientRead::AfterDiscard => self.seen_after_discard(),
        }
    }

    /// The journal was read.
    pub(super) fn journal_read(&mut self, facts: JournalFacts) {
        if let Some(problem) = facts.problem.clone() {
            let outcome = self.bad_outcome();
            return self.end(outcome, ClientSecretEndReason::Journal(problem));
        }
        self.state.journal = facts;
        let ClientSecretPhase::Journal(read) = self.state.phase else {
            return self.unexpected();
        };
        match read {
            JournalRead::First => self.journal_known(),
            JournalRead::AfterClaim => self.claim_seen(),
            JournalRead::Guard => self.guard_seen(),
            JournalRead::AfterMark => self.marked(),
            JournalRead::AfterUnmark => self.unmark_seen(),
        }
    }

    fn journal_known(&mut self) {
        let labels = &self.state.journal.labels;
        let current = labels.holder(CURRENT).cloned();
        let pending = labels.holder(PENDING).cloned();
        let is_finished = pending.is_some() && pending == current;
        let author = pending
            .as_ref()
            .filter(|_| !is_finished)
            .map(|version| (version.clone(), labels.author(version)));
        self.state.pending.clone_from(&pending);
        self.state.old.clone_from(&self.state.journal.pending_old);
        match (self.state.kind, author) {
            (ClientSecretKind::Rotate, Some((version, author))) => self.end(
                RotationOutcome::Refused,
                ClientSecretEndReason::Pending(version, author),
            ),
            (ClientSecretKind::Rollback, None) => {
                let reason = if is_finished {
                    ClientSecretEndReason::TooLate
                } else {
                    ClientSecretEndReason::NothingToRollBack
                };
                self.end(RotationOutcome::Refused, reason);
            }
            (ClientSecretKind::Resume | ClientSecretKind::Rollback, Some((version, author))) => {
                self.state.undoing = self.state.kind == ClientSecretKind::Rollback
                    || self.state.journal.labels.is_undone(&version);
                let by = author.map_or_else(String::new, |author| {
                    format!(", begun by {}", author.operator)
                });
                self.note(format!(
                    "a rotation is pending (version {}{by})",
                    version.short()
                ));
                self.go(ClientSecretPhase::FindProviders);
            }
            (ClientSecretKind::Resume, None) if is_finished => {
                self.note(
                    "AWSPENDING is still on the journal's current version: only labels are left",
                );
                self.state.settled = true;
                self.go(ClientSecretPhase::Label(LabelMove::Unpend));
            }
            (_, None) => self.nothing_pending(),
        }
    }

    fn nothing_pending(&mut self) {
        if self.state.secrets.len() > 1 {
            let secrets = if self.state.described.is_empty() {
                self.state
                    .secrets
                    .iter()
                    .map(ClientSecretId::short)
                    .collect()
            } else {
                self.state.described.clone()
            };
            return self.end(
                RotationOutcome::Refused,
                ClientSecretEndReason::TwoSecrets(secrets),
            );
        }
        self.note("no rotation pending");
        self.state.pending = None;
        self.state.old = self.state.secrets.first().cloned();
        self.go(ClientSecretPhase::FindProviders);
    }

    /// The providers of this client are known.
    pub(super) fn providers_found(&mut self, names: Vec<Arc<str>>) {
        self.note(match names.as_slice() {
            [] => "no credential provider uses this client".to_owned(),
            names => format!("used by credential provider {}", names.join(", ")),
        });
        self.state.providers = names;
        self.state.provider = 0;
        self.go(match (&self.state.pending, self.state.undoing) {
            (Some(_), true) => ClientSecretPhase::Client(ClientRead::Undo),
            (Some(_), false) => ClientSecretPhase::Client(ClientRead::BeforeAdd),
            (None, _) => ClientSecretPhase::Probe(ProbePurpose::Old),
        });
    }

    /// Whether the token endpoint accepts a value is known.
    pub(super) fn probed(&mut self, accepted: bool) {
        let ClientSecretPhase::Probe(purpose) = self.state.phase else {
            return self.unexpected();
        };
        match purpose {
            ProbePurpose::Old if accepted => {
                self.note("the current secret gives a token");
                self.inspect_next();
            }
            ProbePurpose::Old => {
                self.end(RotationOutcome::Refused, ClientSecretEndReason::OldRefused);
            }
            ProbePurpose::Undo if accepted => {
                self.note("the old secret gives a token");
                self.inspect_next();
            }
            ProbePurpose::Undo => {
                let outcome = self.bad_outcome();
                self.end(outcome, ClientSecretEndReason::OldRefused);
            }
            ProbePurpose::Second => self.second_probed(accepted),
            ProbePurpose::UndoLast => self.undo_proven(accepted),
            ProbePurpose::New => self.new_probed(accepted),
            ProbePurpose::Last => self.last_probed(accepted),
        }
    }

    /// Reads the next provider before anything is written.
    pub(super) fn inspect_next(&mut self) {
        if self.state.provider < self.state.providers.len() {
            return self.go(ClientSecretPhase::Provider(ProviderRead::Inspect));
        }
        if self.state.giving_up {
            return self.go(ClientSecretPhase::Label(LabelMove::Release));
        }
        self.state.provider = 0;
        match self.state.kind {
            ClientSecretKind::Rotate | ClientSecretKind::Rollback => {
                self.go(ClientSecretPhase::CheckPermissions);
            }
            ClientSecretKind::Resume if self.state.undoing => self.mark_undo(),
            ClientSecretKind::Resume => {
                self.state.settled = true;
                self.unlabel();
            }
        }
    }

    /// A permission is there, or nothing speaks against it.
    pub(super) fn permitted(&mut self) {
        if self.state.phase == ClientSecretPhase::CheckPermissions {
            self.note("all writes are permitted, as far as that can be asked");
            return self.go(ClientSecretPhase::Ask(AskPurpose::Proceed));
        }
        self.provider_permitted();
    }

    /// A provider was read.
    pub(super) fn provider_read(&mut self, facts: &ProviderFacts) {
        if self.state.phase == ClientSecretPhase::Provider(ProviderRead::Update) {
            return self.seen_provider(facts);
        }
        let name = self.provider_name();
        match (facts.state, facts.holds) {
            (ProviderState::Updating, _) => self.wait_for_provider(&name),
            (_, ProviderHolding::New) if self.state.giving_up => {
                self.end(RotationOutcome::Failed, ClientSecretEndReason::NewRefused);
            }
            _ if self.state.giving_up => self.provider_permitted(),
            (_, ProviderHolding::Other) => {
                self.end(
                    self.bad_outcome(),
                    ClientSecretEndReason::ProviderDiffers(name),
                );
            }
            (_, ProviderHolding::Unknown) => {
                self.warn(format!(
                    "which secret credential provider {name} holds could not be read"
                ));
                self.inspected();
            }
            (_, ProviderHolding::Old | ProviderHolding::New) => self.inspected(),
        }
    }

    fn inspected(&mut self) {
        self.state.rounds = 0;
        match self.state.kind {
            ClientSecretKind::Rotate | ClientSecretKind::Rollback => {
                self.go(ClientSecretPhase::CheckProvider);
            }
            ClientSecretKind::Resume => self.provider_permitted(),
        }
    }

    /// The next provider's turn.
    pub(super) fn provider_permitted(&mut self) {
        self.state.provider += 1;
        self.inspect_next();
    }

    pub(super) fn provider_name(&self) -> String {
        self.state
            .providers
            .get(self.state.provider)
            .map_or_else(|| "unknown".to_owned(), ToString::to_string)
    }

    /// Refused while nothing has been written, failed after that.
    pub(super) fn bad_outcome(&self) -> RotationOutcome {
        if self.state.written {
            RotationOutcome::Failed
        } else {
            RotationOutcome::Refused
        }
    }
}
