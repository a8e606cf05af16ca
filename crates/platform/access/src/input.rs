//! Raw input into a verb's types. The quick way parses once; only when that fails is the schema asked for every field that
//! is wrong (OPS-2).

use std::sync::OnceLock;

use jsonschema::error::ValidationErrorKind;
use kernel::error::Field;
use kernel::{Code, Error, Result};
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use serde_path_to_error::Segment;

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
                // A list is read as fields in their order if one lets it: only an object has names to be strict about.
                let object = text.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
                let error = match serde_json::from_slice(text) {
                    Ok(input) if object => return Ok(input),
                    Ok(_) => None,
                    Err(error) => Some(error),
                };
                Err(match (serde_json::from_slice::<Value>(text), error) {
                    (Ok(value), error) => self.explain::<I>(value, error),
                    (Err(error), _) => Error::new(Code::BadRequest).message(format!(
                        "The body is not valid JSON (line {}, column {}).",
                        error.line(),
                        error.column()
                    )),
                })
            }
            RawInput::Query(pairs) => {
                let value = self.coerce(pairs)?;
                serde_json::from_value(value.clone()).map_err(|error| self.explain::<I>(value, Some(error)))
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

    /// Names every field that is wrong. Types refuse more than a schema can say: whatever they stumble over is named and taken
    /// out, until there is nothing more.
    fn explain<I: DeserializeOwned>(&self, value: Value, first: Option<serde_json::Error>) -> Error {
        let mut error = Error::new(Code::InvalidInput);
        let Value::Object(mut object) = value else { return problem(error, "(body)", "must be an object") };
        let validator = self.validator.get_or_init(|| jsonschema::validator_for(self.input.as_value()).ok());
        let value = Value::Object(object.clone());
        let mut texts = Vec::new();
        for wrong in validator.iter().flat_map(|v| v.iter_errors(&value)).take(MOST) {
            // A schema without fields says only that there must be none.
            if matches!(wrong.kind(), ValidationErrorKind::FalseSchema) {
                error = object.keys().fold(error, |error, name| problem(error, name, UNKNOWN));
                continue;
            }
            let at = wrong.instance_path().to_string();
            let found = fields(at.trim_start_matches('/').replace('/', "."), wrong.kind());
            match wrong.kind() {
                // The type knows what to do about it; the schema only how long it is.
                ValidationErrorKind::MinLength { .. } | ValidationErrorKind::MaxLength { .. } => {
                    texts.extend(found)
                }
                _ => error.fields.extend(found),
            }
        }
        if error.fields.len() >= MOST {
            error.fields.truncate(MOST);
            return error;
        }
        object.retain(|name, _| !error.fields.iter().any(|f| root(&f.field) == name));
        for _ in 0..MOST {
            let tried = serde_path_to_error::deserialize::<_, I>(Value::Object(object.clone()));
            let Some(Field { field, problem: what }) = tried.err().and_then(|e| located(&e).fields.pop())
            else {
                break;
            };
            // What it misses has been found missing by the schema, or was taken out here.
            if object.remove(root(&field)).is_none() {
                break;
            }
            error = problem(error, &field, &what);
        }
        for text in texts {
            if !error.fields.iter().any(|f| f.field == text.field) {
                error.fields.push(text);
            }
        }
        if error.fields.is_empty() {
            // Given twice: seen only where the text is read.
            let what = first.map(|e| e.to_string()).unwrap_or_default();
            let twice = what.strip_prefix("duplicate field `").and_then(|rest| rest.split('`').next());
            error = match twice {
                Some(name) => problem(error, name, "is given twice"),
                None => problem(error, "(body)", "does not fit"),
            };
        }
        error
    }
}

/// Problems told of at once: an answer must not be much larger than its question.
const MOST: usize = 200;
const UNKNOWN: &str = "is not a known field";

fn problem(mut error: Error, field: &str, problem: &str) -> Error {
    error.fields.push(Field { field: field.into(), problem: problem.into() });
    error
}

/// The outermost field on the way to this one.
fn root(path: &str) -> &str {
    path.split('.').next().unwrap_or(path)
}

