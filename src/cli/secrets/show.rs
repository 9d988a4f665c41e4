//! `secrets list` and `secrets show`: what may be said about secrets.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    cli::{
        context::Context,
        find_resource, group_failures,
        outcome::{CliError, CliResult},
        output, process,
        table::{Cell, ColumnFit, TextTable, Tone},
        values::TableOrJson,
    },
    model::{Deployment, Kind, Moment, Resource, SecretDetail, SecretVersion, sanitize},
    net::clock,
    rotation::labels::{CURRENT, Labels, PENDING, VersionId},
    services::Services,
};

use super::find::find;

/// Prints all secrets of the picked deployments.
pub(super) fn list(context: &Context, format: TableOrJson) -> CliResult {
    let deployments = context.deployments()?;
    let services = context.services();
    let (secrets, problems) = process::runtime()?.block_on(read(&services, &deployments));
    let rows: Vec<(&Resource, Option<&SecretDetail>)> = secrets
        .iter()
        .map(|(secret, detail)| (secret, detail.as_ref()))
        .collect();
    match format {
        TableOrJson::Json => {
            let secrets: Vec<Value> = rows
                .iter()
                .map(|(secret, detail)| listed(secret, *detail))
                .collect();
            let problems: Vec<Value> = problems
                .iter()
                .map(find_resource::ListingProblem::json)
                .collect();
            output::json(&json!({"secrets": secrets, "problems": problems}))?;
        }
        // Headings over nothing would only hide why.
        TableOrJson::Table if rows.is_empty() && !problems.is_empty() => {}
        TableOrJson::Table => print_table(&rows)?,
    }
    group_failures::tell(
        problems
            .iter()
            .map(|problem| (problem.deployment.as_str(), &problem.failure)),
    );
    match problems.first() {
        Some(problem) if rows.iter().all(|(_, detail)| detail.is_none()) => {
            Err(CliError::Code(problem.failure.kind.exit_code()))
        }
        Some(_) | None => {
            group_failures::partial_code(problems.iter().map(|problem| &problem.failure))
                .map_or(Ok(()), |code| Err(CliError::Code(code)))
        }
    }
}

/// Returns all secrets, each with its versions where they could be read.
async fn read(
    services: &Services,
    deployments: &[Deployment],
) -> (
    Vec<(Resource, Option<SecretDetail>)>,
    Vec<find_resource::ListingProblem>,
) {
    let find_resource::Listing {
        resources,
        mut problems,
        // The versions of such a secret are asked for below, and say the same.
        unread: _,
    } = find_resource::list(services, deployments, &[Kind::Secret]).await;
    let details = join_all(resources.iter().map(|secret| async {
        let deployment = deployments
            .iter()
            .find(|deployment| deployment.name == secret.key.deployment)?;
        Some(
            services
                .aws
                .secrets
                .secret_detail(deployment, secret.key.own_id())
                .await,
        )
    }))
    .await;
    let mut secrets = Vec::new();
    for (secret, detail) in resources.into_iter().zip(details) {
        let detail = detail.and_then(|answer| {
            let deployment = secret.key.deployment.clone();
            answer
                .map_err(|failure| {
                    problems.push(find_resource::ListingProblem {
                        deployment,
                        kind: Kind::Secret,
                        failure,
                    });
                })
                .ok()
        });
        secrets.push((secret, detail));
    }
    (secrets, problems)
}

fn listed(secret: &Resource, detail: Option<&SecretDetail>) -> Value {
    let current = detail.and_then(|detail| detail.version_with(CURRENT));
    json!({
        "deployment": secret.key.deployment, "id": secret.key.id, "arn": secret.arn, "name": secret.name, "status": secret.status,
        "reason": secret.reason, "current_version": current.map(|version| &version.version_id),
        "current_since": current.and_then(|version| version.created_at).map(Moment::iso),
        "rotation": detail.map(rotation),
    })
}

fn print_table(rows: &[(&Resource, Option<&SecretDetail>)]) -> std::io::Result<()> {
    let now = clock::now();
    let mut table = TextTable::new([
        "DEPLOYMENT",
        "SECRET",
        "STATUS",
        "CURRENT",
        "AGE",
        "ROTATION",
    ])
    .fit("SECRET", ColumnFit::Middle)
    .fit("ROTATION", ColumnFit::Whole);
    for (secret, detail) in rows {
        let current = detail
            .as_ref()
            .and_then(|detail| detail.version_with(CURRENT));
        let age = current
            .and_then(|version| version.created_at)
            .map_or_else(String::new, |at| at.age(now));
        let state = detail.map_or("", state);
        let tone = if state == "pending" || secret.status == "DELETED" {
            Tone::Attention
        } else {
            Tone::Plain
        };
        table.row(vec![
            Cell::new(secret.key.deployment.as_str()),
            Cell::new(&secret.name),
            Cell::new(&secret.status).tone(tone),
            Cell::new(&current.map_or_else(String::new, |version| {
                VersionId::new(version.version_id.as_str()).short()
            })),
            Cell::new(&age).right(),
            Cell::new(&detail.map_or_else(String::new, rotation_words)).tone(tone),
        ]);
    }
    table.print()
}

