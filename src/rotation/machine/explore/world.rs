//! The world that the operators act on: staging labels as strict as Secrets Manager's, Neo4j's users and its login limiter.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::super::super::effect::{
    AdministratorAnswer, CallAnswer, EffectError, EffectErrorClass, Observation, ReadAnswer,
    RotationEffect, SecretFacts, SetAnswer, VersionFacts,
};
use super::super::super::labels::{CURRENT, Labels, PENDING, PREVIOUS, VersionId};
use super::super::super::report::RotationOutcome;
use super::super::MachineState;
use crate::model::{AlterAnswer, Failure, FailureKind, LoginAnswer};

/// Who has a password.
pub(super) type User = &'static str;

/// The user of every version where nobody takes turns.
pub(in super::super) const USER: User = "reports";
pub(super) const OTHER: User = "reports_clone";

/// One user at Neo4j. A password is named by the version that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) struct Account {
    pub(in super::super) password: VersionId,
    pub(in super::super) failures: u8,
    pub(in super::super) locked: bool,
}

impl Account {
    fn new(password: VersionId) -> Self {
        Self {
            password,
            failures: 0,
            locked: false,
        }
    }
}

/// A change that was sent and whose answer was given up, but which may still arrive.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(in super::super) enum Change {
    Swap(VersionId, VersionId),
    Set(VersionId),
    /// A move of a label: to, and off.
    Move(String, Option<VersionId>, Option<VersionId>),
    /// A new version of this user, with its label.
    Put(VersionId, User, String),
}

/// Secrets Manager's labels and Neo4j's users.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct ExploredWorld {
    /// Versions and their users.
    pub(in super::super) stored: BTreeMap<VersionId, User>,
    pub(in super::super) labels: BTreeMap<Arc<str>, VersionId>,
    pub(in super::super) accounts: BTreeMap<User, Account>,
    /// An administrator is named: two users take turns.
    pub(in super::super) administrated: bool,
    /// Two users take turns and nobody goes back: then AWSCURRENT logs in at every instant. Going back may mean the same user.
    pub(super) gapless: bool,
    pub(in super::super) in_flight: BTreeSet<Change>,
    /// Requests to Secrets Manager may arrive late too.
    pub(super) late_labels: bool,
    /// The labels before the last change, for reads that lag behind.
    pub(in super::super) before: Labels,
}

impl ExploredWorld {
    /// No particular operator.
    pub(in super::super) fn nobody() -> ExploredOperator {
        ExploredOperator {
            name: "ana",
            draws: "ana",
            generated: 0,
            begun: 0,
            wrong: BTreeMap::new(),
            drawn_for: USER,
            at: At::Dead,
        }
    }

    pub(in super::super) fn new() -> Self {
        let (first, old) = (VersionId::new("c"), VersionId::new("o"));
        Self {
            stored: [(first.clone(), USER), (old.clone(), USER)].into(),
            labels: [
                (Arc::from(CURRENT), first.clone()),
                (Arc::from(PREVIOUS), old),
            ]
            .into(),
            accounts: [(USER, Account::new(first))].into(),
            administrated: false,
            gapless: false,
            in_flight: BTreeSet::new(),
            late_labels: false,
            before: Labels::default(),
        }
    }

    /// Two users take turns; the other one does not exist yet, or has the password of the version before.
    pub(in super::super) fn of_two(both: bool) -> Self {
        let mut world = Self {
            administrated: true,
            ..Self::new()
        };
        if both {
            let previous = world.labels[PREVIOUS].clone();
            world.stored.insert(previous.clone(), OTHER);
            world.accounts.insert(OTHER, Account::new(previous));
        }
        world
    }

    /// Is this version what its user logs in with?
    pub(in super::super) fn accepts(&self, version: &VersionId) -> bool {
        self.stored
            .get(version)
            .and_then(|user| self.accounts.get(user))
            .is_some_and(|account| account.password == *version)
    }

    pub(in super::super) fn seen_labels(&self) -> Labels {
        let mut versions: BTreeMap<VersionId, Vec<Arc<str>>> = BTreeMap::new();
        for (label, version) in &self.labels {
            versions
                .entry(version.clone())
                .or_default()
                .push(label.clone());
        }
        Labels::new(versions)
    }

