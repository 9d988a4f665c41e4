//! Failures of several things, told once for each reason: `a, b, c: 127.0.0.1:4566 refused the connection`.

use crate::model::{Failure, FailureKind};

use super::output;

/// Tells failures on stderr, each with the name of what failed; what fails for the same reason is told once.
pub(crate) fn tell<'a>(failures: impl IntoIterator<Item = (&'a str, &'a Failure)>) {
    gather(failures).iter().for_each(output::complain);
}

/// Returns the exit code of data of which these parts could not be read: 3 if every sign-in was refused, 4 if these credentials were
/// refused everything that is missing, otherwise 5; none if nothing is missing.
pub(crate) fn partial_code<'a>(failures: impl IntoIterator<Item = &'a Failure>) -> Option<u8> {
    let codes = failures.into_iter().map(|failure| failure.kind.exit_code());
    combined_code(&codes.collect::<Vec<u8>>())
}

/// Returns the exit code of log lines that could not be read. A request that CloudWatch Logs throttles is repeated for most of a minute:
/// what is throttled even then has timed out, and was not refused.
pub(crate) const fn unread_lines_code(failure: &Failure) -> u8 {
    match failure.kind {
        FailureKind::Throttled => FailureKind::Timeout.exit_code(),
        FailureKind::Usage
        | FailureKind::SignIn
        | FailureKind::Denied
        | FailureKind::NotFound
        | FailureKind::Conflict
        | FailureKind::Network
        | FailureKind::Timeout
        | FailureKind::Server
        | FailureKind::Refused
        | FailureKind::Cancelled => failure.kind.exit_code(),
    }
}

/// Returns the exit code of data of which parts with these codes are missing.
pub(crate) fn combined_code(codes: &[u8]) -> Option<u8> {
    if codes.is_empty() {
        return None;
    }
    Some(if codes.iter().all(|code| *code == 3) {
        3
    } else if codes.iter().all(|code| matches!(code, 3 | 4)) {
        4
    } else {
        5
    })
}

/// Returns one failure a reason, in the order in which they came.
fn gather<'a>(failures: impl IntoIterator<Item = (&'a str, &'a Failure)>) -> Vec<Failure> {
    let mut reasons: Vec<Reason<'a>> = Vec::new();
    for (name, failure) in failures {
        match reasons.iter_mut().find(|reason| reason.is_of(failure)) {
            Some(reason) => reason.join(name, failure),
            None => reasons.push(Reason {
                first: failure,
                names: vec![name],
                one_deed: true,
            }),
        }
    }
    reasons.iter().map(Reason::sentence).collect()
}

/// Everything that failed for one reason.
struct Reason<'a> {
    first: &'a Failure,
    names: Vec<&'a str>,
    one_deed: bool,
}

impl<'a> Reason<'a> {
    fn is_of(&self, failure: &Failure) -> bool {
        let Failure {
            kind, cause, hint, ..
        } = self.first;
        (*kind, gist(cause), hint) == (failure.kind, gist(&failure.cause), &failure.hint)
    }

    fn join(&mut self, name: &'a str, failure: &Failure) {
        self.one_deed &= failure.doing == self.first.doing;
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn sentence(&self) -> Failure {
        let doing = match self.names.as_slice() {
            [only] if self.one_deed && self.first.doing.split(' ').any(|word| word == *only) => {
                self.first.doing.clone()
            }
            [only] if self.one_deed => format!("{only}: {}", self.first.doing),
            several => several.join(", "),
        };
        let cause = if self.one_deed {
            self.first.cause.clone()
        } else {
            gist(&self.first.cause).to_owned()
        };
        Failure {
            doing,
            cause,
            ..self.first.clone()
        }
    }
}

/// Returns a missing permission without the resource on which it is missing: that is another one each time.
fn gist(cause: &str) -> &str {
    cause
        .split_once(" on resource")
        .map_or(cause, |(gist, _)| gist)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_that_stay_throttled_have_timed_out_and_are_not_refused() {
        let code = |kind| unread_lines_code(&Failure::new(kind, "reading", "x"));
        assert_eq!(code(FailureKind::Throttled), 5);
        assert_eq!(code(FailureKind::Denied), 4);
        assert_eq!(combined_code(&[4, 5]), Some(5));
        assert_eq!(combined_code(&[4, 4]), Some(4));
    }

    fn failure(doing: &str, cause: &str) -> Failure {
        Failure::new(FailureKind::Network, doing, cause)
    }

    #[test]
    fn one_reason_is_told_once_with_all_names() {
        let (one, two, other) = (
            failure("reading gateway g1", "refused"),
            failure("reading gateway g2", "refused"),
            failure("listing", "timed out"),
        );
        let told = |failures: &[(&str, &Failure)]| {
            gather(failures.iter().copied())
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            told(&[("a", &one), ("b", &other), ("c", &two), ("a", &two)]),
            ["a, c: refused", "b: listing: timed out"]
        );
        let denied = |arn: &str| {
            failure(
                &format!("reading {arn}"),
                &format!("not authorized to perform: x:Get on resource: {arn}"),
            )
        };
        let (first, second) = (denied("arn:1"), denied("arn:2"));
        assert_eq!(
            told(&[("a", &first), ("b", &second)]),
            ["a, b: not authorized to perform: x:Get"]
        );
        assert_eq!(
            told(&[("a", &first)]),
            ["a: reading arn:1: not authorized to perform: x:Get on resource: arn:1"]
        );
        assert_eq!(told(&[("g1", &one)]), ["reading gateway g1: refused"]);
        assert_eq!(told(&[("a", &one), ("a", &two)]), ["a: refused"]);
    }
}
