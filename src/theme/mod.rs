//! Themes: named roles, each with its style. Screens ask for a role and never name a colour.
//!
//! A role is written `{ color = "#58a6ff", ansi = "blue", bold = true }`: `color` for terminals with 24-bit colour, `ansi` for
//! those with sixteen. Every theme names every role. `glyphs = "ascii"` replaces every glyph of Unicode by an ASCII character.

mod rgb;

use ratatui::style::{Color, Modifier, Style};
use serde::Deserialize;

pub use rgb::Rgb;

/// What a piece of text or a line is, in the eyes of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Role {
    /// What has a name of its own.
    Name,
    /// Ordinary values.
    Text,
    /// Context: labels, ages, units.
    Dim,
    /// Less than context: hints, times of lines, line numbers, guides.
    Faint,
    /// What is selected, what is a key, what can be followed.
    Accent,
    /// As it should be.
    Success,
    /// Works in part.
    Degraded,
    /// Does not work.
    Failed,
    /// On its way.
    Changing,
    /// A person must act.
    Person,
    /// Background of the selected row.
    Selected,
    /// Thin rules between parts.
    Rule,
    /// A hit of a search.
    Hit,
    /// Lines of the gateway, and labels and types in Cypher.
    Gateway,
    /// Lines of the interceptor, and keywords of Cypher.
    Interceptor,
    /// Lines of the runtime, and literals in Cypher.
    Runtime,
    /// Lines of Neo4j, and parameters and variables in Cypher.
    Database,
    /// Bars and sparklines: a quantity, not a status.
    Bar,
    /// A bar outside of the window; never text to be read.
    Low,
    /// Background of what lies on top: palette, prompts, questions.
    Raised,
    /// Background of an input field.
    Field,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 21] = [
        Self::Name,
        Self::Text,
        Self::Dim,
        Self::Faint,
        Self::Accent,
        Self::Success,
        Self::Degraded,
        Self::Failed,
        Self::Changing,
        Self::Person,
        Self::Selected,
        Self::Rule,
        Self::Hit,
        Self::Gateway,
        Self::Interceptor,
        Self::Runtime,
        Self::Database,
        Self::Bar,
        Self::Low,
        Self::Raised,
        Self::Field,
    ];

    /// Its name in a theme file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Text => "text",
            Self::Dim => "dim",
            Self::Faint => "faint",
            Self::Accent => "accent",
            Self::Success => "well",
            Self::Degraded => "degraded",
            Self::Failed => "failed",
            Self::Changing => "changing",
            Self::Person => "person",
            Self::Selected => "selected",
            Self::Rule => "rule",
            Self::Hit => "hit",
            Self::Gateway => "gateway",
            Self::Interceptor => "interceptor",
            Self::Runtime => "runtime",
            Self::Database => "database",
            Self::Bar => "bar",
            Self::Low => "low",
            Self::Raised => "raised",
            Self::Field => "field",
        }
    }

    /// Returns whether its colour is a background.
    const fn is_background(self) -> bool {
        matches!(self, Self::Selected | Self::Raised | Self::Field)
    }
}

/// How many colours the terminal shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ColorDepth {
    /// 24-bit colour.
    True,
    /// The sixteen colours of the terminal's own palette.
    Sixteen,
}

/// The characters that bars, dots, arrows and rules are drawn with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum GlyphSet {
    /// Block elements, geometric shapes and braille.
    #[default]
    Unicode,
    /// ASCII only.
    Ascii,
}

/// The styles of all roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Theme {
    /// Name of the theme.
    pub name: String,
    /// The characters of everything that is not text.
    pub glyphs: GlyphSet,
    styles: [Style; Role::ALL.len()],
    /// The colour that the theme names for each role, however many colours cells can have.
    colors: [Option<Rgb>; Role::ALL.len()],
}

/// One role as a theme file writes it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ThemeFile {
    color: Option<String>,
    ansi: Option<String>,
    #[serde(default)]
    bold: bool,
    #[serde(default)]
    dim: bool,
    #[serde(default)]
    underlined: bool,
    #[serde(default)]
    reversed: bool,
}

