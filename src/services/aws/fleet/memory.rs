//! What is remembered of a deployment's lists, so that the lists of other kinds do not ask for them again.

use std::{collections::HashMap, sync::Arc, time::Instant};

use serde_json::Value;

use crate::{
    model::{Failure, Resource},
    services::aws::control::Control,
};

/// The last answer of a list. Its lock is held while the list is asked for: a second reader waits for that answer.
pub(super) type LastList = tokio::sync::Mutex<Option<(Instant, Vec<Resource>)>>;

/// What is remembered of a deployment's lists.
#[derive(Default)]
pub(crate) struct ListMemory {
    pub(super) gateways: LastList,
    pub(super) runtimes: LastList,
    pub(super) targets: LastList,
    pub(super) target_details: std::sync::Mutex<HashMap<String, (String, Arc<Value>)>>,
}

impl ListMemory {
    /// Returns the detail of a target: asked for once as long as its summary stays the same.
    pub(super) async fn detail(
        &self,
        control: &Control,
        gateway: &str,
        id: &str,
        summary: &Value,
    ) -> Result<Arc<Value>, Failure> {
        let key = format!("{gateway}/{id}");
        let summary = summary.to_string();
        let kept = self
            .target_details
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .get(&key)
            .filter(|(of, _)| *of == summary)
            .map(|(_, detail)| detail.clone());
        if let Some(detail) = kept {
            return Ok(detail);
        }
        let detail = Arc::new(control.target(gateway, id).await?);
        let mut details = self
            .target_details
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner);
        details.insert(key, (summary, detail.clone()));
        Ok(detail)
    }
}