/// Prints one secret with its versions.
pub(super) fn one(context: &Context, id: &str, format: TableOrJson) -> CliResult {
    let deployments = context.deployments()?;
    let services: Services = context.services();
    let (deployment, detail) = process::runtime()?.block_on(async {
        let (deployment, secret) = find(&services, &deployments, id).await?;
        let detail = services
            .aws
            .secrets
            .secret_detail(&deployment, &secret)
            .await?;
        Ok::<_, crate::model::Failure>((deployment, detail))
    })?;
    match format {
        TableOrJson::Json => {
            let versions: Vec<Value> = detail
                .versions
                .iter()
                .map(|version| {
                    json!({"version_id": version.version_id, "stages": version.stages, "created_at": version.created_at.map(Moment::iso)})
                })
                .collect();
            output::json(&json!({
                "id": detail.name, "arn": detail.arn, "deployment": deployment.name, "description": detail.description,
                "deleted_at": detail.deleted.map(Moment::iso), "versions": versions, "rotation": rotation(&detail),
            }))?;
        }
        TableOrJson::Table => print_detail(deployment.name.as_str(), &detail)?,
    }
    Ok(())
}

fn print_detail(deployment: &str, detail: &SecretDetail) -> std::io::Result<()> {
    output::text(&sanitize(&format!("{} of {deployment}", detail.name)))?;
    output::text(&sanitize(&format!("rotation: {}", rotation_words(detail))))?;
    let now = clock::now();
    let mut table = TextTable::new(["VERSION", "AGE", "STAGES"]);
    for version in &detail.versions {
        table.row(vec![
            Cell::new(&version.version_id),
            Cell::new(
                &version
                    .created_at
                    .map_or_else(|| "empty".to_owned(), |at| at.age(now)),
            )
            .right(),
            Cell::new(&version.stages.join(" ")).tone(tone(version)),
        ]);
    }
    table.print()
}

fn tone(version: &SecretVersion) -> Tone {
    let has = |stage: &str| version.stages.iter().any(|label| label == stage);
    match (has(CURRENT), has(PENDING)) {
        (true, _) => Tone::Good,
        (false, true) => Tone::Attention,
        (false, false) => Tone::Dim,
    }
}

/// Returns what AWSPENDING means: nothing there, left by a finished rotation, or a rotation that is not finished.
fn state(detail: &SecretDetail) -> &'static str {
    let pending = detail
        .version_with(PENDING)
        .map(|version| &version.version_id);
    let current = detail
        .version_with(CURRENT)
        .map(|version| &version.version_id);
    match pending {
        None => "idle",
        Some(_) if pending == current => "complete",
        Some(_) => "pending",
    }
}

fn author(detail: &SecretDetail) -> Option<(String, Moment)> {
    let pending = detail.rotation.pending_version.as_ref()?;
    let labels = Labels::new(detail.versions.iter().map(|version| {
        let stages = version
            .stages
            .iter()
            .map(|stage| stage.as_str().into())
            .collect();
        (VersionId::new(version.version_id.as_str()), stages)
    }));
    let author = labels.author(&VersionId::new(pending.as_str()))?;
    Some((
        author.operator,
        Moment::from_millis(author.unix_seconds.saturating_mul(1_000)),
    ))
}

fn rotation(detail: &SecretDetail) -> Value {
    let author = author(detail);
    let own = &detail.rotation;
    json!({
        "state": state(detail), "pending_version": own.pending_version,
        "pending_by": author.as_ref().map(|(operator, _)| operator), "pending_since": author.as_ref().map(|(_, at)| at.iso()),
        "enabled": own.enabled.unwrap_or(false), "function": own.lambda_arn, "every_days": own.every_days, "schedule": own.schedule,
        "last_rotated": own.last_rotated.map(Moment::iso), "next_rotation": own.next_rotation.map(Moment::iso),
    })
}

fn rotation_words(detail: &SecretDetail) -> String {
    let own = &detail.rotation;
    if let Some(pending) = &own.pending_version {
        let version = VersionId::new(pending.as_str()).short();
        return match author(detail) {
            Some((operator, _)) => {
                format!("pending: version {version} by {operator}; `secrets resume` ends it")
            }
            None => format!("pending: version {version}, not by this program"),
        };
    }
    match (own.enabled, own.every_days) {
        (Some(true), Some(days)) => format!("by its function, every {days} days"),
        (Some(true), None) => "by its function".to_owned(),
        (Some(false) | None, _) => "by hand".to_owned(),
    }
}
