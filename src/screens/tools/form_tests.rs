//! Tests of forms: parameters, nested fields, JSON and back.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::json;

use super::*;

fn cypher_tool() -> Tool {
    Tool {
        name: "t___read-cypher".into(),
        title: None,
        description: None,
        input_schema: json!({"type": "object", "properties": {"query": {"type": "string"}, "params": {"type": "object"}}, "required": ["query"]}),
        annotations: crate::model::ToolAnnotations::default(),
        raw: Value::Null,
    }
}

fn type_text(form: &mut Form, text: &str) {
    for letter in text.chars() {
        form.press(KeyEvent::new(KeyCode::Char(letter), KeyModifiers::NONE));
    }
}

#[test]
fn parameters_appear_with_the_statement_and_keep_their_types() {
    let mut form = Form::new(&cypher_tool());
    type_text(&mut form, "RETURN $year, $name");
    assert_eq!(
        form.rows()
            .iter()
            .map(|row| row.label.clone())
            .collect::<Vec<_>>(),
        ["query", "$year", "$name"]
    );
    assert!(form.go(false));
    type_text(&mut form, "1990");
    let problems = form.ready().unwrap_err();
    assert_eq!(
        (
            problems.len(),
            problems[0].row,
            problems[0].sentence.as_str()
        ),
        (
            1,
            Some(2),
            "parameter name is empty; \"\" sends an empty text"
        )
    );
    assert!(form.go(false));
    type_text(&mut form, "Neo");
    assert_eq!(form.ready().unwrap(), form.arguments().unwrap());
    assert!(!form.go(false));
    assert_eq!(
        Value::Object(form.arguments().unwrap()),
        json!({"query": "RETURN $year, $name", "params": {"year": 1990, "name": "Neo"}})
    );
}

#[test]
fn raw_json_and_fields_say_the_same() {
    let mut form = Form::new(&cypher_tool());
    form.fill(
        json!({"query": "RETURN $x", "params": {"x": [1, 2]}})
            .as_object()
            .unwrap(),
    );
    let before = form.arguments().unwrap();
    form.toggle_raw().unwrap();
    assert_eq!(form.arguments().unwrap(), before);
    form.toggle_raw().unwrap();
    assert_eq!(form.arguments().unwrap(), before);
}

#[test]
fn a_query_that_is_no_cypher_is_a_field_like_any_other() {
    let form = Form::new(&Tool {
        name: "github___search_repositories".into(),
        ..cypher_tool()
    });
    assert_eq!(form.statement(), None);
    assert_eq!(form.rows().len(), 2, "its params are a field too");
}

#[test]
fn what_is_missing_is_said_before_anything_is_sent() {
    assert_eq!(
        Form::new(&cypher_tool()).arguments().unwrap_err(),
        ["query is required"]
    );
}

fn nested_tool() -> Tool {
    Tool {
        name: "store".into(),
        input_schema: json!({"type": "object", "required": ["name"], "properties": {
            "name": {"type": "string"},
            "place": {"type": "object", "required": ["city"], "properties": {
                "city": {"type": "string"}, "zip": {"type": "integer", "minimum": 1000}}},
            "steps": {"type": "array", "items": {"type": "object", "required": ["do"], "properties": {
                "do": {"type": "string"}, "times": {"type": "integer", "default": 1}}}},
            "shape": {"oneOf": [
                {"type": "object", "properties": {"kind": {"const": "circle"}, "radius": {"type": "number"}}, "required": ["kind", "radius"]},
                {"type": "object", "properties": {"kind": {"const": "square"}, "side": {"type": "number"}}, "required": ["kind", "side"]},
                {"type": "string"}]},
            "tags": {"type": "array", "items": {"type": "string"}},
            "any": {},
        }}),
        ..cypher_tool()
    }
}

/// Types into the row with that label, which must be there.
fn type_into(form: &mut Form, label: &str, text: &str) {
    let at = form.rows().iter().position(|row| row.label == label);
    form.focus = at.unwrap_or_else(|| panic!("no row {label}: {:?}", labels(form)));
    type_text(form, text);
}

fn labels(form: &Form) -> Vec<String> {
    let rows = form.rows();
    let label = |row: &FormRow<'_>| format!("{}{}", " ".repeat(row.depth.into()), row.label);
    rows.iter().map(label).collect()
}

