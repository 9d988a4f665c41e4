//! A server's question at a terminal: the fields of a form one after the other, or an address to open.

use std::io::{self, BufRead, IsTerminal as _, Write};

use serde_json::{Map, Value};

use crate::{
    model::{Elicitation, ElicitationAnswer, ElicitationRequest, sanitize},
    net::browser,
    tools::{
        arguments::{self, limits_in_words, plain},
        schema::{self, Property, Type},
    },
};

/// Values of a choice that are named at most.
const CHOICES: usize = 30;

/// Returns whether a person can be asked: both ends of the conversation are a terminal.
pub(super) fn can_ask() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// Asks the person at the terminal.
pub(super) async fn ask(question: Elicitation) -> ElicitationAnswer {
    let asking = tokio::task::spawn_blocking(move || {
        let mut dialog = Dialog {
            input: io::stdin().lock(),
            output: io::stderr(),
        };
        dialog.ask(&question)
    });
    asking.await.unwrap_or(ElicitationAnswer::Cancel)
}

/// A conversation by lines.
struct Dialog<I, O> {
    input: I,
    output: O,
}

impl<I: BufRead, O: Write> Dialog<I, O> {
    /// Returns the answer to a question. The end of the input declines it.
    fn ask(&mut self, question: &Elicitation) -> ElicitationAnswer {
        let answer = match &question.request {
            ElicitationRequest::Form(schema) => self.ask_form(&question.message, schema),
            ElicitationRequest::Url(address) => self.ask_address(&question.message, address),
        };
        answer.unwrap_or_else(|| {
            self.say("declined");
            ElicitationAnswer::Decline
        })
    }

    fn ask_form(&mut self, message: &str, schema: &Value) -> Option<ElicitationAnswer> {
        let schema = schema::read(schema);
        self.say(&format!("The server asks: {message}"));
        self.say("Never type a password here. An empty line takes the value in brackets, or leaves an optional value out; ctrl-d declines.");
        let mut answer = Map::new();
        for property in &schema.properties {
            self.ask_value(property, &mut answer)?;
        }
        let answer = Value::Object(answer);
        self.say(&format!("This is sent: {answer}"));
        loop {
            match self.prompt("Send it? [Y/n]")?.trim() {
                "" | "y" | "Y" | "yes" => return Some(ElicitationAnswer::Accept(Some(answer))),
                "n" | "N" | "no" => return None,
                _ => {}
            }
        }
    }

    /// Asks for one value until it is right, and puts it into the answer unless it is left out. `None` is the end of the input.
    fn ask_value(&mut self, property: &Property, answer: &mut Map<String, Value>) -> Option<()> {
        if let Some(description) = &property.description {
            self.say(&format!("  {description}"));
        }
        let prompt = prompt_of(property);
        loop {
            let line = self.prompt(&prompt)?;
            let default = property.default.as_ref().filter(|_| line.trim().is_empty());
            let text = match default {
                Some(default) => plain(default),
                None => value_by_title(property, &line),
            };
            match arguments::value_of_text(property, &text) {
                Ok(value) => {
                    answer.extend(value.map(|value| (property.name.clone(), value)));
                    return Some(());
                }
                Err(problem) => self.say(&format!("  {problem}")),
            }
        }
    }

    fn ask_address(&mut self, message: &str, address: &str) -> Option<ElicitationAnswer> {
        self.say(&format!(
            "The server asks you to open an address: {message}"
        ));
        self.say(&format!("  {address}"));
        if let Some(host) = url::Url::parse(address)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
        {
            self.say(&format!(
                "It leads to {host}. Open it only if you trust it."
            ));
        }
        loop {
            let prompt = "enter: it is open   o: open it in the browser   n: decline";
            match self.prompt(prompt)?.trim() {
                "" => return Some(ElicitationAnswer::Accept(None)),
                "o" if browser::start(address) => return Some(ElicitationAnswer::Accept(None)),
                "o" => self.say("No browser could be started: open the address yourself."),
                "n" => return None,
                _ => {}
            }
        }
    }

    /// Prints one line; what comes from the server is no control sequence there.
    fn say(&mut self, line: &str) {
        let _ = writeln!(self.output, "{}", sanitize(line));
    }

    /// Asks for a line; `None` at the end of the input.
    fn prompt(&mut self, prompt: &str) -> Option<String> {
        let asked = write!(self.output, "{}: ", sanitize(prompt));
        asked.and_then(|()| self.output.flush()).ok()?;
        let mut line = String::new();
        let read = self.input.read_line(&mut line).ok()?;
        if read == 0 {
            self.say("");
            return None;
        }
        Some(line.trim_end_matches(['\n', '\r']).to_owned())
    }
}

