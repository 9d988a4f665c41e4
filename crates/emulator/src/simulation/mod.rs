//! What happens in the world by itself: traffic, failures and recoveries. In a quiet world only the past is there.

mod script;
mod traffic;

use std::time::Duration;

use jiff::SignedDuration;

use crate::faults::{FaultKind, FaultPoint};
use crate::seed::Sequence;
use crate::world::{SharedWorld, World};

/// How far back the history of the log groups goes.
const HISTORY: SignedDuration = SignedDuration::from_mins(30);
/// How many calls it holds.
const CALLS: u64 = 150;
/// How long a target stays failed before it recovers.
const FAILED: Duration = Duration::from_secs(25);
/// How long a change is under way.
const UNDER_WAY: Duration = Duration::from_secs(4);

/// Fills the log groups with what happened before the world began.
pub(crate) fn write_history(world: &World) {
    let mut numbers = Sequence::new(world.options.seed);
    let step = HISTORY.as_millis() as i64 / CALLS as i64;
    for call in 0..CALLS {
        let back =
            HISTORY.as_millis() as i64 - call as i64 * step - numbers.below(step as u64 / 2) as i64;
        let at = world
            .began
            .checked_sub(SignedDuration::from_millis(back))
            .unwrap_or(world.began);
        let place = numbers.below(world.deployments.len() as u64) as usize;
        if let Some(deployment) = world.deployments.get(place) {
            traffic::write_call(world, deployment, &mut numbers, at);
        }
    }
}

/// Lives until the world stops.
pub(crate) async fn run(world: SharedWorld) {
    let stopping = world.stopping.clone();
    tokio::select! {
        () = stopping.cancelled() => {}
        ((), ()) = async { tokio::join!(make_traffic(&world), move_statuses(&world)) } => {}
    }
}

/// A call every second or two, somewhere.
async fn make_traffic(world: &World) {
    let mut numbers = Sequence::new(world.options.seed ^ 0x7261_6666_6963);
    loop {
        tokio::time::sleep(Duration::from_millis(700 + numbers.below(1600))).await;
        let place = numbers.below(world.deployments.len() as u64) as usize;
        if let Some(deployment) = world.deployments.get(place) {
            let began = world
                .now()
                .checked_sub(SignedDuration::from_millis(900))
                .unwrap_or_else(|_| world.now());
            traffic::write_call(world, deployment, &mut numbers, began);
        }
    }
}

/// Now and then a target fails to synchronise and recovers, and an endpoint is rolled out.
async fn move_statuses(world: &World) {
    let mut numbers = Sequence::new(world.options.seed ^ 0x7374_6174_7573);
    tokio::time::sleep(Duration::from_secs(12 + numbers.below(8))).await;
    loop {
        let name = if numbers.below(3) == 0 { "b" } else { "a" };
        fail_and_recover(world, name, &mut numbers).await;
        tokio::time::sleep(Duration::from_secs(20 + numbers.below(25))).await;
        roll_out(world).await;
        tokio::time::sleep(Duration::from_secs(30 + numbers.below(30))).await;
    }
}

async fn fail_and_recover(world: &World, deployment: &str, numbers: &mut Sequence) {
    const REASONS: [&str; 3] = [
        "Failed to connect to the MCP server: timeout after 20 s",
        "Failed to list the tools of the MCP server: HTTP 502",
        "Failed to get a token from the OAuth credential provider: throttled",
    ];
    let reason = numbers.pick(&REASONS).copied().unwrap_or_default();
    set_target(world, deployment, "SYNCHRONIZING", None);
    tokio::time::sleep(UNDER_WAY).await;
    set_target(world, deployment, "SYNCHRONIZE_UNSUCCESSFUL", Some(reason));
    tokio::time::sleep(FAILED).await;
    set_target(world, deployment, "SYNCHRONIZING", None);
    tokio::time::sleep(UNDER_WAY).await;
    set_target(world, deployment, "READY", None);
}

fn set_target(world: &World, deployment: &str, status: &str, reason: Option<&str>) {
    let Some(id) = world
        .deployment(deployment)
        .and_then(|deployment| deployment.gateway_id.as_ref())
    else {
        return;
    };
    // A fault that was armed decides the target's status.
    let kind = FaultKind::Unsynchronised;
    if world.faults.is_armed(deployment, FaultPoint::Target, kind) {
        return;
    }
    let now = world.now();
    world.control.with(|state| {
        let Some(target) = state
            .gateway_mut(id)
            .and_then(|gateway| gateway.targets.first_mut())
        else {
            return;
        };
        target.set_status(status, reason.map(str::to_owned).into_iter().collect(), now);
        if status == "READY" {
            target.last_synchronized = Some(now);
            target.synchronisations += 1;
        }
    });
}