#[test]
fn objects_and_lists_of_them_are_fields() {
    let mut form = Form::new(&nested_tool());
    assert_eq!(
        labels(&form),
        [
            "name", "place", " city", " zip", "steps", "shape", " kind", " radius", "tags", "any"
        ]
    );
    type_into(&mut form, "name", "x");
    assert_eq!(
        Value::Object(form.arguments().unwrap()),
        json!({"name": "x"}),
        "an object in which nothing is typed is left out"
    );
    type_into(&mut form, "zip", "7");
    assert_eq!(
        form.arguments().unwrap_err(),
        ["place.city is required", "place.zip: must be at least 1000"]
    );
    type_into(&mut form, "city", "Malmö");
    type_into(&mut form, "zip", "000");
    type_into(&mut form, "steps", "++");
    assert_eq!(
        labels(&form)[4..9],
        ["steps", " 1", "  do", "  times", " 2"]
    );
    type_into(&mut form, "do", "wash");
    type_into(&mut form, "2", "-");
    assert_eq!(
        Value::Object(form.arguments().unwrap()),
        json!({"name": "x", "place": {"city": "Malmö", "zip": 7000}, "steps": [{"do": "wash", "times": 1}]})
    );
}

#[test]
fn an_alternative_is_chosen_and_its_constant_is_filled_in() {
    let mut form = Form::new(&nested_tool());
    type_into(&mut form, "name", "x");
    type_into(&mut form, "shape", " ");
    type_into(&mut form, "side", "2");
    assert_eq!(
        form.arguments().unwrap()["shape"],
        json!({"kind": "square", "side": 2})
    );
    type_into(&mut form, "shape", " ");
    type_into(&mut form, "value", "round");
    assert_eq!(form.arguments().unwrap()["shape"], json!("round"));
}

#[test]
fn json_goes_into_fields_and_back_without_loss() {
    for arguments in [
        json!({"name": "x"}),
        json!({"name": "x", "place": {"city": "Malmö", "planet": "Earth"}, "steps": [{"do": "a"}, {"do": "b", "times": 3}]}),
        json!({"name": "7", "shape": {"kind": "square", "side": 2.5}, "tags": ["a", "b, c"], "any": "7"}),
        json!({"name": "x", "shape": {"kind": "circle", "radius": 1, "colour": "red"}, "any": {"deep": [null]}}),
        json!({"name": "x", "shape": "round", "place": null, "tags": [], "steps": []}),
        json!({"name": "x", "place": "nowhere", "steps": [1], "any": null}),
        json!({"name": "x", "place": {}, "shape": {"kind": "square"}, "steps": [{}]}),
    ] {
        let mut form = Form::new(&nested_tool());
        form.fill(arguments.as_object().unwrap());
        let value = |form: &Form| Value::Object(form.value().0);
        assert_eq!(value(&form), arguments, "{:?}", labels(&form));
        let mut raw = Form::new(&nested_tool());
        raw.raw = Some(area(&arguments.to_string()));
        raw.toggle_raw().unwrap();
        assert_eq!(value(&raw), arguments);
    }
}

#[test]
fn an_empty_list_of_an_earlier_call_is_dropped_when_the_list_is_edited() {
    let mut form = Form::new(&nested_tool());
    let given = json!({"name": "x", "steps": [], "shape": {"kind": "square"}});
    form.fill(given.as_object().unwrap());
    type_into(&mut form, "steps", "+-");
    type_into(&mut form, "shape", " ");
    assert_eq!(Value::Object(form.value().0), json!({"name": "x"}));
}

#[test]
fn what_is_typed_is_kept_over_runs_without_secrets() {
    let mut form = Form::new(&nested_tool());
    type_into(&mut form, "name", "half");
    type_into(&mut form, "zip", "no number");
    type_into(&mut form, "steps", "+");
    type_into(&mut form, "do", "wash");
    type_into(&mut form, "shape", " ");
    type_into(&mut form, "side", "2");
    let draft = form.draft().unwrap();
    let mut later = Form::new(&nested_tool());
    later.restore(&draft);
    assert_eq!(later.draft(), Some(draft));
    assert_eq!(labels(&later), labels(&form));
    let mut secret = Form::new(&cypher_tool());
    type_text(&mut secret, "RETURN $year, $password");
    type_into(&mut secret, "$year", "1990");
    type_into(&mut secret, "$password", "canary");
    let draft = secret.draft().unwrap();
    assert!(!draft.to_string().contains("canary"), "{draft}");
    let mut later = Form::new(&cypher_tool());
    later.restore(&draft);
    assert_eq!(labels(&later), ["query", "$year", "$password"]);
    assert_eq!(later.statement().unwrap(), "RETURN $year, $password");
    assert_eq!(Form::new(&cypher_tool()).draft(), None);
}

