//! One tail, and one reading, over the log groups of several deployments. Those of one account and region share its live sessions, and a
//! group that several of them have is read once.

use std::{collections::HashSet, ops::ControlFlow, sync::Arc};

use futures::{StreamExt as _, stream};
use parking_lot::Mutex;

use super::{CloudWatchLogs, LogRecordTail};
use crate::{
    logs::LogRecord,
    model::{Deployment, Failure, LogBatch, LogEvent, LogQuery, TailStatus},
    services::aws::account::Account,
};

/// The parts of a tail or a reading that one account serves.
struct AccountTail {
    account: Option<Arc<Account>>,
    deployment: Deployment,
    query: LogQuery,
}

impl CloudWatchLogs {
    /// Follows the log groups of several deployments as one tail. A failure of one of them ends it.
    pub async fn tail_together(&self, parts: Vec<(Deployment, LogQuery)>) -> LogRecordTail {
        let tails = self.by_account(parts).await;
        let board = Arc::new(Mutex::new(vec![TailStatus::default(); tails.len()]));
        let streams = tails.into_iter().enumerate().map(|(index, tail)| {
            let board = Arc::clone(&board);
            self.tail(&tail.deployment, tail.query)
                .map(move |item| item.map(|batch| with_whole_status(batch, index, &board)))
        });
        stream::select_all(streams).boxed()
    }

    /// Reads the stored lines of several deployments as [`CloudWatchLogs::filter`] does for one: a shared group once an account, each
    /// event once, and no span that names a gateway or runtime of none of them. A limit holds for an account.
    ///
    /// # Errors
    /// [`crate::model::FailureKind::NotFound`] if an account has none of the groups, [`crate::model::FailureKind::Denied`] if none may be read.
    pub async fn read_together<P: Future<Output = ControlFlow<()>> + Send>(
        &self,
        parts: Vec<(Deployment, LogQuery)>,
        mut on_batch: impl FnMut(LogBatch) -> P + Send,
    ) -> Result<(), Failure> {
        let accounts = self.by_account(parts).await;
        // Two profiles may lead to one account.
        let (is_several, mut known) = (accounts.len() > 1, HashSet::new());
        for account in accounts {
            let (deployment, query) = (&account.deployment, &account.query);
            let read = self.read(deployment, query, |mut batch| {
                if is_several {
                    batch.events.retain(|event| is_new(event, &mut known));
                }
                on_batch(batch)
            });
            read.await?;
        }
        Ok(())
    }

    /// Returns whether two deployments are served by the same account, region and credentials.
    pub(crate) async fn is_same_account(&self, one: &Deployment, other: &Deployment) -> bool {
        let own = self.client.account(one).await.ok();
        let of_other = self.client.account(other).await.ok();
        own.zip(of_other)
            .is_some_and(|(own, of_other)| Arc::ptr_eq(&own, &of_other))
    }

    /// Returns the parts by the account that serves them.
    async fn by_account(&self, parts: Vec<(Deployment, LogQuery)>) -> Vec<AccountTail> {
        let mut tails: Vec<AccountTail> = Vec::new();
        for (deployment, query) in parts {
            // The tail itself reports why an account cannot be used.
            let account = self.client.account(&deployment).await.ok();
            let same = tails.iter_mut().find(|tail| {
                matches!((&tail.account, &account), (Some(one), Some(other)) if Arc::ptr_eq(one, other))
            });
            match same {
                Some(tail) => add(&mut tail.query, query),
                None => tails.push(AccountTail {
                    account,
                    deployment,
                    query,
                }),
            }
        }
        tails
    }
}

/// Returns whether an event was not read before, by its id.
fn is_new(event: &LogEvent, known: &mut HashSet<(Arc<str>, String)>) -> bool {
    let Some(id) = &event.id else { return true };
    known.insert((Arc::clone(&event.group), id.clone()))
}

/// Adds the groups of another deployment of the same account.
fn add(query: &mut LogQuery, more: LogQuery) {
    for group in more.groups {
        if !query.groups.contains(&group) {
            query.groups.push(group);
        }
    }
    // No ids at all mean that every line is wanted.
    if query.owner_ids.is_empty() || more.owner_ids.is_empty() {
        query.owner_ids = Vec::new();
    } else {
        query.owner_ids.extend(more.owner_ids);
    }
    query.since = query.since.min(more.since);
    query.limit = query.limit.max(more.limit);
}

/// Returns the batch with the status of all accounts together: the worst mode, and what is missing in any of them.
fn with_whole_status(
    mut batch: LogBatch<LogRecord>,
    index: usize,
    board: &Mutex<Vec<TailStatus>>,
) -> LogBatch<LogRecord> {
    let Some(status) = batch.status else {
        return batch;
    };
    let mut board = board.lock();
    if let Some(place) = board.get_mut(index) {
        *place = status;
    }
    batch.status = Some(together(&board));
    batch
}

fn together(board: &[TailStatus]) -> TailStatus {
    TailStatus {
        mode: board
            .iter()
            .map(|status| status.mode)
            .max()
            .unwrap_or_default(),
        open_gaps: board.iter().map(|status| status.open_gaps).sum(),
        refused_gaps: board.iter().map(|status| status.refused_gaps).sum(),
        late: board.iter().map(|status| status.late).sum(),
        unknown: board.iter().map(|status| status.unknown).sum(),
        missing: board.iter().map(|status| status.missing).sum(),
        is_sampled: board.iter().any(|status| status.is_sampled),
        is_backfilled: board.iter().all(|status| status.is_backfilled),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Moment, TailMode};

    #[test]
    fn the_status_of_several_accounts_hides_no_trouble() {
        let well = TailStatus {
            mode: TailMode::Live,
            is_backfilled: true,
            ..TailStatus::default()
        };
        let bad = TailStatus {
            mode: TailMode::Reconnecting,
            open_gaps: 2,
            refused_gaps: 1,
            late: 1,
            unknown: 3,
            missing: 1,
            is_sampled: true,
            is_backfilled: false,
        };
        assert_eq!(together(&[well, bad]), bad);
        assert_eq!(together(&[well, well]), well);
    }

    #[test]
    fn parts_of_one_account_are_read_by_one_query() {
        let query = |group: &str, owner: &[&str]| LogQuery {
            groups: vec![group.to_owned(), "aws/spans".to_owned()],
            owner_ids: owner.iter().map(|id| (*id).to_owned()).collect(),
            since: Some(Moment::from_millis(5)),
            limit: Some(10),
            ..LogQuery::default()
        };
        let mut both = query("/a", &["gw-a"]);
        add(&mut both, query("/b", &["gw-b"]));
        assert_eq!(both.groups, ["/a", "aws/spans", "/b"]);
        assert_eq!(both.owner_ids, ["gw-a", "gw-b"]);
        add(&mut both, query("/c", &[]));
        assert_eq!(both.owner_ids, Vec::<String>::new(), "all lines are wanted");
    }
}
