//! An organisation of many accounts for benchmarks: `organisation ACCOUNTS REGIONS SCALE CONFIG` serves one embedded stack for each
//! account and region, with AWS's rates, and writes a configuration with one deployment for each. The accounts of a region share a
//! host, as at AWS: the access key of a request tells whose it is. Then it prints a line of JSON a
//! second: how many requests were served, how many of them were throttled. `scripts/bench-organisation` reads them.

#![expect(
    clippy::print_stdout,
    reason = "what is measured is printed; nothing else runs in this process"
)]

use std::{collections::BTreeMap, error::Error, path::Path, time::Duration};

use agentcore_console::{
    cli::local::configuration,
    config::{Config, Ui, write},
    model::{Deployment, SignIn},
};

/// Regions that give the deployments their names. All stacks answer as the region of the embedded stack.
const REGIONS: [&str; 8] = [
    "us-west-2",
    "us-east-1",
    "eu-central-1",
    "eu-west-1",
    "ap-southeast-2",
    "ap-northeast-1",
    "us-east-2",
    "eu-west-2",
];

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [accounts, regions, scale, path] = arguments.as_slice() else {
        return Err("usage: organisation ACCOUNTS REGIONS SCALE CONFIG".into());
    };
    let (accounts, regions): (usize, usize) = (accounts.parse()?, regions.parse()?);
    let scale: usize = scale.parse()?;
    let (mut stacks, mut deployments) = (Vec::new(), Vec::new());
    for (index, region) in REGIONS.iter().take(regions).enumerate() {
        for (account, stack) in accounts_of_region(index, accounts, scale)
            .await?
            .into_iter()
            .enumerate()
        {
            let known = configuration(&stack).deployments.into_iter().next();
            let known = known.ok_or("the stack has no deployment")?;
            let every = vec!["*".to_owned()];
            deployments.push(Deployment {
                endpoint_url: known.endpoint_url,
                credentials: known.credentials,
                gateways: every.clone(),
                runtimes: every,
                sign_in: SignIn::None,
                ..Deployment::new(format!("account-{account:02}-{region}"), known.region)
            });
            stacks.push(stack);
        }
    }
    let config = Config {
        deployments,
        misconfigured: Vec::new(),
        ui: Ui::default(),
        keys: toml::Table::new(),
    };
    write::save(
        Path::new(path),
        &write::render(&config, "organisation"),
        |_| true,
    )?;
    loop {
        let mut operations: BTreeMap<String, u64> = BTreeMap::new();
        for (operation, count) in stacks.iter().flat_map(emulator::Stack::requests) {
            *operations.entry(operation).or_default() += count;
        }
        let served: u64 = operations.values().sum();
        let throttled: u64 = stacks.iter().map(emulator::Stack::throttled).sum();
        println!(
            "{}",
            serde_json::json!({
                "stacks": stacks.len(), "requests": served, "throttled": throttled, "operations": operations,
            })
        );
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
}

/// Starts the stacks of a region, one for each account.
async fn accounts_of_region(
    region: usize,
    accounts: usize,
    scale: usize,
) -> Result<Vec<emulator::Stack>, Box<dyn Error>> {
    let mut stacks = Vec::new();
    for account in 0..accounts {
        stacks.push(emulator::Options {
            quiet_world: true,
            rate_limits: true,
            scale,
            seed: u64::try_from(region * accounts + account)?,
            ..emulator::Options::default()
        });
    }
    Ok(emulator::start_together(stacks).await?)
}
