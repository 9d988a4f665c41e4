//! What is typed into forms is kept over runs: it is put back when a form is made, and written a moment after the last key.

use super::{ToolKey, Tools, form::Form};
use crate::{
    messages::{Effect, Effects, ToolsEffect},
    model::{Failure, Moment, Tool},
    screens::{AppRequest, ScreenUpdate},
    tools::drafts::FormDraft,
};

/// What is typed is kept this long after the last key, in milliseconds.
const PAUSE_MS: i64 = 2_000;

impl Tools {
    /// What was typed in earlier runs was read, or could not be kept.
    pub(super) fn drafts_read(&mut self, result: Result<Vec<FormDraft>, Failure>) -> ScreenUpdate {
        match result {
            Ok(drafts) => {
                // Forms that are made already, and in which nothing is typed yet.
                for draft in &drafts {
                    let key = (draft.endpoint.clone(), draft.tool.clone());
                    if let Some(form) = self.forms.get_mut(&key)
                        && form.draft().is_none()
                    {
                        form.restore(&draft.form);
                    }
                }
                self.drafts = drafts;
                ScreenUpdate::done()
            }
            Err(failure) => ScreenUpdate::request(AppRequest::Complain(failure)),
        }
    }

    /// Returns a form with what was typed into it in an earlier run.
    pub(super) fn new_form(&self, key: &ToolKey, tool: &Tool) -> Form {
        let mut form = Form::new(tool);
        let draft = self
            .drafts
            .iter()
            .find(|draft| draft.endpoint == key.0 && draft.tool == key.1);
        if let Some(draft) = draft {
            form.restore(&draft.form);
        }
        form
    }

    /// A key was typed into a form.
    pub(super) const fn typed(&mut self, now: Moment) {
        self.drafts_due = Some(now.plus(PAUSE_MS));
    }

    /// Returns when what is typed is kept.
    pub(super) const fn next_draft(&self) -> Option<Moment> {
        self.drafts_due
    }

    /// Keeps what is typed now, if something was typed since it was kept last.
    pub(super) fn keep_drafts(&mut self) -> Effects {
        if self.drafts_due.take().is_none() {
            return Effects::none();
        }
        let Some(endpoint) = self.endpoint.clone() else {
            return Effects::none();
        };
        let own = self
            .forms
            .iter()
            .filter(|((known, _), _)| *known == endpoint);
        let mut drafts: Vec<FormDraft> = own
            .map(|((endpoint, tool), form)| FormDraft {
                endpoint: endpoint.clone(),
                tool: tool.clone(),
                form: form.draft().unwrap_or_default(),
            })
            .collect();
        drafts.sort_by(|one, other| one.tool.cmp(&other.tool));
        drafts.retain(|draft| !self.drafts.contains(draft) && !self.is_untouched(draft));
        if drafts.is_empty() {
            return Effects::none();
        }
        crate::tools::drafts::merge(&mut self.drafts, drafts.clone());
        Effects::one(Effect::Tools(ToolsEffect::KeepDrafts(drafts)))
    }

    /// Returns whether nothing is typed and nothing was kept.
    fn is_untouched(&self, draft: &FormDraft) -> bool {
        let is_known = self
            .drafts
            .iter()
            .any(|known| (&known.endpoint, &known.tool) == (&draft.endpoint, &draft.tool));
        draft.form.is_null() && !is_known
    }
}
