//! What the Secrets screen shows of a secret beside its list.

use super::{PanelLine, facts, history, resource_head};
use crate::{
    model::{Resource, ResourceKey},
    screens::ViewContext,
};

/// Returns the name, the status and the facts of a secret.
pub fn secret_facts(secret: &Resource, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let mut lines = resource_head(secret, context);
    lines.extend(facts(secret, context, room));
    lines
}

/// Returns who changed a resource, as far as CloudTrail was read.
pub fn who_changed(key: &ResourceKey, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    history::who_changed(&key.deployment, Some(key), context, room)
}
