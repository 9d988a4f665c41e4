//! Tests of forms: parameters, nested fields, JSON and back.

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
    assert_eq!(
        form.ready().unwrap_err(),
        ["parameter name is empty; \"\" sends an empty text"]
    );
    assert!(form.go(false));
    type_text(&mut form, "Neo");
    assert_eq!(form.ready(), form.arguments());
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
        [
            "place.city is required",
            "place.zip: at least 1000 is wanted"
        ]
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
