//! Request interceptors: the Lambda functions of deployments A and B, as functions of this process with the contract that
//! AgentCore has for them (version 1.0): an event in, what to do out. They log as the real ones do, credentials included.

use std::collections::{BTreeSet, HashMap};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::{Map, Value, json};

use crate::faults::{FaultKind, FaultPoint, SLOWNESS};
use crate::scenarios::Scenario;
use crate::world::SharedWorld;

/// What the gateway is to do.
#[derive(Debug)]
pub(crate) enum InterceptorVerdict {
    /// Go on with these headers and this body.
    Forward {
        headers: Map<String, Value>,
        body: Value,
    },
    /// Answer this now.
    Respond {
        status: u16,
        headers: Map<String, Value>,
        body: Value,
    },
    /// The function could not be invoked, or threw: an opaque 500.
    Failed,
}

/// Runs the function of a deployment for one request.
pub(crate) async fn intercept(
    world: &SharedWorld,
    deployment: &Scenario,
    function: &str,
    headers: &HeaderMap,
    body: &Value,
) -> InterceptorVerdict {
    let fault = world
        .faults
        .take_hop(deployment.name, FaultPoint::Interceptor);
    if fault == Some(FaultKind::NoPermission) {
        // The role may not invoke it: the function never runs, so there is no log line either.
        return InterceptorVerdict::Failed;
    }
    let run = FunctionRun::start(world, function);
    match fault {
        Some(FaultKind::Broken) => {
            let report = json!({"errorMessage": "'NoneType' object is not subscriptable", "errorType": "TypeError",
                "stackTrace": ["  File \"/var/task/index.py\", line 31, in handler\n    token = event[\"mcp\"][\"gatewayRequest\"][\"auth\"][\"token\"]\n"]});
            run.log(&format!("[ERROR] {report}"));
            return InterceptorVerdict::Failed;
        }
        Some(FaultKind::Slow) => tokio::time::sleep(SLOWNESS).await,
        _ => {}
    }
    let event = event(headers, body);
    let outcome = if deployment.name == "a" {
        swap_for_own_header(world, deployment, &run, &event).await
    } else {
        swap_for_basic(world, deployment, &run, &event).await
    };
    match outcome {
        Ok(output) => verdict(&output, body),
        Err(line) => {
            run.log(&format!("[ERROR] {line}"));
            InterceptorVerdict::Failed
        }
    }
}

/// Returns the event that the gateway sends (it has no requestContext).
fn event(headers: &HeaderMap, body: &Value) -> Value {
    let pairs = headers
        .iter()
        .filter_map(|(name, value)| Some((title_case(name.as_str()), json!(value.to_str().ok()?))));
    json!({
        "interceptorInputVersion": "1.0",
        "mcp": {
            "rawGatewayRequest": {"body": body.to_string()},
            "gatewayRequest": {"path": "/mcp", "httpMethod": "POST", "headers": pairs.collect::<Map<_, _>>(), "body": body},
        },
    })
}

/// `x-neo4j-authorization` as `X-Neo4j-Authorization`.
fn title_case(name: &str) -> String {
    let part = |part: &str| {
        let mut characters = part.chars();
        characters.next().map_or_else(String::new, |first| {
            first.to_ascii_uppercase().to_string() + characters.as_str()
        })
    };
    name.split('-').map(part).collect::<Vec<_>>().join("-")
}

fn verdict(output: &Value, body: &Value) -> InterceptorVerdict {
    let part = |name: &str| output.get("mcp").and_then(|mcp| mcp.get(name));
    let headers = |part: &Value| {
        part.get("headers")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default()
    };
    if let Some(response) = part("transformedGatewayResponse") {
        let status = response
            .get("statusCode")
            .and_then(Value::as_u64)
            .and_then(|status| u16::try_from(status).ok())
            .unwrap_or(200);
        return InterceptorVerdict::Respond {
            status,
            headers: headers(response),
            body: response.get("body").cloned().unwrap_or(Value::Null),
        };
    }
    match part("transformedGatewayRequest") {
        Some(request) => InterceptorVerdict::Forward {
            headers: headers(request),
            body: request.get("body").cloned().unwrap_or_else(|| body.clone()),
        },
        None => InterceptorVerdict::Failed,
    }
}

