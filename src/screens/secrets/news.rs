//! What a rotation means for the rest of the console: questions, and its end for the activity log.

use super::run::Run;
use crate::{
    messages::Effects,
    model::{Failure, FailureKind},
    rotation::report::RotationOutcome,
    screens::confirm::Confirm,
};

/// What an event of the rotation means for the rest of the console.
#[derive(Debug)]
pub enum SecretsOutcome {
    /// Nothing.
    Nothing(Effects),
    /// A question to the user.
    Question(Box<Confirm>),
    /// The rotation has ended.
    Ended(Box<EndedRotation>),
}

/// The end of a rotation, for the activity log and in passing.
#[derive(Debug)]
pub struct EndedRotation {
    /// What was done, for the activity log.
    pub what: String,
    /// What is shown in passing.
    pub toast: String,
    /// The result.
    pub result: Result<String, Failure>,
    /// Whether something was written.
    pub is_write: bool,
    /// Whether it ended well, with a warning.
    pub is_warning: bool,
    /// Whether it was not confirmed.
    pub is_declined: bool,
    /// Whether it was refused.
    pub is_refusal: bool,
    /// What is read again after it.
    pub reads: Effects,
}

/// Returns what the activity log says of the end.
pub(super) fn ended(run: &Run) -> SecretsOutcome {
    let what = run.entry();
    let mut toast = String::new();
    let mut is_write = true;
    let mut is_declined = false;
    let (result, is_refusal) = match &run.ended {
        Some((_, Ok(end))) if end.is_declined => {
            let words = run.ending_words(end);
            toast = format!("{words}: {what}");
            is_write = false;
            is_declined = true;
            (Ok(words), false)
        }
        Some((_, Ok(end))) if end.outcome.is_success() => {
            let words = run.ending_words(end);
            toast = format!("{}: {words}", run.whose());
            is_write = end.outcome != RotationOutcome::NothingToDo;
            (Ok(words), false)
        }
        // A refusal is not a success: it is shown as what it is.
        Some((_, Ok(end))) => (
            Err(Failure::new(
                FailureKind::Refused,
                what.clone(),
                run.ending_words(end),
            )),
            end.outcome == RotationOutcome::Refused,
        ),
        Some((_, Err(failure))) => (Err(failure.clone()), false),
        None => return SecretsOutcome::Nothing(Effects::none()),
    };
    let is_warning = result.is_ok() && !is_declined && !run.all_warnings().is_empty();
    SecretsOutcome::Ended(Box::new(EndedRotation {
        what,
        toast,
        result,
        is_write,
        is_warning,
        is_declined,
        is_refusal,
        reads: Effects::none(),
    }))
}
