//! The graph of a result as a picture of braille: discs in the hue of their label, captions, the relationships of the chosen node.

use ratatui::layout::Rect;
use serde_json::Value;

use super::{
    graph_captions::Captions,
    graph_picture::{GraphColors, GraphDisc, GraphEdge, graph_picture},
};
use crate::{
    keys::Layer,
    messages::{Action, ListAction},
    model::{Table, with_separators},
    screens::ViewContext,
    theme::Role,
    tools::{
        cells,
        graph::{ResultGraph, positions},
    },
    widgets::{BrailleCanvas, Dot, Painter, StyledLine, cut},
};

/// Neighbours that a node is expanded by at most.
const NEIGHBOURS: usize = 25;
/// Hues of labels, in the order of their frequency.
const HUES: [Role; 4] = [
    Role::Interceptor,
    Role::Gateway,
    Role::Runtime,
    Role::Database,
];
/// Columns of the longest caption.
const CAPTION: usize = 22;
/// Columns of the detail beside the picture.
const DETAIL: u16 = 32;
/// From this width the detail stands beside the picture.
const BESIDE: u16 = 84;
/// The largest zoom.
const ZOOM: u8 = 5;

/// The graph of a result with its chosen node.
#[derive(Clone, Debug)]
pub(super) struct GraphPane {
    graph: ResultGraph,
    positions: Vec<Dot>,
    chosen: usize,
    zoom: u8,
    /// How often a node was expanded.
    expansions: usize,
}

impl GraphPane {
    /// Returns the graph of a table; `None` if it holds no node.
    pub(super) fn of_table(table: &Table) -> Option<Self> {
        let graph = ResultGraph::of_table(table)?;
        let mut pane = Self {
            graph,
            positions: Vec::new(),
            chosen: 0,
            zoom: 1,
            expansions: 0,
        };
        pane.lay_out();
        // The node with the most relationships says most.
        let degree = |node: usize| pane.graph.neighbours(node).len();
        let best = (0..pane.graph.nodes.len())
            .rev()
            .max_by_key(|node| degree(*node));
        pane.chosen = best.unwrap_or(0);
        Some(pane)
    }

    fn lay_out(&mut self) {
        let edges: Vec<(usize, usize)> = self
            .graph
            .relationships
            .iter()
            .map(|relationship| (relationship.from, relationship.to))
            .collect();
        self.positions = positions(self.graph.nodes.len(), &edges);
    }

    /// Adds the nodes and relationships of a table.
    pub(super) fn add(&mut self, table: &Table) {
        self.graph.add_table(table);
        self.expansions += 1;
        self.lay_out();
    }

    /// Returns the statement that finds the neighbours of the chosen node.
    pub(super) fn neighbours_statement(&self) -> Option<String> {
        let node = self.graph.nodes.get(self.chosen)?;
        node.neighbours_statement(NEIGHBOURS)
    }

    /// Returns the size of the graph, with what is left out of it.
    pub(super) fn size_in_words(&self) -> String {
        let graph = &self.graph;
        let count = |shown: usize, all: usize, thing: &str| {
            let plural = if all == 1 { "" } else { "s" };
            let all_text = with_separators(all as u64);
            if shown < all {
                format!("{shown} of {all_text} {thing}{plural}")
            } else {
                format!("{all_text} {thing}{plural}")
            }
        };
        format!(
            "{}   {}",
            count(graph.nodes.len(), graph.total_nodes, "node"),
            count(
                graph.relationships.len(),
                graph.total_relationships,
                "relationship"
            )
        )
    }

    /// Zooms in or out, around the chosen node.
    pub(super) const fn zoom(&mut self, closer: bool) {
        if closer && self.zoom < ZOOM {
            self.zoom += 1;
        } else if !closer && self.zoom > 1 {
            self.zoom -= 1;
        }
    }