/// Returns a's function: passes `X-Neo4j-Authorization` on, or fills it from the secret when the caller has only a token.
async fn swap_for_own_header(
    world: &SharedWorld,
    deployment: &Scenario,
    run: &FunctionRun<'_>,
    event: &Value,
) -> Result<Value, String> {
    let request = event.pointer("/mcp/gatewayRequest").unwrap_or(&Value::Null);
    let body = request.get("body").unwrap_or(&Value::Null);
    let own = request
        .pointer("/headers/X-Neo4j-Authorization")
        .and_then(Value::as_str);
    let authorization = match own {
        Some(value) => value.to_owned(),
        None => basic_from_secret(world, deployment).await?,
    };
    run.log(&format!("FULL EVENT: {event}"));
    run.log("X-Neo4j-Authorization present, forwarding");
    if !authorization.starts_with("Basic ") {
        let error = json!({"jsonrpc": "2.0", "id": body.get("id"), "error": {"code": -32600, "message": "Missing or invalid X-Neo4j-Authorization header"}});
        return Ok(
            json!({"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayResponse": {
                "statusCode": 401, "headers": {"WWW-Authenticate": "Basic realm=\"Neo4j MCP Server\""}, "body": error,
            }}}),
        );
    }
    Ok(
        json!({"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayRequest": {
            "headers": {"X-Neo4j-Authorization": authorization, "Content-Type": "application/json"}, "body": body,
        }}}),
    )
}

/// B's function: reads the secret at every call and swaps the token for Basic.
async fn swap_for_basic(
    world: &SharedWorld,
    deployment: &Scenario,
    run: &FunctionRun<'_>,
    event: &Value,
) -> Result<Value, String> {
    let authorization = basic_from_secret(world, deployment).await?;
    let request = event.pointer("/mcp/gatewayRequest").unwrap_or(&Value::Null);
    let body = request.get("body").unwrap_or(&Value::Null);
    let line = json!({"level": "INFO", "message": "token swapped", "method": body.get("method"), "headers": {"Authorization": authorization}});
    run.log(&line.to_string());
    Ok(
        json!({"interceptorOutputVersion": "1.0", "mcp": {"transformedGatewayRequest": {
            "headers": {"Authorization": authorization, "Content-Type": "application/json"}, "body": body,
        }}}),
    )
}

async fn basic_from_secret(world: &SharedWorld, deployment: &Scenario) -> Result<String, String> {
    let (user, password) = credentials(world, deployment).await?;
    Ok(format!(
        "Basic {}",
        STANDARD.encode(format!("{user}:{password}"))
    ))
}

/// User and password as a consumer of the deployment's secret reads them now; the error is what its SDK says.
async fn credentials(
    world: &SharedWorld,
    deployment: &Scenario,
) -> Result<(String, String), String> {
    let id = deployment.secret_arn.as_deref().unwrap_or_default();
    let stale = pass_secret(world, deployment, id).await?;
    let (user, password) = read_credentials(world.secrets.current(id))?;
    Ok((
        user,
        if stale {
            stale_password(&password)
        } else {
            password
        },
    ))
}

/// Plays the fault of the secret's hop for one reading: whether it gives a password from before the last change.
pub(crate) async fn pass_secret(
    world: &SharedWorld,
    deployment: &Scenario,
    id: &str,
) -> Result<bool, String> {
    match world.faults.take_hop(deployment.name, FaultPoint::Secret) {
        Some(FaultKind::Slow) => {
            tokio::time::sleep(SLOWNESS).await;
            Ok(false)
        }
        Some(FaultKind::Stale) => Ok(true),
        Some(fault) => secret_failure(fault, id).map_or(Ok(false), Err),
        None => Ok(false),
    }
}

/// Returns what an SDK says of a secret that cannot be read under a fault; `None` if the fault lets it be read.
pub(crate) fn secret_failure(fault: FaultKind, id: &str) -> Option<String> {
    let said = |text: &str| Some(text.to_owned());
    if fault == FaultKind::AccessDenied {
        Some(format!(
            "botocore.errorfactory.AccessDeniedException: An error occurred (AccessDeniedException) when calling the GetSecretValue \
             operation: User is not authorized to perform: secretsmanager:GetSecretValue on resource: {id}"
        ))
    } else if fault == FaultKind::Throttling {
        said(
            "An error occurred (ThrottlingException) when calling the GetSecretValue operation: Rate exceeded",
        )
    } else if fault == FaultKind::InternalError {
        said("An error occurred (InternalServiceError) when calling the GetSecretValue operation")
    } else {
        None
    }
}

