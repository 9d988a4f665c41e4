//! CloudTrail's event history: every management operation of this world, and changes that others made before it began.

pub(crate) mod handlers;
mod history;
mod shapes;
mod state;

pub(crate) use self::history::seeded_events;
pub(crate) use self::state::Trail;
