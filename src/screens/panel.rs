//! The panel beside the Fleet: what there is to say of the deployment or resource under the cursor. Its lines are also the facts
//! of an opened detail.

mod history;
mod misconfigured;
mod relations;
mod secret;
mod sessions;

use ratatui::layout::Rect;

pub use secret::{secret_facts, who_changed};

use super::{
    ViewContext,
    detail::{failure_block, wrapped},
};
use crate::{
    keys::Layer,
    kinds::{self, DeploymentHealth, StageStatus},
    messages::{Action, FleetAction},
    model::{Deployment, DeploymentName, Health, Kind, Moment, Resource, pluralize},
    theme::Role,
    widgets::{
        Painter, StyledLine, cut_middle, deployment_glyph, deployment_role, deployment_word, glyph,
        mark_hits as mark_text_hits, role_of, stage_mark, text_width,
    },
};

/// Columns of a label and the gap after it.
const LABEL: u16 = 13;

/// A line of the panel: text from the left, and text that ends at the right edge.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanelLine {
    /// From the left edge.
    pub left: StyledLine,
    /// Up to the right edge.
    pub right: StyledLine,
}

impl PanelLine {
    fn blank() -> Self {
        Self::default()
    }

    fn left(left: StyledLine) -> Self {
        Self {
            left,
            right: Vec::new(),
        }
    }

    fn title(title: &str, right: StyledLine) -> Self {
        Self {
            left: vec![(title.to_owned(), Role::Dim)],
            right,
        }
    }

    /// Returns the text of the line, for searching.
    pub fn text(&self) -> String {
        self.left
            .iter()
            .chain(&self.right)
            .map(|(text, _)| text.as_str())
            .collect()
    }
}

impl From<StyledLine> for PanelLine {
    fn from(left: StyledLine) -> Self {
        Self::left(left)
    }
}

/// Draws lines from the top of the area.
pub fn draw<'a>(lines: impl Iterator<Item = &'a PanelLine>, area: Rect, painter: &mut Painter<'_>) {
    for (line, row) in lines.zip(area.rows()) {
        let pieces = |line: &'a StyledLine| -> Vec<(&'a str, Role)> {
            line.iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect()
        };
        let width = |line: &StyledLine| {
            let width: usize = line.iter().map(|(text, _)| text_width(text)).sum();
            u16::try_from(width).unwrap_or(u16::MAX)
        };
        let right = width(&line.right).min(row.width);
        let gap = u16::from(right > 0);
        painter.spans(
            row.x,
            row.y,
            row.width.saturating_sub(right + gap),
            &pieces(&line.left),
        );
        painter.spans(row.right() - right, row.y, right, &pieces(&line.right));
    }
}

/// Marks what a search finds in a line that was drawn in this row.
pub fn mark_hits(line: &PanelLine, wanted: &str, row: Rect, painter: &mut Painter<'_>) {
    let text =
        |line: &StyledLine| -> String { line.iter().map(|(text, _)| text.as_str()).collect() };
    let right = text(&line.right);
    let width = u16::try_from(text_width(&right))
        .unwrap_or(u16::MAX)
        .min(row.width);
    let left = Rect {
        width: row.width - width,
        ..row
    };
    let end = Rect {
        x: left.right(),
        width,
        ..row
    };
    mark_text_hits(&text(&line.left), wanted, left, painter);
    mark_text_hits(&right, wanted, end, painter);
}

/// Returns the key of an action on Fleet, as the keymap binds it.
fn key_of(context: &ViewContext<'_>, action: FleetAction) -> String {
    context
        .keymap
        .key_of(&[Layer::Fleet, Layer::Detail], Action::Fleet(action))
        .unwrap_or_default()
}

/// Returns a key and what it does, for the right edge.
fn hint(context: &ViewContext<'_>, action: FleetAction, does: &str) -> StyledLine {
    vec![
        (key_of(context, action), Role::Accent),
        (format!(" {does}"), Role::Dim),
    ]
}

