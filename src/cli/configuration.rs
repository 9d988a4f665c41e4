//! `config check | path | example`.

use clap::{Args, Subcommand};
use serde_json::json;

use crate::{
    config::{self, Loaded},
    model::sanitize::sanitize,
    services::aws::shared_config,
    theme::ColorDepth,
};

use super::{
    console::read_theme,
    context::{Context, no_configuration, way_to_one},
    outcome::{CliError, CliResult},
    output,
    values::TextOrJson,
};

/// What to do with the configuration.
#[derive(Debug, Args)]
pub(crate) struct ConfigurationOptions {
    #[command(subcommand)]
    command: ConfigCommand,
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Tell everything that is wrong with it, with line and column
    Check {
        /// How to print
        #[arg(long, short, value_enum, value_name = "text|json", hide_possible_values = true, default_value_t = TextOrJson::Text)]
        output: TextOrJson,
    },
    /// Print its path
    Path,
    /// Print the documented example
    Example,
}

/// Runs `config`.
pub(crate) fn run(context: &Context, options: &ConfigurationOptions) -> CliResult {
    match options.command {
        ConfigCommand::Check { output } => check(context, output),
        ConfigCommand::Path => path(context),
        ConfigCommand::Example => Ok(output::text(config::EXAMPLE)?),
    }
}

fn path(context: &Context) -> CliResult {
    let loaded = context.load();
    match loaded.path {
        Some(path) => Ok(output::text(&sanitize(&path.display().to_string()))?),
        None => Err(no_configuration(&loaded).into()),
    }
}

fn check(context: &Context, format: TextOrJson) -> CliResult {
    let mut loaded = context.load();
    if !loaded.found && loaded.problems.is_empty() {
        return Err(no_configuration(&loaded).into());
    }
    if let Some(Err(wrong)) = loaded
        .config
        .ui
        .theme
        .as_deref()
        .map(|theme| read_theme(theme, ColorDepth::True))
    {
        loaded.complain(["ui", "theme"], true, format!("theme: {wrong}"));
    }
    warn_of_profiles(&mut loaded);
    // Deployments with problems are left out of the configuration, so names can only be judged when there are none.
    let picked = if loaded.problems.is_empty() {
        context.pick(loaded.config.deployments.clone())?
    } else {
        Vec::new()
    };
    let path = loaded
        .path
        .as_ref()
        .map_or_else(String::new, |path| path.display().to_string());
    let names: Vec<&str> = picked
        .iter()
        .map(|deployment| deployment.name.as_str())
        .collect();
    match format {
        TextOrJson::Json => output::json(&json!({
            "path": path,
            "deployments": names,
            "problems": loaded.problems,
            "warnings": loaded.warnings,
        }))?,
        TextOrJson::Text => print_check(&loaded, &path, &names)?,
    }
    if loaded.problems.is_empty() {
        Ok(())
    } else {
        Err(CliError::Code(2))
    }
}

/// Prints what is wrong with the file, or which deployments it has.
fn print_check(loaded: &Loaded, path: &str, names: &[&str]) -> CliResult {
    for problem in &loaded.problems {
        output::note(&format!("{path}: {problem}"));
    }
    if let Some(way) = way_to_one(loaded) {
        output::note(&format!("  hint: {way}"));
    }
    for warning in &loaded.warnings {
        output::note(&format!("warning: {warning}"));
    }
    if !loaded.problems.is_empty() {
        return Ok(());
    }
    let shown = if names.is_empty() {
        "no deployment".into()
    } else {
        names.join(", ")
    };
    output::text(&sanitize(&format!(
        "{path}: no problems found. Deployments: {shown}"
    )))?;
    Ok(())
}

/// Warns of profiles that this machine does not have. Commands that use them refuse to start.
fn warn_of_profiles(loaded: &mut Loaded) {
    for deployment in &loaded.config.deployments {
        let wrong = deployment
            .profile
            .as_deref()
            .and_then(shared_config::unknown_profile);
        if let Some(wrong) = wrong {
            loaded
                .warnings
                .push(format!("[deployments.{}]: {wrong}", deployment.name));
        }
    }
}