    pub(in super::super) fn is_safe(&self) -> bool {
        if self.gapless {
            // Nobody who reads the secret is ever refused.
            return self
                .labels
                .get(CURRENT)
                .is_some_and(|current| self.accepts(current));
        }
        self.labels.values().any(|version| self.accepts(version))
    }

    pub(in super::super) fn agrees(&self) -> bool {
        self.labels
            .get(CURRENT)
            .is_some_and(|current| self.accepts(current))
            && !self.labels.contains_key(PENDING)
    }

    /// A change arrives; whether it changed anything.
    pub(super) fn change(&mut self, change: &Change) -> bool {
        match change {
            Change::Swap(from, _) if !self.accepts(from) => false,
            // It changes whoever logs in, whatever the new value is meant for.
            Change::Swap(from, to) => {
                let account = self.accounts.get_mut(self.stored[from]).unwrap();
                account.password = to.clone();
                true
            }
            Change::Set(to) => {
                let account = self
                    .accounts
                    .entry(self.stored[to])
                    .or_insert_with(|| Account::new(to.clone()));
                account.password = to.clone();
                true
            }
            Change::Move(stage, to, remove_from) => {
                self.move_stage(stage, to.as_ref(), remove_from.as_ref()) == Observation::Moved
            }
            Change::Put(version, user, label) => {
                self.put(version, user, label);
                true
            }
        }
    }

    /// The label moves from whichever version had it.
    fn put(&mut self, version: &VersionId, user: User, label: &str) {
        self.stored.insert(version.clone(), user);
        self.labels.insert(Arc::from(label), version.clone());
    }

    /// As strict as the service: a label only moves off the version that the caller names.
    fn move_stage(
        &mut self,
        stage: &str,
        to: Option<&VersionId>,
        remove_from: Option<&VersionId>,
    ) -> Observation {
        if self.labels.get(stage) != remove_from
            || to.is_some_and(|to| !self.stored.contains_key(to))
        {
            return Observation::Conflict;
        }
        match to {
            Some(to) => {
                let left = self.labels.insert(Arc::from(stage), to.clone());
                if let (CURRENT, Some(left)) = (stage, left) {
                    self.labels.insert(Arc::from(PREVIOUS), left);
                }
            }
            None => {
                self.labels.remove(stage);
            }
        }
        Observation::Moved
    }

    fn login(&mut self, version: &VersionId) -> LoginAnswer {
        let Some(account) = self
            .stored
            .get(version)
            .and_then(|user| self.accounts.get_mut(user))
        else {
            return LoginAnswer::WrongPassword;
        };
        if account.locked {
            return LoginAnswer::RateLimited;
        }
        if account.password == *version {
            account.failures = 0;
            return LoginAnswer::Accepted;
        }
        account.failures = (account.failures + 1).min(3);
        account.locked = account.failures >= 3;
        LoginAnswer::WrongPassword
    }

    pub(in super::super) fn perform(
        &mut self,
        effect: &RotationEffect,
        operator: &mut ExploredOperator,
    ) -> Observation {
        let seen = self.seen_labels();
        let observation = self.answer(effect, operator);
        if self.seen_labels() != seen {
            self.before = seen;
        }
        observation
    }