/// Returns what there is to say of a deployment.
pub fn deployment(name: &DeploymentName, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    if let Some(deployment) = context.store.misconfigured(name) {
        return misconfigured::lines(deployment, room);
    }
    let Some(deployment) = context.store.deployment(name) else {
        return vec![vec![("This deployment is gone.".to_owned(), Role::Dim)].into()];
    };
    let mut lines = head(deployment, context);
    lines.extend(verdict(deployment, context, room));
    lines.extend(history::who_changed(name, None, context, room));
    let traffic = context.store.traffic_of(name);
    lines.extend(history::last_hour(name, traffic.as_ref(), context, room));
    lines.extend(history::failures(name, context, room));
    lines.extend(chain(deployment, context, room));
    lines.extend(relations::of_deployment(name, context, room));
    lines.push(PanelLine::blank());
    lines.extend(settings(deployment, context, room));
    lines
}

fn head(deployment: &Deployment, context: &ViewContext<'_>) -> Vec<PanelLine> {
    let verdict = context.store.health(&deployment.name);
    let role = deployment_role(verdict.health);
    // The name that commands take, where the screens show another.
    let name = match deployment.title() {
        title if title != deployment.name.as_str() => format!("  {}", deployment.name),
        _ => String::new(),
    };
    let hop = match (verdict.health, verdict.hop) {
        (DeploymentHealth::Broken, Some(hop)) => format!(" at {hop}"),
        _ => String::new(),
    };
    let since = verdict.at.map_or_else(String::new, |at| {
        format!("seen {}", at.clock_or_date(context.now, context.zone))
    });
    vec![
        PanelLine {
            left: vec![
                (format!("{} ", deployment_glyph(verdict.health)), role),
                (deployment.title().to_owned(), Role::Name),
                (name, Role::Dim),
            ],
            right: vec![(deployment.region.clone(), Role::Dim)],
        },
        PanelLine {
            left: vec![(format!("  {}{hop}", deployment_word(verdict.health)), role)],
            right: vec![(since, Role::Dim)],
        },
        PanelLine::blank(),
    ]
}

/// Returns what is wrong in a sentence, what to do and the key that copies it.
fn verdict(deployment: &Deployment, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let health = context.store.health(&deployment.name);
    let is_wrong = health.health.needs_words();
    let role = if is_wrong { Role::Name } else { Role::Text };
    let mut lines: Vec<PanelLine> = wrapped(&health.evidence, room, role)
        .into_iter()
        .map(PanelLine::from)
        .collect();
    if let Some((_, found)) = fix_of(deployment, context) {
        let beside = room.saturating_sub(14);
        for (row, line) in wrapped(&found, beside, Role::Text).into_iter().enumerate() {
            let (label, right) = if row == 0 {
                ("fix  ", hint(context, FleetAction::CopyFix, "copies"))
            } else {
                ("     ", Vec::new())
            };
            let mut left = vec![(label.to_owned(), Role::Dim)];
            left.extend(line);
            lines.push(PanelLine { left, right });
        }
    }
    if health.health == DeploymentHealth::NeedsPerson {
        lines.extend(consent(&deployment.name, context, room));
    }
    lines
}

/// Returns the fix of the doctor, as long as its verdict counts.
pub fn fix_of(deployment: &Deployment, context: &ViewContext<'_>) -> Option<(String, String)> {
    let health = context.store.health(&deployment.name);
    let (_, report) = context.store.examined.get(&deployment.name)?;
    let found = report.break_cause()?;
    (health.hop == Some(found.hop.as_str()) && !found.fix.is_empty())
        .then(|| (found.evidence.clone(), found.fix.clone()))
}

/// Returns where a person has to consent, and the keys that open and copy the address.
fn consent(name: &DeploymentName, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let Some(address) = context
        .store
        .resources(name)
        .filter(|resource| kinds::health(resource) == Health::NeedsPerson)
        .find_map(|resource| resource.fact("Authorization URL"))
    else {
        return Vec::new();
    };
    let mut right = hint(context, FleetAction::OpenConsent, "opens  ");
    right.extend(hint(context, FleetAction::CopyConsent, "copies"));
    let shown = cut_middle(address, usize::from(room.saturating_sub(30)));
    vec![PanelLine {
        left: vec![("consent  ".to_owned(), Role::Dim), (shown, Role::Accent)],
        right,
    }]
}

