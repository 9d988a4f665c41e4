//! Prove, configuration, retire, clean: everything that holds a copy has the new secret, then the old one is removed.

use super::ClientSecretMachine;
use crate::client_secret::phase::{
    AskPurpose, ClientRead, ClientSecretPhase, LabelMove, ProbePurpose,
};
use crate::client_secret::report::{CHAIN_ANSWERED, ClientSecretEndReason};
use crate::rotation::effect::CallAnswer;
use crate::rotation::labels::{CURRENT, PENDING};
use crate::rotation::report::RotationOutcome;

impl ClientSecretMachine {
    /// The chain has answered, or not.
    pub(super) fn called(&mut self, answer: CallAnswer) {
        match answer {
            CallAnswer::Answered(what)
            | CallAnswer::ByRuntimes(what)
            | CallAnswer::Elsewhere(what) => {
                self.note(format!("{CHAIN_ANSWERED}: {what}"));
            }
            CallAnswer::Refused(why) | CallAnswer::Unknown(why) => {
                self.warn(format!("not proven through the chain: {why}"));
            }
        }
        self.go(ClientSecretPhase::FindHolders);
    }

    /// Who holds the old value in this console's reach is known.
    pub(super) fn holders_found(&mut self, inline: Vec<String>, others: Vec<String>) {
        self.state.keep = others;
        self.state.inline = inline;
        if self.state.inline.is_empty() {
            if self.state.keep.is_empty() {
                self.note(format!(
                    "no configuration file holds the {} secret",
                    self.wanted().other().as_str()
                ));
            }
            return self.configuration_done();
        }
        self.go(ClientSecretPhase::Ask(AskPurpose::Configuration));
    }

    pub(super) fn configuration_agreed(&mut self, yes: bool) {
        if yes {
            return self.guard(ClientSecretPhase::UpdateConfiguration);
        }
        let other = self.wanted().other().as_str();
        let kept = self.state.inline.drain(..).map(|file| {
            format!("{file} still holds the {other} secret inline: replace it, then run `client-secret resume`")
        });
        self.state.keep.extend(kept);
        self.configuration_done();
    }

    /// Files were updated, except these.
    pub(super) fn configuration_written(&mut self, done: &[String], left: Vec<String>) {
        let wanted = self.wanted().as_str();
        for file in done {
            self.note(format!("{file} holds the {wanted} secret"));
        }
        self.state.inline.clear();
        self.state.keep.extend(left);
        self.configuration_done();
    }

    /// The configuration is as it can be from here.
    fn configuration_done(&mut self) {
        if self.state.undoing {
            self.before_discard();
        } else {
            self.before_retire();
        }
    }

    /// The old secret is removed unless something is known to hold it.
    fn before_retire(&mut self) {
        if self.settings.keep_old {
            self.state
                .keep
                .push("the old secret is kept as asked".to_owned());
        }
        if !self.is_old_there() {
            return self.go(ClientSecretPhase::Client(ClientRead::BeforeRetire));
        }
        if self.state.keep.is_empty() {
            return self.go(ClientSecretPhase::Ask(AskPurpose::Retire));
        }
        self.keep_old();
    }

    fn is_old_there(&self) -> bool {
        self.state
            .old
            .as_ref()
            .is_some_and(|old| self.state.secrets.contains(old))
    }

    fn keep_old(&mut self) {
        for reason in std::mem::take(&mut self.state.keep) {
            self.warn(reason);
        }
        match self.state.old.clone() {
            Some(old) => {
                let outcome = self.good_outcome();
                self.warn(format!(
                    "two secrets exist at Cognito; the old one is {}",
                    old.short()
                ));
                self.end(outcome, ClientSecretEndReason::OldKept(old));
            }
            None => self.unexpected(),
        }
    }

    pub(super) fn retire_agreed(&mut self, yes: bool) {
        if yes {
            return self.go(ClientSecretPhase::Client(ClientRead::BeforeRetire));
        }
        self.state
            .keep
            .push("removing the old secret was not confirmed".to_owned());
        self.keep_old();
    }

    /// The last look before the old secret is removed.
    pub(super) fn seen_before_retire(&mut self) {
        match (self.is_old_there(), self.state.secrets.len()) {
            (true, 2) => self.guard(ClientSecretPhase::Retire),
            // The new one has disappeared: the old one is the only secret that is left.
            (true, _) => self.end(RotationOutcome::Failed, ClientSecretEndReason::Superseded),
            (false, _) => self.go(ClientSecretPhase::Probe(ProbePurpose::Last)),
        }
    }

    pub(super) fn seen_after_retire(&mut self) {
        if self.is_old_there() {
            if self.state.rounds >= self.settings.settle_rounds {
                return self.keep_old();
            }
            self.state.rounds += 1;
            self.wait_for("one read is no proof; reading again", self.settings.settle);
            return self.guard(ClientSecretPhase::Retire);
        }
        self.state.rounds = 0;
        if let Some(old) = &self.state.old {
            let words = format!(
                "secret {} is removed at Cognito; tokens that it gave stay valid until they expire",
                old.short()
            );
            self.note(words);
        }
        self.go(ClientSecretPhase::Probe(ProbePurpose::Last));
    }

    pub(super) fn last_probed(&mut self, accepted: bool) {
        if !accepted {
            return self.end(RotationOutcome::Failed, ClientSecretEndReason::NewRefused);
        }
        for reason in std::mem::take(&mut self.state.keep) {
            self.warn(reason);
        }
        if let [_, _, ..] = self.state.secrets.as_slice() {
            self.warn("two secrets exist at Cognito, and neither is the one that was replaced");
        }
        self.note("the new secret gives a token");
        self.go(ClientSecretPhase::Label(LabelMove::Promote));
    }

    pub(super) fn promoted(&mut self) {
        self.go(ClientSecretPhase::Label(LabelMove::Unpend));
    }

    /// AWSPENDING is off: our labels on the version, and those of values that were never used, are removed.
    pub(super) fn unlabel(&mut self) {
        let labels = &self.state.journal.labels;
        let mut loose = Vec::new();
        if let Some(version) = &self.state.pending {
            let ours = labels.ours_on(version);
            loose.extend(ours.map(|label| (version.clone(), label.clone())));
        }
        let seconds = self.now.millis().div_euclid(1_000);
        let age = i64::try_from(self.settings.orphan_age.as_secs()).unwrap_or(i64::MAX);
        let kept = [labels.holder(CURRENT), labels.holder(PENDING)];
        loose.extend(
            labels
                .orphans(seconds.saturating_sub(age))
                .into_iter()
                .filter(|(version, _)| !kept.contains(&Some(version))),
        );
        loose.sort();
        loose.dedup();
        self.state.loose = loose;
        self.unlabel_next();
    }

    fn unlabel_next(&mut self) {
        if !self.state.loose.is_empty() {
            return self.go(ClientSecretPhase::Label(LabelMove::Unlabel));
        }
        if self.state.settled {
            if self.state.secrets.len() > 1 {
                self.warn("two secrets exist at Cognito; remove the one that is not used");
            }
            return self.end(RotationOutcome::NothingToDo, ClientSecretEndReason::Idle);
        }
        self.note("AWSPENDING and labels are removed");
        let outcome = self.good_outcome();
        let reason = if self.state.undoing {
            ClientSecretEndReason::RolledBack
        } else {
            ClientSecretEndReason::Agreed
        };
        self.end(outcome, reason);
    }

    pub(super) fn unlabelled(&mut self) {
        if !self.state.loose.is_empty() {
            self.state.loose.remove(0);
        }
        self.unlabel_next();
    }
}