    /// Chooses another node. Returns `false` if the action is no movement.
    pub(super) fn act(&mut self, action: Action) -> bool {
        let Action::List(action) = action else {
            return false;
        };
        let count = self.graph.nodes.len();
        let next = match action {
            ListAction::Left => self.towards(-1.0, 0.0),
            ListAction::Right => self.towards(1.0, 0.0),
            ListAction::Up => self.towards(0.0, -1.0),
            ListAction::Down => self.towards(0.0, 1.0),
            ListAction::PageDown => Some((self.chosen + 1) % count.max(1)),
            ListAction::PageUp => Some(self.chosen.checked_sub(1).unwrap_or(count.max(1) - 1)),
            ListAction::Top => Some(0),
            ListAction::Bottom => count.checked_sub(1),
            ListAction::Open | ListAction::Filter | ListAction::Sort | ListAction::Mark => {
                return false;
            }
        };
        if let Some(next) = next {
            self.chosen = next;
        }
        true
    }

    /// Returns the nearest node in a direction; the more it lies to the side, the further away it counts.
    fn towards(&self, across: f64, down: f64) -> Option<usize> {
        let (x, y) = self.positions.get(self.chosen).copied()?;
        let distance = |(other_x, other_y): &Dot| {
            let (dx, dy) = (other_x - x, other_y - y);
            let ahead = dx * across + dy * down;
            // The distance by the square of the cosine: what lies almost across the direction is the last to be chosen.
            (ahead > 1e-6).then(|| dx.hypot(dy).powi(3) / ahead.powi(2))
        };
        self.positions
            .iter()
            .enumerate()
            .filter(|(at, _)| *at != self.chosen)
            .filter_map(|(at, place)| Some((at, distance(place)?)))
            .min_by(|(_, one), (_, other)| one.total_cmp(other))
            .map(|(at, _)| at)
    }

    /// Draws the picture, its legend, and the chosen node beside it if there is room and no other place for it.
    pub(super) fn view(
        &self,
        has_side_pane: bool,
        context: &ViewContext<'_>,
        area: Rect,
        painter: &mut Painter<'_>,
    ) {
        let has_detail = !has_side_pane && area.width >= BESIDE;
        let detail = if has_detail { DETAIL } else { 0 };
        let picture = Rect {
            width: area.width - detail,
            height: area.height.saturating_sub(2),
            ..area
        };
        self.draw_picture(picture, context.has_graphics, painter);
        let legend = Rect {
            y: picture.bottom(),
            height: area.height.saturating_sub(picture.height),
            ..area
        };
        self.draw_legend(context, legend, painter);
        if has_detail {
            let place = Rect {
                x: picture.right(),
                width: detail,
                height: picture.height,
                ..area
            };
            self.draw_detail(place, painter);
        }
    }

    /// Draws the chosen node: its labels, properties, id, and relationships.
    pub(super) fn draw_detail(&self, area: Rect, painter: &mut Painter<'_>) {
        for (line, row) in self.detail().iter().zip(area.rows()) {
            let pieces: Vec<(&str, Role)> = line
                .iter()
                .map(|(text, role)| (text.as_str(), *role))
                .collect();
            painter.spans(row.x + 1, row.y, row.width.saturating_sub(2), &pieces);
        }
    }

    fn detail(&self) -> Vec<StyledLine> {
        let Some(node) = self.graph.nodes.get(self.chosen) else {
            return Vec::new();
        };
        let fact = |name: &str, text: String, role: Role| {
            vec![(format!("  {name:<8} "), Role::Dim), (text, role)]
        };
        let mut lines = vec![vec![
            ("● ".to_owned(), self.hue(self.chosen)),
            (node.caption(), Role::Name),
        ]];
        for label in &node.labels {
            lines.push(fact("label", format!(":{label}"), Role::Gateway));
        }
        for (name, value) in &node.properties {
            let text = match value {
                Value::String(text) => format!("\"{text}\""),
                other => cells::shown(other),
            };
            lines.push(fact(name, text, Role::Runtime));
        }
        if node.has_element_id {
            lines.push(fact("id", node.id.clone(), Role::Text));
        }
        lines.push(Vec::new());
        for (relationship, other) in self.graph.neighbours(self.chosen) {
            let arrow = if relationship.from == self.chosen {
                "→"
            } else {
                "←"
            };
            let other = self.graph.nodes.get(other);
            let caption = other.map(crate::tools::graph::ResultNode::caption);
            lines.push(vec![
                (format!("  {} {arrow} ", relationship.kind), Role::Dim),
                (caption.unwrap_or_default(), Role::Text),
            ]);
        }
        lines
    }