/// Returns the chain hop by hop in words.
fn chain(deployment: &Deployment, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let chain = context.store.chain(&deployment.name, context.now);
    if chain.stages.is_empty() {
        return Vec::new();
    }
    let right = hint(context, FleetAction::FollowDoctor, "examines");
    let mut lines = vec![PanelLine::blank(), PanelLine::title("CHAIN", right)];
    // What could not be listed for one reason has it once.
    let mut said: Option<&str> = None;
    for stage in &chain.stages {
        let reason = stage.words.as_deref().filter(|_| stage.is_unlisted);
        let is_repeated = reason.is_some() && reason == said;
        said = reason.or(said);
        lines.extend(hop(stage, is_repeated, room));
    }
    lines
}

/// Returns a hop: its mark, its name, and what there is to say.
fn hop(stage: &StageStatus, is_repeated: bool, room: u16) -> Vec<PanelLine> {
    let (mark, role) = stage_mark(stage);
    let text = match (&stage.words, stage.health) {
        (Some(_), _) if is_repeated => "not listed, for the same reason".to_owned(),
        (Some(words), _) => words.clone(),
        (None, Some(Health::Healthy) | None) if stage.is_passed => "a call passed it".to_owned(),
        // A status of AWS proves no call.
        (None, Some(health)) if stage.by_status == Some(health) => {
            format!("status {}", health.as_str())
        }
        (None, Some(health)) => health.as_str().to_owned(),
        (None, None) => "not asked".to_owned(),
    };
    let is_quiet = stage.health.is_none_or(|health| health == Health::Healthy);
    let text_role = if is_quiet { Role::Dim } else { Role::Text };
    let mut lines = labelled(
        stage.stage.as_str(),
        &text,
        room.saturating_sub(2),
        text_role,
    );
    for (row, line) in lines.iter_mut().enumerate() {
        let mark = if row == 0 { mark } else { " " };
        line.left.insert(0, (format!("{mark} "), role));
    }
    lines
}

/// Returns what a deployment is made of and how it is reached.
fn settings(deployment: &Deployment, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let count = |kind: Kind| {
        context
            .store
            .resources(&deployment.name)
            .filter(|resource| resource.key.kind == kind)
            .count()
    };
    let made_of: Vec<String> = Kind::ALL
        .into_iter()
        .map(|kind| (count(kind), kind))
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| {
            if count == 1 {
                format!("1 {kind}")
            } else {
                format!("{count} {}", kind.plural())
            }
        })
        .collect();
    let facts = [
        (
            "made of",
            Some(made_of.join(", ")).filter(|made_of| !made_of.is_empty()),
        ),
        ("stack", deployment.stack.clone()),
        ("profile", deployment.profile.clone()),
        ("sign-in", Some(deployment.sign_in.mode().to_owned())),
        ("MCP", deployment.mcp_url.clone()),
        (
            "writes",
            deployment
                .read_only
                .then(|| "refused: read-only".to_owned()),
        ),
    ];
    let missing = context.store.not_derived.get(&deployment.name);
    let not_known = missing
        .into_iter()
        .flatten()
        .flat_map(|sentence| labelled("not known", sentence, room, Role::Degraded));
    facts
        .into_iter()
        .filter_map(|(label, value)| Some((label, value?)))
        .flat_map(|(label, value)| labelled(label, &value, room, Role::Text))
        .chain(not_known)
        .collect()
}

/// Returns what there is to say of a resource.
pub fn resource(resource: &Resource, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    let name = &resource.key.deployment;
    let mut lines = resource_head(resource, context);
    if let Some(remark) = kinds::remark(resource, context.now) {
        let health = kinds::health(resource);
        let role = if health > Health::Changing {
            Role::Name
        } else {
            Role::Text
        };
        lines.extend(
            wrapped(&remark, room, role)
                .into_iter()
                .map(PanelLine::from),
        );
        lines.push(PanelLine::blank());
    }
    if kinds::health(resource) == Health::NeedsPerson {
        lines.extend(consent(name, context, room));
        lines.push(PanelLine::blank());
    }
    lines.extend(facts(resource, context, room));
    lines.extend(history::who_changed(
        name,
        Some(&resource.key),
        context,
        room,
    ));
    if matches!(resource.key.kind, Kind::Gateway | Kind::Runtime) {
        let traffic = context.store.traffic.get(&resource.key);
        lines.extend(history::last_hour(name, traffic, context, room));
    }
    if resource.key.kind == Kind::Runtime {
        lines.extend(sessions::of_runtime(resource, context, room));
    }
    lines.extend(relations::of_resource(resource, context, room));
    lines
}

