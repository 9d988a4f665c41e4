//! What happens in the world by itself: traffic, failures and recoveries. In a quiet world only the past is there.

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