/// User and password out of a secret's text; none where it could not be found.
pub(crate) fn read_credentials(text: Option<String>) -> Result<(String, String), String> {
    let text = text.ok_or_else(|| {
        "An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation: Secrets Manager can't find the specified secret.".to_owned()
    })?;
    let secret: Value = serde_json::from_str(&text)
        .map_err(|error| format!("json.decoder.JSONDecodeError: {error}"))?;
    let member = |names: [&str; 2]| {
        names
            .iter()
            .find_map(|name| secret.get(*name).and_then(Value::as_str))
            .map(str::to_owned)
    };
    let user = member(["username", "NEO4J_USERNAME"]).ok_or("KeyError: 'username'")?;
    let password = member(["password", "NEO4J_PASSWORD"]).ok_or("KeyError: 'password'")?;
    Ok((user, password))
}

/// Returns what a stale reading has in the place of the password.
pub(crate) fn stale_password(password: &str) -> String {
    format!("{password}-before-the-change")
}

/// One invocation of a function, which logs as the Lambda service does: START when it begins, END and
/// REPORT with the measured duration when it is dropped.
struct FunctionRun<'a> {
    world: &'a SharedWorld,
    function: &'a str,
    instance: usize,
    request_id: String,
    began: std::time::Instant,
}

impl<'a> FunctionRun<'a> {
    fn start(world: &'a SharedWorld, function: &'a str) -> Self {
        let run = Self {
            world,
            function,
            instance: world.functions.start(function),
            request_id: world.seed.next_uuid(),
            began: std::time::Instant::now(),
        };
        run.log(&format!(
            "START RequestId: {} Version: $LATEST",
            run.request_id
        ));
        run
    }

    fn log(&self, line: &str) {
        self.world
            .log_invocation(self.function, self.instance, line);
    }
}

impl Drop for FunctionRun<'_> {
    fn drop(&mut self) {
        let id = &self.request_id;
        let milliseconds = self.began.elapsed().as_secs_f64() * 1000.0;
        self.log(&format!("END RequestId: {id}"));
        self.log(&format!(
            "REPORT RequestId: {id}\tDuration: {milliseconds:.2} ms\tBilled Duration: {:.0} ms\tMemory Size: 128 MB\tMax Memory Used: 84 MB",
            milliseconds.ceil()
        ));
        self.world.functions.end(self.function, self.instance);
    }
}

/// The instances of functions that serve an invocation now. As at Lambda, an instance serves one invocation at a time and has a log
/// stream of its own.
#[derive(Debug, Default)]
pub(crate) struct FunctionInstances(parking_lot::Mutex<HashMap<String, BTreeSet<usize>>>);

impl FunctionInstances {
    /// Returns the number of an instance that was idle, and is busy now.
    fn start(&self, function: &str) -> usize {
        let mut functions = self.0.lock();
        let busy = functions.entry(function.to_owned()).or_default();
        let idle = (1..=busy.len()).find(|instance| !busy.contains(instance));
        let idle = idle.unwrap_or(busy.len() + 1);
        busy.insert(idle);
        idle
    }

    fn end(&self, function: &str, instance: usize) {
        if let Some(busy) = self.0.lock().get_mut(function) {
            busy.remove(&instance);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn invocations_at_the_same_time_have_instances_of_their_own() {
        let instances = FunctionInstances::default();
        let (one, two) = (instances.start("f"), instances.start("f"));
        assert_ne!(one, two);
        assert_eq!(instances.start("g"), one, "another function");
        instances.end("f", one);
        assert_eq!(instances.start("f"), one, "an idle instance is used again");
    }

    #[test]
    fn outputs_are_read_by_the_contract() {
        let body = json!({"id": 1});
        let forward = json!({"mcp": {"transformedGatewayRequest": {"headers": {"A": "b"}, "body": {"id": 2}}}});
        assert!(
            matches!(verdict(&forward, &body), InterceptorVerdict::Forward { body, .. } if body == json!({"id": 2}))
        );
        let respond =
            json!({"mcp": {"transformedGatewayResponse": {"statusCode": 401, "body": {}}}});
        assert!(matches!(
            verdict(&respond, &body),
            InterceptorVerdict::Respond { status: 401, .. }
        ));
        assert!(matches!(
            verdict(&json!({}), &body),
            InterceptorVerdict::Failed
        ));
        assert_eq!(title_case("x-neo4j-authorization"), "X-Neo4j-Authorization");
    }
}