    fn hue(&self, node: usize) -> Role {
        let labels = self.graph.labels();
        let own = self
            .graph
            .nodes
            .get(node)
            .and_then(|node| node.labels.first());
        let at = labels
            .iter()
            .position(|(label, _)| Some(label) == own)
            .unwrap_or(0);
        HUES.get(at % HUES.len()).copied().unwrap_or(Role::Text)
    }

    /// Radius of a disc in dots: by the room that a node has, and by the number of its relationships.
    fn radius(&self, node: usize, (width, height): Dot) -> f64 {
        let zoom = f64::from(self.zoom);
        let count = self.graph.nodes.len().max(1) as f64;
        let room = (width * height * zoom * zoom / count).sqrt();
        let base = (room / 9.0).floor().clamp(1.0, 4.0);
        let is_hub = self.graph.neighbours(node).len() > 3;
        if is_hub { base + 1.0 } else { base }
    }

    /// Returns where the nodes stand on a canvas of this size.
    fn places(&self, (width, height): Dot) -> Vec<Dot> {
        let (margin_x, margin_y) = ((width / 7.0).min(28.0), (height / 6.0).min(12.0));
        let (most_x, most_y) = self
            .positions
            .iter()
            .fold((0.0_f64, 0.0_f64), |(x, y), place| {
                (x.max(place.0), y.max(place.1))
            });
        let scale = |room: f64, extent: f64| {
            if extent < 1e-6 {
                f64::MAX
            } else {
                room.max(1.0) / extent
            }
        };
        let across = scale(2.0_f64.mul_add(-margin_x, width), most_x);
        let down = scale(2.0_f64.mul_add(-margin_y, height), most_y);
        let limit = if across.min(down) > 1e9 {
            1.0
        } else {
            2.2 * across.min(down)
        };
        let zoom = f64::from(self.zoom);
        let (across, down) = (across.min(limit) * zoom, down.min(limit) * zoom);
        let centre = if self.zoom > 1 {
            self.positions.get(self.chosen).copied().unwrap_or_default()
        } else {
            (most_x / 2.0, most_y / 2.0)
        };
        self.positions
            .iter()
            .map(|(x, y)| {
                (
                    (x - centre.0).mul_add(across, width / 2.0),
                    (y - centre.1).mul_add(down, height / 2.0),
                )
            })
            .collect()
    }

    /// Draws discs, lines and captions. A terminal with graphics shows discs and lines with its pixels; the braille canvas then
    /// says only where captions have room.
    fn draw_picture(&self, area: Rect, has_graphics: bool, painter: &mut Painter<'_>) {
        if area.height < 3 || area.width < 10 {
            return;
        }
        let mut canvas = BrailleCanvas::new(area.width, area.height);
        let size = canvas.size();
        let places = self.places(size);
        let edges = self.edges(size, &places);
        for edge in &edges {
            let (step, role) = if edge.is_chosen {
                (1.0, Role::Accent)
            } else {
                (2.5, Role::Low)
            };
            canvas.arrow(edge.from, edge.to, step, role);
        }
        let discs: Vec<GraphDisc> = (0..self.graph.nodes.len())
            .zip(&places)
            .map(|(node, place)| GraphDisc {
                place: *place,
                radius: self.radius(node, size),
                role: self.hue(node),
                is_chosen: node == self.chosen,
            })
            .collect();
        let colors = GraphColors::of_theme(painter.theme).filter(|_| has_graphics);
        for disc in &discs {
            let radius = if colors.is_some() {
                disc.outer_radius()
            } else {
                disc.radius
            };
            canvas.disc(disc.place, radius, disc.role);
        }
        if colors.is_none() {
            canvas.draw(area, painter);
        }
        let mut captions = Captions::new(area, &canvas);
        self.draw_captions(&places, &mut captions, painter);
        if let Some(colors) = colors {
            let captions = captions.into_drawn();
            painter.show_picture(graph_picture(area, &edges, &discs, &captions, colors));
        }
    }

