//! Values that the server proposes for an argument of a prompt or a resource template (`completion/complete`).

use std::collections::HashMap;

use crossterm::event::{KeyCode, KeyEvent};

use super::{Tools, completion::CompletionPopup, form_rows::FormRow, panes::Pane};
use crate::{
    messages::{Effect, Effects, ToolsEffect},
    model::{ArgumentCompletion, McpEndpoint},
    state::Loadable,
    tools::{
        cypher::{CypherProposal, CypherProposals, ProposalKind},
        index_arguments::{index_argument, matching_indexes},
    },
};

impl Tools {
    /// A key was typed into a field of a prompt or template: asks the server what may stand there.
    pub(super) fn ask_for_values(&mut self, key: KeyEvent) -> Effects {
        let is_text = matches!(key.code, KeyCode::Char(_) | KeyCode::Backspace);
        if is_text {
            self.ask_for_values_now()
        } else {
            Effects::none()
        }
    }

    /// Asks the server what may stand in the field under edit, if that is one of a prompt or template.
    pub(super) fn ask_for_values_now(&mut self) -> Effects {
        self.propose_indexes();
        let completion = self.argument_under_edit();
        let (Some(endpoint), Some(offer), Some(completion)) =
            (self.endpoint.clone(), self.offer().cloned(), completion)
        else {
            return Effects::none();
        };
        Effects::one(Effect::Tools(ToolsEffect::CompleteArgument(
            endpoint,
            Box::new(offer),
            completion,
        )))
    }

    /// Proposes indexes of the graph, if the field under edit names one.
    fn propose_indexes(&mut self) {
        let form = self.form().filter(|form| form.raw.is_none());
        let rows = form
            .filter(|_| self.pane == Pane::Form)
            .map(|form| (form.rows(), form.focus));
        let field = rows
            .as_ref()
            .and_then(|(rows, focus)| rows.get(*focus)?.field());
        let (Some(tool), Some(field)) = (self.selected(), field) else {
            return;
        };
        let schema = self.graph_schema().and_then(Loadable::value);
        let (Some(wanted), Some(schema)) = (index_argument(tool, &field.name), schema) else {
            return;
        };
        let typed = field.typed();
        let items: Vec<CypherProposal> = matching_indexes(schema, wanted, &typed)
            .into_iter()
            .filter(|index| index.name != typed)
            .map(|index| {
                let (labels, properties) = (index.labels.join("|"), index.properties.join(", "));
                CypherProposal {
                    text: index.name.clone(),
                    kind: ProposalKind::Value,
                    note: format!("{} {labels}({properties})", index.kind.to_lowercase()),
                    count: String::new(),
                }
            })
            .collect();
        self.completion = (!items.is_empty()).then(|| {
            let proposals = CypherProposals {
                typed,
                items,
                is_from_schema: true,
            };
            CompletionPopup::new(proposals, true)
        });
    }

    /// Returns the field under edit with what is typed, and the other arguments.
    fn argument_under_edit(&self) -> Option<ArgumentCompletion> {
        let form = self.form().filter(|_| self.pane == Pane::Form)?;
        if form.raw.is_some() || self.offer().is_none() {
            return None;
        }
        let rows = form.rows();
        let field = rows.get(form.focus)?.field()?;
        let others = rows.iter().filter_map(FormRow::field);
        let others: HashMap<String, String> = others
            .filter(|other| other.name != field.name && !other.is_empty())
            .map(|other| (other.name.clone(), other.typed()))
            .collect();
        Some(ArgumentCompletion {
            argument: field.name.clone(),
            typed: field.typed(),
            others,
        })
    }

    /// The server has proposed values. Those for what was typed before are dropped.
    pub(super) fn values_proposed(
        &mut self,
        endpoint: &McpEndpoint,
        completion: &ArgumentCompletion,
        values: Vec<String>,
    ) {
        let is_current = self.endpoint.as_ref() == Some(endpoint)
            && self.modals.is_empty()
            && self.argument_under_edit().as_ref() == Some(completion);
        if !is_current {
            return;
        }
        let is_typed_already = values.as_slice() == [completion.typed.as_str()];
        let items: Vec<CypherProposal> = values
            .into_iter()
            .map(|text| CypherProposal {
                text,
                kind: ProposalKind::Value,
                note: String::new(),
                count: String::new(),
            })
            .collect();
        let is_shown = !items.is_empty() && !is_typed_already;
        self.completion = is_shown.then(|| {
            CompletionPopup::new(
                CypherProposals {
                    typed: completion.typed.clone(),
                    items,
                    is_from_schema: false,
                },
                true,
            )
        });
    }

    /// Puts a proposed value into the field under edit.
    pub(super) fn insert_value(&mut self, value: &str) {
        if let Some(form) = self.form_mut() {
            form.set_focused(value);
        }
    }
}