fn tool_with(schema: &Value) -> Tool {
    Tool {
        name: "store".into(),
        input_schema: schema.clone(),
        ..cypher_tool()
    }
}

/// Puts JSON into the raw form of a tool, and goes to the fields.
fn from_json(tool: &Tool, arguments: &Value) -> Form {
    let mut form = Form::new(tool);
    form.toggle_raw().unwrap();
    form.raw = Some(area(&arguments.to_string()));
    form.toggle_raw().unwrap();
    form
}

fn press(form: &mut Form, code: KeyCode, modifiers: KeyModifiers) {
    form.press(KeyEvent::new(code, modifiers));
}

#[test]
fn further_members_are_rows_that_are_sent_kept_and_removed() {
    let tool = nested_tool();
    let arguments = json!({"name": "x", "foo": {"a": [1, null]}, "bar": "two\nlines", "big": 1e20, "empty": "",
        "place": {"city": "Malmö", "planet": "Earth"}, "steps": [{"do": "a", "how": "7"}]});
    let mut form = from_json(&tool, &arguments);
    assert_eq!(
        labels(&form),
        [
            "name", "place", " city", " zip", " planet", "steps", " 1", "  do", "  times", "  how",
            "shape", " kind", " radius", "tags", "any", "foo", "bar", "big", "empty"
        ]
    );
    assert_eq!(Value::Object(form.ready().unwrap()), arguments);
    let mut later = Form::new(&tool);
    later.restore(&form.draft().unwrap());
    assert_eq!(
        Value::Object(later.ready().unwrap()),
        arguments,
        "kept over runs"
    );
    form.toggle_raw().unwrap();
    form.toggle_raw().unwrap();
    assert_eq!(
        Value::Object(form.ready().unwrap()),
        arguments,
        "there and back"
    );
    // Edited, emptied, removed.
    type_into(&mut form, "bar", "");
    press(&mut form, KeyCode::Char('u'), KeyModifiers::CONTROL);
    type_into(&mut form, "planet", "2");
    type_into(&mut form, "big", "");
    for _ in 0..30 {
        press(&mut form, KeyCode::Backspace, KeyModifiers::NONE);
    }
    let sent = form.ready().unwrap();
    assert_eq!(sent["place"]["planet"], json!("Earth2"));
    assert!(!sent.contains_key("bar") && !sent.contains_key("big"));
    assert!(
        !labels(&form)
            .iter()
            .any(|label| label == "bar" || label == "big")
    );
}

#[test]
fn further_members_are_refused_only_where_the_schema_refuses_them() {
    let tool = tool_with(
        &json!({"type": "object", "additionalProperties": false, "properties": {
        "a": {"type": "string"},
        "inner": {"type": "object", "additionalProperties": false, "properties": {"b": {"type": "string"}}}}}),
    );
    let mut form = from_json(&tool, &json!({"a": "x", "foo": 1, "inner": {"bar": 2}}));
    let problems = form.ready().unwrap_err();
    let told: Vec<_> = problems
        .iter()
        .map(|problem| (problem.row, problem.sentence.as_str()))
        .collect();
    let refused = "the schema refuses it (additionalProperties: false); ctrl-u removes it";
    assert_eq!(
        told,
        [
            (Some(3), format!("inner.bar: {refused}").as_str()),
            (Some(4), format!("foo: {refused}").as_str())
        ]
    );
    assert_eq!(form.problems_while_typing(), problems, "said at once");
    // JSON shows them still, and both can be mended in place.
    form.toggle_raw().unwrap();
    let text = form.raw.as_ref().unwrap().lines().join("\n");
    assert!(
        text.contains("\"foo\": 1") && text.contains("\"bar\": 2"),
        "{text}"
    );
    form.toggle_raw().unwrap();
    for row in [4, 3] {
        form.focus = row;
        press(&mut form, KeyCode::Char('u'), KeyModifiers::CONTROL);
    }
    assert_eq!(Value::Object(form.ready().unwrap()), json!({"a": "x"}));
}