fn resource_head(resource: &Resource, context: &ViewContext<'_>) -> Vec<PanelLine> {
    let health = kinds::health(resource);
    let role = role_of(health);
    let age = resource.updated.or(resource.created);
    let status_role = if health == Health::Healthy {
        Role::Text
    } else {
        role
    };
    vec![
        PanelLine {
            left: vec![
                (format!("{} ", glyph(health)), role),
                (resource.name.clone(), Role::Name),
            ],
            right: vec![(resource.key.kind.to_string(), Role::Dim)],
        },
        PanelLine {
            left: vec![(
                format!("  {}", kinds::status_text(resource, context.now)),
                status_role,
            )],
            right: vec![(
                age.map_or_else(String::new, |at| {
                    format!("changed {} ago", at.age(context.now))
                }),
                Role::Dim,
            )],
        },
        PanelLine::blank(),
    ]
}

fn facts(resource: &Resource, context: &ViewContext<'_>, room: u16) -> Vec<PanelLine> {
    // An ARN or an address is there to be taken along: it is shown whole, however narrow the window.
    let mut facts = vec![("Id", resource.key.own_id().to_owned())];
    facts.extend(resource.arn.iter().map(|arn| ("ARN", arn.clone())));
    let moment = |at: Moment| {
        format!(
            "{}, {} ago",
            at.date_time(context.zone),
            at.age(context.now)
        )
    };
    facts.extend(resource.facts.iter().map(|fact| {
        // A time of AWS is shown like every other one.
        let at = Moment::parse_iso(&fact.value);
        (fact.label, at.map_or_else(|| fact.value.clone(), moment))
    }));
    facts.extend(resource.created.map(|at| ("Created", moment(at))));
    facts.extend(resource.updated.map(|at| ("Updated", moment(at))));
    facts.extend(
        resource
            .log_groups
            .iter()
            .map(|group| ("Log group", group.clone())),
    );
    let widest = facts.iter().map(|(label, _)| text_width(label)).max();
    let column = usize::from(LABEL).max(widest.unwrap_or(0) + 2);
    facts
        .iter()
        .flat_map(|(label, value)| labelled_at(column, label, value, room, Role::Text))
        .collect()
}

/// Returns a label and a text beside it, as many lines as it needs.
fn labelled(label: &str, text: &str, room: u16, role: Role) -> Vec<PanelLine> {
    let column = usize::from(LABEL).max(text_width(label) + 2);
    labelled_at(column, label, text, room, role)
}

/// Returns the same with the text in that column.
fn labelled_at(column: usize, label: &str, text: &str, room: u16, role: Role) -> Vec<PanelLine> {
    let beside = room.saturating_sub(u16::try_from(column).unwrap_or(LABEL));
    let lines = wrapped(text, beside, role);
    lines
        .into_iter()
        .enumerate()
        .map(|(row, line)| {
            let label = if row == 0 { label } else { "" };
            let gap = " ".repeat(column.saturating_sub(text_width(label)));
            let mut left = vec![(format!("{label}{gap}"), Role::Dim)];
            left.extend(line);
            PanelLine::left(left)
        })
        .collect()
}

/// Returns why a list could not be read.
pub fn problem(
    name: &DeploymentName,
    kind: Kind,
    context: &ViewContext<'_>,
    room: u16,
) -> Vec<PanelLine> {
    let list = context.store.lists.get(&(name.clone(), kind));
    let failure = list.and_then(|list| list.failure());
    let same = failure.map_or(0, |failure| context.store.same_problems(name, failure));
    let mut lines = vec![
        PanelLine::left(vec![
            ("▲ ".to_owned(), Role::Degraded),
            (format!("{} of {name}", pluralize(same, "list")), Role::Name),
        ]),
        PanelLine::blank(),
    ];
    if let Some(failure) = failure {
        lines.extend(
            failure_block(failure, room)
                .into_iter()
                .map(PanelLine::from),
        );
    }
    lines
}
