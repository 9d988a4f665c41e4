//! `demo`: the console on the embedded stack. Needs nothing, reads no configuration, touches nothing outside of loopback.

use clap::Args;

use super::{
    console::{self, Memory},
    context::Context,
    local::{configuration_for, not_started},
    outcome::CliResult,
};
use crate::{
    config::Config,
    model::Deployment,
    runtime::{Faults, Start},
};
use emulator::faults::{Fault, FaultKind, FaultSite};

/// How the demo starts its world.
#[derive(Debug, Args)]
pub(crate) struct DemoOptions {
    /// The same number gives the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub(crate) seed: u64,
    /// A world in which nothing happens by itself
    #[arg(long)]
    pub(crate) quiet_world: bool,
}

impl Default for DemoOptions {
    fn default() -> Self {
        Self {
            seed: 1,
            quiet_world: false,
        }
    }
}

/// Runs the console on a stack of its own. The first frame is on the screen before the stack stands.
pub(crate) fn run(context: &Context, options: &DemoOptions) -> CliResult {
    console::need_terminal()?;
    let config = Config::default();
    let mut shown =
        console::app_options(context, &config.ui, &config.keys, Vec::new(), Vec::new())?;
    let terminal = console::terminal_options(context, &config.ui);
    shown.has_graphics = terminal.graphics.is_some();
    shown.starting = Some("the embedded stack: AWS, MCP and Neo4j on loopback".to_owned());
    let wanted = emulator::Options {
        seed: options.seed,
        quiet_world: options.quiet_world,
        ..emulator::Options::default()
    };
    // The port is taken and the world is known now; what takes time comes behind the first frame.
    let reserved = emulator::reserve(wanted).map_err(|error| not_started(&error))?;
    let picked = context.pick(configuration_for(reserved.facts()).deployments)?;
    let deployments: Vec<Deployment> = picked.into_iter().map(called_by_title).collect();
    let services = context.console_services();
    let start = async move {
        let stack = emulator::serve(reserved)
            .await
            .map_err(|error| not_started(&error))?;
        let faults = playable(
            stack,
            &deployments
                .iter()
                .map(|deployment| deployment.name.to_string())
                .collect::<Vec<_>>(),
        );
        Ok(Start {
            deployments,
            problems: Vec::new(),
            not_derived: Vec::new(),
            services,
            configuration: None,
            faults: Some(faults),
        })
    };
    console::show(shown, terminal, start, &Memory::default()).map(drop)
}

/// Returns the same deployment under its title: the demo's screens say what each deployment is. It is still found by its name.
fn called_by_title(deployment: Deployment) -> Deployment {
    Deployment {
        name: deployment.title().into(),
        short_name: Some(deployment.name.to_string()),
        ..deployment
    }
}

/// Returns the faults of the hops, one for each deployment that has the hop, and a way to take them all back. The stack lives as
/// long as what is returned.
fn playable(stack: emulator::Stack, deployments: &[String]) -> (Vec<String>, Faults) {
    let mut names = vec!["none: clear all faults".to_owned()];
    let mut faults = Vec::new();
    let chains = stack.deployments();
    let chain = |deployment: &String| chains.iter().find(|chain| chain.title == *deployment);
    let has =
        |deployment: &String, hop| chain(deployment).is_some_and(|chain| chain.hops.contains(hop));
    for kind in FaultKind::ALL {
        for hop in kind.hops() {
            for deployment in deployments.iter().filter(|deployment| has(deployment, hop)) {
                // The short name is taken wherever the title is: the list says whose it is.
                let short = chain(deployment).map_or("", |chain| chain.name.as_str());
                names.push(format!(
                    "{deployment} ({short}): {} {}",
                    hop.name(),
                    kind.name()
                ));
                faults.push(Fault {
                    place: FaultSite::Hop {
                        deployment: deployment.clone(),
                        hop: *hop,
                    },
                    kind: *kind,
                    times: None,
                });
            }
        }
    }
    let play: Faults =
        Box::new(
            move |index| match index.checked_sub(1).and_then(|at| faults.get(at)) {
                Some(fault) => stack.inject_fault(fault.clone()),
                None => stack.clear_faults(),
            },
        );
    (names, play)
}