/// In words of our own: the library's quote the value, which a person knows and a log must not.
fn fields(at: String, kind: &ValidationErrorKind) -> Vec<Field> {
    let inside = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    let problem = match kind {
        ValidationErrorKind::AdditionalProperties { unexpected } => {
            return unexpected
                .iter()
                .map(|name| Field { field: inside(name), problem: UNKNOWN.into() })
                .collect();
        }
        ValidationErrorKind::Required { property } => {
            return vec![Field {
                field: inside(property.as_str().unwrap_or_default()),
                problem: "is required".into(),
            }];
        }
        ValidationErrorKind::MinLength { limit: 1 } => "Fill this in.".to_owned(),
        ValidationErrorKind::MinLength { limit } => format!("Use at least {limit} characters."),
        ValidationErrorKind::MaxLength { limit } => format!("Use at most {limit} characters."),
        ValidationErrorKind::MinItems { limit } => format!("must have at least {limit} entries"),
        ValidationErrorKind::MaxItems { limit } => format!("must have at most {limit} entries"),
        ValidationErrorKind::Minimum { limit } => format!("must be at least {limit}"),
        ValidationErrorKind::Maximum { limit } => format!("must be at most {limit}"),
        ValidationErrorKind::Enum { options } => format!("must be one of {options}"),
        ValidationErrorKind::Pattern { pattern } => format!("must look like {pattern}"),
        ValidationErrorKind::Type { .. } => "has the wrong type".to_owned(),
        other if matches!(other.keyword(), "oneOf" | "anyOf") => {
            "is not one of the accepted values".to_owned()
        }
        other => format!("does not fit ({})", other.keyword()),
    };
    vec![Field { field: if at.is_empty() { "(body)".into() } else { at }, problem }]
}

fn located<E: std::fmt::Display>(error: &serde_path_to_error::Error<E>) -> Error {
    let names = error.path().iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } => Some(key.clone()),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    let path = names.collect::<Vec<_>>().join(".");
    let field = if path.is_empty() { "(body)".to_owned() } else { path };
    Error::field(field, error.inner().to_string().chars().take(200).collect::<String>())
}

#[cfg(test)]
mod tests {
    use kernel::{Email, Handle, Line, Password, Text};
    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize, JsonSchema)]
    #[serde(deny_unknown_fields)]
    #[allow(dead_code, reason = "only refusals are looked at")]
    struct Form {
        email: Email,
        handle: Handle,
        name: Line<1, 5>,
        body: Text<1, 5>,
        password: Password,
        others: Vec<Line<2, 5>>,
    }

    // REQ OPS-2
    #[test]
    fn every_field_says_what_to_do() {
        let shape = Shape::of::<(), Form>();
        let text = r#"{ "email": "", "handle": "", "name": " ", "body": "", "password": "", "others": ["ab", "a", ""] }"#;
        let error = shape.parse_input::<Form>(RawInput::Json(text.into())).err().unwrap();
        let mut said: Vec<_> = error.fields.iter().map(|f| (f.field.as_str(), f.problem.as_str())).collect();
        said.sort_unstable();
        let empty = "Fill this in.";
        let wanted = [
            ("body", empty),
            ("email", empty),
            ("handle", empty),
            ("name", empty),
            ("others.1", "Use at least 2 characters."),
            ("others.2", "Use at least 2 characters."),
            ("password", empty),
        ];
        assert_eq!(said, wanted);
        let text = r#"{ "email": "ada", "name": "abcdef", "body": "abcdef", "others": 1 }"#;
        let error = shape.parse_input::<Form>(RawInput::Json(text.into())).err().unwrap();
        let said = |field: &str| error.fields.iter().find(|f| f.field == field).unwrap().problem.as_str();
        assert_eq!(said("email"), "Enter an e-mail address like ada@example.org.");
        assert_eq!((said("name"), said("body")), ("Use at most 5 characters.", "Use at most 5 characters."));
        assert_eq!((said("handle"), said("others")), ("is required", "has the wrong type"));
    }
}
