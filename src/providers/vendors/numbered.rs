//! Lists whose pages are numbered and name the next in a header (RFC 8288), as GitHub and GitLab have them.
//!
//! Such a header may be left out where one page is all, and by something between us and the service where it is not. So
//! a full page without one is not the last: the next is asked for by its number, and has to be empty.

use super::listing::entries;
use crate::fetch::Url;
use crate::providers::web::{Chained, Chunk, Failure, Origin, Reply, asking};

/// Entries of a page, the most that there may be.
const SIZE: usize = 100;

pub(super) struct Numbered(Origin);

impl Numbered {
    pub(super) fn new(base: &Url, list: &Url, query: &[(&str, &str)], what: impl Into<String>) -> Self {
        let size = SIZE.to_string();
        let query: Vec<(&str, &str)> = query.iter().copied().chain([("per_page", size.as_str())]).collect();
        Self(Origin { base: base.clone(), first: asking(list, &query), what: what.into() })
    }
}

impl Chained for Numbered {
    fn origin(&self) -> &Origin {
        &self.0
    }

    fn page(&self, asked: &Url, reply: Reply) -> Result<Chunk, Failure> {
        let links = reply.links.map_err(|error| {
            let text = format!("{}: {error}, so that the rest may be missing", self.0.what);
            Failure::protocol("bad_link", text)
        })?;
        let entries = entries(&self.0.what, reply.body, None)?;
        let next = links.get("next").map(str::to_owned);
        let full = entries.len() >= SIZE;
        Ok(Chunk { next: next.or_else(|| full.then(|| following(asked))), entries, total: reply.total })
    }
}

/// The same list, one page on.
fn following(asked: &Url) -> String {
    let page = asked.query_pairs().find(|(name, _)| name == "page").and_then(|(_, page)| page.parse().ok());
    let page = page.unwrap_or(1u64).saturating_add(1).to_string();
    let rest: Vec<(String, String)> =
        asked.query_pairs().filter(|(name, _)| name != "page").map(|(a, b)| (a.into_owned(), b.into_owned())).collect();
    let pairs = rest.iter().map(|(name, value)| (name.as_str(), value.as_str())).chain([("page", page.as_str())]);
    asking(asked, &pairs.collect::<Vec<_>>()).into()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;
    use crate::fetch::Links;
    use serde_json::json;

    #[test]
    fn l09_a_full_page_is_not_the_last() {
        let base = Url::parse("https://x.example/api").unwrap();
        let list = Numbered::new(&base, &Url::parse("https://x.example/api/y").unwrap(), &[("a", "b")], "y");
        let page = |url: &Url, n: usize| {
            let body = (0..n).map(|n| json!({ "id": n })).collect();
            list.page(url, Reply { body, links: Ok(Links::default()), total: None }).unwrap().next
        };
        let second = "https://x.example/api/y?a=b&per_page=100&page=2";
        assert_eq!(page(&list.0.first, 99), None);
        assert_eq!(page(&list.0.first, 100).as_deref(), Some(second));
        let third = page(&Url::parse(second).unwrap(), 100);
        assert_eq!(third.as_deref(), Some("https://x.example/api/y?a=b&per_page=100&page=3"));
    }
}
