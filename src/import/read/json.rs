//! `links.json` and `orgs.json`: one object.

use crate::import::{Problem, Text};
use serde_json::{Map, Value};

/// The object that the file is.
pub(crate) fn object(file: &Text) -> Result<Map<String, Value>, Vec<Problem>> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(vec![Problem::whole(&file.name, "this must be one JSON object, { … }")]),
        Err(error) => Err(vec![Problem::at(&file.name, error.line(), format!("this is not JSON: {error}"))]),
    }
}