/// Returns what is asked for, in one line: the name, what the schema says of the value, the default.
fn prompt_of(property: &Property) -> String {
    let mut facts: Vec<String> = Vec::new();
    let types: Vec<&str> = property.types.iter().map(|kind| kind.as_str()).collect();
    if !property.choices.is_empty() {
        let titled = property.choices.iter().map(|choice| {
            let value = plain(&choice.value);
            match &choice.title {
                Some(title) if *title != value => format!("{value} ({title})"),
                Some(_) | None => value,
            }
        });
        let shown: Vec<String> = titled.take(CHOICES).collect();
        let more = if property.choices.len() > CHOICES {
            ", …"
        } else {
            ""
        };
        let several = if property.is_list() {
            "any of, with commas"
        } else {
            "one of"
        };
        facts.push(format!("{several}: {}{more}", shown.join(", ")));
    } else if property.types == [Type::Boolean] {
        facts.push("yes or no".to_owned());
    } else if !types.is_empty() {
        facts.push(types.join(" or "));
    }
    facts.extend(limits_in_words(property));
    facts.push(
        if property.required {
            "required"
        } else {
            "optional"
        }
        .to_owned(),
    );
    let default = property
        .default
        .as_ref()
        .map_or_else(String::new, |value| format!(" [{}]", plain(value)));
    format!("{} ({}){default}", property.name, facts.join("; "))
}

/// Returns the text of a value that was given by its title, or as yes or no.
fn value_by_title(property: &Property, line: &str) -> String {
    let typed = line.trim();
    if property.types == [Type::Boolean] && property.choices.is_empty() {
        match typed.to_ascii_lowercase().as_str() {
            "y" | "yes" => return "true".to_owned(),
            "n" | "no" => return "false".to_owned(),
            _ => {}
        }
    }
    let mut choices = property.choices.iter();
    let titled = choices.find(|choice| {
        let title = choice.title.as_deref();
        title.is_some_and(|title| title.eq_ignore_ascii_case(typed))
    });
    titled.map_or_else(|| line.to_owned(), |choice| plain(&choice.value))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Returns the answer to a question when these lines are typed, and what is printed.
    fn answered(request: ElicitationRequest, typed: &str) -> (ElicitationAnswer, String) {
        let mut dialog = Dialog {
            input: typed.as_bytes(),
            output: Vec::new(),
        };
        let answer = dialog.ask(&Elicitation {
            id: 1,
            message: "How was it?\u{1b}[31m".into(),
            request,
        });
        (answer, String::from_utf8(dialog.output).unwrap())
    }

    fn form() -> ElicitationRequest {
        ElicitationRequest::Form(
            json!({"type": "object", "required": ["rating"], "properties": {
                "rating": {"type": "integer", "minimum": 1, "maximum": 10, "description": "from bad to good"},
                "recommend": {"type": "boolean", "default": true},
                "place": {"oneOf": [{"const": "home", "title": "At home"}, {"const": "cinema", "title": "In a cinema"}]},
                "mail": {"type": "string", "format": "email"},
            }}),
        )
    }

    #[test]
    fn each_field_is_asked_for_until_it_is_right() {
        let typed = "\n11\n7\n\nmoon\nin a cinema\nnobody\nme@x.org\n\n";
        let (answer, printed) = answered(form(), typed);
        let expected =
            json!({"rating": 7, "recommend": true, "place": "cinema", "mail": "me@x.org"});
        assert_eq!(answer, ElicitationAnswer::Accept(Some(expected)));
        for shown in [
            "from bad to good",
            "rating (integer; 1 to 10; required): ",
            "  required\n",
            "must be 1 to 10",
            "recommend (yes or no; optional) [true]: ",
            "one of: home (At home), cinema (In a cinema)",
            "unknown value \"moon\"",
            "must be an email address",
        ] {
            assert!(printed.contains(shown), "{shown}: {printed}");
        }
        assert!(!printed.contains('\u{1b}'), "{printed:?}");
    }

    #[test]
    fn optional_fields_are_left_out_and_an_answer_can_be_declined() {
        let (answer, _) = answered(form(), "7\nn\n\n\ny\n");
        let expected = json!({"rating": 7, "recommend": false});
        assert_eq!(answer, ElicitationAnswer::Accept(Some(expected)));
        for typed in ["7\n\n\n\nn\n", "7\n", ""] {
            let (answer, printed) = answered(form(), typed);
            assert_eq!(answer, ElicitationAnswer::Decline, "{typed:?}");
            assert!(printed.contains("declined"), "{printed}");
        }
    }

    #[test]
    fn an_address_is_printed_whole_with_its_host_and_waits_for_enter() {
        let request = || ElicitationRequest::Url("https://link.example/x?y=1".into());
        let (answer, printed) = answered(request(), "what\n\n");
        assert_eq!(answer, ElicitationAnswer::Accept(None));
        assert!(printed.contains("  https://link.example/x?y=1\n"));
        assert!(printed.contains("leads to link.example"));
        assert_eq!(answered(request(), "n\n").0, ElicitationAnswer::Decline);
        assert_eq!(answered(request(), "").0, ElicitationAnswer::Decline);
    }
}
