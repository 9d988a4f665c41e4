//! The configuration: one TOML file, read whole and judged whole. `read` turns text into deployments and settings,
//! `problem` says what is wrong and where, `write` is the only thing that writes a configuration.
//!
//! A file that is wrong in places never stops the console: what is right in it counts, the rest is told.

mod address;
mod deployment;
mod problem;
mod read;
mod section;
mod sign_in;
mod state_folder;
pub mod write;

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use etcetera::BaseStrategy as _;

use crate::model::{Deployment, MisconfiguredDeployment};

pub(crate) use deployment::check_header_name;
pub use problem::{Problem, SourceLocations};
pub use read::parse;
pub(crate) use sign_in::sign_in_of_environment;
pub use state_folder::{create_state_folder, state_file};

/// The documented example; a test holds it against the reader.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");

/// What the file says.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Config {
    /// Deployments in the order of the file; only those without a problem.
    pub deployments: Vec<Deployment>,
    /// Those with a problem, in the order of the file.
    pub misconfigured: Vec<MisconfiguredDeployment>,
    /// Settings of the console.
    pub ui: Ui,
    /// The `[keys]` table as written; `keys` judges it against the action table.
    pub keys: toml::Table,
}

/// Settings of the console. Environment and flags go over them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ui {
    /// Name of an embedded theme or path of a theme file; `None`: what fits the terminal.
    pub theme: Option<String>,
    /// How often the fleet is listed again while nothing moves.
    pub refresh: Duration,
    /// Whether the mouse is taken.
    pub mouse: bool,
    /// What the terminal does when a deployment becomes failing or broken.
    pub alarm: TerminalAlarm,
    /// How pictures are shown.
    pub graphics: GraphicsSetting,
}

/// How pictures are shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum GraphicsSetting {
    /// By the graphics of the terminal if its environment names one that has them, otherwise by braille characters.
    #[default]
    Auto,
    /// By the graphics protocol of kitty.
    Kitty,
    /// By sixel graphics.
    Sixel,
    /// By braille characters.
    None,
}

impl GraphicsSetting {
    /// Every setting.
    pub const ALL: [Self; 4] = [Self::Auto, Self::Kitty, Self::Sixel, Self::None];

    /// Its name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Kitty => "kitty",
            Self::Sixel => "sixel",
            Self::None => "none",
        }
    }

    /// Returns the setting of this name.
    ///
    /// # Errors
    /// The names that there are, if it is none of them.
    pub fn parse(name: &str) -> Result<Self, String> {
        let found = Self::ALL
            .into_iter()
            .find(|setting| setting.as_str() == name);
        found.ok_or_else(|| format!("\"{name}\" is no graphics: write auto, kitty, sixel or none"))
    }
}

/// What the terminal does when a deployment becomes failing or broken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TerminalAlarm {
    /// Nothing.
    #[default]
    Off,
    /// It rings its bell (BEL).
    Bell,
    /// It shows a notification (OSC 9: iTerm2, kitty, WezTerm, Windows Terminal).
    Osc9,
    /// It shows a notification with a title (OSC 777: urxvt, foot, Ghostty, terminals with VTE).
    Osc777,
}

impl TerminalAlarm {
    /// Every alarm.
    pub const ALL: [Self; 4] = [Self::Off, Self::Bell, Self::Osc9, Self::Osc777];

    /// Its name in the configuration.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::Bell => "bell",
            Self::Osc9 => "osc9",
            Self::Osc777 => "osc777",
        }
    }
}

impl Default for Ui {
    fn default() -> Self {
        Self {
            theme: None,
            refresh: Duration::from_secs(30),
            mouse: true,
            alarm: TerminalAlarm::Off,
            graphics: GraphicsSetting::Auto,
        }
    }
}

/// A configuration with where it came from and what is to be said about it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// What is right in it.
    pub config: Config,
    /// Where it was looked for; `None` where this machine has no home folder.
    pub path: Option<PathBuf>,
    /// Whether there was a file.
    pub found: bool,
    /// Everything that is wrong, in the order of the file.
    pub problems: Vec<Problem>,
    /// What works but should not stay so.
    pub warnings: Vec<String>,
    /// Where everything stands, for judges of a part of it.
    pub places: SourceLocations,
}

