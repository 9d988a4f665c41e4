//! The versions of a Neo4j secret with their stages, and its own rotation.

use crate::{
    model::{RotationState, SecretDetail, SecretUser, SecretVersion},
    rotation::labels,
    screens::ViewContext,
    state::Loadable,
    theme::Role,
    widgets::{StyledLine, cut_middle, text_width},
};

/// Lines for a secret.
pub(super) fn lines(
    secret: &SecretDetail,
    user: Option<&Loadable<SecretUser>>,
    is_rotating: bool,
    context: &ViewContext<'_>,
) -> Vec<StyledLine> {
    let widest = secret
        .versions
        .iter()
        .map(|version| text_width(&stages(version)));
    let width = widest.max().unwrap_or_default().max(30) + 2;
    let mut lines = vec![vec![(
        format!("{:<14}{:<width$}{}", "VERSION", "STAGES", "CREATED"),
        Role::Dim,
    )]];
    for version in &secret.versions {
        let is_current = version.stages.iter().any(|stage| stage == labels::CURRENT);
        let age = version
            .created_at
            .map_or_else(|| "-".to_owned(), |at| at.age(context.now));
        let role = if is_current { Role::Accent } else { Role::Text };
        lines.push(vec![
            (
                format!("{:<14}", cut_middle(&version.version_id, 12)),
                Role::Text,
            ),
            (format!("{:<width$}", stages(version)), role),
            (age, Role::Dim),
        ]);
    }
    lines.push(Vec::new());
    lines.extend(user.and_then(user_line));
    lines.push(vec![rotation_words(&secret.rotation, is_rotating)]);
    lines.extend(next_rotation(&secret.rotation, context));
    lines
}

/// Returns whose password it is, and where; or why that is not known.
fn user_line(user: &Loadable<SecretUser>) -> Option<StyledLine> {
    match (user.value(), user.failure()) {
        (Some(user), _) => {
            let place = match &user.address {
                Some(address) => format!(" at {address}"),
                None => ", at an address that nothing names".to_owned(),
            };
            Some(vec![
                ("The password of user ".to_owned(), Role::Dim),
                (user.name.clone(), Role::Text),
                (place, Role::Dim),
            ])
        }
        (None, Some(failure)) => Some(vec![(
            format!("Whose password it is was not found out: {}", failure.cause),
            Role::Degraded,
        )]),
        (None, None) => None,
    }
}

/// Returns the stages of Secrets Manager. Labels of this program are shortened to who set them.
fn stages(version: &SecretVersion) -> String {
    let mut shown: Vec<&str> = version
        .stages
        .iter()
        .map(String::as_str)
        .filter(|stage| !labels::is_ours(stage))
        .collect();
    if version.stages.iter().any(|stage| labels::is_ours(stage)) {
        shown.push("+label");
    }
    shown.join(" ")
}

fn rotation_words(rotation: &RotationState, is_rotating: bool) -> (String, Role) {
    match (
        &rotation.pending_version,
        rotation.enabled,
        &rotation.lambda_arn,
    ) {
        (Some(_), _, _) if is_rotating => ("This console is rotating it.".to_owned(), Role::Dim),
        (Some(pending), _, _) => (
            format!(
                "A rotation is in progress or stuck: AWSPENDING is on {}. Resume finds out which password Neo4j accepts and finishes it.",
                cut_middle(pending, 12)
            ),
            Role::Degraded,
        ),
        (None, Some(true), Some(lambda)) => (
            format!("Rotated by {}", lambda.rsplit(':').next().unwrap_or(lambda)),
            Role::Dim,
        ),
        (None, ..) => (
            "No rotation function: it is rotated from here, step by step.".to_owned(),
            Role::Dim,
        ),
    }
}

fn next_rotation(rotation: &RotationState, context: &ViewContext<'_>) -> Option<StyledLine> {
    let next = rotation.next_rotation?;
    let date = next.date_time(context.zone);
    Some(vec![if next < context.now {
        let age = next.age(context.now);
        (
            format!("▲ scheduled rotation of {date} is overdue by {age}"),
            Role::Degraded,
        )
    } else {
        (format!("next scheduled rotation {date}"), Role::Dim)
    }])
}
