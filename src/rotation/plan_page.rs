//! A plan as one page: the sentence that costs first, then sections whose headings stand in one column, then the steps.

/// How a row of a plan is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanMark {
    /// No mark.
    Plain,
    /// Nothing has to be done about it.
    Good,
    /// Something has to be done about it, or it is a warning.
    Attention,
    /// It is not known whether something has to be done about it.
    Unknown,
}

/// One row of a section. Several cells stand in columns: the sort of thing, its name, how it behaves, what is done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// How it is marked.
    pub mark: PlanMark,
    /// Its cells.
    pub cells: Vec<String>,
}

impl PlanRow {
    /// Returns a row of one cell.
    pub fn text(mark: PlanMark, text: impl Into<String>) -> Self {
        Self {
            mark,
            cells: vec![text.into()],
        }
    }

    /// Returns a row of columns.
    pub fn columns<const N: usize>(mark: PlanMark, cells: [&str; N]) -> Self {
        Self {
            mark,
            cells: cells.map(str::to_owned).into(),
        }
    }
}

/// Rows under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanSection {
    /// Its heading, at most ten columns wide.
    pub heading: &'static str,
    /// Its rows.
    pub rows: Vec<PlanRow>,
}

/// A step of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedStep {
    /// Its name, as the running rotation shows it.
    pub name: &'static str,
    /// What it does.
    pub what: String,
    /// The system that it writes to.
    pub writes: Option<&'static str>,
    /// Whether logins with the value of before fail while this step and those up to the next such step are done.
    pub logins_fail: bool,
}

/// A plan for a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanPage {
    /// What it costs, in one sentence.
    pub sentence: String,
    /// Whether it costs anything.
    pub has_outage: bool,
    /// Sections, the most important first.
    pub sections: Vec<PlanSection>,
    /// The steps.
    pub steps: Vec<PlannedStep>,
    /// The command that finishes it on any machine.
    pub resume_command: String,
    /// What is rotated, for the header: `user neo4j at bolt://…`.
    pub subject: String,
}

impl PlanPage {
    /// Returns the sections that have rows.
    pub fn filled(&self) -> impl Iterator<Item = &PlanSection> {
        self.sections
            .iter()
            .filter(|section| !section.rows.is_empty())
    }
}
