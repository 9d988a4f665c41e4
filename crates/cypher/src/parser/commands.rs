//! The commands that are no queries: indexes, constraints, SHOW. Those about users are in `users`.

use super::CypherParser;
use crate::error::CypherError;
use crate::lexer::TokenKind;
use crate::syntax::{ConstraintKind, ExprKind, SchemaCommand, SchemaSubject, StatementBody};

const INDEX_KINDS: [&str; 7] = [
    "RANGE", "TEXT", "POINT", "FULLTEXT", "VECTOR", "LOOKUP", "BTREE",
];

impl CypherParser<'_> {
    /// None where a query begins.
    pub(crate) fn command(&mut self) -> Result<Option<StatementBody>, CypherError> {
        let at = self.at();
        if self.take_word("SHOW") {
            return self.show(at).map(Some);
        }
        if let Some(command) = self.user_command()? {
            return Ok(Some(StatementBody::Users(command)));
        }
        if self.is_word("CREATE") {
            return self.create_command();
        }
        if self.is_words(&["DROP", "INDEX"]) || self.is_words(&["DROP", "CONSTRAINT"]) {
            return self.drop_schema().map(Some);
        }
        let administration = [
            "ALTER",
            "DROP",
            "GRANT",
            "DENY",
            "REVOKE",
            "START",
            "STOP",
            "RENAME",
            "ENABLE",
            "DEALLOCATE",
            "REALLOCATE",
        ];
        if administration.iter().any(|word| self.is_word(word))
            && matches!(self.peek_at(1).kind, TokenKind::Word(_))
        {
            return Ok(Some(self.unsupported()));
        }
        Ok(None)
    }

    /// Skips an administration command that the community edition does not have.
    pub(super) fn unsupported(&mut self) -> StatementBody {
        while self.peek().kind != TokenKind::End && !self.is(";") {
            self.next();
        }
        StatementBody::Unsupported(self.text.trim().trim_end_matches(';').to_owned())
    }

    fn create_command(&mut self) -> Result<Option<StatementBody>, CypherError> {
        let replace = self.is_words(&["CREATE", "OR", "REPLACE"]);
        let skipped = if replace { 3 } else { 1 };
        let TokenKind::Word(word) = &self.peek_at(skipped).kind else {
            return Ok(None);
        };
        let word = word.to_ascii_uppercase();
        if word == "CONSTRAINT" {
            (0..=skipped).for_each(|_| drop(self.next()));
            return self.create_constraint().map(Some);
        }
        let kind = INDEX_KINDS
            .iter()
            .find(|kind| **kind == word && self.is_word_at(skipped + 1, "INDEX"));
        if word == "INDEX" || kind.is_some() {
            let length = if kind.is_some() { skipped + 1 } else { skipped };
            (0..=length).for_each(|_| drop(self.next()));
            let kind = kind.map_or(
                "RANGE",
                |kind| if *kind == "BTREE" { "RANGE" } else { kind },
            );
            return self.create_index(kind.to_owned()).map(Some);
        }
        if ["DATABASE", "COMPOSITE", "ALIAS", "ROLE"].contains(&word.as_str()) {
            return Ok(Some(self.unsupported()));
        }
        Ok(None)
    }

    fn create_index(&mut self, kind: String) -> Result<StatementBody, CypherError> {
        if self.take_word("ON") {
            self.expect(":")?;
            let label = self.name("a label")?.text;
            let properties = self.property_names()?;
            let subject = SchemaSubject {
                relationship: false,
                labels: vec![label],
                properties,
            };
            return Ok(StatementBody::Schema(SchemaCommand::CreateIndex {
                name: None,
                unless_exists: false,
                kind,
                subject,
            }));
        }
        let name = if self.is_word("FOR") || self.is_word("IF") {
            None
        } else {
            Some(self.name("an index name, 'FOR' or 'IF'")?.text)
        };
        let unless_exists = self.take_words(&["IF", "NOT", "EXISTS"]);
        self.expect_word("FOR")?;
        let (relationship, labels) = self.schema_pattern()?;
        self.expect_word("ON")?;
        let _ = self.take_word("EACH");
        let properties = self.schema_properties()?;
        self.schema_options()?;
        let subject = SchemaSubject {
            relationship,
            labels,
            properties,
        };
        Ok(StatementBody::Schema(SchemaCommand::CreateIndex {
            name,
            unless_exists,
            kind,
            subject,
        }))
    }

    fn create_constraint(&mut self) -> Result<StatementBody, CypherError> {
        let named = !self.is_word("FOR") && !self.is_word("IF") && !self.is_word("ON");
        let name = if named {
            Some(self.name("a constraint name, 'FOR' or 'IF'")?.text)
        } else {
            None
        };
        let unless_exists = self.take_words(&["IF", "NOT", "EXISTS"]);
        if !self.take_word("ON") {
            self.expect_word("FOR")?;
        }
        let (relationship, labels) = self.schema_pattern()?;
        if !self.take_word("ASSERT") {
            self.expect_word("REQUIRE")?;
        }
        let properties = self.schema_properties()?;
        let kind = self.constraint_kind()?;
        self.schema_options()?;
        let subject = SchemaSubject {
            relationship,
            labels,
            properties,
        };
        Ok(StatementBody::Schema(SchemaCommand::CreateConstraint {
            name,
            unless_exists,
            kind,
            subject,
        }))
    }

    fn constraint_kind(&mut self) -> Result<ConstraintKind, CypherError> {
        self.expect_word("IS")?;
        if self.take_word("UNIQUE") {
            return Ok(ConstraintKind::Unique);
        }
        if self.take_words(&["NOT", "NULL"]) {
            return Ok(ConstraintKind::Exists);
        }
        let prefixed =
            self.take_word("NODE") || self.take_word("RELATIONSHIP") || self.take_word("REL");
        if self.take_word("KEY") {
            return Ok(ConstraintKind::Key);
        }
        if prefixed && self.take_word("UNIQUE") {
            return Ok(ConstraintKind::Unique);
        }
        if self.take("::") || self.take_word("TYPED") {
            while matches!(
                self.peek().kind,
                TokenKind::Word(_) | TokenKind::Symbol("<" | ">" | "|")
            ) && !self.is_word("OPTIONS")
            {
                self.next();
            }
            return Ok(ConstraintKind::Typed);
        }
        Err(self.unexpected("'::', 'KEY', 'NODE', 'NOT NULL', 'RELATIONSHIP', 'TYPED' or 'UNIQUE'"))
    }

    /// `(n:Label)` or `()-[r:TYPE]-()`: whether it is a relationship, and the names.
    fn schema_pattern(&mut self) -> Result<(bool, Vec<String>), CypherError> {
        let at = self.at();
        let pattern = self.chain(at)?;
        let (relationship, labels) = match pattern.rest.first() {
            Some((relationship, _)) => (true, &relationship.types),
            None => (false, &pattern.first.labels),
        };
        let mut names = Vec::new();
        if let Some(labels) = labels {
            labels.names(&mut names);
        }
        Ok((
            relationship,
            names.into_iter().map(|(name, _)| name.to_owned()).collect(),
        ))
    }

    /// `n.a`, `(n.a, n.b)`, `[n.a]`, `labels(n)`.
    fn schema_properties(&mut self) -> Result<Vec<String>, CypherError> {
        let closing = if self.take("(") {
            Some(")")
        } else if self.take("[") {
            Some("]")
        } else {
            None
        };
        let mut properties = Vec::new();
        loop {
            if let ExprKind::Property(_, key) = self.postfix()?.kind {
                properties.push(key);
            }
            if closing.is_none() || !self.take(",") {
                break;
            }
        }
        if let Some(closing) = closing {
            self.expect(closing)?;
        }
        Ok(properties)
    }

    fn property_names(&mut self) -> Result<Vec<String>, CypherError> {
        self.expect("(")?;
        let mut names = vec![self.name("a property name")?.text];
        while self.take(",") {
            names.push(self.name("a property name")?.text);
        }
        self.expect(")")?;
        Ok(names)
    }

    fn schema_options(&mut self) -> Result<(), CypherError> {
        if self.take_word("OPTIONS") {
            self.expression()?;
        }
        Ok(())
    }

    fn drop_schema(&mut self) -> Result<StatementBody, CypherError> {
        self.next();
        let index = self.is_word("INDEX");
        self.next();
        let name = self.name("a name")?.text;
        let if_exists = self.take_words(&["IF", "EXISTS"]);
        Ok(StatementBody::Schema(if index {
            SchemaCommand::DropIndex { name, if_exists }
        } else {
            SchemaCommand::DropConstraint { name, if_exists }
        }))
    }
}
