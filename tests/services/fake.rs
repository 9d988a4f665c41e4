//! A small MCP server on loopback that does exactly what a test tells it to.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use bytes::Bytes;
use futures::{StreamExt as _, stream};
use http_body_util::{BodyExt as _, StreamBody, combinators::BoxBody};
use hyper::{Request, Response, body::Frame, body::Incoming, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// What came in.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    pub(crate) authorization: Option<String>,
    pub(crate) headers: http::HeaderMap,
    /// The JSON-RPC message; null for a GET or DELETE.
    pub(crate) message: Value,
}

impl Asked {
    /// The JSON-RPC method; empty for an answer.
    pub(crate) fn rpc(&self) -> &str {
        self.message["method"].as_str().unwrap_or_default()
    }
}

/// What goes out.
#[derive(Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Body,
}

#[derive(Clone)]
pub(crate) enum Body {
    Whole(String),
    /// These bytes, then the connection breaks although more was announced.
    Cut(String),
    /// These chunks, then it stays open.
    Open(Vec<String>),
    /// So many bytes of JSON text in a tool result.
    Big(usize),
    /// Nothing at all, for ever.
    Never,
}

impl Reply {
    pub(crate) fn text(status: u16, content_type: &str, body: &str) -> Self {
        Self {
            status,
            headers: vec![("content-type", content_type.to_owned())],
            body: Body::Whole(body.to_owned()),
        }
    }

    pub(crate) fn json(value: &Value) -> Self {
        Self::text(200, "application/json", &value.to_string())
    }

    /// A JSON-RPC result for what was asked.
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over what `json!` has just made"
    )]
    pub(crate) fn result(asked: &Asked, result: Value) -> Self {
        Self::json(&json!({"jsonrpc": "2.0", "id": asked.message["id"], "result": result}))
    }

    pub(crate) fn events(events: &[Value], body: fn(Vec<String>) -> Body) -> Self {
        let chunks = events
            .iter()
            .map(|event| format!("data: {event}\n\n"))
            .collect();
        Self {
            status: 200,
            headers: vec![("content-type", "text/event-stream".to_owned())],
            body: body(chunks),
        }
    }

    pub(crate) fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

/// A running server.
pub(crate) struct Fake {
    pub(crate) url: String,
    asked: Arc<Mutex<Vec<Asked>>>,
    news: watch::Receiver<usize>,
    task: JoinHandle<()>,
}

impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Fake {
    /// Starts a server that answers `initialize` properly and everything else by `reply`.
    pub(crate) async fn start(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        Self::raw(move |asked| match asked.rpc() {
            "initialize" => Reply::result(asked, initialized()),
            "notifications/initialized" => Reply {
                status: 202,
                headers: Vec::new(),
                body: Body::Whole(String::new()),
            },
            _ => reply(asked),
        })
        .await
    }

    /// Starts a server that answers everything by `reply`.
    pub(crate) async fn raw(reply: impl Fn(&Asked) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mcp", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (tell, news) = watch::channel(0);
        let (reply, log, tell) = (Arc::new(reply), Arc::clone(&asked), Arc::new(tell));
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((socket, _)) = listener.accept().await {
                let (reply, log, tell) = (Arc::clone(&reply), Arc::clone(&log), Arc::clone(&tell));
                connections.spawn(async move {
                    let service = service_fn(move |request| {
                        let (reply, log, tell) =
                            (Arc::clone(&reply), Arc::clone(&log), Arc::clone(&tell));
                        async move {
                            let asked = read(request).await;
                            log.lock().unwrap().push(asked.clone());
                            tell.send_modify(|count| *count += 1);
                            Ok::<_, Infallible>(answer(reply(&asked)))
                        }
                    });
                    // A connection that breaks is what some tests are about.
                    let _ = hyper::server::conn::http1::Builder::new()
                        .serve_connection(TokioIo::new(socket), service)
                        .await;
                });
            }
        });
        Self {
            url,
            asked,
            news,
            task,
        }
    }

    /// All that was asked.
    pub(crate) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// Waits until something was asked that fits.
    pub(crate) async fn wait_for(&self, fits: impl Fn(&Asked) -> bool) -> Asked {
        let mut news = self.news.clone();
        let found = async {
            loop {
                if let Some(asked) = self.asked().into_iter().find(&fits) {
                    return asked;
                }
                news.changed().await.unwrap();
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), found)
            .await
            .expect("it was asked")
    }
}

/// The result of `initialize`.
pub(crate) fn initialized() -> Value {
    json!({"protocolVersion": "2025-11-25", "capabilities": {"tools": {}}, "serverInfo": {"name": "fake", "version": "1"}})
}

async fn read(request: Request<Incoming>) -> Asked {
    let (head, body) = request.into_parts();
    let body = body
        .collect()
        .await
        .map(http_body_util::Collected::to_bytes)
        .unwrap_or_default();
    Asked {
        path: head.uri.path().to_owned(),
        authorization: head
            .headers
            .get("authorization")
            .and_then(|value| value.to_str().ok())
            .map(str::to_owned),
        headers: head.headers,
        message: serde_json::from_slice(&body).unwrap_or_default(),
    }
}

type Out = BoxBody<Bytes, std::io::Error>;

fn boxed(
    frames: impl futures::Stream<Item = Result<Frame<Bytes>, std::io::Error>> + Send + Sync + 'static,
) -> Out {
    http_body_util::BodyExt::boxed(StreamBody::new(frames))
}

fn answer(reply: Reply) -> Response<Out> {
    let mut response = Response::builder().status(reply.status);
    for (name, value) in reply.headers {
        response = response.header(name, value);
    }
    let frames =
        |chunks: Vec<String>| stream::iter(chunks).map(|chunk| Ok(Frame::data(Bytes::from(chunk))));
    let body = match reply.body {
        Body::Whole(text) => boxed(frames(vec![text])),
        Body::Cut(text) => {
            let broken = stream::once(async { Err(std::io::Error::other("cut")) });
            boxed(frames(vec![text]).chain(broken))
        }
        Body::Open(chunks) => boxed(frames(chunks).chain(stream::pending())),
        Body::Never => {
            return Response::new(boxed(
                stream::pending::<Result<Frame<Bytes>, std::io::Error>>(),
            ));
        }
        Body::Big(size) => {
            let chunk = "x".repeat(1 << 20);
            let middle = stream::iter(
                (0..size >> 20).map(move |_| Ok(Frame::data(Bytes::from(chunk.clone())))),
            );
            let head = frames(vec![
                r#"{"jsonrpc":"2.0","id":0,"result":{"content":[{"type":"text","text":""#
                    .to_owned(),
            ]);
            boxed(
                head.chain(middle)
                    .chain(frames(vec![r#""}]}}"#.to_owned()])),
            )
        }
    };
    response.body(body).unwrap()
}
