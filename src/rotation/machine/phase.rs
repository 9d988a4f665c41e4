//! The phases of a rotation: one table with the step that each phase belongs to and whether its effect writes.

use super::super::report::RotationStep;

/// Which effect or question is next, and what the answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum RotationPhase {
    /// Read labels and settings to find out where things stand.
    Survey,
    /// Read the current version.
    ReadCurrent,
    /// Read the version to go back to.
    ReadPrevious,
    /// Log in with the current version.
    CheckLogin,
    /// Log in as the administrator.
    CheckAdministrator,
    /// List the user's connections, for the plan.
    CheckConnections,
    /// Ask whether to begin.
    Proceed,
    /// AWSPENDING off a version that is current already.
    ClearFinished,
    /// Draw a password.
    Generate,
    /// Store it.
    Put,
    /// A label of ours on the version to go back to.
    LabelChosen,
    /// AWSPENDING on the chosen version.
    Claim,
    /// Who holds AWSPENDING?
    ClaimLook,
    /// Read the stored version back.
    ReadBack,
    /// AWSPENDING from a refused version to a new one.
    Replace,
    /// The label that says that the password may have been sent to Neo4j.
    Mark,
    /// Is this rotation still the pending one?
    BeforeSet,
    /// Does the chosen version log in already?
    StillWorks,
    /// Change the password.
    Alter,
    /// Let the administrator set it.
    SetByAdministrator,
    /// Does the old password still work after the rules refused the new one?
    AfterPolicy,
    /// Log in with the new password.
    Verify,
    /// AWSCURRENT to the new version.
    Promote,
    /// Who holds AWSCURRENT?
    PromoteLook,
    /// Read the labelled versions that are not read yet.
    Compare,
    /// Log in with a labelled version.
    Probe,
    /// Ask whether to go on with what was found.
    AskGoOn,
    /// Ask whether to finish another program's rotation.
    AgreeFinish,
    /// Ask whether to take another program's AWSPENDING off.
    AgreeRelease,
    /// A label of ours on another program's version, so that it stays findable.
    LabelForeign,
    /// Our label off a version that was never claimed.
    DropOrphan,
    /// AWSPENDING off a version that Neo4j does not accept.
    Release,
    /// AWSPENDING off the current version.
    Unpend,
    /// Which labels of ours are left?
    Tidy,
    /// One of them off.
    Unlabel,
    /// List the connections that keep the old password.
    ListConnections,
    /// Ask whether to close them.
    AskClose,
    /// Close them.
    Kill,
    /// Read the version before.
    ReadBefore,
    /// Find readers that keep the old value.
    FindReaders,
    /// Ask whether to refresh them.
    AskRefresh,
    /// Refresh one.
    Refresh,
    /// Call through the chain.
    Call,
    /// Start the secret's rotation function.
    ManagedStart,
    /// Watch its labels.
    ManagedWatch,
    /// Read what it has left.
    ManagedExplain,
    /// Over.
    Done,
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
    /// The table.
    pub(super) const fn spec(self) -> RotationPhaseSpec {
        use RotationStep as Step;
        let (step, writes) = match self {
            Self::ReadCurrent
            | Self::ReadPrevious
            | Self::CheckLogin
            | Self::CheckAdministrator
            | Self::CheckConnections
            | Self::Proceed => (Some(Step::Check), false),
            Self::ClearFinished | Self::Put | Self::LabelChosen => (Some(Step::Prepare), true),
            Self::Generate => (Some(Step::Prepare), false),
            Self::Claim | Self::Replace => (Some(Step::Claim), true),
            Self::ClaimLook | Self::ReadBack => (Some(Step::Claim), false),
            Self::Mark | Self::Alter | Self::SetByAdministrator | Self::ManagedStart => {
                (Some(Step::Set), true)
            }
            Self::BeforeSet
            | Self::StillWorks
            | Self::AfterPolicy
            | Self::ManagedWatch
            | Self::ManagedExplain => (Some(Step::Set), false),
            Self::Verify => (Some(Step::Verify), false),
            Self::Promote => (Some(Step::Promote), true),
            Self::PromoteLook => (Some(Step::Promote), false),
            Self::Unpend | Self::Unlabel => (Some(Step::Clean), true),
            Self::Tidy => (Some(Step::Clean), false),
            Self::Kill | Self::Refresh => (Some(Step::Consumers), true),
            Self::ListConnections
            | Self::AskClose
            | Self::ReadBefore
            | Self::FindReaders
            | Self::AskRefresh
            | Self::Call => (Some(Step::Consumers), false),
            Self::LabelForeign | Self::DropOrphan | Self::Release => (None, true),
            Self::Survey
            | Self::Compare
            | Self::Probe
            | Self::AskGoOn
            | Self::AgreeFinish
            | Self::AgreeRelease
            | Self::Done => (None, false),
        };
        RotationPhaseSpec { step, writes }
    }
}
