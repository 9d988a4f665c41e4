//! A deployment in detail: its last hour, its chain hop by hop in words, and what it is made of.

use ratatui::layout::Rect;

use crate::{
    doctor::HopState,
    kinds::StageStatus,
    messages::Action,
    model::{Deployment, DeploymentName, Health, Kind, pluralize},
    screens::{
        ViewContext,
        detail::{traffic_words, wrapped},
    },
    theme::Role,
    widgets::{
        Painter, Scroll, StyledLine, deployment_glyph, deployment_role, deployment_word, glyph,
        role_of, text_width,
    },
};

/// Columns of a label.
const LABEL: usize = 11;

/// An open overview of a deployment.
#[derive(Clone, Debug)]
pub(super) struct Overview {
    deployment: DeploymentName,
    scroll: Scroll,
}

impl Overview {
    pub(super) fn new(deployment: DeploymentName) -> Self {
        Self {
            deployment,
            scroll: Scroll::default(),
        }
    }

    /// Scrolls; `false` where the action is none of scrolling.
    pub(super) fn act(&mut self, action: Action) -> bool {
        self.scroll.act(action)
    }

    pub(super) fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let Some(deployment) = context.store.deployment(&self.deployment) else {
            painter.text(
                area.x + 1,
                area.y,
                area.width,
                "This deployment is gone.",
                Role::Dim,
            );
            return;
        };
        let verdict = context.store.health(&deployment.name);
        let role = deployment_role(verdict.health);
        let shape = deployment
            .shape
            .map_or_else(String::new, |shape| format!("  shape {shape:?}"));
        let title = match &deployment.title {
            Some(title) if *title != deployment.name.as_str() => format!("  {title}"),
            Some(_) | None => String::new(),
        };
        let head = [
            (deployment_glyph(verdict.health), role),
            (" ", Role::Text),
            (deployment.name.as_str(), Role::Name),
            (title.as_str(), Role::Dim),
            (shape.as_str(), Role::Dim),
            ("  ", Role::Text),
            (deployment_word(verdict.health), role),
        ];
        painter.spans(area.x + 1, area.y, area.width.saturating_sub(1), &head);
        let body = Rect {
            y: area.y + 2,
            height: area.height.saturating_sub(2),
            ..area
        };
        let lines = lines(deployment, context, body.width.saturating_sub(2));
        let window = self.scroll.window(usize::from(body.height), lines.len());
        for (line, row) in lines
            .iter()
            .skip(window.start)
            .take(window.len())
            .zip(body.rows())
        {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(row.x + 1, row.y, row.width.saturating_sub(2), &pieces);
        }
    }
}

fn lines(deployment: &Deployment, context: &ViewContext<'_>, room: u16) -> Vec<StyledLine> {
    let chain = context.store.chain(&deployment.name, context.now);
    let verdict = context.store.health(&deployment.name);
    let age = verdict
        .at
        .map_or_else(String::new, |at| format!(" ({} ago)", at.age(context.now)));
    let mut lines: Vec<StyledLine> = labelled(
        verdict.health.as_str(),
        &format!("{}{age}", verdict.evidence),
        room,
        deployment_role(verdict.health),
    );
    lines.push(Vec::new());
    for stage in &chain.stages {
        lines.extend(hop(stage, room));
    }
    if chain.stages.iter().any(|stage| stage.health.is_none()) {
        lines.push(vec![(
            format!("{:LABEL$}  · D examines it", ""),
            Role::Faint,
        )]);
    }
    if !chain.stages.is_empty() {
        lines.push(Vec::new());
    }
    if let Some(traffic) = context.store.traffic_of(&deployment.name) {
        lines.extend(labelled(
            "last hour",
            &traffic_words(&traffic),
            room,
            Role::Text,
        ));
    } else if let Some(failure) = context.store.uncounted.get(&deployment.name) {
        lines.extend(labelled(
            "last hour",
            &format!("not counted: {}", failure.cause),
            room,
            Role::Dim,
        ));
    }
    if let Some((at, report)) = context.store.examined.get(&deployment.name) {
        let found = report.verdict.as_ref().map_or_else(
            || {
                let warnings = report.count(HopState::Warning);
                match (report.healthy, warnings) {
                    (true, 0) => "a call went through the whole chain".to_owned(),
                    (true, count) => {
                        format!("a call went through, {}", pluralize(count, "warning"))
                    }
                    (false, _) => "no call went through, and no cause was found".to_owned(),
                }
            },
            |verdict| format!("{}. Fix: {}", verdict.hop, verdict.fix),
        );
        lines.extend(labelled(
            "doctor",
            &format!("{} ago: {found}", at.age(context.now)),
            room,
            Role::Text,
        ));
    }
    let own = |kind: Kind| {
        context
            .store
            .resources(&deployment.name)
            .filter(|each| each.key.kind == kind)
            .count()
    };
    let made: Vec<String> = Kind::ALL
        .into_iter()
        .map(|kind| (own(kind), kind))
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| pluralize(count, kind.as_str()))
        .collect();
    let facts = [
        (
            "made of",
            Some(made.join(", ")).filter(|made| !made.is_empty()),
        ),
        ("region", Some(deployment.region.clone())),
        ("profile", deployment.profile.clone()),
        ("stack", deployment.stack.clone()),
        ("sign-in by", Some(deployment.sign_in.mode().to_owned())),
        ("MCP", deployment.mcp_url.clone()),
        (
            "writes",
            deployment
                .read_only
                .then(|| "refused: read-only".to_owned()),
        ),
    ];
    for (label, value) in facts {
        if let Some(value) = value {
            lines.extend(labelled(label, &value, room, Role::Text));
        }
    }
    let missing = context.store.not_derived.get(&deployment.name);
    for sentence in missing.into_iter().flatten() {
        lines.extend(labelled("not known", sentence, room, Role::Degraded));
    }
    lines
}

/// A hop: its name, its mark, and what there is to say.
fn hop(stage: &StageStatus, room: u16) -> Vec<StyledLine> {
    let (mark, role) = stage.health.map_or(("·", Role::Faint), |health| {
        (glyph(health), role_of(health))
    });
    let text = match (&stage.words, stage.health) {
        (Some(words), _) => words.clone(),
        (None, Some(health)) => health.as_str().to_owned(),
        (None, None) => "not known".to_owned(),
    };
    let quiet = stage.health.is_none_or(|health| health == Health::Healthy);
    let text_role = if quiet { Role::Dim } else { role };
    let mut lines = labelled(
        stage.stage.as_str(),
        &text,
        room.saturating_sub(2),
        text_role,
    );
    for (row, line) in lines.iter_mut().enumerate() {
        line.insert(1, (format!("{} ", if row == 0 { mark } else { " " }), role));
    }
    lines
}

fn labelled(label: &str, text: &str, room: u16, role: Role) -> Vec<StyledLine> {
    let beside = room.saturating_sub(u16::try_from(LABEL + 2).unwrap_or(0));
    let mut lines = wrapped(text, beside, role);
    for (row, line) in lines.iter_mut().enumerate() {
        let label = if row == 0 { label } else { "" };
        let gap = " ".repeat((LABEL + 2).saturating_sub(text_width(label)));
        line.insert(0, (format!("{label}{gap}"), Role::Dim));
    }
    lines
}
