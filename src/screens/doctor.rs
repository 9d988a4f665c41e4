//! Doctor: every deployment's chain hop by hop, the cause on top with its evidence and its fix.

use std::collections::BTreeMap;

use ratatui::layout::Rect;

use super::{AppRequest, Screen, ScreenUpdate, UpdateContext, ViewContext, detail::wrapped};
use crate::{
    doctor::{Finding, Report, State},
    keys::Layer,
    messages::{Action, AppAction, DoctorAction, Effect, Effects, FleetAction, ListAction},
    model::{DeploymentName, Moment},
    theme::Role,
    widgets::{List, Painter, text_width},
};

/// What was examined so long ago, in milliseconds, is examined again when the screen is opened.
const FRESH_MS: i64 = 60_000;

/// The state of the Doctor screen.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    list: List,
    asked: BTreeMap<DeploymentName, Moment>,
}

impl Doctor {
    /// Notes that an examination has ended, with a report or without.
    pub fn ended(&mut self, deployment: &DeploymentName) {
        self.asked.remove(deployment);
    }

    /// Begins the examination of one deployment, and shows it.
    pub fn examine(&mut self, deployment: &DeploymentName, context: &UpdateContext<'_>) -> Effects {
        if let Some(at) = context
            .store
            .deployments
            .iter()
            .position(|each| each.name == *deployment)
        {
            self.list.select(at);
        }
        self.asked.insert(deployment.clone(), context.now);
        Effects::one(Effect::Examine(deployment.clone()))
    }

    fn examine_all(&mut self, context: &UpdateContext<'_>) -> Effects {
        let names: Vec<DeploymentName> = context
            .store
            .deployments
            .iter()
            .map(|each| each.name.clone())
            .collect();
        self.asked
            .extend(names.iter().map(|name| (name.clone(), context.now)));
        names.into_iter().map(Effect::Examine).collect()
    }

    fn shown<'a>(&'a self, context: &ViewContext<'a>) -> Option<&'a DeploymentName> {
        context
            .store
            .deployments
            .get(self.list.cursor())
            .map(|each| &each.name)
    }
}

impl Screen for Doctor {
    fn layers(&self) -> Vec<Layer> {
        vec![Layer::Doctor, Layer::List]
    }

    fn enter(&mut self, context: &mut UpdateContext<'_>) -> Effects {
        let names = context
            .store
            .deployments
            .iter()
            .map(|each| each.name.clone());
        let is_fresh = |name: &DeploymentName| {
            context
                .store
                .examined
                .get(name)
                .is_some_and(|(at, _)| context.now.since(*at) <= FRESH_MS)
        };
        let unknown: Vec<DeploymentName> = names
            .filter(|name| !is_fresh(name) && !self.asked.contains_key(name))
            .collect();
        self.asked
            .extend(unknown.iter().map(|name| (name.clone(), context.now)));
        unknown.into_iter().map(Effect::Examine).collect()
    }

    fn act(&mut self, action: Action, context: &mut UpdateContext<'_>) -> ScreenUpdate {
        if self.list.act(action, context.store.deployments.len()) {
            return ScreenUpdate::done();
        }
        let name = context
            .store
            .deployments
            .get(self.list.cursor())
            .map(|each| each.name.clone());
        match (action, name) {
            (Action::Doctor(DoctorAction::Examine) | Action::App(AppAction::Refresh), _) => {
                ScreenUpdate::effects(self.examine_all(context))
            }
            (Action::List(ListAction::Open), Some(name)) => {
                ScreenUpdate::effects(self.examine(&name, context))
            }
            (Action::Fleet(FleetAction::FollowLogs), Some(name)) => {
                let groups = super::fleet::deployment_groups(context.store, &name);
                ScreenUpdate::request(AppRequest::Logs {
                    title: name.to_string(),
                    deployment: name,
                    groups,
                    since: None,
                })
            }
            (Action::Doctor(DoctorAction::CopyFix), Some(name)) => {
                match context
                    .store
                    .examined
                    .get(&name)
                    .and_then(|(_, report)| report.verdict.as_ref())
                {
                    Some(verdict) => ScreenUpdate::effect(Effect::Copy(verdict.fix.clone())),
                    None => {
                        ScreenUpdate::request(AppRequest::Say("nothing is to be fixed".to_owned()))
                    }
                }
            }
            _ => ScreenUpdate::ignored(),
        }
    }

    fn click(&mut self, column: u16, line: u16, _context: &mut UpdateContext<'_>) -> ScreenUpdate {
        match self.list.row_at(column, line) {
            Some(row) => {
                self.list.select(row);
                ScreenUpdate::done()
            }
            None => ScreenUpdate::ignored(),
        }
    }

    fn offers(&self, action: Action, _look: &ViewContext<'_>) -> bool {
        !matches!(
            action,
            Action::List(ListAction::Filter | ListAction::Sort | ListAction::Mark)
                | Action::App(AppAction::Refresh)
        )
    }

