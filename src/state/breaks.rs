//! Since when a deployment is broken in the way in which the doctor last saw it.

use super::store::Store;
use crate::{
    doctor::Hop,
    model::{DeploymentName, Moment},
};

/// What the walks of the doctor and the calls since then say of the last break.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CurrentBreak {
    /// The first walk that saw it; `None` if the last walk saw none.
    pub broken_at: Option<Moment>,
    /// When a call is last known to have gone through the whole chain.
    pub proven_at: Option<Moment>,
}

impl Store {
    /// Returns the break that the last walk saw: it began with the first walk in a row that named the same hop, with no call between them
    /// that went through the chain.
    pub fn current_break(&self, name: &DeploymentName) -> CurrentBreak {
        let calls = self.calls_through(name);
        let mut first: Option<(Moment, Option<Hop>)> = None;
        let (mut healthy_at, mut has_ended) = (None, false);
        for (at, report) in self.walks.get(name).into_iter().flatten() {
            if report.healthy {
                (healthy_at, has_ended) = (healthy_at.max(Some(*at)), true);
                continue;
            }
            let hop = report.verdict.as_ref().map(|verdict| verdict.hop);
            has_ended |= first.is_some_and(|(first_at, first_hop)| {
                hop != first_hop || calls.iter().any(|call| at < call && *call < first_at)
            });
            if !has_ended {
                first = Some((*at, hop));
            }
        }
        CurrentBreak {
            broken_at: first.map(|(at, _)| at),
            proven_at: healthy_at.max(calls.into_iter().max()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        doctor::{DoctorReport, DoctorVerdict},
        kinds::ObservedCall,
        model::Deployment,
    };

    fn report(hop: Option<Hop>) -> DoctorReport {
        DoctorReport {
            deployment: "prod".into(),
            healthy: hop.is_none(),
            verdict: hop.map(|hop| DoctorVerdict {
                hop,
                evidence: String::new(),
                command: None,
                fix: String::new(),
                source: String::new(),
            }),
            hops: Vec::new(),
            comparison: None,
            runtime_tools: None,
        }
    }

    fn at(minutes: i64) -> Moment {
        Moment::from_millis(minutes * 60_000)
    }

    /// Returns the minutes of the break and the proof after walks, one a minute from the first on. A walk without a hop is healthy; a
    /// call goes through half a minute after the walk of that number.
    fn minutes(walks: &[Option<Hop>], call: Option<i64>) -> (Option<i64>, Option<i64>) {
        let mut store = Store::new(vec![Deployment::new("prod", "us-west-2")]);
        let name = DeploymentName::from("prod");
        for (hop, minute) in walks.iter().zip(1..) {
            store.record_examination(report(*hop), at(minute));
            if call == Some(minute) {
                let call = ObservedCall {
                    at: at(minute).plus(30_000),
                    failure: None,
                };
                store.record_call(&name, call);
            }
        }
        let seen = store.current_break(&name);
        let minute = |at: Moment| at.millis() / 60_000;
        (seen.broken_at.map(minute), seen.proven_at.map(minute))
    }

    #[test]
    fn a_break_begins_with_the_first_walk_in_a_row_that_names_its_hop() {
        let (neo4j, runtime) = (Some(Hop::Neo4j), Some(Hop::Runtime));
        assert_eq!(minutes(&[], None), (None, None));
        assert_eq!(minutes(&[None, neo4j, neo4j], None), (Some(2), Some(1)));
        assert_eq!(minutes(&[neo4j, neo4j, runtime], None), (Some(3), None));
        assert_eq!(minutes(&[neo4j, None], None), (None, Some(2)));
        assert_eq!(minutes(&[None, neo4j, runtime], None), (Some(3), Some(1)));
    }

    #[test]
    fn a_call_that_went_through_ends_a_break() {
        let neo4j = Some(Hop::Neo4j);
        assert_eq!(minutes(&[neo4j, neo4j], Some(1)), (Some(2), Some(1)));
    }
}
