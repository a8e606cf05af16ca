//! Raw input into a verb's types. The quick way parses once; only when that fails is the schema asked for every field that
//! is wrong (OPS-2).

use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use kernel::error::Field;
use kernel::{Code, Error, Result};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// Input as it came.
#[derive(Clone, Debug)]
pub enum RawInput {
    /// A JSON text; empty stands for `{}`.
    Json(Vec<u8>),
    /// Names and texts of a query string.
    Query(Vec<(String, String)>),
}

/// How one operation's input is described.
pub(crate) struct Shape {
    /// JSON Schema of the path's ids.
    pub(crate) path: Schema,
    /// JSON Schema of the body or query.
    pub(crate) input: Schema,
    validator: OnceLock<Option<jsonschema::Validator>>,
}

impl Shape {
    pub(crate) fn of<P: JsonSchema, I: JsonSchema>() -> Self {
        let settings = schemars::generate::SchemaSettings::draft2020_12().for_deserialize();
        let path = settings.clone().into_generator().into_root_schema_for::<P>();
        let input = settings.into_generator().into_root_schema_for::<I>();
        Self { path, input, validator: OnceLock::new() }
    }

    /// Ids of the path.
    pub(crate) fn parse_path<P: DeserializeOwned>(&self, params: Vec<(String, String)>) -> Result<P> {
        let object: Map<String, Value> = params.into_iter().map(|(k, v)| (k, Value::String(v))).collect();
        serde_path_to_error::deserialize(Value::Object(object)).map_err(|e| located(&e))
    }

    /// The body or query.
    pub(crate) fn parse_input<I: DeserializeOwned>(&self, raw: RawInput) -> Result<I> {
        match raw {
            RawInput::Json(text) => {
                let text: &[u8] = if text.is_empty() { b"{}" } else { &text };
                serde_json::from_slice(text).map_err(|error| match serde_json::from_slice::<Value>(text) {
                    Ok(value) => self.explain::<I>(value),
                    Err(_) => Error::new(Code::BadRequest).message(format!(
                        "The body is not valid JSON (line {}, column {}).",
                        error.line(),
                        error.column()
                    )),
                })
            }
            RawInput::Query(pairs) => {
                let value = self.coerce(pairs)?;
                serde_json::from_value(value.clone()).map_err(|_| self.explain::<I>(value))
            }
        }
    }

    /// A query string has only texts; the schema says which are numbers.
    fn coerce(&self, pairs: Vec<(String, String)>) -> Result<Value> {
        let mut object = Map::new();
        for (name, text) in pairs {
            let value = match self.kind_of(&name) {
                Some("integer") => text.parse::<i64>().map_or(Value::String(text), Value::from),
                Some("boolean") if text == "true" || text == "false" => Value::Bool(text == "true"),
                _ => Value::String(text),
            };
            if object.insert(name.clone(), value).is_some() {
                return Err(Error::field(name, "is given twice"));
            }
        }
        Ok(Value::Object(object))
    }

    fn kind_of(&self, property: &str) -> Option<&str> {
        let kind = self.input.get("properties")?.get(property)?.get("type")?;
        kind.as_str().or_else(|| kind.as_array()?.iter().filter_map(Value::as_str).find(|t| *t != "null"))
    }

    /// Names every field that is wrong. Types can refuse what the schema cannot say; then the first such is named.
    fn explain<I: DeserializeOwned>(&self, value: Value) -> Error {
        let mut error = Error::new(Code::InvalidInput);
        let validator = self.validator.get_or_init(|| jsonschema::validator_for(self.input.as_value()).ok());
        for problem in validator.iter().flat_map(|v| v.iter_errors(&value)).take(50) {
            let at = problem.instance_path().to_string();
            error.fields.extend(fields(at.trim_start_matches('/').replace('/', "."), problem.kind()));
        }
        if let Err(first) = serde_path_to_error::deserialize::<_, I>(value) {
            let first = located(&first).fields.remove(0);
            if !error.fields.iter().any(|f| f.field == first.field) {
                error.fields.push(first);
            }
        }
        error
    }
}

/// In words of our own: the library's quote the value, which a person knows and a log must not.
fn fields(at: String, kind: &ValidationErrorKind) -> Vec<Field> {
    let inside = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let problem = match kind {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            return unexpected
                .iter()
                .map(|name| Field { field: inside(name), problem: "is not a known field".into() })
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            return vec![Field {
                field: inside(property.as_str().unwrap_or_default()),
                problem: "is required".into(),
            }];
        }
        ValidationErrorKind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        ValidationErrorKind::MinLength { limit } => format!("must be at least {limit} characters long"),
        ValidationErrorKind::MaxLength { limit } => format!("must be at most {limit} characters long"),
        ValidationErrorKind::MinItems { limit } => format!("must have at least {limit} entries"),
        ValidationErrorKind::MaxItems { limit } => format!("must have at most {limit} entries"),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}"),
        ValidationErrorKind::Enum { options } => format!("must be one of {options}"),
        ValidationErrorKind::Pattern { pattern } => format!("must look like {pattern}"),
        ValidationErrorKind::Type { .. } => "has the wrong type".to_owned(),
        other => format!("does not fit ({})", other.keyword()),
    };
    vec![Field { field: if at.is_empty() { "(body)".into() } else { at }, problem }]
}

fn located<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Error {
    let path = error.path().to_string();
    let field = if path == "." { "(body)".to_owned() } else { path };
    Error::field(field, error.inner().to_string().chars().take(200).collect::<String>())
}
