//! The faults that are armed now, and how often each may still hit.

use parking_lot::Mutex;

use super::{Fault, FaultKind, FaultPoint, FaultSite};
use crate::service::Service;

/// The faults that are armed now.
#[derive(Debug, Default)]
pub(crate) struct FaultTable {
    armed: Mutex<Vec<Fault>>,
}

impl FaultTable {
    pub(crate) fn new(faults: Vec<Fault>) -> Self {
        Self {
            armed: Mutex::new(faults),
        }
    }

    /// Arms one more.
    pub(crate) fn arm(&self, fault: Fault) {
        self.with(|armed| armed.push(fault));
    }

    /// Disarms everything.
    pub(crate) fn clear(&self) {
        self.with(Vec::clear);
    }

    /// Returns the fault that hits this call of an operation, if any; counts it.
    pub(crate) fn take_operation(&self, service: Service, operation: &str) -> Option<FaultKind> {
        self.take(|fault| {
            matches!(&fault.place, FaultSite::Operation { service: at, operation: named }
                if *at == service && (named == operation || named == "*"))
        })
    }

    /// Returns the fault that hits this passage of a hop, whatever its kind; counts it.
    pub(crate) fn take_hop(&self, deployment: &str, hop: FaultPoint) -> Option<FaultKind> {
        self.take(|fault| is_at(fault, deployment, hop))
    }

    /// Returns the fault that is armed at a hop, whatever its kind, without counting.
    pub(crate) fn armed_at(&self, deployment: &str, hop: FaultPoint) -> Option<FaultKind> {
        self.with(|armed| {
            armed
                .iter()
                .find(|fault| is_at(fault, deployment, hop))
                .map(|fault| fault.kind)
        })
    }

    /// Returns whether exactly this fault hits now; counts it if so.
    pub(crate) fn applies(&self, deployment: &str, hop: FaultPoint, kind: FaultKind) -> bool {
        self.take(|fault| fault.kind == kind && is_at(fault, deployment, hop))
            .is_some()
    }

    /// Returns whether exactly this fault is armed, without counting.
    pub(crate) fn is_armed(&self, deployment: &str, hop: FaultPoint, kind: FaultKind) -> bool {
        self.with(|armed| {
            armed
                .iter()
                .any(|fault| fault.kind == kind && is_at(fault, deployment, hop))
        })
    }

    fn take(&self, matches: impl Fn(&Fault) -> bool) -> Option<FaultKind> {
        self.with(|armed| {
            let position = armed.iter().position(matches)?;
            let fault = armed.get_mut(position)?;
            let kind = fault.kind;
            match &mut fault.times {
                None => {}
                Some(times) if *times > 1 => *times -= 1,
                Some(_) => {
                    armed.remove(position);
                }
            }
            Some(kind)
        })
    }

    fn with<T>(&self, act: impl FnOnce(&mut Vec<Fault>) -> T) -> T {
        act(&mut self.armed.lock())
    }
}

fn is_at(fault: &Fault, deployment: &str, hop: FaultPoint) -> bool {
    matches!(&fault.place, FaultSite::Hop { deployment: named, hop: at } if named == deployment && *at == hop)
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn counts_down_and_then_lets_pass() {
        let faults = parse(
            r#"[{"service":"logs","operation":"FilterLogEvents","fault":"throttling","times":2}]"#,
        )
        .unwrap();
        let table = FaultTable::new(faults);
        assert_eq!(table.take_operation(Service::Logs, "GetLogEvents"), None);
        assert_eq!(
            table.take_operation(Service::Logs, "FilterLogEvents"),
            Some(FaultKind::Throttling)
        );
        assert_eq!(
            table.take_operation(Service::Logs, "FilterLogEvents"),
            Some(FaultKind::Throttling)
        );
        assert_eq!(table.take_operation(Service::Logs, "FilterLogEvents"), None);
    }

    #[test]
    fn without_times_it_stays() {
        let table = FaultTable::new(
            parse(r#"[{"deployment":"a","hop":"interceptor","fault":"broken"}]"#).unwrap(),
        );
        for _ in 0..5 {
            assert!(table.applies("a", FaultPoint::Interceptor, FaultKind::Broken));
        }
        assert!(!table.applies("b", FaultPoint::Interceptor, FaultKind::Broken));
        assert!(!table.applies("a", FaultPoint::Interceptor, FaultKind::NoPermission));
    }
}
