//! Finding the tool that a command means.

use crate::{
    model::{Failure, Tool, did_you_mean},
    tools::cypher,
};

use super::super::outcome::usage;

/// Returns the tool of that whole name, else the only one with that own name.
///
/// # Errors
/// Usage: no tool has that name, or several have it.
pub(super) fn pick<'a>(tools: &'a [Tool], name: &str) -> Result<&'a Tool, Failure> {
    if let Some(tool) = tools.iter().find(|tool| tool.name == name) {
        return Ok(tool);
    }
    let doing = format!("looking for the tool {name}");
    let found: Vec<&Tool> = tools.iter().filter(|tool| tool.parts().1 == name).collect();
    match found.as_slice() {
        [only] => Ok(only),
        [] => {
            let known = || {
                tools
                    .iter()
                    .flat_map(|tool| [tool.name.as_str(), tool.parts().1])
            };
            let whole: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            let cause = format!("unknown tool \"{name}\"{}", did_you_mean(name, known()));
            Err(usage(doing, cause).hint(if whole.is_empty() {
                "the server has none".into()
            } else {
                format!("known: {}", whole.join(", "))
            }))
        }
        several => Err(ambiguous(doing, several)),
    }
}

/// Returns the tool that runs Cypher with this access.
///
/// # Errors
/// Usage: there is none, or several are alike.
pub(super) fn pick_cypher(tools: &[Tool], access: cypher::Access) -> Result<&Tool, Failure> {
    let (word, doing) = match access {
        cypher::Access::Read => ("read-cypher", "looking for the tool that reads Cypher"),
        cypher::Access::Write => ("write-cypher", "looking for the tool that writes Cypher"),
    };
    match cypher::tools(tools, access).as_slice() {
        [only] => Ok(only),
        [] => {
            let names: Vec<&str> = tools.iter().map(|tool| tool.name.as_str()).collect();
            Err(
                usage(doing, format!("this server has no {word} tool")).hint(format!(
                    "it has: {}; --tool names another",
                    names.join(", ")
                )),
            )
        }
        several => Err(ambiguous(doing.to_owned(), several).hint("--tool NAME picks one")),
    }
}

fn ambiguous(doing: String, several: &[&Tool]) -> Failure {
    let names: Vec<&str> = several.iter().map(|tool| tool.name.as_str()).collect();
    usage(
        doing,
        format!("several have that name: {}", names.join(", ")),
    )
    .hint("give the whole name")
}
