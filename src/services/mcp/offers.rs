//! What a server offers beside tools: resources, templates of resources, prompts. Listing, reading, getting.

use std::collections::HashSet;

use rmcp::model::{
    ArgumentInfo, ClientRequest, CompleteRequest, CompleteRequestParams, CompletionContext,
    GetPromptRequest, GetPromptRequestParams, ListPromptsRequest, ListResourceTemplatesRequest,
    ListResourcesRequest, PaginatedRequestParams, ReadResourceRequest, ReadResourceRequestParams,
    Reference,
};
use serde_json::{Map, Value, json};

use crate::{
    model::{
        ArgumentCompletion, CallOptions, CallOutcome, Failure, FailureKind, HttpExchange, Offer,
        OfferKind, Tool, ToolAnnotations,
    },
    tools::template,
};

use super::session::McpSession;

/// Pages of one list after which it stops.
const PAGES: usize = 50;
/// Bytes of one list, over all pages, after which it stops.
const LISTING: usize = 16 << 20;
/// Proposed values that are kept; the specification allows a server to send as many.
const VALUES: usize = 100;
/// Things of one list that are kept.
const MOST: usize = 2_000;

impl McpSession {
    /// Everything that the server says it offers beside tools. A list that cannot be had is left out and logged: tools matter more.
    pub async fn offers(&self) -> Vec<Offer> {
        let has = |capability: &str| self.capabilities().get(capability).is_some();
        let mut kinds = Vec::new();
        if has("resources") {
            kinds.extend([OfferKind::Resource, OfferKind::Template]);
        }
        if has("prompts") {
            kinds.push(OfferKind::Prompt);
        }
        let mut offers = Vec::new();
        for kind in kinds {
            match self.list_offers(kind).await {
                Ok(found) => offers.extend(found),
                Err(failure) => tracing::info!(%failure, "a list is left out"),
            }
        }
        offers
    }

    async fn list_offers(&self, kind: OfferKind) -> Result<Vec<Offer>, Failure> {
        let doing = format!("listing {}s", kind.as_str());
        let (mut offers, mut cursor, mut seen, mut size) = (Vec::new(), None, HashSet::new(), 0);
        for _ in 0..PAGES {
            let page = PaginatedRequestParams::default().with_cursor(cursor);
            let (request, member) = match kind {
                OfferKind::Resource => (
                    ClientRequest::ListResourcesRequest(ListResourcesRequest::with_param(page)),
                    "resources",
                ),
                OfferKind::Template => (
                    ClientRequest::ListResourceTemplatesRequest(
                        ListResourceTemplatesRequest::with_param(page),
                    ),
                    "resourceTemplates",
                ),
                OfferKind::Prompt => (
                    ClientRequest::ListPromptsRequest(ListPromptsRequest::with_param(page)),
                    "prompts",
                ),
            };
            let (result, _) = self.request(&doing, request, CallOptions::default()).await;
            let result = result?;
            size += result.to_string().len();
            let found = result
                .get(member)
                .and_then(Value::as_array)
                .into_iter()
                .flatten();
            offers.extend(found.filter_map(|raw| offer(kind, raw)));
            cursor = result
                .get("nextCursor")
                .and_then(Value::as_str)
                .filter(|next| !next.is_empty())
                .map(str::to_owned);
            match &cursor {
                Some(next)
                    if offers.len() < MOST && size < LISTING && seen.insert(next.clone()) => {}
                _ => break,
            }
        }
        offers.truncate(MOST);
        Ok(offers)
    }

    /// Asks the server for values of an argument of a prompt or resource template; there are none if it proposes none.
    ///
    /// # Errors
    /// Those of the request.
    pub async fn complete(
        &self,
        offer: &Offer,
        completion: &ArgumentCompletion,
    ) -> Result<Vec<String>, Failure> {
        let reference = match offer.kind {
            OfferKind::Resource => return Ok(Vec::new()),
            OfferKind::Template => Reference::for_resource(&offer.address),
            OfferKind::Prompt => Reference::for_prompt(&offer.address),
        };
        if self.capabilities().get("completions").is_none() {
            return Ok(Vec::new());
        }
        let argument = ArgumentInfo::new(&completion.argument, &completion.typed);
        let mut params = CompleteRequestParams::new(reference, argument);
        if !completion.others.is_empty() {
            let context = CompletionContext::with_arguments(completion.others.clone());
            params = params.with_context(context);
        }
        let request = ClientRequest::CompleteRequest(CompleteRequest::new(params));
        let doing = format!("completing {}", completion.argument);
        let (result, _) = self.request(&doing, request, CallOptions::default()).await;
        let result = result?;
        let values = result
            .pointer("/completion/values")
            .and_then(Value::as_array);
        let texts = values.into_iter().flatten().filter_map(Value::as_str);
        Ok(texts.map(str::to_owned).take(VALUES).collect())
    }

