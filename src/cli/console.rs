//! The console itself: what it starts with, and the refusal where there is no terminal.

use std::{
    io::{self, IsTerminal as _},
    path::PathBuf,
};

use super::{
    context::{Context, way_to_one},
    init,
    outcome::{CliError, CliResult, usage},
    output, process,
    start_page_facts::start_page,
};
use crate::{
    app::AppOptions,
    config::{Loaded, Ui, state_file},
    discovery::inventory::FoundDeployment,
    keys::Keymap,
    model::{Deployment, DeploymentName, Failure, FailureKind},
    net::clock,
    runtime::{self, ConsoleEnd, Start, terminal::TerminalOptions},
    screens::start_page::{StartChoice, StartPage},
    services::{Services, aws::logs::wait_for_stopped_queries, mcp::wait_for_cancelled_tasks},
    state::ViewMemory,
    theme::{ColorDepth, EMBEDDED, GlyphSet, Theme, embedded_names},
};

/// Runs the console until the user leaves it; what was chosen on a start page comes next in the same terminal. Nothing that
/// is wrong with the configuration stops it.
pub(crate) fn run(context: &Context) -> CliResult {
    need_terminal()?;
    let mut context = Context::new(context.global.clone());
    while let Some(choice) = run_once(&context)? {
        match choice {
            StartChoice::Demo => return start_demo(&context),
            StartChoice::SignIn(command) => sign_in(&command)?,
            StartChoice::Profile(name) => context.global.profile = Some(name),
            StartChoice::Configure => configure(&context)?,
            StartChoice::LookAgain => {}
        }
    }
    Ok(())
}

fn start_demo(context: &Context) -> CliResult {
    #[cfg(feature = "local")]
    return super::demo::run(context, &super::demo::DemoOptions::default());
    #[cfg(not(feature = "local"))]
    {
        let _ = context;
        Ok(())
    }
}

/// Runs the command that signs in, with this terminal.
fn sign_in(command: &[String]) -> CliResult {
    output::note(&format!("$ {}", command.join(" ")));
    let [program, arguments @ ..] = command else {
        return Ok(());
    };
    let ended = std::process::Command::new(program).args(arguments).status();
    let problem = match ended {
        Ok(status) if status.success() => return Ok(()),
        Ok(status) => status.to_string(),
        Err(error) => format!("{program}: {error}"),
    };
    output::note(&problem);
    wait_for_enter()
}

/// Writes a configuration as `init` does; the console shows what came of it.
fn configure(context: &Context) -> CliResult {
    if let Err(CliError::Failed(failure)) = init::run(context, &init::InitOptions::default()) {
        output::complain(&failure);
        return wait_for_enter();
    }
    Ok(())
}

/// Keeps what was printed on the screen until it was read.
fn wait_for_enter() -> CliResult {
    output::note("Enter goes back to the console.");
    io::stdin().read_line(&mut String::new())?;
    Ok(())
}

/// Shows the console once. Returns what was chosen on its start page.
fn run_once(context: &Context) -> Result<Option<StartChoice>, CliError> {
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
            let known = loaded.config.deployments.clone().into_iter();
            known
                .filter(|deployment| names.iter().any(|name| name == deployment.name.as_str()))
                .collect()
        }
        Err(failure) => return Err(failure.into()),
    };
    let ui = &loaded.config.ui;
    let keys = &loaded.config.keys;
    let terminal = terminal_options(context, ui);
    let mut options = app_options(context, ui, keys, deployments.clone(), problems)?;
    options.has_graphics = terminal.graphics.is_some();
    let names = &context.global.deployment;
    let misconfigured = loaded.config.misconfigured.iter();
    options.misconfigured = misconfigured
        .filter(|deployment| names.is_empty() || names.contains(&deployment.name))
        .cloned()
        .collect();
    let memory = Memory::of(context, &loaded);
    memory.recall(&mut options);
    let services = context.console_services();
    if !loaded.found && loaded.problems.is_empty() {
        options.start_page = start_page(context, &loaded);
        return discover(context, options, terminal, services, &memory);
    }
    if deployments.is_empty() {
        options.start_page = start_page(context, &loaded);
        options.start_page.regions.clear();
    }
    let configuration = loaded.path.clone().filter(|_| loaded.found);
    let start = async move {
        Ok(Start {
            deployments,
            problems: Vec::new(),
            not_derived: Vec::new(),
            services,
            configuration,
            faults: None,
        })
    };
    show(options, terminal, start, &memory)
}

