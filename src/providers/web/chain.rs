//! A list whose pages each say where the next is: all of it, or why not.
//!
//! Such a list says of itself only that it goes on. So it is believed where its last page came, no entry came twice, and
//! no page led back to one before or out of the service: whoever could name another host would be sent the token. And
//! the service may pass over somebody who moves within the list while it is read page by page (another name, somebody
//! before them deleted), who would be taken for gone. So one of several pages is read twice, and the second reading must
//! have everybody that the first had. One page is one answer, and needs no second.

use super::failure::{Failure, shown};
use super::pages::MOST;
use super::service::{Reply, Session};
use crate::fetch::Url;
use serde_json::Value;
use std::collections::HashSet;

/// More pages are not asked for.
const MOST_PAGES: usize = 200_000;

/// A list of a service, in its own words.
pub(in crate::providers) trait Chained: Send + Sync {
    fn origin(&self) -> &Origin;
    /// What an answer says.
    fn page(&self, asked: &Url, reply: Reply) -> Result<Chunk, Failure>;
    /// What tells an entry from all others.
    fn id(&self, entry: &Value) -> Option<String> {
        id_of(entry)
    }
}

/// Where a list is.
#[derive(Debug)]
pub(in crate::providers) struct Origin {
    /// The address under which every page is.
    pub(in crate::providers) base: Url,
    pub(in crate::providers) first: Url,
    /// What the entries are, for people.
    pub(in crate::providers) what: String,
}

/// The `id` of an entry, a text or a number.
pub(in crate::providers) fn id_of(entry: &Value) -> Option<String> {
    match entry.get("id")? {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => number.as_u64().map(|number| number.to_string()),
        _ => None,
    }
}

/// One page.
#[derive(Debug)]
pub(in crate::providers) struct Chunk {
    pub(in crate::providers) entries: Vec<Value>,
    /// Where the next one is; `None` where this is the last.
    pub(in crate::providers) next: Option<String>,
    /// How many entries there are in all, where the service says it.
    pub(in crate::providers) total: Option<usize>,
}

type Take<'t> = dyn FnMut(Value) -> Result<(), Failure> + Send + 't;

/// Hands over every entry once.
pub(in crate::providers) async fn follow(
    session: &Session<'_>,
    list: &dyn Chained,
    take: &mut Take<'_>,
) -> Result<usize, Failure> {
    let first = page(session, list, &list.origin().first).await?;
    if first.next.is_none() {
        return Ok(walk(session, list, first, take).await?.len());
    }
    let before = walk(session, list, first, &mut |_| Ok(())).await?;
    let again = page(session, list, &list.origin().first).await?;
    let now = walk(session, list, again, take).await?;
    let missing = before.difference(&now).count();
    if missing > 0 {
        let text =
            format!("{}: {missing} of {} were missing when they were read again", list.origin().what, before.len());
        return Err(Failure::moved("unsteady", text));
    }
    Ok(now.len())
}

/// From its first page to its last: the ids.
async fn walk(
    session: &Session<'_>,
    list: &dyn Chained,
    first: Chunk,
    take: &mut Take<'_>,
) -> Result<HashSet<Box<str>>, Failure> {
    let Origin { base, first: start, what } = list.origin();
    let (mut seen, mut asked, mut chunk) = (HashSet::new(), HashSet::from([start.clone()]), first);
    let total = chunk.total;
    loop {
        if chunk.total != total {
            let text = format!("{what}: the number of entries changed while they were read");
            return Err(Failure::moved("total_changed", text));
        }
        for entry in chunk.entries {
            let id = list.id(&entry).filter(|id| !id.is_empty());
            let id = id.ok_or_else(|| Failure::protocol("no_id", format!("{what}: an entry has no id")))?;
            if !seen.insert(id.into_boxed_str()) {
                return Err(Failure::moved("repeated", format!("{what}: an entry came twice")));
            }
            take(entry)?;
        }
        if seen.len() > MOST || asked.len() > MOST_PAGES {
            return Err(Failure::protocol("too_much", format!("{what}: more than {MOST} entries or too many pages")));
        }
        let Some(next) = chunk.next else { break };
        let next = within(base, &next).ok_or_else(|| {
            let text =
                format!("{what}: the next page is said to be outside {}, where the token is not shown", shown(base));
            Failure::protocol("foreign_link", text)
        })?;
        if !asked.insert(next.clone()) {
            return Err(Failure::moved("loop", format!("{what}: the next page is one that came before")));
        }
        chunk = page(session, list, &next).await?;
    }
    match total {
        Some(total) if total != seen.len() => {
            let text = format!("{what}: {} of {total} entries came, and then no more", seen.len());
            Err(Failure::moved("short", text))
        }
        _ => Ok(seen),
    }
}

async fn page(session: &Session<'_>, list: &dyn Chained, url: &Url) -> Result<Chunk, Failure> {
    list.page(url, session.ask(url).await?)
}

/// An address below another, of the same scheme, host and port; `None` where it is none.
pub(in crate::providers) fn within(base: &Url, text: &str) -> Option<Url> {
    let url = Url::parse(text).ok()?;
    let same = url.scheme() == base.scheme()
        && url.host_str() == base.host_str()
        && url.port_or_known_default() == base.port_or_known_default()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    let (path, below) = (url.path(), base.path().trim_end_matches('/'));
    let behind = path.strip_prefix(below)?;
    // What a server takes for a way up is no part of a name.
    let up = path.to_ascii_lowercase();
    let up = ["..", "%2e", "%5c", "\\"].iter().any(|way| up.contains(way));
    (same && !up && (behind.is_empty() || behind.starts_with('/'))).then_some(url)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    /// O16: the token goes where the next page is.
    #[test]
    fn o16_a_next_page_is_below_the_service_and_nowhere_else() {
        let base = Url::parse("https://api.example.org/v1.0").unwrap();
        let good = |text: &str| within(&base, text).is_some();
        assert!(good("https://api.example.org/v1.0/users?$skiptoken=x"));
        assert!(good("https://API.example.org:443/v1.0/users"));
        for bad in [
            "https://evil.example/v1.0/users",
            "https://api.example.org.evil.example/v1.0/users",
            "https://api.example.org@evil.example/v1.0/users",
            "https://x@api.example.org/v1.0/users",
            "https://api.example.org:8443/v1.0/users",
            "http://api.example.org/v1.0/users",
            "https://api.example.org/v1.01/users",
            "https://api.example.org/other",
            "https://api.example.org/v1.0/../other",
            "https://api.example.org/v1.0/%2e%2e/other",
            "https://api.example.org/v1.0/..%2fother",
            "https://api.example.org/v1.0/users#x",
            "//evil.example/v1.0/users",
            "/v1.0/users",
            "",
        ] {
            assert!(!good(bad), "{bad}");
        }
    }
}