/// The embedded themes by name.
pub const EMBEDDED: [(&str, &str); 6] = [
    ("dark", include_str!("../../assets/themes/dark.toml")),
    ("light", include_str!("../../assets/themes/light.toml")),
    ("mono", include_str!("../../assets/themes/mono.toml")),
    (
        "contrast",
        include_str!("../../assets/themes/contrast.toml"),
    ),
    (
        "contrast-light",
        include_str!("../../assets/themes/contrast-light.toml"),
    ),
    ("ascii", include_str!("../../assets/themes/ascii.toml")),
];

/// The names of the embedded themes, as a sentence lists them.
pub fn embedded_names() -> String {
    let names: Vec<&str> = EMBEDDED.iter().map(|(name, _)| *name).collect();
    names.join(", ")
}

impl Theme {
    /// Returns the style of a role.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role as usize).copied().unwrap_or_default()
    }

    /// Returns the foreground of a role for what is drawn with pixels. `None` for a role without a colour.
    pub fn rgb(&self, role: Role) -> Option<Rgb> {
        self.colors.get(role as usize).copied().flatten()
    }

    /// Returns the theme without any colour: with the attributes of the theme for NO_COLOR, and its own glyphs.
    #[must_use]
    pub fn without_colors(self) -> Self {
        let Ok(colorless) = Self::embedded("mono", ColorDepth::Sixteen) else {
            return self;
        };
        Self {
            name: self.name,
            glyphs: self.glyphs,
            ..colorless
        }
    }

    /// Returns the colour that the ground of the window is near to: black below light text, otherwise white.
    pub fn ground(&self) -> Rgb {
        if self.rgb(Role::Text).is_some_and(rgb::is_light) {
            [0; 3]
        } else {
            [255; 3]
        }
    }

    /// No style at all, for a console that was given no theme.
    pub fn plain() -> Self {
        Self {
            name: "plain".to_owned(),
            glyphs: GlyphSet::Unicode,
            styles: [Style::default(); Role::ALL.len()],
            colors: [None; Role::ALL.len()],
        }
    }

    /// Returns an embedded theme.
    ///
    /// # Errors
    /// The names that there are, where it is none of them.
    pub fn embedded(name: &str, depth: ColorDepth) -> Result<Self, String> {
        let found = EMBEDDED.iter().find(|(each, _)| *each == name);
        let Some((_, text)) = found else {
            return Err(format!(
                "no theme is called {name:?}; there are {}",
                embedded_names()
            ));
        };
        Self::parse(name, text, depth)
    }

    /// Reads a theme file.
    ///
    /// # Errors
    /// What is wrong with it: TOML that cannot be read, a role that is missing or unknown, a colour
    /// that is none.
    pub fn parse(name: &str, text: &str, depth: ColorDepth) -> Result<Self, String> {
        let mut entries: toml::Table = toml::from_str(text).map_err(|error| error.to_string())?;
        let glyphs = match entries.remove("glyphs") {
            None => GlyphSet::default(),
            Some(written) => GlyphSet::deserialize(written)
                .map_err(|wrong| format!("theme {name:?}, glyphs: {wrong}"))?,
        };
        let mut styles = [Style::default(); Role::ALL.len()];
        let mut colors = [None; Role::ALL.len()];
        for role in Role::ALL {
            let Some(written) = entries.remove(role.as_str()) else {
                return Err(format!("theme {name:?} lacks the role {:?}", role.as_str()));
            };
            let (style, color) = ThemeFile::deserialize(written)
                .map_err(|wrong| wrong.to_string())
                .and_then(|written| Ok((written.style(role, depth)?, written.rgb(role)?)))
                .map_err(|wrong| format!("theme {name:?}, role {:?}: {wrong}", role.as_str()))?;
            if let (Some(own_style), Some(own_color)) =
                (styles.get_mut(role as usize), colors.get_mut(role as usize))
            {
                (*own_style, *own_color) = (style, color);
            }
        }
        match entries.keys().next() {
            Some(unknown) => Err(format!("theme {name:?} has an unknown role {unknown:?}")),
            None => Ok(Self {
                name: name.to_owned(),
                glyphs,
                styles,
                colors,
            }),
        }
    }
}

