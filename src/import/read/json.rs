//! `links.json` and `orgs.json`.

use crate::import::{Problem, Text};
use serde_json::Value;

/// What the file says.
pub(crate) fn json(file: &Text) -> Result<Value, Vec<Problem>> {
    let text = file.text.strip_prefix('\u{feff}').unwrap_or(&file.text);
    serde_json::from_str(text)
        .map_err(|error| vec![Problem::at(&file.name, error.line(), format!("this is not JSON: {error}"))])
}
