//! Reading the values of a form from the top to the bottom, with what is wrong on the way.

/// What is wrong with a field: its path in the tree, its name and a sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FieldProblem {
    /// Places in the tree from the root.
    pub(super) path: Vec<usize>,
    /// Names from the root, joined by dots.
    pub(super) name: String,
    /// The sentence.
    pub(super) text: String,
}

/// Where the reading of a form is, and what it has found wrong.
#[derive(Clone, Debug, Default)]
pub(super) struct FormReading {
    path: Vec<usize>,
    names: Vec<String>,
    /// Whether a text that is wrong stands for itself; otherwise it is left out.
    pub(super) keeps_wrong: bool,
    /// What is wrong, from the top.
    pub(super) problems: Vec<FieldProblem>,
}

impl FormReading {
    /// Returns a reading in which a text that is wrong stands for itself.
    pub(super) fn keeping_wrong() -> Self {
        Self {
            keeps_wrong: true,
            ..Self::default()
        }
    }

    /// Goes to a part with this name.
    pub(super) fn enter(&mut self, at: usize, name: String) {
        self.path.push(at);
        self.names.push(name);
    }

    /// Goes back from a part.
    pub(super) fn leave(&mut self) {
        self.path.pop();
        self.names.pop();
    }

    /// Goes to the form of a chosen alternative, which has no name of its own.
    pub(super) fn enter_form(&mut self) {
        self.path.push(0);
    }

    /// Goes back from it.
    pub(super) fn leave_form(&mut self) {
        self.path.pop();
    }

    /// Notes what is wrong here.
    pub(super) fn note(&mut self, text: String) {
        self.problems.push(FieldProblem {
            path: self.path.clone(),
            name: self.names.join("."),
            text,
        });
    }
}