    fn view(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let deployments = &context.store.deployments;
        if deployments.is_empty() {
            painter.text(
                area.x + 3,
                area.y + 1,
                area.width,
                "No deployment is configured, so there is no chain to walk.",
                Role::Dim,
            );
            return;
        }
        let height = u16::try_from(deployments.len())
            .unwrap_or(u16::MAX)
            .min(area.height / 3)
            .max(1);
        let top = Rect { height, ..area };
        for (row, index) in self.list.window(top, deployments.len()).enumerate() {
            let Some(deployment) = deployments.get(index) else {
                continue;
            };
            let line = Rect {
                y: top.y + u16::try_from(row).unwrap_or(0),
                height: 1,
                ..top
            };
            if index == self.list.cursor() {
                painter.select_row(line, true);
            }
            self.draw_line(&deployment.name, context, line, painter);
        }
        let rule = Rect {
            y: area.y + height,
            height: 1,
            ..area
        };
        painter.hline(rule);
        let body = Rect {
            y: rule.y + 1,
            height: area.height.saturating_sub(height + 1),
            ..area
        };
        match self
            .shown(context)
            .and_then(|name| context.store.examined.get(name))
        {
            Some((_, report)) => draw_report(report, body, painter),
            None => {
                painter.spans(
                    body.x + 3,
                    body.y + 1,
                    body.width,
                    &[
                        (context.spinner, Role::Changing),
                        (" walking the chain", Role::Dim),
                    ],
                );
            }
        }
    }
}

impl Doctor {
    fn draw_line(
        &self,
        name: &DeploymentName,
        context: &ViewContext<'_>,
        line: Rect,
        painter: &mut Painter<'_>,
    ) {
        painter.text(line.x + 2, line.y, 24, name.as_str(), Role::Name);
        let mut x = line.x + 28;
        let asked = self.asked.get(name);
        if let Some((at, report)) = context.store.examined.get(name) {
            for finding in &report.hops {
                let (glyph, role) = mark(finding.state);
                x = painter.text(x, line.y, 1, glyph, role);
            }
            let age = format!("{} ago", at.age(context.now));
            let (words, role, age) = match &report.verdict {
                Some(verdict) => (
                    format!("   {}: {}", verdict.hop, verdict.evidence),
                    Role::Failed,
                    format!("   {age}"),
                ),
                None => ("   all well".to_owned(), Role::Dim, format!(", {age}")),
            };
            let width = u16::try_from(text_width(&age)).unwrap_or(0);
            x = painter.text(
                x,
                line.y,
                line.right().saturating_sub(x + 6 + width),
                &words,
                role,
            );
            x = painter.text(x, line.y, width, &age, Role::Dim);
        }
        if let Some(since) = asked {
            painter.spans(
                x + 1,
                line.y,
                12,
                &[
                    (context.spinner, Role::Changing),
                    (" ", Role::Dim),
                    (since.age(context.now).as_str(), Role::Dim),
                ],
            );
        }
    }
}

fn draw_report(report: &Report, area: Rect, painter: &mut Painter<'_>) {
    let mut rows = area.rows();
    if let Some(verdict) = &report.verdict {
        let mut lines = vec![vec![
            (format!("{} is the cause.", verdict.hop), Role::Failed),
            (format!("   source: {}", verdict.source), Role::Dim),
        ]];
        lines.extend(wrapped(
            &verdict.evidence,
            area.width.saturating_sub(4),
            Role::Text,
        ));
        lines.extend(wrapped(
            &format!("Fix: {}", verdict.fix),
            area.width.saturating_sub(4),
            Role::Accent,
        ));
        for (line, row) in lines.iter().zip(rows.by_ref()) {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(row.x + 2, row.y, row.width.saturating_sub(3), &pieces);
        }
        if let Some(row) = rows.next() {
            painter.hline(row);
        }
    }
    for (finding, row) in report.hops.iter().zip(rows) {
        let is_cause = report
            .verdict
            .as_ref()
            .is_some_and(|verdict| verdict.hop == finding.hop);
        draw_finding(finding, is_cause, row, painter);
    }
}

fn draw_finding(finding: &Finding, is_cause: bool, line: Rect, painter: &mut Painter<'_>) {
    let (glyph, role) = mark(finding.state);
    painter.spans(
        line.x + 2,
        line.y,
        15,
        &[
            (glyph, role),
            (" ", role),
            (
                finding.hop.as_str(),
                if finding.state == State::Failed {
                    Role::Name
                } else {
                    Role::Text
                },
            ),
        ],
    );
    let dim = matches!(finding.state, State::Skipped | State::Unknown);
    let room = line.width.saturating_sub(32);
    painter.text(
        line.x + 18,
        line.y,
        room,
        &finding.evidence,
        if dim { Role::Dim } else { Role::Text },
    );
    let elapsed = finding.elapsed_ms.map_or_else(
        || "-".to_owned(),
        |millis| {
            if millis < 1000 {
                format!("{millis} ms")
            } else {
                format!("{:.1} s", millis as f64 / 1000.0)
            }
        },
    );
    painter.text_right(
        line.right().saturating_sub(1),
        line.y,
        9,
        &elapsed,
        Role::Dim,
    );
    if is_cause {
        painter.text(
            line.right().saturating_sub(13),
            line.y,
            2,
            "←",
            Role::Failed,
        );
    }
}

/// Glyph and role of a hop's state.
pub const fn mark(state: State) -> (&'static str, Role) {
    match state {
        State::Ok => ("●", Role::Success),
        State::Warning => ("▲", Role::Degraded),
        State::Failed => ("✖", Role::Failed),
        State::Skipped => ("·", Role::Faint),
        State::Unknown => ("○", Role::Dim),
    }
}
