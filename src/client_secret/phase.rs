//! The phases of a rotation of a client secret: one table with the step that each phase belongs to and whether its effect writes.

use super::report::ClientSecretStep;

/// Which effect or question is next. Phases with the same effect are grouped by what the answer is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientSecretPhase {
    /// Read the app client.
    Client(ClientRead),
    /// Read the journal.
    Journal(JournalRead),
    /// Find the providers that use this client.
    FindProviders,
    /// Request a token.
    Probe(ProbePurpose),
    /// Read a provider.
    Provider(ProviderRead),
    /// Check the permission to update it.
    CheckProvider,
    /// Check the permissions to write to Cognito and Secrets Manager.
    CheckPermissions,
    /// Ask the operator.
    Ask(AskPurpose),
    /// Create the journal.
    CreateJournal,
    /// Draw a value.
    Generate,
    /// Store it.
    Put,
    /// Move a label of the journal.
    Label(LabelMove),
    /// Add the new secret at Cognito.
    Add,
    /// Update a provider.
    UpdateProvider,
    /// Call through the chain.
    Call,
    /// Find configurations that hold the old value.
    FindHolders,
    /// Update them.
    UpdateConfiguration,
    /// Remove the old secret at Cognito.
    Retire,
    /// Remove the new secret at Cognito, because the rotation is rolled back.
    Discard,
    /// Over.
    Done,
}

/// What the app client is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClientRead {
    /// The first look.
    First,
    /// Directly before the new secret is added.
    BeforeAdd,
    /// Whether it is there.
    AfterAdd,
    /// Directly before the old secret is removed.
    BeforeRetire,
    /// Whether it is gone.
    AfterRetire,
    /// Whether the old secret still exists, before a rotation is rolled back.
    Undo,
    /// The same after the rotation was marked as rolled back.
    UndoMarked,
    /// Directly before the new secret is removed.
    BeforeDiscard,
    /// Whether it is gone.
    AfterDiscard,
}

/// What the journal is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JournalRead {
    /// The first look.
    First,
    /// Which version has AWSPENDING after the claim.
    AfterClaim,
    /// Whether this rotation is still the pending one, directly before a write.
    Guard,
    /// Who holds AWSPENDING after the rotation was marked as rolled back.
    AfterMark,
    /// Whether that label is off again.
    AfterUnmark,
}

/// What a token is requested for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProbePurpose {
    /// The old secret works, before anything is written.
    Old,
    /// The new secret works.
    New,
    /// The new secret works after the old one was removed.
    Last,
    /// The old secret works, before a rotation is rolled back.
    Undo,
    /// The second secret is the one of this rotation.
    Second,
    /// The old secret works after the new one was removed.
    UndoLast,
}

/// What a provider is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProviderRead {
    /// The first look.
    Inspect,
    /// Whether it must be updated, or has taken the update.
    Update,
}

/// A question to the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AskPurpose {
    /// Begin, with the plan.
    Proceed,
    /// Go on with what a resume found.
    GoOn,
    /// Update configurations.
    Configuration,
    /// Remove the old secret.
    Retire,
}

/// A move of a staging label of the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LabelMove {
    /// AWSPENDING to the new version.
    Claim,
    /// Our label off a version that was never claimed.
    DropOrphan,
    /// AWSPENDING off a version whose value is not at Cognito.
    Release,
    /// A label on the pending version: it is being rolled back.
    MarkUndo,
    /// That label off, because the old secret is gone.
    UnmarkUndo,
    /// AWSCURRENT to the new version.
    Promote,
    /// AWSPENDING off the new version.
    Unpend,
    /// Labels of ours that are no longer needed.
    Unlabel,
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
    /// Returns whether this write must not be made once another operator has taken the rotation over: directly before it, the journal is
    /// read again.
    pub const fn is_guarded(self) -> bool {
        matches!(
            self,
            Self::Add
                | Self::UpdateProvider
                | Self::UpdateConfiguration
                | Self::Retire
                | Self::Discard
        )
    }

    /// Returns the table.
    pub const fn spec(self) -> ClientSecretPhaseSpec {
        use ClientSecretStep as Step;
        let (step, writes) = match self {
            Self::Client(ClientRead::First | ClientRead::Undo)
            | Self::Journal(JournalRead::First)
            | Self::FindProviders
            | Self::Probe(ProbePurpose::Old | ProbePurpose::Undo)
            | Self::Provider(ProviderRead::Inspect)
            | Self::CheckProvider
            | Self::CheckPermissions
            | Self::Ask(AskPurpose::Proceed) => (Some(Step::Check), false),
            Self::Ask(AskPurpose::GoOn)
            | Self::Journal(JournalRead::Guard | JournalRead::AfterUnmark)
            | Self::Done => (None, false),
            Self::CreateJournal
            | Self::Put
            | Self::Label(LabelMove::Claim | LabelMove::MarkUndo) => (Some(Step::Prepare), true),
            Self::Generate
            | Self::Journal(JournalRead::AfterClaim | JournalRead::AfterMark)
            | Self::Client(ClientRead::UndoMarked) => (Some(Step::Prepare), false),
            Self::Label(LabelMove::DropOrphan | LabelMove::UnmarkUndo) => (None, true),
            Self::Client(ClientRead::BeforeAdd | ClientRead::AfterAdd) => (Some(Step::Add), false),
            Self::Add => (Some(Step::Add), true),
            Self::Probe(ProbePurpose::New) => (Some(Step::Verify), false),
            Self::Provider(ProviderRead::Update) => (Some(Step::Provider), false),
            Self::UpdateProvider => (Some(Step::Provider), true),
            Self::Call => (Some(Step::Prove), false),
            Self::FindHolders | Self::Ask(AskPurpose::Configuration) => {
                (Some(Step::Configuration), false)
            }
            Self::UpdateConfiguration => (Some(Step::Configuration), true),
            Self::Ask(AskPurpose::Retire)
            | Self::Client(
                ClientRead::BeforeRetire
                | ClientRead::AfterRetire
                | ClientRead::BeforeDiscard
                | ClientRead::AfterDiscard,
            )
            | Self::Probe(ProbePurpose::Last | ProbePurpose::Second | ProbePurpose::UndoLast) => {
                (Some(Step::Retire), false)
            }
            Self::Retire | Self::Discard => (Some(Step::Retire), true),
            Self::Label(
                LabelMove::Promote | LabelMove::Unpend | LabelMove::Unlabel | LabelMove::Release,
            ) => (Some(Step::Clean), true),
        };
        ClientSecretPhaseSpec { step, writes }
    }
}
