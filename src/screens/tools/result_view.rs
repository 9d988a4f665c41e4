//! The views of a result.

/// How a result is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum ResultView {
    /// Rows and columns.
    #[default]
    Table,
    /// Nodes and relationships as a picture.
    Graph,
    /// JSON whose branches fold.
    Tree,
    /// The operators of a plan.
    Plan,
    /// As the server wrote it.
    Text,
    /// What came and went since the result before.
    Changes,
    /// What the server has logged of the call.
    Messages,
    /// Request and answer as they went over the wire.
    Raw,
}

impl ResultView {
    /// Its name.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Graph => "graph",
            Self::Tree => "tree",
            Self::Plan => "plan",
            Self::Text => "text",
            Self::Changes => "changes",
            Self::Messages => "messages",
            Self::Raw => "raw",
        }
    }
}
