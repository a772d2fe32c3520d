//! One expression on one document, for those who are not deciding about a person.

use super::Expression;
use jmespath::{Rcvar, Variable};
use serde_json::Value;

/// What an expression yields on a document.
///
/// # Errors
/// One sentence: it is no expression, or the document is not what it takes it for.
pub fn search(expression: &str, document: &Value) -> Result<Value, String> {
    let expression = Expression::compile(expression)?;
    let document = Variable::from_json(&document.to_string())?;
    let found = expression.evaluate(&Rcvar::new(document))?;
    serde_json::to_value(&*found).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::search;
    use serde_json::json;

    #[test]
    fn yields_what_the_document_holds() {
        let document = json!({ "a": { "b": ["x", 1] } });
        assert_eq!(search("a.b", &document), Ok(json!(["x", 1])));
        assert_eq!(search("c", &document), Ok(json!(null)));
        assert!(search("contains(c, 'x')", &document).is_err());
        assert!(search("a[", &document).is_err());
    }
}