    /// Reads a resource, or gets a prompt; templates are filled with the arguments. What comes is kept as a call's result is.
    ///
    /// # Errors
    /// [`FailureKind::Refused`] with code and message for a JSON-RPC error; [`FailureKind::Usage`] where the template cannot be
    /// filled.
    pub async fn fetch(
        &self,
        offer: &Offer,
        arguments: Map<String, Value>,
    ) -> (Result<CallOutcome, Failure>, HttpExchange) {
        let doing = format!("reading {}", offer.address);
        let request = match offer.kind {
            OfferKind::Resource => read(offer.address.clone()),
            OfferKind::Template => match template::fill(&offer.address, &arguments) {
                Ok(uri) => read(uri),
                Err(why) => {
                    return (
                        Err(Failure::new(FailureKind::Usage, doing, why)),
                        HttpExchange::default(),
                    );
                }
            },
            OfferKind::Prompt => ClientRequest::GetPromptRequest(GetPromptRequest::new(
                GetPromptRequestParams::new(offer.address.clone()).with_arguments(arguments),
            )),
        };
        let (outcome, exchange) = self
            .timed(&doing, request, CallOptions::default(), None)
            .await;
        (
            outcome.map(|outcome| CallOutcome {
                content: content(&outcome.raw),
                table: None,
                ..outcome
            }),
            exchange,
        )
    }
}

fn read(uri: String) -> ClientRequest {
    ClientRequest::ReadResourceRequest(ReadResourceRequest::new(ReadResourceRequestParams::new(
        uri,
    )))
}

/// Contents of a resource, or messages of a prompt, as blocks of text. Bytes are counted, not shown.
fn content(raw: &Value) -> Vec<Value> {
    let list = |name: &str| {
        raw.get(name)
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default()
    };
    let text = |text: String| json!({"type": "text", "text": text});
    let contents = list("contents").into_iter().map(|item| {
        match (item.get("text"), item.get("blob").and_then(Value::as_str)) {
            (Some(Value::String(said)), _) => text(said.clone()),
            (_, Some(blob)) => {
                let bytes = blob.trim_end_matches('=').len() * 3 / 4;
                let kind = item
                    .get("mimeType")
                    .and_then(Value::as_str)
                    .unwrap_or("unknown type");
                text(format!("{bytes} bytes of {kind}"))
            }
            _ => item,
        }
    });
    let messages = list("messages").into_iter().map(|item| {
        let role = item.get("role").and_then(Value::as_str).unwrap_or_default();
        match item.pointer("/content/text").and_then(Value::as_str) {
            Some(said) => text(format!("{role}: {said}")),
            None => text(format!(
                "{role}: {}",
                item.get("content").unwrap_or(&Value::Null)
            )),
        }
    });
    contents.chain(messages).collect()
}

/// Returns the arguments of an offer as the schema of a form: all are texts.
fn arguments_schema(kind: OfferKind, address: &str, raw: &Value) -> Value {
    // Name, description, and whether it must be given.
    let arguments: Vec<(String, Value, bool)> = match kind {
        OfferKind::Resource => Vec::new(),
        OfferKind::Template => template::names(address)
            .into_iter()
            .map(|name| (name, Value::Null, true))
            .collect(),
        OfferKind::Prompt => raw
            .get("arguments")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(|argument| {
                let name = argument.get("name").and_then(Value::as_str)?.to_owned();
                let description = argument.get("description").cloned().unwrap_or_default();
                let required = argument.get("required").and_then(Value::as_bool);
                Some((name, description, required.unwrap_or_default()))
            })
            .collect(),
    };
    let required: Vec<&String> = arguments
        .iter()
        .filter(|(.., required)| *required)
        .map(|(name, ..)| name)
        .collect();
    let properties: Map<String, Value> = arguments
        .iter()
        .map(|(name, description, _)| {
            let property = json!({"type": "string", "description": description});
            (name.clone(), property)
        })
        .collect();
    json!({"type": "object", "properties": properties, "required": required, "additionalProperties": false})
}

/// Returns an item of a list, as the server gave it; `None` for one without an address.
fn offer(kind: OfferKind, raw: &Value) -> Option<Offer> {
    let text = |name: &str| raw.get(name).and_then(Value::as_str).map(str::to_owned);
    let address = match kind {
        OfferKind::Resource => text("uri"),
        OfferKind::Template => text("uriTemplate"),
        OfferKind::Prompt => text("name"),
    }?;
    let description = [
        Some(address.clone()).filter(|_| kind != OfferKind::Prompt),
        text("description"),
    ];
    let tool = Tool {
        // The word keeps a prompt apart from a tool of the same name.
        name: format!(
            "{} {}",
            kind.as_str(),
            text("name").unwrap_or_else(|| address.clone())
        ),
        title: text("title"),
        description: Some(
            description
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join("  "),
        ),
        input_schema: arguments_schema(kind, &address, raw),
        annotations: ToolAnnotations {
            read_only: Some(true),
            ..ToolAnnotations::default()
        },
        raw: raw.clone(),
    };
    Some(Offer {
        kind,
        address,
        tool,
    })
}
