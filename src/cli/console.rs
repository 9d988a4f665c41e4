//! The console itself: what it starts with, and the refusal where there is no terminal.

use std::{
    io::{self, IsTerminal as _},
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use super::{
    Outcome, Stop,
    context::{Context, way_to_one},
    output, process, usage,
};
use crate::{
    app::AppOptions,
    config::{self, Ui, state_file},
    keys::Keymap,
    model::{Deployment, Failure, FailureKind, Moment},
    runtime::{self, Start},
    screens::start_page::StartPage,
    services::{Services, aws::shared_config},
    state::ViewMemory,
    theme::{Depth, EMBEDDED, Theme},
};

/// Runs the console until the user leaves it. Nothing that is wrong with the configuration stops it.
pub(crate) fn run(context: &Context) -> Outcome {
    need_terminal()?;
    let loaded = context.load();
    let mut problems: Vec<String> = loaded.problems.iter().map(ToString::to_string).collect();
    if let Some(way) = way_to_one(&loaded) {
        problems = vec![format!("{}; {way}", problems.join("; "))];
    }
    problems.extend(loaded.warnings.iter().cloned());
    // A name is judged where all deployments are known: one with a problem is left out, and its problem is told.
    let deployments = match context.pick(loaded.config.deployments.clone()) {
        Ok(picked) => picked,
        Err(_) if !loaded.problems.is_empty() => {
            let names = &context.global.deployment;
            let known = loaded.config.deployments.into_iter();
            known
                .filter(|each| names.iter().any(|name| name == each.name.as_str()))
                .collect()
        }
        Err(failure) => return Err(failure.into()),
    };
    let mut options = app_options(
        context,
        &loaded.config.ui,
        &loaded.config.keys,
        deployments.clone(),
        problems,
    )?;
    let view_file = state_file("view.json");
    options.memory = view_file
        .as_deref()
        .map_or_else(ViewMemory::default, runtime::read_view);
    let services = context.console_services();
    if !loaded.found && loaded.problems.is_empty() {
        return discover(
            context,
            options,
            loaded.config.ui.mouse,
            services,
            view_file.as_deref(),
        );
    }
    let start = async move {
        Ok(Start {
            deployments,
            services,
            faults: None,
        })
    };
    show(
        context,
        options,
        loaded.config.ui.mouse,
        start,
        view_file.as_deref(),
    )
}

/// Without a configuration: shows what the account has. If there is no region, or there are no credentials, the start page
/// says how to go on.
fn discover(
    context: &Context,
    mut options: AppOptions,
    mouse: bool,
    services: Services,
    view_file: Option<&Path>,
) -> Outcome {
    let profile = context.global.profile.clone();
    let regions = context.regions();
    if let Some(regions) = &regions {
        let of = profile.as_ref().map_or_else(String::new, |profile| {
            format!(" with the profile {profile}")
        });
        options.starting = Some(format!(
            "gateways, runtimes and stacks of {}{of}",
            regions.join(", ")
        ));
    }
    let wanted = context.global.deployment.clone();
    let start = async move {
        let mut deployments = Vec::new();
        if let Some(regions) = regions {
            let discovery = services
                .discovery
                .discover(profile.as_deref(), &regions)
                .await?;
            deployments = discovery
                .found
                .into_iter()
                .map(|found| found.deployment)
                .filter(|deployment| {
                    wanted.is_empty() || wanted.iter().any(|name| name == deployment.name.as_str())
                })
                .collect();
        }
        Ok(Start {
            deployments,
            services,
            faults: None,
        })
    };
    show(context, options, mouse, start, view_file)
}

/// What the app starts with, from configuration and flags.
///
/// # Errors
/// Usage: a theme that is none.
pub(crate) fn app_options(
    context: &Context,
    ui: &Ui,
    keys: &toml::Table,
    deployments: Vec<Deployment>,
    mut problems: Vec<String>,
) -> Result<AppOptions, Failure> {
    let mut keymap = Keymap::embedded();
    // What is wrong with them is among the problems of the configuration already.
    let _ = keymap.lay_over(keys);
    let themes = themes(context, ui, &mut problems)?;
    Ok(AppOptions {
        memory: ViewMemory::default(),
        deployments,
        starting: None,
        start_page: start_page(context),
        problems,
        themes,
        keymap,
        read_only: context.global.read_only,
        zone: jiff::tz::TimeZone::system(),
        refresh_ms: i64::try_from(ui.refresh.as_millis()).unwrap_or(i64::MAX),
        now: now(),
    })
}

/// What the start page shows if there is nothing to watch.
fn start_page(context: &Context) -> StartPage {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let file = context.global.config.clone().or_else(config::default_path);
    let file = file.map_or_else(
        || "this machine has no configuration folder".to_owned(),
        |path| path.display().to_string(),
    );
    let keys = if set("AWS_ACCESS_KEY_ID") {
        "AWS_ACCESS_KEY_ID is set"
    } else {
        "AWS_ACCESS_KEY_ID is not set"
    };
    let named = context.global.profile.clone();
    let named = named.or_else(|| std::env::var("AWS_PROFILE").ok());
    let profiles = shared_config::profile_names();
    let profile = match (&named, profiles.is_empty()) {
        (Some(name), _) => format!("{name} is named; known: {}", profiles.join(", ")),
        (None, false) => format!("none is named; known: {}", profiles.join(", ")),
        (None, true) => "none is named, and none is configured".to_owned(),
    };
    let region = context.regions().map_or_else(
        || "none: --region, AWS_REGION or a profile that has one".to_owned(),
        |regions| regions.join(", "),
    );
    StartPage {
        can_start_demo: cfg!(feature = "local"),
        looked_for: vec![
            ("configuration".to_owned(), file),
            ("environment".to_owned(), keys.to_owned()),
            ("profile".to_owned(), profile),
            ("region".to_owned(), region),
        ],
        sign_in: shared_config::sign_in_command(named.as_deref()),
    }
}

/// Shows the console; `start` runs after its first frame. The view is written to `view_file` at the end.
pub(crate) fn show(
    context: &Context,
    options: AppOptions,
    mouse: bool,
    start: impl Future<Output = Result<Start, Failure>> + Send + 'static,
    view_file: Option<&Path>,
) -> Outcome {
    let runtime = process::runtime()?;
    let result = runtime.block_on(runtime::console(options, mouse, start));
    // What still runs may take its time to end; the user has left.
    runtime.shutdown_background();
    let end = result.map_err(|error| {
        Failure::new(FailureKind::Usage, "showing the console", error.to_string())
    })?;
    if let Some(path) = view_file {
        runtime::write_view(path, &end.memory);
    }
    #[cfg(feature = "local")]
    if end.wants_demo {
        return super::demo::run(context, &super::demo::Options::default());
    }
    match end.message {
        Some(parting) => {
            output::note(&parting.words);
            if parting.is_failure {
                Err(Stop::Code(1))
            } else {
                Ok(())
            }
        }
        None => Ok(()),
    }
}

/// The wanted theme first, then the others that the theme key goes through. NO_COLOR wins over the configuration, not over the flag.
fn themes(context: &Context, ui: &Ui, problems: &mut Vec<String>) -> Result<Vec<Theme>, Failure> {
    let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let depth = match std::env::var("COLORTERM").as_deref() {
        Ok("truecolor" | "24bit") => Depth::True,
        _ => Depth::Sixteen,
    };
    let wanted = match (&context.global.theme, colourless, &ui.theme) {
        (Some(flag), ..) => flag.as_str(),
        (None, true, _) => "mono",
        (None, false, Some(configured)) => configured.as_str(),
        (None, false, None) => "dark",
    };
    let first = read_theme(wanted, depth);
    // A flag is corrected at once; a configuration never stops the start.
    let first = match first {
        Ok(theme) => Some(theme),
        Err(wrong) if context.global.theme.is_some() => {
            return Err(usage("choosing the theme", wrong));
        }
        Err(wrong) => {
            problems.push(format!("[ui] theme: {wrong}"));
            None
        }
    };
    let shown = first.as_ref().map(|theme| theme.name.clone());
    let others = EMBEDDED
        .iter()
        .filter(|(name, _)| shown.as_deref() != Some(*name));
    Ok(first
        .into_iter()
        .chain(others.filter_map(|(name, _)| Theme::embedded(name, depth).ok()))
        .collect())
}

/// An embedded theme, or the one in that file.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_theme(wanted: &str, depth: Depth) -> Result<Theme, String> {
    if EMBEDDED.iter().any(|(name, _)| *name == wanted) {
        return Theme::embedded(wanted, depth);
    }
    match std::fs::read_to_string(wanted) {
        Ok(text) => Theme::parse(wanted, &text, depth),
        Err(error) => Err(format!(
            "{wanted:?} is neither dark, light nor mono, and cannot be read as a file: {error}"
        )),
    }
}

fn now() -> Moment {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Moment::from_millis(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// Refuses to start where nobody could see or type anything.
pub(crate) fn need_terminal() -> Result<(), Failure> {
    let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
    if is_dumb {
        return Err(usage(
            "starting the console",
            "TERM=dumb: this terminal cannot place text",
        )
        .hint("set TERM to the terminal's type, or use the commands (`--help` lists them)"));
    }
    if io::stdin().is_terminal() && io::stdout().is_terminal() {
        return Ok(());
    }
    Err(usage("starting the console", "standard input and output are no terminal")
        .hint("in a pipe, use the commands: `agentcore-console status`, `logs`, `tools`, … (`--help` lists them)"))
}