/// Without a configuration: shows what the account has. If there is no region, or there are no credentials, the start page
/// says how to go on.
fn discover(
    context: &Context,
    mut options: AppOptions,
    terminal: TerminalOptions,
    services: Services,
    memory: &Memory,
) -> Result<Option<StartChoice>, CliError> {
    let profile = context.global.profile.clone();
    let places = context.places();
    if let Some(regions) = context.regions() {
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
        let (mut deployments, mut problems) = (Vec::new(), Vec::new());
        let mut not_derived = Vec::new();
        if let Some(places) = places {
            let discovery = services.discovery.discover(&places).await?;
            problems = discovery.problems;
            not_derived = missing_of(&discovery.found);
            deployments = discovery
                .found
                .into_iter()
                .map(|found| found.deployment)
                .filter(|deployment| {
                    wanted.is_empty() || wanted.iter().any(|name| deployment.is_called(name))
                })
                .collect();
        }
        Ok(Start {
            deployments,
            problems,
            not_derived,
            services,
            configuration: None,
            faults: None,
        })
    };
    show(options, terminal, start, memory)
}

/// Returns what could not be derived, by deployment.
fn missing_of(found: &[FoundDeployment]) -> Vec<(DeploymentName, Vec<String>)> {
    let missing = found.iter().filter(|found| !found.missing.is_empty());
    missing
        .map(|found| (found.deployment.name.clone(), found.missing.clone()))
        .collect()
}

/// Where the console keeps what it remembers across runs, and which fleet it looks at.
#[derive(Default)]
pub(crate) struct Memory {
    view: Option<PathBuf>,
    fleet: Option<PathBuf>,
    /// What is looked at: a configuration, or profile and regions of an account.
    place: String,
}

impl Memory {
    fn of(context: &Context, loaded: &Loaded) -> Self {
        let path = loaded.path.as_ref().filter(|_| loaded.found);
        let place = path.map_or_else(
            || {
                let profile = context.global.profile.clone();
                let profile = profile.or_else(|| std::env::var("AWS_PROFILE").ok());
                let regions = context.regions().unwrap_or_default().join(",");
                let endpoint = std::env::var("AWS_ENDPOINT_URL").unwrap_or_default();
                format!(
                    "account {} {regions} {endpoint}",
                    profile.unwrap_or_default()
                )
            },
            |path| path.display().to_string(),
        );
        Self {
            view: state_file(runtime::VIEW_FILE),
            fleet: state_file("fleet.json"),
            place,
        }
    }

    /// Fills in the view and the fleet of the last run. The tour of configured deployments counts as shown from here on,
    /// however this run ends.
    fn recall(&self, options: &mut AppOptions) {
        let Some(view) = &self.view else { return };
        options.memory = runtime::read_view(view);
        options.shows_tour = !options.memory.is_tour_seen;
        if options.shows_tour && !options.deployments.is_empty() {
            options.memory.is_tour_seen = true;
            runtime::write_view(view, &options.memory);
        }
        let fleet = self.fleet.as_deref();
        options.last_fleet = fleet.and_then(|fleet| runtime::read_fleet(fleet, &self.place));
    }

    fn keep(&self, end: &ConsoleEnd) {
        if let Some(path) = &self.view {
            runtime::write_view(path, &end.memory);
        }
        if let (Some(path), Some(fleet)) = (&self.fleet, &end.fleet) {
            runtime::write_fleet(path, fleet);
        }
    }
}

