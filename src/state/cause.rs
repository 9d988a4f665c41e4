//! Which change that CloudTrail names brought a transition of the feed about.

use super::{history::AttributedChange, store::Transition};
use crate::model::Kind;

/// A change explains a transition that was seen at most this long after it, in milliseconds.
const EXPLAINS_MS: i64 = 5 * 60_000;
/// The clock of whoever made a change may be this much ahead, in milliseconds. A change of this console has the time of this machine.
const SKEW_MS: i64 = 2_000;

/// Who brought a transition about, and by which operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TransitionCause {
    /// `role/ci`.
    pub actor: String,
    /// `UpdateAgentRuntime`.
    pub action: String,
}

/// Returns who brought a transition about: the last change shortly before it of the resource, or of what it belongs to, whose operation
/// leads to such a transition.
pub(super) fn cause_of(seen: &Transition, changes: &[AttributedChange]) -> Option<TransitionCause> {
    changes
        .iter()
        .filter(|found| found.change.is_done() && can_cause(found, seen))
        .find(|found| {
            let age = seen.at.since(found.change.at);
            let skew = if found.change.is_own { 0 } else { SKEW_MS };
            (-skew..=EXPLAINS_MS).contains(&age)
        })
        .map(|found| TransitionCause {
            actor: found.change.actor(),
            action: found.change.action.clone(),
        })
}

/// Returns whether a change can have led to a transition, by what was changed and by what the operation does.
fn can_cause(found: &AttributedChange, seen: &Transition) -> bool {
    let Some(changed) = &found.key else {
        return false;
    };
    let action = found.change.action.as_str();
    if *changed == seen.key {
        return leads_to(action, seen);
    }
    let is_owner = changed.deployment == seen.key.deployment && changed.id == seen.key.owner_id();
    is_owner && passes_on(action, seen.key.kind) && leads_to(action, seen)
}

/// Returns whether an operation on a resource changes what belongs to it too.
fn passes_on(action: &str, kind: Kind) -> bool {
    match kind {
        Kind::Target => action == "SynchronizeGatewayTargets",
        // A runtime brings its endpoint DEFAULT and a version with it, and moves that endpoint to each new version.
        Kind::Endpoint | Kind::Version => action.ends_with("AgentRuntime"),
        Kind::Policy => action == "DeletePolicyEngine",
        Kind::RateLimit => action == "DeleteGateway",
        Kind::Gateway
        | Kind::Runtime
        | Kind::Secret
        | Kind::Provider
        | Kind::WorkloadIdentity
        | Kind::PolicyEngine => false,
    }
}

