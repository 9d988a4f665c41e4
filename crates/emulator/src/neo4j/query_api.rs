//! The Query API v2 over HTTP, as a Neo4j 5.26 answers it: statuses, bodies, headers.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, StatusCode};
use serde_json::{Map as JsonMap, Value as Json, json};

use super::login::LoginRefusal;
use super::render::{self, ValueFormat};
use super::server::{DatabaseServer, DatabaseSession, VERSION};
use crate::http::{Request, Response, header, respond, set_header};
use crate::world::World;
use cypher::{CypherError, ExecutionMode, Map, QueryResult};

const TYPED: &str = "application/vnd.neo4j.query";
const PLAIN: &str = "application/json";
const INVALID: &str = "Neo.ClientError.Request.Invalid";

/// Answers a request whose path below the server's base is `path`.
pub(crate) async fn handle(
    world: &World,
    server: Arc<DatabaseServer>,
    base: &str,
    path: &str,
    request: &Request,
) -> Response {
    if path == "/" || path.is_empty() {
        return discovery(base);
    }
    let Some(database) = path
        .strip_prefix("/db/")
        .and_then(|rest| rest.strip_suffix("/query/v2"))
        .filter(|name| !name.contains('/'))
    else {
        return error(StatusCode::NOT_FOUND, INVALID, "Not Found");
    };
    if request.method() == Method::OPTIONS {
        let mut response = respond(StatusCode::NO_CONTENT, PLAIN, "");
        set_header(
            &mut response,
            "access-control-allow-methods",
            "POST,OPTIONS",
        );
        return finished(response);
    }
    if request.method() != Method::POST {
        let mut response = error(
            StatusCode::METHOD_NOT_ALLOWED,
            INVALID,
            "Method Not Allowed",
        );
        set_header(&mut response, "allow", "POST,OPTIONS");
        return response;
    }
    let session = match log_in(world, &server, database, request) {
        Ok(session) => session,
        Err(response) => return *response,
    };
    let (statement, form) = match read(request) {
        Ok(read) => read,
        Err((status, message)) => return error(status, INVALID, message),
    };
    execute(world, server, session, statement, form).await
}

fn discovery(base: &str) -> Response {
    let document = json!({
        "query": format!("{base}/db/{{databaseName}}/query/v2"),
        "transaction": format!("{base}/db/{{databaseName}}/tx"),
        "neo4j_version": VERSION,
        "neo4j_edition": "community",
    });
    let mut response = respond(StatusCode::OK, PLAIN, document.to_string());
    set_header(&mut response, "vary", "Accept");
    finished(response)
}

fn log_in(
    world: &World,
    server: &DatabaseServer,
    database: &str,
    request: &Request,
) -> Result<DatabaseSession, Box<Response>> {
    let unauthorized = |message: &str| {
        let mut response = error(
            StatusCode::UNAUTHORIZED,
            "Neo.ClientError.Security.Unauthorized",
            message,
        );
        set_header(
            &mut response,
            "www-authenticate",
            "Basic realm=\"Neo4j\", Bearer realm=\"Neo4j\"",
        );
        Box::new(response)
    };
    let Some(authorization) = header(request.headers(), "authorization") else {
        return Err(unauthorized("No authentication header supplied."));
    };
    if authorization
        .get(..7)
        .is_some_and(|scheme| scheme.eq_ignore_ascii_case("bearer "))
    {
        return Err(unauthorized(
            "Unsupported authentication token, scheme 'bearer' is not supported.",
        ));
    }
    let Some((user, password)) = basic(authorization) else {
        return Err(Box::new(error(
            StatusCode::BAD_REQUEST,
            "Neo.ClientError.Request.InvalidFormat",
            "Invalid authentication header.",
        )));
    };
    match server.log_in(&user, &password, world.now()) {
        Ok(change_required) => Ok(DatabaseSession {
            user,
            database: database.to_lowercase(),
            change_required,
            agent: header(request.headers(), "user-agent")
                .unwrap_or_default()
                .to_owned(),
            client: "127.0.0.1".to_owned(),
            http: true,
            read_only: false,
        }),
        Err(LoginRefusal::Invalid) => Err(unauthorized("Invalid credential.")),
        Err(LoginRefusal::LockedOut) => Err(Box::new(error(
            StatusCode::TOO_MANY_REQUESTS,
            "Neo.ClientError.Security.AuthenticationRateLimit",
            "Too many failed authentication requests. Please wait 5 seconds and try again.",
        ))),
    }
}

