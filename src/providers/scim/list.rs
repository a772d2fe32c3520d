//! A list of users or groups, as a SCIM service gives it (RFC 7644 §3.4.2).

use super::filter::encoded;
use super::path::get;
use crate::fetch::Url;
use crate::providers::web::{Counted, Page};
use serde_json::Value;

/// What every page of a list says that it is.
const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The attributes of a question, beside those that tell entries apart.
#[derive(Debug, Clone, Copy)]
pub(super) enum Wanted {
    /// What the service gives by itself.
    Default,
    Only(&'static str),
    Without(&'static str),
}

/// One question.
#[derive(Debug)]
pub(super) struct List {
    /// Where the resources are.
    url: Url,
    what: &'static str,
    query: String,
}

impl List {
    pub(super) fn new(url: &Url, what: &'static str, filter: Option<&str>, wanted: Wanted) -> Self {
        let mut query = String::new();
        if let Some(filter) = filter {
            query = format!("&filter={}", encoded(filter));
        }
        match wanted {
            Wanted::Default => {}
            Wanted::Only(names) => query.push_str(&format!("&attributes={}", encoded(names))),
            Wanted::Without(names) => query.push_str(&format!("&excludedAttributes={}", encoded(names))),
        }
        Self { url: url.clone(), what, query }
    }
}

impl Counted for List {
    fn url(&self, from: usize, count: usize) -> Url {
        let mut url = self.url.clone();
        // Places begin at 1 here.
        url.set_query(Some(&format!("startIndex={}&count={count}{}", from + 1, self.query)));
        url
    }

    fn page(&self, body: Value) -> Option<Page> {
        let is_list = |schema: &Value| schema.as_str().is_some_and(|text| text.eq_ignore_ascii_case(LIST));
        if !get(&body, "schemas")?.as_array()?.iter().any(is_list) {
            return None;
        }
        let number = |name: &str| match get(&body, name) {
            Some(value) => value.as_u64().and_then(|n| usize::try_from(n).ok()).map(Some),
            None => Some(None),
        };
        let (total, count) = (number("totalResults")??, number("itemsPerPage")?);
        // Where there is nothing, some say 0.
        let from = number("startIndex")?.map(|from| from.saturating_sub(1));
        let entries = match body {
            Value::Object(map) => map.into_iter().find(|(name, _)| name.eq_ignore_ascii_case("Resources")),
            _ => None,
        };
        let entries = match entries {
            Some((_, Value::Array(entries))) => entries,
            Some((_, Value::Null)) | None => Vec::new(),
            Some(_) => return None,
        };
        Some(Page { entries, total: Some(total), from, count })
    }

    fn id<'v>(&self, entry: &'v Value) -> Option<&'v str> {
        id(entry)
    }

    fn what(&self) -> &str {
        self.what
    }
}

/// What tells a resource from all others (RFC 7643 §3.1).
pub(super) fn id(entry: &Value) -> Option<&str> {
    get(entry, "id")?.as_str().filter(|id| !id.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn list(wanted: Wanted) -> Option<List> {
        Some(List::new(&Url::parse("https://x.org/v2/Users").ok()?, "people", Some("a eq \"b\""), wanted))
    }

    #[test]
    fn a_page_is_asked_for_by_its_first_entry() {
        let url = |wanted| list(wanted).map(|list| list.url(10, 5).to_string());
        let start = "https://x.org/v2/Users?startIndex=11&count=5&filter=a%20eq%20%22b%22";
        assert_eq!(url(Wanted::Default).as_deref(), Some(start));
        assert_eq!(url(Wanted::Only("a,b")), Some(format!("{start}&attributes=a%2Cb")));
        assert_eq!(url(Wanted::Without("a")), Some(format!("{start}&excludedAttributes=a")));
    }

    #[test]
    fn only_a_page_of_a_list_is_one() {
        let page = |body: Value| list(Wanted::Default).and_then(|list| list.page(body));
        let body =
            json!({ "schemas": [LIST], "totalResults": 3, "startIndex": 2, "itemsPerPage": 1, "Resources": [{}] });
        let read = page(body.clone());
        assert_eq!(read.map(|p| (p.entries.len(), p.total, p.from, p.count)), Some((1, Some(3), Some(1), Some(1))));
        assert!(page(json!({ "schemas": [LIST], "totalResults": 0 })).is_some());
        for (key, value) in [
            ("schemas", json!(["urn:ietf:params:scim:api:messages:2.0:Error"])),
            ("totalResults", json!(null)),
            ("totalResults", json!("3")),
            ("totalResults", json!(-1)),
            ("startIndex", json!("x")),
            ("Resources", json!({})),
        ] {
            let mut body = body.clone();
            body[key] = value;
            assert!(page(body).is_none(), "{key}");
        }
        assert!(page(json!([])).is_none());
        assert!(page(json!("<html>")).is_none());
    }
}