/// Returns whether an operation leads to such a transition: to a status that it sets itself, or out of one.
fn leads_to(action: &str, seen: &Transition) -> bool {
    let is_status = |status: &Option<String>, words: &[&str]| {
        let status = status.as_deref().unwrap_or_default();
        words.iter().any(|word| status.contains(word))
    };
    let passes = |words: &[&str]| is_status(&seen.from, words) || is_status(&seen.to, words);
    let is_settled = !passes(&["CREAT", "UPDAT", "DELET", "SYNCHRONIZING"]);
    let (is_new, is_gone) = (seen.from.is_none(), seen.to.is_none());
    let is_changed = !is_new && !is_gone;
    if action == "SynchronizeGatewayTargets" {
        return is_changed && (is_settled || passes(&["SYNCHRONIZING"]));
    }
    if action.starts_with("Create") {
        return is_new || passes(&["CREAT"]);
    }
    if action.starts_with("Delete") {
        return is_gone || passes(&["DELET"]);
    }
    if action.starts_with("Update") {
        let is_version = seen.key.kind == Kind::Version;
        return (is_new && is_version)
            || (is_changed && (is_settled || passes(&["UPDAT", "SYNCHRONIZING"])));
    }
    if action == "CompleteResourceTokenAuth" {
        return is_status(&seen.from, &["PENDING_AUTH"]);
    }
    let of_secrets = [
        "PutSecretValue",
        "RotateSecret",
        "CancelRotateSecret",
        "RestoreSecret",
    ];
    seen.key.kind == Kind::Secret && of_secrets.contains(&action)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Change, Moment, ResourceKey};

    const SEEN: Moment = Moment::from_millis(1_800_000_000_000);

    fn key(kind: Kind, id: &str) -> ResourceKey {
        ResourceKey {
            deployment: "prod".into(),
            kind,
            id: id.into(),
        }
    }

    fn seen(kind: Kind, id: &str, from: Option<&str>, to: Option<&str>) -> Transition {
        Transition {
            at: SEEN,
            key: key(kind, id),
            name: id.to_owned(),
            from: from.map(str::to_owned),
            to: to.map(str::to_owned),
            reason: None,
            health: None,
            by: None,
        }
    }

    /// A change so many milliseconds before the transition was seen.
    fn change(action: &str, key: ResourceKey, before: i64, is_own: bool) -> AttributedChange {
        AttributedChange {
            change: Change {
                at: SEEN.plus(-before),
                who: "arn:aws:iam::1:user/mia".to_owned(),
                action: action.to_owned(),
                kind: "target",
                ids: Vec::new(),
                outcome: "done".to_owned(),
                request_id: None,
                is_own,
            },
            key: Some(key),
            name: String::new(),
        }
    }

    fn is_blamed(seen: &Transition, change: AttributedChange) -> bool {
        cause_of(seen, &[change]).is_some()
    }

    #[test]
    fn a_change_that_came_later_explains_nothing() {
        let target = key(Kind::Target, "gw-1/t-1");
        let recovered = seen(
            Kind::Target,
            "gw-1/t-1",
            Some("SYNCHRONIZE_UNSUCCESSFUL"),
            Some("READY"),
        );
        let sync = |before, is_own| {
            let action = "SynchronizeGatewayTargets";
            is_blamed(&recovered, change(action, target.clone(), before, is_own))
        };
        assert!(sync(3_000, true) && sync(0, true));
        assert!(
            !sync(-1, true) && !sync(-3_000, true),
            "it was pressed afterwards"
        );
        assert!(sync(-1_000, false), "its clock may be ahead");
        assert!(!sync(-3_000, false) && !sync(EXPLAINS_MS + 1, false));
    }

    #[test]
    fn an_operation_explains_only_what_it_can_change() {
        let runtime = || key(Kind::Runtime, "rt-1");
        let cases = [
            ("UpdateAgentRuntime", Some("READY"), Some("UPDATING"), true),
            ("UpdateAgentRuntime", Some("UPDATING"), Some("READY"), true),
            ("UpdateAgentRuntime", Some("READY"), Some("DELETING"), false),
            ("UpdateAgentRuntime", Some("CREATING"), Some("READY"), false),
            ("CreateAgentRuntime", None, Some("CREATING"), true),
            ("CreateAgentRuntime", Some("READY"), Some("FAILED"), false),
            ("DeleteAgentRuntime", Some("DELETING"), None, true),
            ("StopRuntimeSession", Some("READY"), Some("UPDATING"), false),
            ("TagResource", Some("READY"), Some("UPDATING"), false),
        ];
        for (action, from, to, expected) in cases {
            let seen = seen(Kind::Runtime, "rt-1", from, to);
            let change = change(action, runtime(), 1_000, false);
            assert_eq!(
                is_blamed(&seen, change),
                expected,
                "{action} {from:?} {to:?}"
            );
        }
    }

    #[test]
    fn a_change_of_the_owner_explains_what_it_passes_on() {
        let endpoint = seen(
            Kind::Endpoint,
            "rt-1/DEFAULT",
            Some("READY"),
            Some("UPDATING"),
        );
        let runtime = || key(Kind::Runtime, "rt-1");
        let by = |action| is_blamed(&endpoint, change(action, runtime(), 1_000, false));
        assert!(by("UpdateAgentRuntime") && !by("DeleteAgentRuntime"));
        let target = seen(
            Kind::Target,
            "gw-1/t-1",
            Some("READY"),
            Some("SYNCHRONIZING"),
        );
        let gateway = || key(Kind::Gateway, "gw-1");
        let by = |action| is_blamed(&target, change(action, gateway(), 1_000, false));
        assert!(by("SynchronizeGatewayTargets") && !by("UpdateGateway"));
    }
}
