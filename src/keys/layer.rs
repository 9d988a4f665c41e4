//! The named parts of the keymap. The app decides which of them are active, and in which order.

/// A part of the keymap.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Layer {
    /// Works everywhere, text fields included.
    Always,
    /// Works on every screen.
    Global,
    /// Moving in lists and texts.
    List,
    /// The start page.
    Start,
    /// The fleet.
    Fleet,
    /// A detail with facts and JSON.
    Detail,
    /// The logs.
    Logs,
    /// A line of the logs that is opened.
    OpenLine,
    /// The waterfall of one call.
    Waterfall,
    /// The secrets.
    Secrets,
    /// The tools.
    Tools,
    /// Editing a query or a field of a tool's form.
    Editor,
    /// The proposals at the cursor of a statement.
    Completion,
    /// The search of the call history.
    History,
    /// The format and the file of an export.
    Export,
    /// The doctor.
    Doctor,
    /// What this console did.
    Activity,
    /// A one-line prompt: filter, search, palette.
    Prompt,
    /// A form that an MCP server asks to be filled in.
    Question,
    /// An address that an MCP server asks to be opened.
    Address,
    /// A question.
    Confirm,
}

impl Layer {
    /// All layers, in the order of the help.
    pub const ALL: [Self; 21] = [
        Self::Start,
        Self::Fleet,
        Self::Detail,
        Self::Logs,
        Self::OpenLine,
        Self::Waterfall,
        Self::Secrets,
        Self::Tools,
        Self::Editor,
        Self::Completion,
        Self::History,
        Self::Export,
        Self::Doctor,
        Self::Activity,
        Self::List,
        Self::Prompt,
        Self::Question,
        Self::Address,
        Self::Confirm,
        Self::Global,
        Self::Always,
    ];

    /// Returns the name of its table in the keymap.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Always => "always",
            Self::Global => "global",
            Self::List => "list",
            Self::Start => "start",
            Self::Fleet => "fleet",
            Self::Detail => "detail",
            Self::Logs => "logs",
            Self::OpenLine => "open-line",
            Self::Waterfall => "waterfall",
            Self::Secrets => "secrets",
            Self::Tools => "tools",
            Self::Editor => "editor",
            Self::Completion => "completion",
            Self::History => "history",
            Self::Export => "export",
            Self::Doctor => "doctor",
            Self::Activity => "activity",
            Self::Prompt => "prompt",
            Self::Question => "question",
            Self::Address => "address",
            Self::Confirm => "confirm",
        }
    }

    /// Returns its title in the help.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Always | Self::Global => "Everywhere",
            Self::List => "Moving",
            Self::Start => "Start page",
            Self::Fleet => "Fleet",
            Self::Detail => "Detail",
            Self::Logs => "Logs",
            Self::OpenLine => "An opened line",
            Self::Waterfall => "Waterfall of a call",
            Self::Secrets => "Secrets",
            Self::Tools => "Tools",
            Self::Editor => "Editor and form",
            Self::Completion => "Proposals at the cursor",
            Self::History => "Call history",
            Self::Export => "Export of a result",
            Self::Doctor => "Doctor",
            Self::Activity => "Activity",
            Self::Prompt => "Prompt",
            Self::Question => "Question of a server",
            Self::Address => "Address of a server",
            Self::Confirm => "Question",
        }
    }

    /// Returns the layer with that table name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|layer| layer.as_str() == word)
    }
}