    /// Returns the lines of relationships, those of the chosen node last: they lie over the others.
    fn edges(&self, size: Dot, places: &[Dot]) -> Vec<GraphEdge> {
        let ends = self
            .graph
            .relationships
            .iter()
            .map(|found| (found.from, found.to));
        let mut edges: Vec<GraphEdge> = ends
            .filter(|(from, to)| from != to)
            .filter_map(|(from, to)| {
                let (start, end) = (*places.get(from)?, *places.get(to)?);
                let (dx, dy) = (end.0 - start.0, end.1 - start.1);
                let length = dx.hypot(dy).max(1.0);
                let (before, behind) = (self.radius(from, size) + 2.0, self.radius(to, size) + 2.0);
                let (unit_x, unit_y) = (dx / length, dy / length);
                (length > before + behind).then(|| GraphEdge {
                    from: (
                        unit_x.mul_add(before, start.0),
                        unit_y.mul_add(before, start.1),
                    ),
                    to: (
                        unit_x.mul_add(-behind, end.0),
                        unit_y.mul_add(-behind, end.1),
                    ),
                    is_chosen: from == self.chosen || to == self.chosen,
                })
            })
            .collect();
        edges.sort_by_key(|edge| edge.is_chosen);
        edges
    }

    /// Captions of nodes, the chosen one first, then those of nodes with many relationships; and what the relationships of
    /// the chosen node say.
    fn draw_captions(
        &self,
        places: &[Dot],
        captions: &mut Captions<'_>,
        painter: &mut Painter<'_>,
    ) {
        let mut order: Vec<usize> = (0..self.graph.nodes.len()).collect();
        order.sort_by_key(|node| {
            let degree = self.graph.neighbours(*node).len();
            (*node != self.chosen, std::cmp::Reverse(degree))
        });
        for node in order {
            let (Some(place), Some(own)) = (places.get(node), self.graph.nodes.get(node)) else {
                continue;
            };
            let is_chosen = node == self.chosen;
            let text = cut(&own.caption(), CAPTION);
            let is_hub = self.graph.neighbours(node).len() > 2;
            let role = if is_chosen || is_hub {
                Role::Name
            } else {
                Role::Text
            };
            let radius = self.radius(node, captions.size());
            captions.draw(&text, *place, radius, (role, is_chosen), painter);
        }
        for (relationship, other) in self.graph.neighbours(self.chosen) {
            if let (Some(one), Some(other)) = (places.get(self.chosen), places.get(other)) {
                let middle = (f64::midpoint(one.0, other.0), f64::midpoint(one.1, other.1));
                let text = cut(&relationship.caption(), CAPTION);
                captions.draw(&text, middle, 1.0, (Role::Runtime, false), painter);
            }
        }
    }

