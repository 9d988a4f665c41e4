//! The graph of a result in a terminal with graphics: a picture of pixels, with captions of text.

use std::collections::HashSet;

use agentcore_console::{
    app::AppOptions,
    theme::EMBEDDED,
    widgets::{Picture, PictureShape},
};
use ratatui::{buffer::Buffer, layout::Rect};
use serde_json::json;

use crate::{
    explorer::{acted, node, rows},
    harness::{Harness, lines, options},
    world::{connected, deployments, endpoint, list, start},
};

/// The graph of three people in two films.
fn graph(has_graphics: bool) -> Harness {
    let mut harness = Harness::with(AppOptions {
        deployments: deployments(),
        has_graphics,
        ..options()
    });
    start(&mut harness);
    list(&mut harness);
    harness.keys("4");
    harness.on(connected(&endpoint("prod")));
    harness.keys("enter");
    harness.text("MATCH (p:Person)-[r]->(m:Movie) RETURN p, r, m");
    harness.keys("f5");
    let films = [
        node(1, "Movie", "The Matrix"),
        node(2, "Movie", "Cloud Atlas"),
    ];
    let people = [
        (3, "Keanu Reeves", 1, "Neo"),
        (4, "Hugo Weaving", 1, "Agent Smith"),
        (4, "Hugo Weaving", 2, "Bill Smoke"),
        (5, "Halle Berry", 2, "Luisa Rey"),
    ];
    let found = people.map(|(id, name, film, role)| {
        json!([
            node(id, "Person", name),
            acted(id, film, role),
            films[film - 1]
        ])
    });
    harness.on(rows(&["p", "r", "m"], found.to_vec()));
    harness.keys("v");
    harness
}

/// The picture of pixels of a frame, and its text.
fn frame(harness: &Harness) -> (Option<Box<Picture>>, String) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, 120, 36));
    let picture = harness.app.view(&mut buffer).take_picture();
    (picture, lines(&buffer).join("\n"))
}

fn count(picture: &Picture, is_counted: fn(&PictureShape) -> bool) -> usize {
    let shapes = picture.shapes.iter();
    shapes.filter(|shape| is_counted(shape)).count()
}

#[test]
fn discs_and_lines_are_pixels_and_captions_are_text() {
    assert_eq!(frame(&graph(false)).0, None, "a terminal without graphics");
    let mut harness = graph(true);
    let (picture, text) = frame(&harness);
    let picture = picture.unwrap();
    for caption in ["The Matrix", "Keanu Reeves", "Hugo Weaving"] {
        assert!(text.contains(caption), "{text}");
    }
    assert!(!text.contains('⣿'), "{text}");
    let is_disc = |shape: &PictureShape| matches!(shape, PictureShape::Disc { .. });
    let is_line = |shape: &PictureShape| matches!(shape, PictureShape::Line { .. });
    let is_ring = |shape: &PictureShape| matches!(shape, PictureShape::Ring { .. });
    assert_eq!(count(&picture, is_disc), 5);
    assert_eq!(count(&picture, is_line), 4);
    assert_eq!(count(&picture, is_ring), 1);
    assert_eq!(
        frame(&harness).0.as_ref(),
        Some(&picture),
        "nothing changed"
    );
    harness.keys("right");
    assert_ne!(frame(&harness).0, Some(picture), "another node is chosen");
    harness.keys("v");
    assert_eq!(frame(&harness).0, None, "another view of the result");
}

#[test]
fn no_line_crosses_a_caption() {
    let (picture, text) = frame(&graph(true));
    let picture = picture.unwrap();
    let raster = picture.rasterize((8.0, 16.0));
    let mut checked = 0;
    for (line, y) in text.lines().zip(0..36) {
        for caption in ["The Matrix", "Cloud Atlas", "Halle Berry", "Luisa Rey"] {
            let Some(at) = line.find(caption) else {
                continue;
            };
            let column = line[..at].chars().count();
            let (left, top) = (column - usize::from(picture.area.x), y - picture.area.y);
            let place = (left * 8, usize::from(top) * 16);
            let part = raster.part(place, (caption.len() * 8, 16));
            let seen = part.pixels.iter().filter(|pixel| pixel[3] > 0).count();
            assert!(seen < 40, "{seen} pixels over {caption:?}");
            checked += 1;
        }
    }
    assert!(checked >= 3, "{text}");
}

#[test]
fn what_lies_over_the_picture_is_cut_out_of_it() {
    let mut harness = graph(true);
    let seen = |harness: &Harness| {
        let raster = frame(harness).0.unwrap().rasterize((8.0, 16.0));
        let opaque = raster.pixels.iter().filter(|pixel| pixel[3] == 255);
        let colors: HashSet<[u8; 4]> = opaque.clone().copied().collect();
        (opaque.count(), colors.len())
    };
    let (whole, colors) = seen(&harness);
    assert!(colors > 3, "discs in two hues, lines in two: {colors}");
    harness.keys(":");
    assert_eq!(seen(&harness), (0, 0), "every command lies over all of it");
    harness.text("rotate");
    let (behind, colors) = seen(&harness);
    assert!(
        behind > 0 && colors == 1,
        "{behind} pixels in one faint colour"
    );
    harness.keys("esc ?");
    assert_eq!(frame(&harness).0, None, "the help lies over everything");
    harness.keys("esc");
    assert_eq!(seen(&harness).0, whole);
}

#[test]
fn themes_without_colours_or_with_ascii_alone_have_no_pixels() {
    let mut harness = graph(true);
    let themes = EMBEDDED.iter().map(|(name, _)| *name);
    let shown: Vec<(&str, bool)> = themes
        .map(|name| {
            let is_shown = frame(&harness).0.is_some();
            harness.keys("ctrl-t");
            (name, is_shown)
        })
        .collect();
    let expected = [
        ("dark", true),
        ("light", true),
        ("mono", false),
        ("contrast", true),
        ("contrast-light", true),
        ("ascii", false),
    ];
    assert_eq!(shown, expected);
}
