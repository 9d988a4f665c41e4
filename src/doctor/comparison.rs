//! The same steps through the gateway and past it, at the runtime directly: where they part is where the chain breaks.

use serde::Serialize;

use super::{Evidence, HopState, Probe};

/// One step on one way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedStep {
    /// How it went.
    pub state: HopState,
    /// What came back, in few words.
    pub words: String,
    /// How long it took, in milliseconds.
    pub elapsed_ms: Option<u64>,
}

/// A step through the gateway and past it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ComparedSteps {
    /// The step: `initialize`.
    pub step: &'static str,
    /// Through the gateway.
    pub gateway: ComparedStep,
    /// At the runtime directly.
    pub direct: ComparedStep,
}

/// Gateway against runtime.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PathComparison {
    /// The steps in their order.
    pub steps: Vec<ComparedSteps>,
    /// What follows from it, in one sentence.
    pub conclusion: &'static str,
}

/// Compares the way through the gateway with the runtime called directly; nothing where the chain has only one of them.
pub(super) fn compare(evidence: &Evidence) -> Option<PathComparison> {
    if !evidence.has_gateway() || matches!(evidence.direct, Probe::NotMade(_)) {
        return None;
    }
    let not_asked = || ComparedStep {
        state: HopState::Unknown,
        words: "not asked".to_owned(),
        elapsed_ms: None,
    };
    let token = step(&evidence.token, |_| "token".to_owned());
    let direct = step(&evidence.direct, |tools| format!("{} tools", tools.len()));
    let steps = vec![
        ComparedSteps {
            step: "sign-in",
            gateway: token.clone(),
            direct: token,
        },
        ComparedSteps {
            step: "initialize",
            gateway: step(&evidence.connection, |_| "answered".to_owned()),
            direct: ComparedStep {
                words: if direct.state == HopState::Ok {
                    "answered".to_owned()
                } else {
                    direct.words.clone()
                },
                elapsed_ms: None,
                ..direct.clone()
            },
        },
        ComparedSteps {
            step: "tools/list",
            gateway: step(&evidence.tools, |tools| format!("{} tools", tools.len())),
            direct: direct.clone(),
        },
        ComparedSteps {
            step: "tools/call",
            gateway: called(evidence),
            direct: not_asked(),
        },
    ];
    Some(PathComparison {
        steps,
        conclusion: conclusion(evidence.works(), direct.state == HopState::Ok),
    })
}

const fn conclusion(gateway_works: bool, direct_works: bool) -> &'static str {
    match (gateway_works, direct_works) {
        (true, true) => "Both ways work.",
        (false, true) => {
            "The runtime answers directly: it breaks before it, at what the gateway alone has, or behind tools/list."
        }
        (true, false) => {
            "The gateway's way works. The runtime does not take a direct call with these credentials."
        }
        (false, false) => {
            "Neither way works: it breaks at the runtime, behind it, or at the sign-in."
        }
    }
}

fn step<T>(probe: &Probe<T>, words: impl Fn(&T) -> String) -> ComparedStep {
    let (state, words) = match probe {
        Probe::NotMade(why) => (HopState::Unknown, why.clone()),
        Probe::Answered { value, .. } => (HopState::Ok, words(value)),
        Probe::Failed { failure, .. } => {
            let status = failure.status.map(|status| status.to_string());
            let words = status.unwrap_or_else(|| failure.cause.clone());
            (HopState::Failed, words)
        }
    };
    ComparedStep {
        state,
        words,
        elapsed_ms: probe.elapsed_ms(),
    }
}

fn called(evidence: &Evidence) -> ComparedStep {
    let asked = step(&evidence.call, |call| {
        if call.outcome.is_error {
            "tool error".to_owned()
        } else {
            "answered".to_owned()
        }
    });
    let is_error = evidence
        .call
        .value()
        .is_some_and(|call| call.outcome.is_error);
    ComparedStep {
        state: if is_error {
            HopState::Failed
        } else {
            asked.state
        },
        ..asked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_the_ways_part_is_where_it_breaks() {
        assert_eq!(conclusion(true, true), "Both ways work.");
        assert!(conclusion(false, true).contains("answers directly"));
        assert!(conclusion(false, false).starts_with("Neither"));
    }
}
