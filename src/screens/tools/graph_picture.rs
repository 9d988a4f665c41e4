//! The graph of a result as a picture of pixels, for terminals with graphics.

use ratatui::layout::Rect;

use crate::{
    theme::{Rgb, Role, Theme},
    widgets::{Dot, Picture, PictureShape},
};

/// Width of a line, in dots.
const LINE: f64 = 0.32;
/// Width of a line of the chosen node.
const CHOSEN_LINE: f64 = 0.5;
/// What a disc of pixels has more than a disc of braille, whose dots are round.
const ROUNDING: f64 = 0.4;
/// Distance between the chosen disc and the ring around it.
const GAP: f64 = 0.9;

/// The line of a relationship, in dots.
#[derive(Clone, Debug)]
pub(super) struct GraphEdge {
    pub(super) from: Dot,
    pub(super) to: Dot,
    /// Whether one of its ends is the chosen node.
    pub(super) is_chosen: bool,
}

/// The disc of a node, in dots.
#[derive(Clone, Debug)]
pub(super) struct GraphDisc {
    pub(super) place: Dot,
    pub(super) radius: f64,
    pub(super) role: Role,
    pub(super) is_chosen: bool,
}

impl GraphDisc {
    /// Returns the radius of the disc with the ring around it.
    pub(super) fn outer_radius(&self) -> f64 {
        if self.is_chosen {
            self.radius + ROUNDING + GAP
        } else {
            self.radius
        }
    }
}

/// The colours of a picture.
#[derive(Clone, Copy, Debug)]
pub(super) struct GraphColors<'a> {
    theme: &'a Theme,
    line: Rgb,
    chosen_line: Rgb,
}

impl<'a> GraphColors<'a> {
    /// Returns the colours of a theme; `None` for a theme without colours.
    pub(super) fn of_theme(theme: &'a Theme) -> Option<Self> {
        Some(Self {
            theme,
            line: theme.rgb(Role::Low)?,
            chosen_line: theme.rgb(Role::Accent)?,
        })
    }
}

/// Returns the picture of lines and discs. Captions interrupt lines, so that they can be read; discs lie over lines.
pub(super) fn graph_picture(
    area: Rect,
    edges: &[GraphEdge],
    discs: &[GraphDisc],
    captions: &[Rect],
    colors: GraphColors<'_>,
) -> Picture {
    let mut picture = Picture::new(area, colors.theme.ground());
    for edge in edges {
        let (width, color) = if edge.is_chosen {
            (CHOSEN_LINE, colors.chosen_line)
        } else {
            (LINE, colors.line)
        };
        picture.arrow(edge.from, edge.to, width, color);
    }
    for disc in discs.iter().filter(|disc| disc.is_chosen) {
        picture.shapes.push(PictureShape::Ring {
            centre: disc.place,
            radius: disc.outer_radius(),
            width: CHOSEN_LINE,
            color: colors.chosen_line,
        });
    }
    for caption in captions {
        picture.erase(*caption);
    }
    picture
        .shapes
        .extend(discs.iter().map(|disc| PictureShape::Disc {
            centre: disc.place,
            radius: disc.radius + ROUNDING,
            color: colors.theme.rgb(disc.role).unwrap_or(colors.chosen_line),
        }));
    picture
}
