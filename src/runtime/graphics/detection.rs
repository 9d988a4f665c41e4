//! Which protocol for pixels a terminal knows, by its environment.
//!
//! Terminals answer questions about it (kitty's graphics query, DA1 whose attribute 4 is sixel), but the reader of their input,
//! crossterm's, does not hand such answers on: it drops that of DA1 and takes that of kitty for typed keys. To read an
//! answer before it begins would take away what the user types meanwhile. So nothing is asked: `[ui] graphics` names the protocol
//! of a terminal whose environment says nothing.

use super::GraphicsProtocol;
use crate::config::GraphicsSetting;

/// Release of Konsole that brought sixel graphics, as `KONSOLE_VERSION` writes it.
const KONSOLE_WITH_SIXEL: u32 = 220_400;

/// Returns the protocol that is used: the configured one, or that of the terminal. `variable` returns a variable of the
/// environment.
pub fn protocol(
    setting: GraphicsSetting,
    variable: impl Fn(&str) -> Option<String>,
) -> Option<GraphicsProtocol> {
    match setting {
        GraphicsSetting::Auto => of_terminal(variable),
        GraphicsSetting::Kitty => Some(GraphicsProtocol::Kitty),
        GraphicsSetting::Sixel => Some(GraphicsProtocol::Sixel),
        GraphicsSetting::None => None,
    }
}

fn of_terminal(variable: impl Fn(&str) -> Option<String>) -> Option<GraphicsProtocol> {
    let is_set = |name: &str| variable(name).is_some_and(|value| !value.is_empty());
    let term = variable("TERM").unwrap_or_default();
    // A multiplexer stands between: what is below it may change, and it does not pass everything on.
    let is_multiplexed = ["TMUX", "STY", "ZELLIJ"].into_iter().any(is_set);
    if is_multiplexed || term.starts_with("tmux") || term.starts_with("screen") {
        return None;
    }
    by_term(&term).or_else(|| {
        // A terminal that was started within another one inherits the variables of that one.
        if is_set("XTERM_VERSION") || is_set("VTE_VERSION") {
            return None;
        }
        let program = variable("TERM_PROGRAM").or_else(|| variable("LC_TERMINAL"));
        by_program(program.as_deref().unwrap_or_default()).or_else(|| {
            let konsole = variable("KONSOLE_VERSION").and_then(|version| version.parse().ok());
            if konsole.is_some_and(|version: u32| version >= KONSOLE_WITH_SIXEL) {
                Some(GraphicsProtocol::Sixel)
            } else {
                is_set("KITTY_WINDOW_ID").then_some(GraphicsProtocol::Kitty)
            }
        })
    })
}

/// Returns the protocol of a terminal that has a type of its own.
fn by_term(term: &str) -> Option<GraphicsProtocol> {
    let is = |name: &str| {
        let rest = term.strip_prefix(name);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('-'))
    };
    if is("xterm-kitty") || is("xterm-ghostty") {
        return Some(GraphicsProtocol::Kitty);
    }
    let has_sixel = ["foot", "mlterm", "contour", "yaft", "vt340"]
        .into_iter()
        .any(is);
    has_sixel.then_some(GraphicsProtocol::Sixel)
}

/// Returns the protocol of a terminal by the name that it gives itself.
fn by_program(program: &str) -> Option<GraphicsProtocol> {
    match program {
        "ghostty" | "WezTerm" => Some(GraphicsProtocol::Kitty),
        "iTerm.app" | "iTerm2" | "mintty" => Some(GraphicsProtocol::Sixel),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type Environment = [(&'static str, &'static str)];

    fn detected(environment: &[(&str, &str)]) -> Option<GraphicsProtocol> {
        by_setting(GraphicsSetting::Auto, environment)
    }

    fn by_setting(
        setting: GraphicsSetting,
        environment: &[(&str, &str)],
    ) -> Option<GraphicsProtocol> {
        protocol(setting, |name| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn terminals_with_graphics_are_known_by_their_environment() {
        use GraphicsProtocol::{Kitty, Sixel};
        let table: &[(&Environment, Option<GraphicsProtocol>)] = &[
            (&[("TERM", "xterm-kitty")], Some(Kitty)),
            (
                &[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1")],
                Some(Kitty),
            ),
            (
                &[("TERM", "xterm-ghostty"), ("TERM_PROGRAM", "ghostty")],
                Some(Kitty),
            ),
            (
                &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "WezTerm")],
                Some(Kitty),
            ),
            (
                &[("TERM", "xterm-256color"), ("TERM_PROGRAM", "iTerm.app")],
                Some(Sixel),
            ),
            (
                &[("TERM", "xterm-256color"), ("LC_TERMINAL", "iTerm2")],
                Some(Sixel),
            ),
            (&[("TERM", "foot")], Some(Sixel)),
            (&[("TERM", "foot-extra")], Some(Sixel)),
            (&[("TERM", "vt340")], Some(Sixel)),
            (
                &[("TERM", "xterm-256color"), ("KONSOLE_VERSION", "230803")],
                Some(Sixel),
            ),
            (
                &[("TERM", "xterm-256color"), ("KONSOLE_VERSION", "211203")],
                None,
            ),
            (&[("TERM", "football")], None),
            (&[("TERM", "xterm-256color")], None),
            (
                &[
                    ("TERM", "xterm-256color"),
                    ("TERM_PROGRAM", "Apple_Terminal"),
                ],
                None,
            ),
            (&[("TERM", "linux")], None),
            (&[], None),
        ];
        for (environment, expected) in table {
            assert_eq!(detected(environment), *expected, "{environment:?}");
        }
    }

    #[test]
    fn a_terminal_within_another_one_does_not_have_the_graphics_of_that_one() {
        for inner in [("XTERM_VERSION", "XTerm(390)"), ("VTE_VERSION", "7600")] {
            assert_eq!(
                detected(&[("TERM", "xterm-256color"), ("KITTY_WINDOW_ID", "1"), inner]),
                None
            );
        }
        for multiplexer in ["TMUX", "STY", "ZELLIJ"] {
            let environment = [("TERM", "xterm-kitty"), (multiplexer, "x")];
            assert_eq!(detected(&environment), None, "{multiplexer}");
        }
        let environment = [("TERM", "tmux-256color"), ("TERM_PROGRAM", "WezTerm")];
        assert_eq!(detected(&environment), None);
    }

    #[test]
    fn the_configuration_goes_over_the_environment() {
        let tmux = [("TERM", "tmux-256color"), ("TMUX", "/tmp/tmux")];
        let kitty = [("TERM", "xterm-kitty")];
        assert_eq!(
            by_setting(GraphicsSetting::Sixel, &tmux),
            Some(GraphicsProtocol::Sixel)
        );
        assert_eq!(
            by_setting(GraphicsSetting::Kitty, &tmux),
            Some(GraphicsProtocol::Kitty)
        );
        assert_eq!(by_setting(GraphicsSetting::None, &kitty), None);
    }
}
