//! A reader for the part of Gherkin that the kit uses.

/// One scenario; an outline gives one scenario for each row of its examples.
#[derive(Debug, Clone)]
pub(crate) struct Scenario {
    /// Feature, scenario and, for outlines, the number of the example.
    pub(crate) name: String,
    pub(crate) steps: Vec<Step>,
}

/// One step with its argument.
#[derive(Debug, Clone, Default)]
pub(crate) struct Step {
    /// The text after `Given`, `When`, `Then` or `And`.
    pub(crate) text: String,
    /// The lines between `"""`.
    pub(crate) document: String,
    /// The cells of the table.
    pub(crate) table: Vec<Vec<String>>,
}

#[derive(Default)]
struct Draft {
    name: String,
    outline: bool,
    steps: Vec<Step>,
    examples: Vec<Vec<String>>,
}

/// Reads all scenarios of a file.
pub(crate) fn parse(text: &str) -> Vec<Scenario> {
    let mut scenarios = Vec::new();
    let (mut feature, mut draft, mut in_examples) = (String::new(), Draft::default(), false);
    // The steps before the first scenario of a feature, which all its scenarios begin with.
    let mut background = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let line = line.trim();
        if line.is_empty() || line.starts_with(['#', '@']) || line.starts_with("Background:") {
            continue;
        }
        if let Some(name) = line.strip_prefix("Feature: ") {
            finish(&mut draft, &mut scenarios);
            background.clear();
            name.split(' ')
                .next()
                .unwrap_or_default()
                .clone_into(&mut feature);
        } else if let Some((kind, name)) = scenario_line(line) {
            if draft.name.is_empty() {
                background = std::mem::take(&mut draft.steps);
            }
            finish(&mut draft, &mut scenarios);
            in_examples = false;
            draft.steps.clone_from(&background);
            draft.name = format!("{feature} {name}");
            draft.outline = kind == "Scenario Outline";
        } else if line.starts_with("Examples:") {
            in_examples = true;
        } else if line == "\"\"\"" {
            let mut document = Vec::new();
            for line in lines.by_ref() {
                if line.trim() == "\"\"\"" {
                    break;
                }
                document.push(line.strip_prefix("      ").unwrap_or(line));
            }
            if let Some(step) = draft.steps.last_mut() {
                step.document = document.join("\n");
            }
        } else if line.starts_with('|') {
            let row = cells(line);
            if in_examples {
                draft.examples.push(row);
            } else if let Some(step) = draft.steps.last_mut() {
                step.table.push(row);
            }
        } else if let Some((_, text)) = line.split_once(' ') {
            draft.steps.push(Step {
                text: text.to_owned(),
                ..Step::default()
            });
        }
    }
    finish(&mut draft, &mut scenarios);
    scenarios
}

fn scenario_line(line: &str) -> Option<(&str, &str)> {
    let (kind, name) = line.split_once(": ")?;
    matches!(kind, "Scenario" | "Scenario Outline").then_some((kind, name))
}

/// Splits a table row at `|` that no backslash precedes.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut characters = line.trim().trim_start_matches('|').chars().peekable();
    while let Some(character) = characters.next() {
        match (character, characters.peek()) {
            ('\\', Some('|')) => {
                characters.next();
                cells.last_mut().unwrap().push('|');
            }
            ('\\', Some('\\')) => {
                characters.next();
                cells.last_mut().unwrap().push('\\');
            }
            ('|', _) => cells.push(String::new()),
            (other, _) => cells.last_mut().unwrap().push(other),
        }
    }
    cells.pop();
    cells.iter().map(|cell| cell.trim().to_owned()).collect()
}

fn finish(draft: &mut Draft, scenarios: &mut Vec<Scenario>) {
    let draft = std::mem::take(draft);
    if draft.name.is_empty() {
        return;
    }
    if !draft.outline {
        scenarios.push(Scenario {
            name: draft.name,
            steps: draft.steps,
        });
        return;
    }
    let Some((names, rows)) = draft.examples.split_first() else {
        return;
    };
    let rows = rows.iter().filter(|row| *row != names);
    for (index, row) in rows.enumerate() {
        let fill = |text: &String| {
            names
                .iter()
                .zip(row)
                .fold(text.clone(), |text, (name, value)| {
                    text.replace(&format!("<{name}>"), value)
                })
        };
        let steps = draft.steps.iter().map(|step| Step {
            text: fill(&step.text),
            document: fill(&step.document),
            table: step
                .table
                .iter()
                .map(|row| row.iter().map(fill).collect())
                .collect(),
        });
        scenarios.push(Scenario {
            name: format!("{} #{}", draft.name, index + 1),
            steps: steps.collect(),
        });
    }
}