#[test]
fn what_is_missing_or_wrong_goes_into_json_and_back() {
    let mut form = Form::new(&nested_tool());
    form.toggle_raw().unwrap();
    assert_eq!(form.raw.as_ref().unwrap().lines().join(""), "{}");
    form.toggle_raw().unwrap();
    type_into(&mut form, "zip", "no number");
    type_into(&mut form, "city", "Malmö");
    let before = form.checked().unwrap_err();
    form.toggle_raw().unwrap();
    let text = form.raw.as_ref().unwrap().lines().join("");
    assert!(text.contains("no number"), "{text}");
    form.toggle_raw().unwrap();
    assert_eq!(form.checked().unwrap_err(), before);
    // JSON that cannot be read is the one thing that stays where it is.
    form.toggle_raw().unwrap();
    form.raw = Some(area("{\"a\": "));
    assert_eq!(form.toggle_raw().unwrap_err()[0].row, None);
    assert!(form.raw.is_some());
}

#[test]
fn parameters_that_the_statement_does_not_name_are_kept() {
    for is_text in [false, true] {
        let mut tool = cypher_tool();
        if is_text {
            tool.input_schema["properties"]["params"] = json!({"type": "string"});
        }
        let params = json!({"x": 1, "y": [2]});
        let shown = if is_text {
            Value::String(params.to_string())
        } else {
            params
        };
        let arguments = json!({"query": "RETURN $x", "params": shown});
        let mut form = from_json(&tool, &arguments);
        assert_eq!(labels(&form), ["query", "params", "$x"]);
        let sent = form.ready().unwrap();
        assert!(sent["params"].to_string().contains('2'), "{sent:?}");
        form.focus = 0;
        type_text(&mut form, ", $y");
        assert_eq!(labels(&form), ["query", "$x", "$y"]);
        let sent = form.ready().unwrap();
        let sent = match &sent["params"] {
            Value::String(text) => serde_json::from_str(text).unwrap(),
            other => other.clone(),
        };
        assert_eq!(
            sent,
            json!({"x": 1, "y": [2]}),
            "the value came with the name"
        );
    }
}

#[test]
fn any_item_of_a_list_can_be_removed() {
    let tool = tool_with(&json!({"type": "object", "properties": {
        "steps": {"type": "array", "items": {"type": "object", "properties": {"do": {"type": "string"}}}},
        "shapes": {"type": "array", "items": {"oneOf": [
            {"title": "round", "type": "object", "properties": {"radius": {"type": "number"}}},
            {"title": "square", "type": "object", "properties": {"side": {"type": "number"}}}]}}}}));
    let given = json!({"steps": [{"do": "a"}, {"do": "b"}, {"do": "c"}],
        "shapes": [{"radius": 1}, {"side": 2}, {"radius": 3}]});
    let mut form = from_json(&tool, &given);
    for label in ["steps", "shapes"] {
        let at = form
            .rows()
            .iter()
            .position(|row| row.label == label)
            .unwrap();
        let item = form.rows().iter().skip(at).position(|row| row.label == "2");
        form.focus = at + item.unwrap();
        type_text(&mut form, "-");
    }
    assert_eq!(
        Value::Object(form.ready().unwrap()),
        json!({"steps": [{"do": "a"}, {"do": "c"}], "shapes": [{"radius": 1}, {"radius": 3}]})
    );
    // A long list is no list of fields, and none of it is lost.
    let many: Vec<Value> = (0..150).map(|at| json!({"do": at.to_string()})).collect();
    let given = json!({ "steps": many });
    let form = from_json(&tool, &given);
    assert_eq!(Value::Object(form.ready().unwrap()), given);
}

fn position(form: &Form, label: &str) -> usize {
    let rows = form.rows();
    rows.iter().position(|row| row.label == label).unwrap()
}

