//! The mouse: tabs, rows, titles and the keys of the footer act where they were drawn.

use agentcore_console::{
    messages::{Effect, FleetEffect},
    model::Kind,
};

use crate::{
    harness::Harness,
    world::{key, ready},
};

/// The column and line of a text in a frame of this size.
fn place(harness: &Harness, (width, height): (u16, u16), text: &str) -> (u16, u16) {
    let frame = harness.frame(width, height);
    let found = frame.lines().enumerate().find_map(|(line, shown)| {
        let before = &shown[..shown.find(text)?];
        Some((before.chars().count(), line))
    });
    let (column, line) = found.unwrap_or_else(|| panic!("{text:?} is not in\n{frame}"));
    (u16::try_from(column).unwrap(), u16::try_from(line).unwrap())
}

#[test]
fn a_click_on_a_tab_opens_it_in_a_narrow_window_too() {
    for size in [(120, 36), (50, 20)] {
        let mut harness = ready();
        let (column, line) = place(&harness, size, "5 Doc");
        let effects = harness.click(column + 2, line);
        assert_eq!(
            effects.len(),
            2,
            "every deployment is examined: {effects:?}"
        );
    }
}

#[test]
fn a_click_on_a_key_of_the_footer_does_what_the_key_does() {
    for size in [(120, 36), (80, 24)] {
        let mut harness = ready();
        let (column, line) = place(&harness, size, "/ filter");
        assert_eq!(line, size.1 - 1);
        assert_eq!(harness.click(column, line), []);
        harness.text("staging");
        let frame = harness.frame(size.0, size.1);
        assert!(frame.contains("/staging"), "{frame}");
    }
}

#[test]
fn a_second_click_on_a_row_opens_it() {
    let mut harness = ready();
    let (_, line) = place(&harness, (120, 36), "prod-gateway");
    assert_eq!(harness.click(10, line), []);
    assert!(harness.selected().contains("prod-gateway"));
    assert_eq!(
        harness.click(10, line),
        [Effect::Fleet(FleetEffect::Describe(key(
            "prod",
            Kind::Gateway,
            "prod-gw"
        )))]
    );
}

#[test]
fn rows_are_clicked_beside_what_is_open_and_not_through_it() {
    let mut harness = ready();
    harness.frame(80, 24);
    harness.keys("enter");
    let small = harness.frame(80, 24);
    for _ in 0..2 {
        assert_eq!(harness.click(10, 6), []);
    }
    assert_eq!(
        harness.frame(80, 24),
        small,
        "what lies over the list keeps its clicks to itself"
    );
    harness.frame(120, 36);
    assert_eq!(harness.click(10, 6), []);
    assert!(
        harness.selected().contains("prod-gateway"),
        "{}",
        harness.selected()
    );
    assert_eq!(
        harness.click(10, 6),
        [Effect::Fleet(FleetEffect::Describe(key(
            "prod",
            Kind::Gateway,
            "prod-gw"
        )))]
    );
}