/// User and password of a Basic header.
pub(crate) fn basic(authorization: &str) -> Option<(String, String)> {
    let (scheme, value) = authorization.split_once(' ')?;
    let decoded = STANDARD
        .decode(value.trim())
        .ok()
        .filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
    let text = String::from_utf8(decoded).ok()?;
    let (user, password) = text.split_once(':')?;
    Some((user.to_owned(), password.to_owned()))
}

/// The body of a request.
struct QueryRequest {
    text: String,
    parameters: Map,
    counters: bool,
    read_only: bool,
    impersonated: bool,
}

/// The members that a request body may have.
const MEMBERS: [&str; 7] = [
    "statement",
    "parameters",
    "includeCounters",
    "accessMode",
    "maxExecutionTime",
    "impersonatedUser",
    "bookmarks",
];

/// Reads a request: its statement and the format of the response.
fn read(request: &Request) -> Result<(QueryRequest, ValueFormat), (StatusCode, &'static str)> {
    let content_type = header(request.headers(), "content-type").unwrap_or_default();
    let media = content_type.split(';').next().unwrap_or_default().trim();
    if media != PLAIN && media != TYPED {
        return Err((StatusCode::UNSUPPORTED_MEDIA_TYPE, "Unsupported Media Type"));
    }
    let format = accepted_format(request).ok_or((StatusCode::NOT_ACCEPTABLE, "Not Acceptable"))?;
    let statement =
        read_body(request, media == TYPED).ok_or((StatusCode::BAD_REQUEST, "Bad Request"))?;
    Ok((statement, format))
}

/// Returns the format of the response that `Accept` asks for.
fn accepted_format(request: &Request) -> Option<ValueFormat> {
    let accept = header(request.headers(), "accept").unwrap_or("*/*");
    let accepts = |kind: &str| {
        accept
            .split(',')
            .any(|range| range.split(';').next().unwrap_or_default().trim() == kind)
    };
    if accepts(TYPED) {
        return Some(ValueFormat::Typed);
    }
    [PLAIN, "*/*", "application/*"]
        .into_iter()
        .any(accepts)
        .then_some(ValueFormat::Plain)
}

/// Reads the body of a request. `typed` says that its parameters have the typed format.
fn read_body(request: &Request, typed: bool) -> Option<QueryRequest> {
    let Ok(Json::Object(body)) = serde_json::from_slice(request.body()) else {
        return None;
    };
    if body.keys().any(|key| !MEMBERS.contains(&key.as_str())) {
        return None;
    }
    let parameters = match body.get("parameters") {
        None | Some(Json::Null) => Map::new(),
        Some(Json::Object(map)) => parameters(map, typed)?,
        Some(_) => return None,
    };
    let access_mode = body
        .get("accessMode")
        .and_then(Json::as_str)
        .map(str::to_ascii_uppercase);
    let read_only = match access_mode.as_deref() {
        None | Some("WRITE") => false,
        Some("READ") => true,
        Some(_) => return None,
    };
    Some(QueryRequest {
        text: body
            .get("statement")
            .and_then(Json::as_str)
            .unwrap_or_default()
            .to_owned(),
        parameters,
        counters: body.get("includeCounters") == Some(&Json::Bool(true)),
        read_only,
        impersonated: body
            .get("impersonatedUser")
            .is_some_and(|user| !user.is_null()),
    })
}

fn parameters(map: &JsonMap<String, Json>, typed: bool) -> Option<Map> {
    let read = |value: &Json| {
        if typed {
            render::typed_parameter(value)
        } else {
            Some(render::parameter(value))
        }
    };
    map.iter()
        .map(|(key, value)| Some((key.clone(), read(value)?)))
        .collect()
}