/// Returns what the app starts with, from configuration and flags.
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
        misconfigured: Vec::new(),
        starting: None,
        last_fleet: None,
        shows_tour: false,
        start_page: StartPage::default(),
        problems,
        themes,
        has_graphics: false,
        keymap,
        read_only: context.global.read_only,
        zone: super::zone::local(),
        alarm: ui.alarm,
        refresh_ms: i64::try_from(ui.refresh.as_millis()).unwrap_or(i64::MAX),
        now: clock::now(),
    })
}

/// Returns what the console takes of this terminal.
pub(crate) fn terminal_options(context: &Context, ui: &Ui) -> TerminalOptions {
    let graphics = context.global.graphics.unwrap_or(ui.graphics);
    TerminalOptions::new(ui.mouse, graphics)
}

/// Shows the console; `start` runs after its first frame. Returns what was chosen on its start page.
pub(crate) fn show(
    options: AppOptions,
    terminal: TerminalOptions,
    start: impl Future<Output = Result<Start, Failure>> + Send + 'static,
    memory: &Memory,
) -> Result<Option<StartChoice>, CliError> {
    // Nothing connects before the first frame is drawn.
    let runtime = process::runtime_without_tls()?;
    let start = async move {
        process::install_tls();
        start.await
    };
    let result = runtime.block_on(runtime::console(options, terminal, start, &memory.place));
    // A query that the user has left is stopped at the service, which bills what it reads; so is a task of an MCP server.
    runtime
        .block_on(async { tokio::join!(wait_for_stopped_queries(), wait_for_cancelled_tasks()) });
    // What else still runs may take its time to end; the user has left.
    runtime.shutdown_background();
    let end = result.map_err(|error| {
        Failure::new(FailureKind::Usage, "showing the console", error.to_string())
    })?;
    memory.keep(&end);
    if end.choice.is_some() {
        return Ok(end.choice);
    }
    match end.message {
        Some(parting) => {
            output::note(&parting.words);
            if parting.is_failure {
                Err(CliError::Code(1))
            } else {
                Ok(None)
            }
        }
        None => Ok(None),
    }
}

/// Returns the wanted theme first, then the others that the theme key goes through. NO_COLOR wins over the configuration, not over the
/// flag; a theme whose name asks for glyphs and for no colours, like `ascii`, loses its colours.
fn themes(context: &Context, ui: &Ui, problems: &mut Vec<String>) -> Result<Vec<Theme>, Failure> {
    let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let depth = match std::env::var("COLORTERM").as_deref() {
        Ok("truecolor" | "24bit") => ColorDepth::True,
        _ => ColorDepth::Sixteen,
    };
    let wanted = match (&context.global.theme, colourless, &ui.theme) {
        (Some(flag), ..) => flag.as_str(),
        (None, true, _) => "mono",
        (None, false, Some(configured)) => configured.as_str(),
        (None, false, None) => "dark",
    };
    // A style that the terminal's library refuses to colour would lose its attributes too: the themes alone decide.
    crossterm::style::force_color_output(true);
    let uncolored = |theme: Theme| {
        if colourless && theme.glyphs == GlyphSet::Ascii {
            theme.without_colors()
        } else {
            theme
        }
    };
    let first = read_theme(wanted, depth).map(uncolored);
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
        .chain(others.filter_map(|(name, _)| Theme::embedded(name, depth).ok().map(uncolored)))
        .collect())
}

/// Returns an embedded theme, or the one in that file.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn read_theme(wanted: &str, depth: ColorDepth) -> Result<Theme, String> {
    if EMBEDDED.iter().any(|(name, _)| *name == wanted) {
        return Theme::embedded(wanted, depth);
    }
    match std::fs::read_to_string(wanted) {
        Ok(text) => Theme::parse(wanted, &text, depth),
        Err(error) => Err(format!(
            "{wanted:?} is none of {}, and cannot be read as a file: {error}",
            embedded_names()
        )),
    }
}

/// Refuses to start without a terminal.
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
