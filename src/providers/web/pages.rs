//! A list that comes in pages, counted from its beginning: all of it, or why not.

use super::failure::Failure;
use super::service::Session;
use super::tally::{Said, Tally};
use crate::fetch::Url;
use serde_json::Value;

/// More entries are not believed.
pub(super) const MOST: usize = 5_000_000;

/// A list of a service, in its own words.
pub(in crate::providers) trait Counted: Sync {
    /// Where at most `count` entries are, from that place on; places begin at 0.
    fn url(&self, from: usize, count: usize) -> Url;
    /// What an answer says; `None` where it is no page of a list.
    fn page(&self, body: Value) -> Option<Page>;
    /// What tells an entry from all others.
    fn id<'v>(&self, entry: &'v Value) -> Option<&'v str>;
    /// What the entries are, for people.
    fn what(&self) -> &str;
}

/// One page.
#[derive(Debug)]
pub(in crate::providers) struct Page {
    pub(in crate::providers) entries: Vec<Value>,
    /// How many there are in all, where the service says it.
    pub(in crate::providers) total: Option<usize>,
    /// The place of the first, and how many it says to have.
    pub(in crate::providers) from: Option<usize>,
    pub(in crate::providers) count: Option<usize>,
}

/// Hands over every entry once. Pages get smaller where one is too large to be taken in.
pub(in crate::providers) async fn all(
    session: &Session<'_>,
    list: &dyn Counted,
    page_size: usize,
    take: &mut (dyn FnMut(Value) -> Result<(), Failure> + Send),
) -> Result<usize, Failure> {
    let what = list.what();
    let mut tally = Tally::default();
    let mut size = page_size.max(2);
    loop {
        let url = list.url(tally.next(), size);
        let body = match session.get(&url).await {
            Err(failure) if failure.code == "too_large" && size > 2 => {
                size = (size / 2).max(2);
                continue;
            }
            answered => answered?,
        };
        let Some(page) = list.page(body) else {
            let message = format!("{what}: the answer is not a page of a list; is `url` right?");
            return Err(Failure::protocol("not_a_list", message));
        };
        let total = page.total;
        if total.unwrap_or(0).max(tally.count()) > MOST {
            return Err(Failure::protocol("too_much", format!("{what}: more than {MOST} entries")));
        }
        let ids: Option<Vec<&str>> = page.entries.iter().map(|entry| list.id(entry)).collect();
        let Some(ids) = ids else {
            return Err(Failure::protocol("no_id", format!("{what}: an entry has no id")));
        };
        let said = Said { total, from: page.from, count: page.count };
        let known = tally.page(said, &ids).map_err(|(code, why)| Failure::moved(code, format!("{what}: {why}")))?;
        for entry in page.entries.into_iter().skip(known) {
            take(entry)?;
        }
        if tally.done() {
            return Ok(tally.count());
        }
    }
}