#[test]
fn an_optional_object_with_nothing_but_defaults_is_left_out() {
    let address = json!({"type": "object", "required": ["street", "zip"], "properties": {
        "street": {"type": "string"}, "zip": {"type": "string"},
        "tags": {"type": "array", "items": {"type": "string"}, "default": []},
        "country": {"type": "string", "default": "SE"}}});
    let tool = tool_with(
        &json!({"type": "object", "required": ["name"], "properties": {
        "name": {"type": "string"},
        "main": {"anyOf": [address, {"type": "null"}], "default": null}}}),
    );
    let mut form = Form::new(&tool);
    type_text(&mut form, "Ana");
    assert_eq!(Value::Object(form.ready().unwrap()), json!({"name": "Ana"}));
    form.focus = position(&form, "street");
    type_text(&mut form, "Sveavägen");
    let problems = form.ready().unwrap_err();
    assert_eq!(problems[0].sentence, "main.zip is required");
    form.focus = position(&form, "zip");
    type_text(&mut form, "x11134");
    assert_eq!(
        Value::Object(form.ready().unwrap()),
        json!({"name": "Ana", "main": {"street": "Sveavägen", "zip": "x11134", "tags": [], "country": "SE"}})
    );
    // A default that was changed is something that was typed.
    let mut form = Form::new(&tool);
    type_text(&mut form, "Ana");
    form.focus = position(&form, "country");
    type_text(&mut form, "X");
    assert_eq!(form.ready().unwrap_err().len(), 2);
    // An earlier call that gave no more than the default is repeated as it was.
    let given = json!({"name": "Ana", "main": {"country": "SE"}});
    let form = from_json(&tool, &given);
    assert_eq!(Value::Object(form.ready().unwrap()), given);
}

#[test]
fn a_form_begins_at_its_first_field_not_at_the_head_of_an_object() {
    let tool = tool_with(&json!({"type": "object", "properties": {
        "at": {"type": "object", "required": ["city"], "properties": {"city": {"type": "string"}}}}}));
    let mut form = Form::new(&tool);
    type_text(&mut form, "Lund");
    assert_eq!(
        Value::Object(form.ready().unwrap()),
        json!({"at": {"city": "Lund"}})
    );
    let mut form = from_json(&tool, &json!({"at": {"city": "Lun"}}));
    type_text(&mut form, "d");
    assert_eq!(form.ready().unwrap()["at"]["city"], "Lund");
}

#[test]
fn a_number_that_json_would_change_is_named_and_not_changed() {
    let mut form = Form::new(&cypher_tool());
    form.raw = Some(area(
        r#"{"query": "RETURN 1", "params": {"n": 12345678901234567890123}}"#,
    ));
    let problems = form.toggle_raw().unwrap_err();
    assert!(
        problems[0]
            .sentence
            .starts_with("12345678901234567890123 cannot be kept exactly"),
        "{problems:?}"
    );
    assert!(form.raw.is_some());
    assert!(form.ready().is_err());
}

fn erase(form: &mut Form, letters: usize) {
    for _ in 0..letters {
        form.press(KeyEvent::new(KeyCode::Backspace, KeyModifiers::NONE));
    }
}

#[test]
fn the_value_of_a_parameter_outlives_its_name_in_the_statement_and_follows_a_new_name() {
    let typed = |form: &Form| -> Vec<(String, String)> {
        let fields = form.parameters.iter();
        fields
            .map(|field| (field.name.clone(), field.typed()))
            .collect()
    };
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut form = Form::new(&cypher_tool());
    type_text(&mut form, "RETURN $year");
    assert!(form.go(false));
    type_text(&mut form, "1990");
    form.focus = 0;
    for key in ['a', 'k'] {
        form.press(KeyEvent::new(KeyCode::Char(key), KeyModifiers::CONTROL));
    }
    assert_eq!(typed(&form), []);
    type_text(&mut form, "RETURN $year");
    assert_eq!(typed(&form), [pair("year", "1990")]);
    erase(&mut form, 4);
    type_text(&mut form, "born");
    assert_eq!(typed(&form), [pair("born", "1990")]);
    // A further parameter takes nothing from the first, nor what was typed for another one.
    type_text(&mut form, ", $limit");
    assert_eq!(typed(&form), [pair("born", "1990"), pair("limit", "")]);
    // A call of the history is another statement: nothing moves to a parameter of another name.
    let given = json!({"query": "RETURN $born, $other"});
    form.fill(given.as_object().unwrap());
    assert_eq!(typed(&form), [pair("born", "1990"), pair("other", "")]);
}