    fn answer(&mut self, effect: &RotationEffect, operator: &mut ExploredOperator) -> Observation {
        match effect {
            RotationEffect::DescribeSecret => Observation::Described(SecretFacts {
                labels: self.seen_labels(),
                managed: false,
                deleted: false,
            }),
            RotationEffect::ReadVersion { version } if self.stored.contains_key(version) => {
                Observation::Read(ReadAnswer::Value(VersionFacts {
                    user: Arc::from(self.stored[version]),
                    address: Arc::from("bolt://db"),
                    administrated: self.administrated,
                    as_prepared: true,
                    problem: None,
                }))
            }
            RotationEffect::ReadVersion { .. } => Observation::Read(ReadAnswer::Empty),
            RotationEffect::GeneratePassword { like, alternate } => {
                operator.generated += 1;
                let other = if self.stored[like] == USER {
                    OTHER
                } else {
                    USER
                };
                operator.drawn_for = if *alternate { other } else { self.stored[like] };
                Observation::Generated {
                    version: VersionId::new(format!("{}{}", operator.draws, operator.generated)),
                }
            }
            RotationEffect::PutVersion { version, label } => {
                self.put(version, operator.drawn_for, label);
                Observation::Stored
            }
            RotationEffect::MoveStage {
                stage,
                to,
                remove_from,
            } => self.move_stage(stage, to.as_ref(), remove_from.as_ref()),
            RotationEffect::Login { version } => {
                let answer = self.login(version);
                let user = self.stored[version];
                match answer {
                    LoginAnswer::WrongPassword => *operator.wrong.entry(user).or_default() += 1,
                    LoginAnswer::Accepted => drop(operator.wrong.remove(user)),
                    LoginAnswer::MustChange | LoginAnswer::RateLimited => {}
                }
                Observation::Login(answer)
            }
            // It logs in with the old password first, and the limiter counts that.
            RotationEffect::AlterPassword { from, to } => {
                match self.login(from) {
                    LoginAnswer::RateLimited => {
                        return Observation::Failed(EffectError::new(
                            EffectErrorClass::Throttled,
                            Failure::new(FailureKind::Throttled, "logging in", "limited"),
                        ));
                    }
                    LoginAnswer::WrongPassword => {
                        *operator.wrong.entry(self.stored[from]).or_default() += 1;
                    }
                    LoginAnswer::Accepted | LoginAnswer::MustChange => {}
                }
                let done = self.change(&Change::Swap(from.clone(), to.clone()));
                Observation::Altered(if done {
                    AlterAnswer::Done
                } else {
                    AlterAnswer::WrongOld
                })
            }
            RotationEffect::CheckAdministrator { .. } => {
                Observation::Administrator(AdministratorAnswer::Ready("admin logs in".into()))
            }
            RotationEffect::SetByAdministrator { version, .. } if self.administrated => {
                let is_new = !self.accounts.contains_key(self.stored[version]);
                self.change(&Change::Set(version.clone()));
                Observation::Set(if is_new {
                    SetAnswer::Created(Vec::new())
                } else {
                    SetAnswer::Changed
                })
            }
            RotationEffect::SetByAdministrator { .. } => {
                Observation::Set(SetAnswer::Unfit("nobody".into()))
            }
            RotationEffect::ListConnections { .. } => Observation::Connections(Vec::new()),
            RotationEffect::KillConnections { ids, .. } => Observation::Killed(ids.len()),
            RotationEffect::FindReaders { .. } => Observation::Readers {
                stale: Vec::new(),
                unknown: Vec::new(),
            },
            RotationEffect::RefreshReader { .. } => Observation::Refreshed {
                done: Vec::new(),
                left: Vec::new(),
            },
            RotationEffect::CallThroughChain => {
                Observation::Called(CallAnswer::Answered("1 row".into()))
            }
            RotationEffect::StartManagedRotation => Observation::Conflict,
            RotationEffect::Wait { millis, .. } => {
                if *millis >= 5_000 {
                    self.accounts
                        .values_mut()
                        .for_each(|account| account.locked = false);
                    operator.wrong.clear();
                }
                Observation::Waited
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) struct ExploredOperator {
    /// In labels.
    pub(super) name: &'static str,
    /// In the ids of the versions that it draws: two processes of one name differ.
    pub(super) draws: &'static str,
    pub(super) generated: u8,
    pub(super) begun: u8,
    /// Wrong logins of each user since the last success or lock window.
    pub(super) wrong: BTreeMap<User, u8>,
    /// Whose password was generated last.
    pub(super) drawn_for: User,
    pub(super) at: At,
}

impl ExploredOperator {
    /// Returns the most wrong logins of one user since the last success or lock window.
    pub(in super::super) fn wrong_logins(&self) -> u8 {
        self.wrong.values().copied().max().unwrap_or_default()
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in super::super) enum At {
    Running(Arc<MachineState>),
    Ended(RotationOutcome),
    Dead,
}