impl Loaded {
    /// One more problem, of the name or the value at this path, in its place among the others.
    pub fn complain<'p>(
        &mut self,
        path: impl IntoIterator<Item = &'p str>,
        of_value: bool,
        message: String,
    ) {
        let problem = self.places.problem(path, of_value, message);
        let after = self
            .problems
            .partition_point(|known| (known.line, known.column) <= (problem.line, problem.column));
        self.problems.insert(after, problem);
    }
}

/// Returns the path of the configuration where no other is named: `$XDG_CONFIG_HOME/agentcore-console/config.toml`.
pub fn default_path() -> Option<PathBuf> {
    let base = etcetera::choose_base_strategy().ok()?;
    Some(
        base.config_dir()
            .join("agentcore-console")
            .join("config.toml"),
    )
}

/// The region of a deployment that names none, given the profile that it names.
pub type RegionOf<'f> = &'f dyn Fn(Option<&str>) -> Option<String>;

/// Reads the named file, or the default one. Only a named file must exist. `region` is asked for deployments that name none.
pub fn load(named: Option<&Path>, region: RegionOf<'_>) -> Loaded {
    let Some(path) = named.map(Path::to_path_buf).or_else(default_path) else {
        return Loaded::default();
    };
    match fs::read_to_string(&path) {
        Ok(text) => {
            let (mut config, problems, places) = read::read(&text, region);
            for deployment in &mut config.misconfigured {
                deployment.file = Some(path.display().to_string());
            }
            let warnings = warn_of_readers(&path, &config).into_iter().collect();
            Loaded {
                config,
                path: Some(path),
                found: true,
                problems,
                warnings,
                places,
            }
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound && named.is_none() => Loaded {
            path: Some(path),
            ..Loaded::default()
        },
        Err(error) => {
            let wrong = match error.kind() {
                io::ErrorKind::NotFound => "there is no such file".to_owned(),
                io::ErrorKind::InvalidData => "it is not text (UTF-8)".to_owned(),
                _ => format!("it cannot be read: {error}"),
            };
            let problems = vec![Problem::whole_file(wrong)];
            Loaded {
                path: Some(path),
                problems,
                ..Loaded::default()
            }
        }
    }
}

#[cfg(unix)]
fn warn_of_readers(path: &Path, config: &Config) -> Option<String> {
    use std::os::unix::fs::MetadataExt as _;

    let mode = fs::metadata(path).ok()?.mode();
    let exposed = mode & 0o077 != 0
        && config
            .deployments
            .iter()
            .any(deployment::holds_inline_secret);
    exposed.then(|| {
        let shown = path.display();
        format!(
            "{shown} holds secrets and others may read it (mode {:o}): chmod 600 {shown}",
            mode & 0o777
        )
    })
}

#[cfg(not(unix))]
fn warn_of_readers(_path: &Path, _config: &Config) -> Option<String> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_example_is_right_and_whole() {
        let (config, problems) = parse(EXAMPLE, &|| None);
        assert_eq!(problems, []);
        let shapes: Vec<&str> = config
            .deployments
            .iter()
            .map(|deployment| deployment.sign_in.mode())
            .collect();
        assert_eq!(shapes, ["m2m", "m2m", "bearer", "sigv4", "user"]);
    }

    #[test]
    fn a_missing_file_is_only_wrong_where_it_was_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("none.toml");
        let loaded = load(Some(&path), &|_| None);
        assert!(!loaded.found);
        assert_eq!(loaded.path, Some(path));
        assert_eq!(loaded.problems.len(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn inline_secrets_that_others_may_read_are_warned_about() {
        use std::os::unix::fs::PermissionsExt as _;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        let text = "[deployments.x]\nregion = \"us-west-2\"\nmcp_url = \"https://x.example/mcp\"\n\
                    [deployments.x.sign_in]\nmode = \"bearer\"\ntoken = \"abc\"\n";
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let loaded = load(Some(&path), &|_| None);
        assert_eq!(loaded.path.as_ref(), Some(&path));
        let warnings = loaded.warnings;
        assert!(
            warnings.len() == 1 && warnings[0].contains("chmod 600"),
            "{warnings:?}"
        );
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(load(Some(&path), &|_| None).warnings, Vec::<String>::new());
    }
}
