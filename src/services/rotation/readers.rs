//! Who reads a secret, as far as configuration, environment names and stack resources tell.

use crate::{
    model::{Deployment, HeaderSpec, Kind, Relation, Resource},
    rotation::plan::{Pickup, Reader},
    services::Services,
};

/// Readers, and what could not be found out.
#[derive(Clone, Debug, Default)]
pub(super) struct Found {
    pub(super) readers: Vec<Reader>,
    pub(super) unknown: Vec<String>,
}

/// Looks at the deployment's runtimes, its gateways' interceptors, and this console's own headers.
pub(super) async fn find(services: &Services, deployment: &Deployment, secret_arn: &str, secret: &str) -> Found {
    let (runtimes, gateways) = tokio::join!(services.list(deployment, Kind::Runtime), services.list(deployment, Kind::Gateway));
    let mut found = Found::default();
    match runtimes {
        Ok(runtimes) => found.readers.extend(runtimes.iter().filter_map(|runtime| runtime_reader(runtime, secret_arn))),
        Err(failure) => found.unknown.push(format!("runtimes could not be looked at ({})", failure.cause)),
    }
    match gateways {
        Ok(gateways) => found.readers.extend(gateways.iter().filter_map(interceptor_reader)),
        Err(failure) => found.unknown.push(format!("gateways could not be looked at ({})", failure.cause)),
    }
    found.readers.dedup();
    let own = deployment.headers.iter().any(|header| match header {
        HeaderSpec::BasicFromSecret { secret_id, .. } => secret_id.as_deref().is_none_or(|id| id == secret || id == secret_arn),
        HeaderSpec::Literal { .. } => false,
    });
    if own {
        found.readers.push(Reader {
            name: "this console".into(),
            pickup: Pickup::EveryConnection,
            evidence: "a header of the configuration is made of it".into(),
        });
    }
    found
}

fn runtime_reader(runtime: &Resource, secret_arn: &str) -> Option<Reader> {
    let names = runtime.facts.iter().find(|fact| fact.label == "Environment").map(|fact| fact.value.as_str()).unwrap_or_default();
    let has = |wanted: fn(&str) -> bool| names.split(", ").find(|name| wanted(name)).map(str::to_owned);
    let name = format!("runtime {}", runtime.name);
    if let Some(variable) = has(|name| name.contains("PASSWORD")) {
        return Some(Reader { name, pickup: Pickup::Environment, evidence: format!("it has {variable}") });
    }
    let reads = runtime.links.iter().any(|link| link.relation == Relation::Reads && link.id == secret_arn);
    let variable = has(|name| name.contains("SECRET")).unwrap_or_else(|| "its environment".to_owned());
    reads.then(|| Reader { name, pickup: Pickup::ContainerLife, evidence: format!("{variable} names the secret") })
}

fn interceptor_reader(gateway: &Resource) -> Option<Reader> {
    let fact = gateway.facts.iter().find(|fact| fact.label == "Interceptor")?;
    Some(Reader {
        name: format!("interceptor of {}", gateway.name),
        pickup: Pickup::Unknown,
        evidence: format!("{}; such functions usually read the secret at every call", fact.value),
    })
}
