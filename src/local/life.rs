//! What happens in the world by itself: traffic, failures and recoveries. Not in a quiet world.
use super::world::Shared;

pub(crate) async fn run(world: Shared) {
    world.stopping.cancelled().await;
}