    fn draw_legend(&self, context: &ViewContext<'_>, area: Rect, painter: &mut Painter<'_>) {
        let mut lines = area.rows();
        let Some(line) = lines.next() else { return };
        let mut pieces: Vec<(String, Role)> = Vec::new();
        for (at, (label, count)) in self.graph.labels().into_iter().enumerate().take(6) {
            let hue = HUES.get(at % HUES.len()).copied().unwrap_or(Role::Text);
            let label = if label.is_empty() {
                "no label".to_owned()
            } else {
                label
            };
            pieces.push(("● ".to_owned(), hue));
            pieces.push((format!("{label} {count}   "), Role::Dim));
        }
        for (kind, count) in self.graph.kinds().into_iter().take(4) {
            pieces.push((format!("→ {kind} {count}   "), Role::Dim));
        }
        let shown: Vec<(&str, Role)> = pieces
            .iter()
            .map(|(text, role)| (text.as_str(), *role))
            .collect();
        painter.spans(line.x + 1, line.y, line.width.saturating_sub(2), &shown);
        let Some(line) = lines.next() else { return };
        let room = line.width.saturating_sub(2);
        if let Some(statement) = self.neighbours_statement() {
            let layers = [Layer::List];
            let key = context
                .keymap
                .key_of(&layers, Action::List(ListAction::Open))
                .unwrap_or_default();
            let key = if key == "enter" {
                "⏎".to_owned()
            } else {
                key
            };
            let pieces = [
                (key.as_str(), Role::Accent),
                (" neighbours  ", Role::Dim),
                (statement.as_str(), Role::Faint),
            ];
            painter.spans(line.x + 1, line.y, room, &pieces);
        } else {
            let text = "this server leaves out the ids of nodes: they cannot be expanded";
            painter.text(line.x + 1, line.y, room, text, Role::Faint);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caption(pane: &GraphPane) -> String {
        pane.graph.nodes[pane.chosen].caption()
    }

    fn star() -> GraphPane {
        let node = |at: usize| json!({"ElementId": format!("4:x:{at}"), "Labels": ["Person"], "Props": {"name": format!("P{at}")}});
        let rows = (1..9).map(|at| {
            vec![
                node(at),
                json!({"ElementId": format!("5:x:{at}"), "StartElementId": format!("4:x:{at}"), "EndElementId": "4:x:0",
                    "Type": "KNOWS", "Props": {}}),
                node(0),
            ]
        });
        let table = Table {
            columns: vec!["p".into(), "r".into(), "m".into()],
            rows: rows.collect(),
            lost_temporals: Vec::new(),
        };
        GraphPane::of_table(&table).unwrap()
    }

    #[test]
    fn the_hub_is_chosen_first_and_arrows_lead_to_the_nearest_in_their_direction() {
        let mut pane = star();
        assert_eq!(caption(&pane), "P0");
        let x = |pane: &GraphPane| pane.positions[pane.chosen].0;
        let before = x(&pane);
        assert!(pane.act(Action::List(ListAction::Right)) && x(&pane) > before);
        assert!(pane.act(Action::List(ListAction::Left)));
        assert_eq!(caption(&pane), "P0");
        assert!(!pane.act(Action::List(ListAction::Sort)));
    }

    #[test]
    fn every_node_stands_within_the_picture_and_zoom_moves_the_chosen_one_to_its_middle() {
        let mut pane = star();
        let size = (160.0, 80.0);
        for (x, y) in pane.places(size) {
            assert!(
                (0.0..160.0).contains(&x) && (0.0..80.0).contains(&y),
                "{x} {y}"
            );
        }
        pane.zoom(true);
        let (x, y) = pane.places(size)[pane.chosen];
        assert!((x - 80.0).abs() < 1e-6 && (y - 40.0).abs() < 1e-6);
    }

    #[test]
    fn neighbours_are_added_and_counted() {
        let mut pane = star();
        assert_eq!(pane.size_in_words(), "9 nodes   8 relationships");
        let statement = pane.neighbours_statement().unwrap();
        assert!(statement.contains("4:x:0"), "{statement}");
        let more = Table {
            columns: vec!["m".into()],
            rows: vec![vec![
                json!({"ElementId": "4:x:99", "Labels": ["Movie"], "Props": {}}),
            ]],
            lost_temporals: Vec::new(),
        };
        pane.add(&more);
        assert_eq!(pane.size_in_words(), "10 nodes   8 relationships");
    }
}