impl ThemeFile {
    /// Returns the colour of what is drawn with pixels, which can have any colour.
    fn rgb(&self, role: Role) -> Result<Option<Rgb>, String> {
        let style = self.style(role, ColorDepth::True)?;
        Ok(style.fg.and_then(rgb::components))
    }

    fn style(&self, role: Role, depth: ColorDepth) -> Result<Style, String> {
        let word = match depth {
            ColorDepth::True => self.color.as_ref().or(self.ansi.as_ref()),
            ColorDepth::Sixteen => self.ansi.as_ref().or(self.color.as_ref()),
        };
        let mut style = Style::default();
        if let Some(word) = word {
            let color: Color = word.parse().map_err(|_| format!("{word:?} is no colour"))?;
            style = if role.is_background() {
                style.bg(color)
            } else {
                style.fg(color)
            };
        }
        let modifiers = [
            (self.bold, Modifier::BOLD),
            (self.dim, Modifier::DIM),
            (self.underlined, Modifier::UNDERLINED),
            (self.reversed, Modifier::REVERSED),
        ];
        Ok(modifiers
            .into_iter()
            .filter(|(on, _)| *on)
            .fold(style, |style, (_, modifier)| style.add_modifier(modifier)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_embedded_theme_names_every_role_in_both_depths() {
        for (name, _) in EMBEDDED {
            for depth in [ColorDepth::True, ColorDepth::Sixteen] {
                let theme = Theme::embedded(name, depth).unwrap();
                assert_eq!(theme.name, name);
            }
        }
    }

    #[test]
    fn mono_has_no_colour_and_still_tells_roles_apart() {
        let mono = Theme::embedded("mono", ColorDepth::True).unwrap();
        for role in Role::ALL {
            assert_eq!(
                (mono.style(role).fg, mono.style(role).bg),
                (None, None),
                "{role:?}"
            );
        }
        assert_ne!(mono.style(Role::Selected), mono.style(Role::Text));
    }

    #[test]
    fn pixels_have_the_colours_of_the_theme_however_many_colours_cells_have() {
        for depth in [ColorDepth::True, ColorDepth::Sixteen] {
            let dark = Theme::embedded("dark", depth).unwrap();
            assert_eq!(dark.rgb(Role::Accent), Some([0x58, 0xa6, 0xff]));
            assert_eq!(dark.rgb(Role::Selected), None, "a background");
            assert_eq!(dark.ground(), [0; 3]);
        }
        let light = Theme::embedded("light", ColorDepth::True).unwrap();
        assert_eq!(light.ground(), [255; 3]);
        let mono = Theme::embedded("mono", ColorDepth::True).unwrap();
        assert!(Role::ALL.iter().all(|role| mono.rgb(*role).is_none()));
    }

    /// Returns the contrast ratio of two colours by WCAG 2, from 1 to 21.
    fn contrast(one: Color, other: Color) -> f64 {
        let luminance = |color| {
            let Color::Rgb(red, green, blue) = color else {
                panic!("{color} is no 24-bit colour");
            };
            let linear = |part: u8| {
                let part = f64::from(part) / 255.0;
                if part <= 0.04045 {
                    part / 12.92
                } else {
                    ((part + 0.055) / 1.055).powf(2.4)
                }
            };
            0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
        };
        let (one, other) = (luminance(one), luminance(other));
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    #[test]
    fn the_high_contrast_themes_reach_seven_on_every_ground() {
        for (name, ground) in [
            ("contrast", Color::Rgb(0, 0, 0)),
            ("contrast-light", Color::Rgb(255, 255, 255)),
        ] {
            let theme = Theme::embedded(name, ColorDepth::True).unwrap();
            let text = theme.style(Role::Text).fg.unwrap();
            for role in Role::ALL {
                let style = theme.style(role);
                let ratio = match (style.fg, style.bg) {
                    (Some(colour), None) => contrast(colour, ground),
                    (None, Some(raised)) => contrast(text, raised),
                    other => panic!("{name} {role:?}: {other:?}"),
                };
                let least = if role == Role::Low { 3.0 } else { 7.0 };
                assert!(ratio >= least, "{name} {role:?}: {ratio:.1}");
            }
        }
    }

    #[test]
    fn every_text_is_legible_on_every_ground() {
        for (name, ground) in [
            ("dark", Color::Rgb(0x0d, 0x11, 0x17)),
            ("light", Color::Rgb(255, 255, 255)),
            ("contrast", Color::Rgb(0, 0, 0)),
            ("contrast-light", Color::Rgb(255, 255, 255)),
        ] {
            let theme = Theme::embedded(name, ColorDepth::True).unwrap();
            let raised = Role::ALL
                .into_iter()
                .filter_map(|role| theme.style(role).bg);
            let grounds: Vec<Color> = raised.chain([ground]).collect();
            assert_eq!(grounds.len(), 4, "{name}");
            // Rules and bars are no text.
            let is_text = |role: &Role| !matches!(role, Role::Rule | Role::Bar | Role::Low);
            for role in Role::ALL.into_iter().filter(is_text) {
                let Some(color) = theme.style(role).fg else {
                    continue;
                };
                for ground in &grounds {
                    let ratio = contrast(color, *ground);
                    assert!(ratio >= 4.5, "{name} {role:?} on {ground}: {ratio:.2}");
                }
            }
        }
    }

    #[test]
    fn without_colors_the_glyphs_stay_and_attributes_tell_roles_apart() {
        let ascii = Theme::embedded("ascii", ColorDepth::Sixteen)
            .unwrap()
            .without_colors();
        assert_eq!(
            (ascii.name.as_str(), ascii.glyphs),
            ("ascii", GlyphSet::Ascii)
        );
        for role in Role::ALL {
            let style = ascii.style(role);
            assert_eq!((style.fg, style.bg), (None, None), "{role:?}");
        }
        // A tab or a view that is chosen, and one that is not.
        assert_ne!(ascii.style(Role::Name), ascii.style(Role::Dim));
        assert_ne!(ascii.style(Role::Selected), ascii.style(Role::Text));
    }

    #[test]
    fn a_theme_may_ask_for_ascii_glyphs_and_for_nothing_else() {
        let ascii = Theme::embedded("ascii", ColorDepth::Sixteen).unwrap();
        assert_eq!(ascii.glyphs, GlyphSet::Ascii);
        let dark = EMBEDDED[0].1;
        let own = Theme::parse(
            "own",
            &format!("glyphs = \"ascii\"\n{dark}"),
            ColorDepth::True,
        );
        assert_eq!(own.unwrap().glyphs, GlyphSet::Ascii);
        let wrong = Theme::parse(
            "own",
            &format!("glyphs = \"latin\"\n{dark}"),
            ColorDepth::True,
        );
        let wrong = wrong.unwrap_err();
        assert!(
            wrong.contains("latin") && wrong.contains("ascii"),
            "{wrong}"
        );
    }

    #[test]
    fn a_missing_role_an_unknown_role_and_a_bad_colour_are_named() {
        let dark = EMBEDDED[0].1;
        let missing = dark
            .lines()
            .filter(|line| !line.starts_with("accent"))
            .collect::<Vec<_>>()
            .join("\n");
        assert!(
            Theme::parse("x", &missing, ColorDepth::True)
                .unwrap_err()
                .contains("\"accent\"")
        );
        assert!(
            Theme::parse("x", &format!("{dark}\nshiny = {{}}\n"), ColorDepth::True)
                .unwrap_err()
                .contains("shiny")
        );
        assert!(
            Theme::parse("x", &dark.replace("#58a6ff", "blurple"), ColorDepth::True)
                .unwrap_err()
                .contains("blurple")
        );
        assert!(
            Theme::embedded("dork", ColorDepth::True)
                .unwrap_err()
                .contains("dark, light, mono")
        );
    }
}
