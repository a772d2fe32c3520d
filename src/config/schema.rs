//! The JSON schema of the configuration, made from the structs.
//!
//! `config/rosterd.schema.json` is this, committed, for editors; a test holds the two together.

use serde_json::Value;
use std::sync::LazyLock;

static SCHEMA: LazyLock<Value> = LazyLock::new(|| schemars::schema_for!(super::Config).to_value());

/// The schema, in JSON Schema 2020-12.
#[must_use]
pub fn json_schema() -> Value {
    SCHEMA.clone()
}

/// A part of the schema with its references followed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Schema(&'static Value);

/// What a schema says of values of one type, looked up once.
#[derive(Debug)]
pub(super) struct Fit {
    pub(super) schema: Schema,
    pub(super) words: Vec<&'static str>,
    pub(super) properties: Vec<(&'static str, Schema)>,
    pub(super) required: Vec<&'static str>,
    pub(super) named: Option<Schema>,
    pub(super) items: Option<Schema>,
    pub(super) is_choice: bool,
}

impl Fit {
    /// `kind` is a type of JSON Schema; nothing if the schema does not take it.
    pub(super) fn new(schema: Schema, kind: &str) -> Option<Self> {
        let schema = schema.for_type(kind)?;
        Some(Self {
            schema,
            words: schema.words(),
            properties: schema.properties(),
            required: schema.required().collect(),
            named: schema.named(),
            items: schema.items(),
            is_choice: schema.is_choice(),
        })
    }

    pub(super) fn property(&self, key: &str) -> Option<Schema> {
        self.properties.iter().find(|(name, _)| *name == key).map(|(_, schema)| *schema).or(self.named)
    }
}

impl Schema {
    /// Tells one part of the schema from another.
    pub(super) fn address(self) -> usize {
        std::ptr::from_ref(self.0).addr()
    }

    pub(super) fn root() -> Self {
        Self(&SCHEMA)
    }

    fn follow(value: &'static Value) -> Self {
        let target = value
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|reference| reference.strip_prefix("#/$defs/"))
            .and_then(|name| SCHEMA.get("$defs")?.get(name));
        Self(target.unwrap_or(value))
    }

    fn list(self, key: &str) -> &'static [Value] {
        self.0.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    pub(super) fn number(self, key: &str) -> Option<i64> {
        self.0.get(key).and_then(Value::as_i64)
    }

    pub(super) fn str(self, key: &str) -> Option<&'static str> {
        self.0.get(key).and_then(Value::as_str)
    }

    /// The types it takes besides null: `string`, `integer`, `number`, `boolean`, `array`, `object`.
    pub(super) fn types(self) -> Vec<&'static str> {
        let own = match self.0.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(many)) => many.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let mut all: Vec<_> = own
            .into_iter()
            .chain(self.alternatives().into_iter().flat_map(Self::types))
            .filter(|t| *t != "null")
            .collect();
        all.dedup();
        all
    }

    pub(super) fn takes_null(self) -> bool {
        let null = Some("null");
        self.str("type") == null
            || self.list("type").iter().any(|one| one.as_str() == null)
            || self.list("anyOf").iter().any(|one| one.get("type").and_then(Value::as_str) == null)
    }

    /// What it can be instead of one type: an option's content, or text or a list.
    pub(super) fn alternatives(self) -> Vec<Self> {
        let several = self.list("anyOf").iter().chain(self.list("oneOf"));
        several.map(Self::follow).filter(|one| one.str("type") != Some("null")).collect()
    }

    /// The words that are allowed, where only some are.
    pub(super) fn words(self) -> Vec<&'static str> {
        let listed = self.list("enum").iter().filter_map(Value::as_str);
        listed.chain(self.alternatives().into_iter().filter_map(|one| one.str("const"))).collect()
    }

    /// The schema that fits a value of this type: itself, or one of its alternatives.
    pub(super) fn for_type(self, kind: &str) -> Option<Self> {
        if !self.words().is_empty() || self.is_choice() {
            return self.types().contains(&kind).then_some(self);
        }
        let alternatives = self.alternatives();
        if alternatives.is_empty() {
            return self.types().contains(&kind).then_some(self);
        }
        alternatives.into_iter().find_map(|one| one.for_type(kind))
    }

    /// Whether it is a table of exactly one of several keys (an enum with content).
    pub(super) fn is_choice(self) -> bool {
        !self.list("oneOf").is_empty() && self.list("oneOf").iter().all(|one| one.get("properties").is_some())
    }

    /// The keys of a table and their schemas.
    pub(super) fn properties(self) -> Vec<(&'static str, Self)> {
        let own = self.0.get("properties").and_then(Value::as_object).into_iter().flatten();
        let own = own.map(|(key, value)| (key.as_str(), Self::follow(value)));
        if self.is_choice() {
            return own.chain(self.alternatives().into_iter().flat_map(Self::properties)).collect();
        }
        own.collect()
    }

    pub(super) fn property(self, key: &str) -> Option<Self> {
        let own = self.0.get("properties").and_then(|all| all.get(key)).map(Self::follow);
        own.or_else(|| {
            if self.is_choice() { self.alternatives().into_iter().find_map(|one| one.property(key)) } else { None }
        })
    }

    /// The schema of keys that the operator names.
    pub(super) fn named(self) -> Option<Self> {
        self.0.get("additionalProperties").filter(|value| value.is_object()).map(Self::follow)
    }

    pub(super) fn items(self) -> Option<Self> {
        self.0.get("items").map(Self::follow)
    }

    pub(super) fn required(self) -> impl Iterator<Item = &'static str> {
        self.list("required").iter().filter_map(Value::as_str)
    }

    /// Whether it is this definition.
    pub(super) fn is(self, name: &str) -> bool {
        SCHEMA.get("$defs").and_then(|all| all.get(name)).is_some_and(|value| std::ptr::eq(value, self.0))
    }

    /// In words, with the article, for "must be …".
    pub(super) fn describe(self) -> String {
        let names: Vec<&str> = self
            .types()
            .into_iter()
            .map(|kind| match kind {
                "string" => "text",
                "integer" => "a whole number",
                "number" => "a number",
                "boolean" => "`true` or `false`",
                "array" => "a list",
                _ => "a table",
            })
            .collect();
        names.join(" or ")
    }

    /// The definition's name; empty for the whole.
    #[cfg(test)]
    pub(super) fn name(self) -> String {
        let defs = SCHEMA.get("$defs").and_then(Value::as_object).into_iter().flatten();
        defs.filter(|(_, value)| std::ptr::eq(*value, self.0)).map(|(name, _)| name.clone()).collect()
    }

    /// What a key is when it is not given.
    #[cfg(test)]
    pub(super) fn default_of(self, key: &str) -> Option<&'static Value> {
        self.0.get("properties")?.get(key)?.get("default")
    }
}
