//! Names of attributes (RFC 7644 §3.10), and what stands there in an entry.

use serde_json::Value;

/// Attributes of the enterprise schema (RFC 7643 §4.3), which are known by their names alone.
const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";
const OF_ENTERPRISE: [&str; 6] = ["employeeNumber", "costCenter", "organization", "division", "department", "manager"];

/// The path of an attribute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Path {
    /// The schema whose extension it is in.
    extension: Option<String>,
    attribute: String,
    sub: Option<String>,
}

impl Path {
    /// The configuration is checked: whatever else is written here names nothing.
    pub(super) fn parse(text: &str) -> Self {
        let (schema, name) = match text.rsplit_once(':') {
            Some((schema, name)) => (Some(schema), name),
            None => (None, text),
        };
        let (attribute, sub) = match name.split_once('.') {
            Some((attribute, sub)) => (attribute, Some(sub.to_owned())),
            None => (name, None),
        };
        let core = |schema: &str| schema.to_ascii_lowercase().starts_with("urn:ietf:params:scim:schemas:core:");
        let extension = match schema {
            Some(schema) => (!core(schema)).then_some(schema),
            None => OF_ENTERPRISE.iter().any(|known| known.eq_ignore_ascii_case(attribute)).then_some(ENTERPRISE),
        };
        Self { extension: extension.map(str::to_owned), attribute: attribute.to_owned(), sub }
    }

    /// As a filter names it.
    pub(super) fn in_filter(&self) -> String {
        let extension = self.extension.as_ref().map(|schema| format!("{schema}:")).unwrap_or_default();
        let sub = self.sub.as_ref().map(|sub| format!(".{sub}")).unwrap_or_default();
        format!("{extension}{}{sub}", self.attribute)
    }

    /// The same of the values of an attribute that may have several.
    pub(super) fn value_in_filter(&self) -> String {
        match self.sub {
            Some(_) => self.in_filter(),
            None => format!("{}.value", self.in_filter()),
        }
    }

    /// The attribute that a service must be asked for; `None` where it is of an extension.
    pub(super) fn core(&self) -> Option<&str> {
        self.extension.is_none().then_some(&self.attribute)
    }

    /// The text there: of several values the primary one's, else the first's.
    pub(super) fn text<'v>(&self, entry: &'v Value) -> Option<&'v str> {
        let found = self.found(entry)?;
        let one = match found {
            Value::Array(all) => {
                all.iter().find(|value| get(value, "primary") == Some(&Value::Bool(true))).or_else(|| all.first())?
            }
            other => other,
        };
        let one = match (&self.sub, one) {
            (Some(sub), complex) => get(complex, sub)?,
            (None, complex @ Value::Object(_)) => get(complex, "value")?,
            (None, simple) => simple,
        };
        one.as_str().filter(|text| !text.is_empty())
    }

    /// All values there, each as it is: `Err` where one is nothing that has a text.
    pub(super) fn texts(&self, entry: &Value) -> Result<Vec<String>, ()> {
        let Some(found) = self.found(entry) else { return Ok(Vec::new()) };
        let all = match found {
            Value::Array(all) => all.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut texts = Vec::new();
        for value in all {
            let simple = match (&self.sub, value) {
                (Some(sub), complex) => get(complex, sub),
                (None, complex @ Value::Object(_)) => Some(get(complex, "value").ok_or(())?),
                (None, simple) => Some(simple),
            };
            match simple {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) => texts.push(text.clone()),
                Some(plain @ (Value::Bool(_) | Value::Number(_))) => texts.push(plain.to_string()),
                Some(Value::Array(_) | Value::Object(_)) => return Err(()),
            }
        }
        Ok(texts)
    }

    fn found<'v>(&self, entry: &'v Value) -> Option<&'v Value> {
        match &self.extension {
            Some(schema) => get(get(entry, schema)?, &self.attribute),
            None => get(entry, &self.attribute),
        }
    }
}

/// A member of an object. Names compare without case (RFC 7643 §2.1), and null is nothing (§2.5).
pub(super) fn get<'v>(object: &'v Value, name: &str) -> Option<&'v Value> {
    let map = object.as_object()?;
    let found = map.get(name).or_else(|| {
        let mut same = map.iter().filter(|(key, _)| key.eq_ignore_ascii_case(name));
        same.next().map(|(_, value)| value)
    });
    found.filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_path_leads_to_a_text() {
        let entry = json!({
            "userName": "ann",
            "USERTYPE": "Employee",
            "name": { "formatted": "Ann A" },
            "emails": [{ "value": "a@x.org" }, { "value": "b@x.org", "primary": true }],
            "phoneNumbers": [{ "value": "1" }, { "value": "2" }],
            "title": "",
            "nickName": null,
            ENTERPRISE: { "department": "Sales", "manager": { "value": "42" } },
        });
        let text = |path: &str| Path::parse(path).text(&entry).map(str::to_owned);
        assert_eq!(text("userName").as_deref(), Some("ann"));
        assert_eq!(text("usertype").as_deref(), Some("Employee"));
        assert_eq!(text("name.formatted").as_deref(), Some("Ann A"));
        assert_eq!(text("emails").as_deref(), Some("b@x.org"));
        assert_eq!(text("phoneNumbers").as_deref(), Some("1"));
        assert_eq!(text("department").as_deref(), Some("Sales"));
        assert_eq!(text(&format!("{ENTERPRISE}:department")).as_deref(), Some("Sales"));
        assert_eq!(text("manager.value").as_deref(), Some("42"));
        assert_eq!(text("urn:ietf:params:scim:schemas:core:2.0:User:userName").as_deref(), Some("ann"));
        for nothing in ["title", "nickName", "name", "other", "userName.x", "costCenter"] {
            assert_eq!(text(nothing), None, "{nothing}");
        }
    }

    #[test]
    fn a_claim_has_all_values_as_texts() {
        let entry = json!({ "a": [1, true, "x", null], "b": [{ "value": "y", "type": "t" }], "c": [{ "type": "t" }] });
        let texts = |path: &str| Path::parse(path).texts(&entry);
        assert_eq!(texts("a"), Ok(["1", "true", "x"].map(str::to_owned).to_vec()));
        assert_eq!(texts("b"), Ok(vec!["y".to_owned()]));
        assert_eq!(texts("b.type"), Ok(vec!["t".to_owned()]));
        assert_eq!(texts("c"), Err(()));
        assert_eq!(texts("none"), Ok(Vec::new()));
    }

    #[test]
    fn a_filter_names_it_in_full() {
        assert_eq!(Path::parse("department").in_filter(), format!("{ENTERPRISE}:department"));
        assert_eq!(Path::parse("emails").value_in_filter(), "emails.value");
        assert_eq!(Path::parse("emails.value").value_in_filter(), "emails.value");
    }
}
