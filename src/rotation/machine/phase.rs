//! The phases of a rotation: one table with the step that each phase belongs to and whether its effect writes.

use super::super::report::RotationStep;

/// Which effect or question is next. Phases with the same effect are grouped by what the answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RotationPhase {
    /// Read labels and settings of the secret.
    Labels(LabelsRead),
    /// Read a version.
    Read(VersionRead),
    /// Log in with a version; read it first where it was not read yet.
    Login(LoginPurpose),
    /// Log in as the administrator.
    CheckAdministrator,
    /// List the user's connections.
    Connections(ConnectionsRead),
    /// Ask the operator.
    Ask(RotationAsk),
    /// Draw a password.
    Generate,
    /// Store it.
    Put,
    /// Move a label of the secret.
    Move(StageMove),
    /// Change the password.
    Alter,
    /// Let the administrator set it.
    SetByAdministrator,
    /// Close the connections that keep the old password.
    Kill,
    /// Find readers that keep the old value.
    FindReaders,
    /// Refresh one.
    Refresh,
    /// Call through the chain.
    Call,
    /// Start the secret's rotation function.
    ManagedStart,
    /// Over.
    Done,
}

/// What the labels are read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LabelsRead {
    /// To find out where things stand.
    Survey,
    /// Who holds AWSPENDING after the claim.
    AfterClaim,
    /// Whether this rotation is still the pending one, directly before the password is changed.
    BeforeSet,
    /// Who holds AWSCURRENT after a promotion without an answer.
    AfterPromote,
    /// Which labels of ours are left.
    Tidy,
    /// Whether the secret's rotation function has finished.
    Function,
}

/// What a version is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum VersionRead {
    /// The current one, before a rotation.
    Current,
    /// The one to go back to.
    Previous,
    /// The stored one, to compare it with what was stored.
    Back,
    /// Labelled ones that were not read yet, to compare their users.
    Compare,
    /// The one that was current before.
    Before,
    /// The one that the secret's rotation function has left.
    Function,
}

/// What a login is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum LoginPurpose {
    /// The current password works, before anything is written.
    Current,
    /// Which labelled version Neo4j accepts.
    Probe,
    /// The new password works.
    Verify,
    /// The version to go back to works already.
    StillWorks,
    /// The old password still works after the server's rules refused the new one.
    AfterPolicy,
}

/// What connections are listed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum ConnectionsRead {
    /// The plan.
    Check,
    /// Which of them keep the old password.
    Old,
}

/// A question to the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RotationAsk {
    /// Begin, with the plan.
    Proceed,
    /// Go on with what a resume found.
    GoOn,
    /// Finish another program's rotation.
    FinishForeign,
    /// Take another program's AWSPENDING off.
    ReleaseForeign,
    /// Close connections.
    CloseConnections,
    /// Refresh readers.
    RefreshReaders,
}

/// A move of a staging label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum StageMove {
    /// AWSPENDING off a version that is current already, before a rotation.
    ClearFinished,
    /// A label of ours on the version to go back to.
    LabelChosen,
    /// AWSPENDING on the chosen version.
    Claim,
    /// AWSPENDING from a refused version to a new one.
    Replace,
    /// The label that says that the password may have been sent to Neo4j.
    Mark,
    /// AWSCURRENT to the new version.
    Promote,
    /// A label of ours on another program's version, so that it stays findable.
    LabelForeign,
    /// Our label off a version that was never claimed.
    DropOrphan,
    /// AWSPENDING off a version that Neo4j does not accept.
    Release,
    /// AWSPENDING off the current version.
    Unpend,
    /// One of our labels off.
    Unlabel,
}

/// What is fixed about a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RotationPhaseSpec {
    /// The step that it belongs to; none: to whichever step it interrupts.
    pub(super) step: Option<RotationStep>,
    /// Whether its effect changes something outside.
    pub(super) writes: bool,
}

impl RotationPhase {
    /// Returns the table.
    pub(super) const fn spec(self) -> RotationPhaseSpec {
        use RotationStep as Step;
        let (step, writes) = match self {
            Self::Labels(read) => (read.step(), false),
            Self::Read(read) => (read.step(), false),
            Self::Login(purpose) => (purpose.step(), false),
            Self::Ask(ask) => (ask.step(), false),
            Self::Move(stage) => (stage.step(), true),
            Self::CheckAdministrator | Self::Connections(ConnectionsRead::Check) => {
                (Some(Step::Check), false)
            }
            Self::Generate => (Some(Step::Prepare), false),
            Self::Put => (Some(Step::Prepare), true),
            Self::Alter | Self::SetByAdministrator | Self::ManagedStart => (Some(Step::Set), true),
            Self::Kill | Self::Refresh => (Some(Step::Consumers), true),
            Self::Connections(ConnectionsRead::Old) | Self::FindReaders | Self::Call => {
                (Some(Step::Consumers), false)
            }
            Self::Done => (None, false),
        };
        RotationPhaseSpec { step, writes }
    }
}

impl LabelsRead {
    const fn step(self) -> Option<RotationStep> {
        match self {
            Self::Survey => None,
            Self::AfterClaim => Some(RotationStep::Claim),
            Self::BeforeSet | Self::Function => Some(RotationStep::Set),
            Self::AfterPromote => Some(RotationStep::Promote),
            Self::Tidy => Some(RotationStep::Clean),
        }
    }
}

impl VersionRead {
    const fn step(self) -> Option<RotationStep> {
        match self {
            Self::Current | Self::Previous => Some(RotationStep::Check),
            Self::Back => Some(RotationStep::Claim),
            Self::Compare => None,
            Self::Before => Some(RotationStep::Consumers),
            Self::Function => Some(RotationStep::Set),
        }
    }
}

impl LoginPurpose {
    const fn step(self) -> Option<RotationStep> {
        match self {
            Self::Current => Some(RotationStep::Check),
            Self::Probe => None,
            Self::Verify => Some(RotationStep::Verify),
            Self::StillWorks | Self::AfterPolicy => Some(RotationStep::Set),
        }
    }
}

impl RotationAsk {
    const fn step(self) -> Option<RotationStep> {
        match self {
            Self::Proceed => Some(RotationStep::Check),
            Self::GoOn | Self::FinishForeign | Self::ReleaseForeign => None,
            Self::CloseConnections | Self::RefreshReaders => Some(RotationStep::Consumers),
        }
    }
}

impl StageMove {
    const fn step(self) -> Option<RotationStep> {
        match self {
            Self::ClearFinished | Self::LabelChosen => Some(RotationStep::Prepare),
            Self::Claim | Self::Replace => Some(RotationStep::Claim),
            Self::Mark => Some(RotationStep::Set),
            Self::Promote => Some(RotationStep::Promote),
            Self::LabelForeign | Self::DropOrphan | Self::Release => None,
            Self::Unpend | Self::Unlabel => Some(RotationStep::Clean),
        }
    }
}
