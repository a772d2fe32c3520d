//! The import, as the command does it.

use rosterd::import::{Expressions, Imported, Inputs, import};
use serde_json::Value;

pub struct Jmespath;

impl Expressions for Jmespath {
    fn check(&self, expression: &str) -> Result<(), String> {
        rosterd_core::mapping::check_expression(expression)
    }

    fn search(&self, expression: &str, document: &Value) -> Result<Value, String> {
        rosterd_core::mapping::search(expression, document)
    }
}

pub fn imported(inputs: &Inputs) -> Result<Imported, String> {
    import(inputs, &Jmespath).map_err(|problems| problems.to_string())
}