async fn execute(
    world: &World,
    server: Arc<DatabaseServer>,
    mut session: DatabaseSession,
    statement: QueryRequest,
    form: ValueFormat,
) -> Response {
    if statement.text.is_empty() {
        return error(
            StatusCode::BAD_REQUEST,
            INVALID,
            "statement cannot be null or empty",
        );
    }
    if statement.impersonated {
        let message = "Impersonation is not supported in community edition.";
        return error(
            StatusCode::BAD_REQUEST,
            "Neo.ClientError.Statement.ArgumentError",
            message,
        );
    }
    session.read_only = statement.read_only;
    let now = world.now();
    let bookmark = world.seed.next_uuid();
    // A statement is pure work: it must not keep the threads that serve connections.
    let finished = tokio::task::spawn_blocking(move || {
        match server.run(&session, &statement.text, &statement.parameters, now) {
            Ok((answer, _)) => success(&answer, statement.counters, form, &bookmark),
            Err(failure) => refusal(&failure),
        }
    });
    finished.await.unwrap_or_else(|_| {
        error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "Neo.DatabaseError.General.UnknownError",
            "An unknown error occurred.",
        )
    })
}

fn success(answer: &QueryResult, counters: bool, form: ValueFormat, bookmark: &str) -> Response {
    let rows: Vec<Json> = answer
        .rows
        .iter()
        .map(|row| {
            Json::Array(
                row.iter()
                    .map(|value| render::value(answer, form, value))
                    .collect(),
            )
        })
        .collect();
    let mut body = JsonMap::new();
    body.insert(
        "data".to_owned(),
        json!({"fields": answer.columns, "values": rows}),
    );
    if let Some(failure) = &answer.error {
        body.insert(
            "errors".to_owned(),
            json!([{"code": failure.code, "message": failure.message}]),
        );
    } else {
        if counters {
            body.insert("counters".to_owned(), render::counters(&answer.counters));
        }
        match answer.mode {
            ExecutionMode::Explain => {
                drop(body.insert("queryPlan".to_owned(), plan(&answer.columns, None)));
            }
            ExecutionMode::Profile => {
                drop(body.insert(
                    "profiledQueryPlan".to_owned(),
                    plan(&answer.columns, Some(answer.rows.len())),
                ));
            }
            ExecutionMode::Run => {}
        }
        body.insert(
            "bookmarks".to_owned(),
            json!([format!("FB:{}", STANDARD.encode(bookmark))]),
        );
    }
    let content_type = match form {
        ValueFormat::Plain => PLAIN,
        ValueFormat::Typed => TYPED,
    };
    finished(respond(
        StatusCode::ACCEPTED,
        content_type,
        Json::Object(body).to_string(),
    ))
}

/// Returns a plan of one operator: the stand-in has no planner worth showing.
fn plan(columns: &[String], rows: Option<usize>) -> Json {
    let mut arguments = json!({"planner": "COST", "planner-impl": "IDP", "planner-version": VERSION, "runtime": "SLOTTED",
        "runtime-version": VERSION, "version": "5", "Details": columns.join(", "), "Id": 0, "EstimatedRows": 1.0});
    let mut plan =
        json!({"operatorType": "ProduceResults@neo4j", "identifiers": columns, "children": []});
    if let (Some(rows), Some(arguments), Some(plan)) =
        (rows, arguments.as_object_mut(), plan.as_object_mut())
    {
        arguments.insert("Rows".to_owned(), json!(rows));
        arguments.insert("DbHits".to_owned(), json!(0));
        plan.insert("dbHits".to_owned(), json!(0));
        plan.insert("records".to_owned(), json!(rows));
    }
    if let Some(plan) = plan.as_object_mut() {
        plan.insert("arguments".to_owned(), arguments);
    }
    plan
}

fn refusal(failure: &CypherError) -> Response {
    let status = match failure.code {
        "Neo.ClientError.Database.DatabaseNotFound" => StatusCode::NOT_FOUND,
        code if code.starts_with("Neo.DatabaseError.") => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    error(status, failure.code, &failure.message)
}

/// Returns an error body with its status.
pub(crate) fn error(status: StatusCode, code: &str, message: &str) -> Response {
    finished(respond(
        status,
        PLAIN,
        json!({"errors": [{"code": code, "message": message}]}).to_string(),
    ))
}

fn finished(mut response: Response) -> Response {
    set_header(&mut response, "access-control-allow-origin", "*");
    response
}