/// D's canary gets the version that it waits for, or starts to wait for the next.
async fn roll_out(world: &World) {
    let Some(id) = world
        .deployment("d")
        .and_then(|deployment| deployment.runtime_id.clone())
    else {
        return;
    };
    let change = |live: Option<&str>, target: &str, status: &str| {
        let now = world.now();
        world.control.with(|state| {
            let Some(runtime) = state.runtime_mut(&id) else {
                return;
            };
            for endpoint in runtime
                .endpoints
                .iter_mut()
                .filter(|endpoint| endpoint.name == "canary")
            {
                if let Some(live) = live {
                    endpoint.live_version = Some(live.to_owned());
                }
                endpoint.target_version = Some(target.to_owned());
                status.clone_into(&mut endpoint.status);
                endpoint.updated = now;
            }
        });
    };
    let live = world.control.runtime(&id).and_then(|runtime| {
        runtime
            .endpoints
            .iter()
            .find(|endpoint| endpoint.name == "canary")
            .and_then(|endpoint| endpoint.live_version.clone())
    });
    let wanted = if live.as_deref() == Some("2") {
        "3"
    } else {
        "2"
    };
    change(None, wanted, "UPDATING");
    tokio::time::sleep(UNDER_WAY).await;
    change(Some(wanted), wanted, "READY");
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::Options;
    use crate::faults::{Fault, FaultSite};
    use crate::scenarios::{Scenario, gateway_log_group, runtime_log_group};

    fn world(faults: Vec<Fault>) -> World {
        let options = Options {
            faults,
            ..Options::default()
        };
        World::new(options, "http://127.0.0.1:9".into(), reqwest::Client::new())
    }

    /// Returns what the metrics of a deployment's front door count of this many simulated calls: calls and errors.
    fn counted(world: &World, name: &str, calls: usize) -> (u32, u32) {
        let deployment = world.deployment(name).unwrap();
        let mut numbers = Sequence::new(7);
        for _ in 0..calls {
            traffic::write_call(world, deployment, &mut numbers, world.now());
        }
        let group = front(deployment);
        let observed = world.logs.observe(&group, 0, i64::MAX);
        observed.iter().fold((0, 0), |(calls, errors), seen| {
            (calls + seen.invocations, errors + seen.errors)
        })
    }

    fn front(deployment: &Scenario) -> String {
        match &deployment.gateway_id {
            Some(gateway) => gateway_log_group(gateway),
            None => runtime_log_group(deployment.runtime_id.as_deref().unwrap(), "DEFAULT"),
        }
    }

    #[test]
    fn calls_of_a_deployment_fail_while_a_fault_is_armed_on_their_way() {
        for (deployment, hop, kind) in [
            ("a", FaultPoint::Gateway, FaultKind::Throttling),
            ("b", FaultPoint::Limits, FaultKind::Limited),
            ("e", FaultPoint::Limits, FaultKind::Limited),
            ("b", FaultPoint::Interceptor, FaultKind::NoPermission),
            ("a", FaultPoint::Interceptor, FaultKind::Broken),
            ("b", FaultPoint::Secret, FaultKind::AccessDenied),
            ("a", FaultPoint::Secret, FaultKind::Stale),
            ("b", FaultPoint::Target, FaultKind::Down),
            ("a", FaultPoint::Target, FaultKind::Unsynchronised),
            ("a", FaultPoint::CredentialProvider, FaultKind::Failing),
            ("c", FaultPoint::Runtime, FaultKind::ColdStart),
            ("a", FaultPoint::Runtime, FaultKind::Crash),
            ("d", FaultPoint::Neo4j, FaultKind::Down),
            ("b", FaultPoint::Neo4j, FaultKind::LockedOut),
        ] {
            let place = FaultSite::Hop {
                deployment: deployment.to_owned(),
                hop,
            };
            let times = None;
            let (_, sound) = counted(&world(Vec::new()), deployment, 40);
            assert!(sound < 10, "{deployment}: {sound} of 40 fail by themselves");
            let (calls, failed) =
                counted(&world(vec![Fault { place, kind, times }]), deployment, 40);
            // A third of A's calls goes to another runtime.
            assert!(
                failed >= 20,
                "{deployment} {hop:?} {kind:?}: {failed} of {calls}"
            );
        }
    }

    #[test]
    fn without_a_token_nobody_calls_and_a_fault_at_another_deployment_changes_nothing() {
        let fault = |hop, kind| Fault {
            place: FaultSite::Hop {
                deployment: "b".to_owned(),
                hop,
            },
            kind,
            times: None,
        };
        let silent = world(vec![fault(FaultPoint::Token, FaultKind::InvalidClient)]);
        assert_eq!(counted(&silent, "b", 20), (0, 0));
        let other = world(vec![fault(FaultPoint::Interceptor, FaultKind::Broken)]);
        let (calls, failed) = counted(&other, "a", 40);
        assert!(calls > 20 && failed < 10, "{failed} of {calls}");
    }

    #[test]
    fn callers_call_tools_that_the_deployment_has() {
        let world = world(Vec::new());
        for deployment in &world.deployments {
            counted(&world, deployment.name, 60);
            let lines = world.logs.messages(&front(deployment)).join("\n");
            let name = deployment.name;
            assert_eq!(
                lines.contains("cypher"),
                deployment.has_database(),
                "{name}"
            );
            assert_eq!(lines.contains("get_me"), name == "e", "{name}");
            assert_eq!(
                lines.contains("neo4j_cypher"),
                deployment.is_labs(),
                "{name}"
            );
        }
    }

    #[test]
    fn each_runtime_has_its_own_sessions() {
        let world = world(Vec::new());
        counted(&world, "a", 60);
        let mut deployments = world.deployments.iter();
        let deployment = deployments.find(|known| known.name == "a").unwrap();
        let sessions = |runtime: &str| -> BTreeSet<String> {
            let lines = world.logs.messages(&runtime_log_group(runtime, "DEFAULT"));
            let ids = lines.iter().filter_map(|line| {
                let (_, after) = line.split_once(r#""sessionId":""#)?;
                after.split('"').next()
            });
            ids.map(str::to_owned).collect()
        };
        let own = sessions(deployment.runtime_id.as_deref().unwrap());
        let beside = sessions(&deployment.extra_runtime.as_ref().unwrap().id);
        assert!(!own.is_empty() && !beside.is_empty());
        assert!(own.is_disjoint(&beside), "{own:?} {beside:?}");
    }
}
