//! Reads a faults file: a JSON list, each entry with a place and a fault. Names that are not known are refused with those
//! that are.

use serde_json::Value;

use super::{Fault, FaultKind, FaultPoint, FaultSite};
use crate::scenarios::{TITLES, short_name};
use crate::service::{Service, text};

/// Why a faults file is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum FaultError {
    /// Not a JSON list.
    #[error("a faults file is a JSON list of objects: {0}")]
    NotAList(String),
    /// An entry without a place or with half of one.
    #[error("fault {0}: give either \"service\" and \"operation\", or \"deployment\" and \"hop\"")]
    NoPlace(usize),
    /// A name that is not in the table.
    #[error("fault {index}: unknown {what} \"{name}\"; known: {known}")]
    Unknown {
        /// The entry, counted from 1.
        index: usize,
        /// Which sort of name.
        what: &'static str,
        /// The name given.
        name: String,
        /// The names that would do.
        known: String,
    },
    /// A `times` that is no positive whole number.
    #[error("fault {0}: \"times\" is a whole number of at least 1")]
    Times(usize),
}

/// Reads a faults file.
pub fn parse(text: &str) -> Result<Vec<Fault>, FaultError> {
    let value: Value =
        serde_json::from_str(text).map_err(|error| FaultError::NotAList(error.to_string()))?;
    let Value::Array(entries) = value else {
        return Err(FaultError::NotAList("it is something else".into()));
    };
    entries
        .iter()
        .enumerate()
        .map(|(position, entry)| parse_entry(position + 1, entry))
        .collect()
}

fn parse_entry(index: usize, entry: &Value) -> Result<Fault, FaultError> {
    check_members(index, entry)?;
    let member = |key: &str| text(entry, key);
    let place = match (
        member("service"),
        member("operation"),
        member("deployment"),
        member("hop"),
    ) {
        (Some(service), Some(operation), None, None) => operation_site(index, service, operation)?,
        (None, None, Some(deployment), Some(hop)) => hop_site(index, deployment, hop)?,
        _ => return Err(FaultError::NoPlace(index)),
    };
    let kind = parse_kind(index, &place, member("fault").unwrap_or_default())?;
    let times = parse_times(index, entry.get("times"))?;
    Ok(Fault { place, kind, times })
}

fn check_members(index: usize, entry: &Value) -> Result<(), FaultError> {
    const KNOWN: [&str; 6] = [
        "service",
        "operation",
        "deployment",
        "hop",
        "fault",
        "times",
    ];
    let mut names = entry
        .as_object()
        .into_iter()
        .flat_map(|members| members.keys());
    match names.find(|name| !KNOWN.contains(&name.as_str())) {
        Some(stranger) => Err(unknown(index, "member", stranger, KNOWN.into_iter())),
        None => Ok(()),
    }
}

fn operation_site(index: usize, service: &str, operation: &str) -> Result<FaultSite, FaultError> {
    let Some(known) = Service::from_prefix(service) else {
        let services = Service::ALL.iter().map(|known| known.prefix());
        return Err(unknown(index, "service", service, services));
    };
    if operation != "*" && !known.operation_names().any(|name| name == operation) {
        let names = known.operation_names();
        return Err(unknown(index, "operation", operation, names));
    }
    Ok(FaultSite::Operation {
        service: known,
        operation: operation.to_owned(),
    })
}

fn hop_site(index: usize, deployment: &str, hop: &str) -> Result<FaultSite, FaultError> {
    let Some(name) = short_name(deployment) else {
        let known = TITLES.iter().flat_map(|(name, title)| [*name, *title]);
        return Err(unknown(index, "deployment", deployment, known));
    };
    let mut hops = FaultPoint::ALL.into_iter();
    let Some(hop) = hops.find(|known| known.name() == hop) else {
        let known = FaultPoint::ALL.iter().map(|known| known.name());
        return Err(unknown(index, "hop", hop, known));
    };
    Ok(FaultSite::Hop {
        deployment: name.to_owned(),
        hop,
    })
}

fn parse_kind(index: usize, place: &FaultSite, name: &str) -> Result<FaultKind, FaultError> {
    let fitting = |kind: &FaultKind| match place {
        FaultSite::Operation { .. } => kind.fits_operations(),
        FaultSite::Hop { hop, .. } => kind.hops().contains(hop),
    };
    let mut kinds = FaultKind::ALL.iter().copied().filter(fitting);
    kinds.find(|kind| kind.name() == name).ok_or_else(|| {
        let known = FaultKind::ALL.iter().copied().filter(fitting);
        unknown(index, "fault", name, known.map(FaultKind::name))
    })
}

fn parse_times(index: usize, times: Option<&Value>) -> Result<Option<u32>, FaultError> {
    match times {
        None | Some(Value::Null) => Ok(None),
        Some(value) => value
            .as_u64()
            .and_then(|times| u32::try_from(times).ok())
            .filter(|times| *times > 0)
            .map(Some)
            .ok_or(FaultError::Times(index)),
    }
}

fn unknown<'a>(
    index: usize,
    what: &'static str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
) -> FaultError {
    FaultError::Unknown {
        index,
        what,
        name: name.to_owned(),
        known: known.collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_unknown_names_with_the_known_ones() {
        let refuse = |text: &str| parse(text).unwrap_err().to_string();
        assert!(
            refuse(r#"[{"deployment":"a","hop":"interceptor","fault":"explode"}]"#)
                .ends_with("known: slow, no-permission, broken")
        );
        assert!(
            refuse(r#"[{"deployment":"a","hop":"moon","fault":"slow"}]"#)
                .contains("known: discovery, token")
        );
        assert!(
            refuse(r#"[{"service":"logs","operation":"Fly","fault":"slow"}]"#)
                .contains("FilterLogEvents")
        );
        assert!(
            refuse(r#"[{"service":"s3","operation":"*","fault":"slow"}]"#)
                .contains("secretsmanager")
        );
        assert!(
            refuse(r#"[{"service":"logs","operation":"*","fault":"slow","count":1}]"#)
                .contains("unknown member")
        );
        assert!(refuse(r#"[{"fault":"slow"}]"#).contains("give either"));
        assert!(refuse("{}").contains("JSON list"));
        assert!(
            refuse(r#"[{"service":"logs","operation":"*","fault":"slow","times":0}]"#)
                .contains("at least 1")
        );
    }

    #[test]
    fn a_deployment_may_be_named_by_its_title() {
        let faults =
            parse(r#"[{"deployment":"playground","hop":"runtime","fault":"slow"}]"#).unwrap();
        assert_eq!(
            faults.first().map(|fault| &fault.place),
            Some(&FaultSite::Hop {
                deployment: "c".to_owned(),
                hop: FaultPoint::Runtime
            })
        );
    }
}
