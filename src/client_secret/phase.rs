//! The phases of a rotation of a client secret: one table with the step that each phase belongs to and whether its effect writes.

use super::report::ClientSecretStep;

/// Which effect or question is next, and what for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientSecretPhase {
    /// Read the app client.
    ReadClient,
    /// Read the journal.
    ReadJournal,
    /// Find the providers that use this client.
    FindProviders,
    /// Request a token with the old value.
    ProbeOld,
    /// Read a provider before anything is written.
    InspectProvider,
    /// Check the permission to update it.
    CheckProvider,
    /// Ask the operator, with the plan.
    Proceed,
    /// Ask the operator of a resume, with what was found.
    GoOn,
    /// Create the journal.
    CreateJournal,
    /// Draw a value.
    Generate,
    /// Store it.
    Put,
    /// Put AWSPENDING on it.
    Claim,
    /// Read who holds AWSPENDING.
    ConfirmClaim,
    /// Remove our label from a version that was never claimed.
    DropOrphan,
    /// Remove AWSPENDING from our version, which was never sent to Cognito.
    Release,
    /// Read the app client directly before the new secret is added.
    BeforeAdd,
    /// Add the new secret.
    Add,
    /// Read the app client after that.
    AfterAdd,
    /// Request a token with the new value.
    ProbeNew,
    /// Read a provider, to decide whether it must be updated.
    ReadProvider,
    /// Read the journal directly before a provider is updated.
    BeforeUpdate,
    /// Update it.
    UpdateProvider,
    /// Call through the chain.
    Call,
    /// Find configurations that hold the old value.
    FindHolders,
    /// Ask whether they may be updated.
    AskConfiguration,
    /// Update them.
    UpdateConfiguration,
    /// Ask whether the old secret may be removed.
    AskRetire,
    /// Read the app client directly before that.
    BeforeRetire,
    /// Remove the old secret.
    Retire,
    /// Read the app client after that.
    AfterRetire,
    /// Request a token with the new value once more.
    ProbeLast,
    /// Make the new version the journal's current one.
    Promote,
    /// Remove AWSPENDING.
    Unpend,
    /// Remove our label.
    Unlabel,
    /// Over.
    Done,
}

/// What is fixed about a phase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientSecretPhaseSpec {
    /// The step that it belongs to; none: to whichever step it interrupts.
    pub step: Option<ClientSecretStep>,
    /// Whether its effect changes something outside.
    pub writes: bool,
}

impl ClientSecretPhase {
    /// The table.
    pub const fn spec(self) -> ClientSecretPhaseSpec {
        use ClientSecretStep as Step;
        let (step, writes) = match self {
            Self::ReadClient
            | Self::ReadJournal
            | Self::FindProviders
            | Self::ProbeOld
            | Self::InspectProvider
            | Self::CheckProvider
            | Self::Proceed => (Some(Step::Check), false),
            Self::GoOn | Self::Done => (None, false),
            Self::CreateJournal | Self::Put | Self::Claim | Self::Release => {
                (Some(Step::Prepare), true)
            }
            Self::Generate | Self::ConfirmClaim => (Some(Step::Prepare), false),
            Self::DropOrphan => (None, true),
            Self::BeforeAdd | Self::AfterAdd => (Some(Step::Add), false),
            Self::Add => (Some(Step::Add), true),
            Self::ProbeNew => (Some(Step::Verify), false),
            Self::ReadProvider | Self::BeforeUpdate => (Some(Step::Provider), false),
            Self::UpdateProvider => (Some(Step::Provider), true),
            Self::Call => (Some(Step::Prove), false),
            Self::FindHolders | Self::AskConfiguration => (Some(Step::Configuration), false),
            Self::UpdateConfiguration => (Some(Step::Configuration), true),
            Self::AskRetire | Self::BeforeRetire | Self::AfterRetire | Self::ProbeLast => {
                (Some(Step::Retire), false)
            }
            Self::Retire => (Some(Step::Retire), true),
            Self::Promote | Self::Unpend | Self::Unlabel => (Some(Step::Clean), true),
        };
        ClientSecretPhaseSpec { step, writes }
    }
}
