//! Lists in pages: a bounded number of items, and a cursor for what follows. A cursor is opaque to
//! whoever gets it, and belongs to one list.

use super::problem::Problem;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Serialize;
use utoipa::ToSchema;

/// Items of a page when nobody says, and at most.
const USUAL: u32 = 50;
const MOST: u32 = 200;

/// How many items are wanted.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked {
        None => Ok(USUAL),
        Some(limit @ 1..=MOST) => Ok(limit),
        Some(_) => Err(Problem::field("limit", format!("1 to {MOST}"))),
    }
}

/// Where a list goes on, if there was a cursor. `list` names the list.
pub(super) fn after<T>(
    list: &str,
    cursor: Option<&str>,
    read: impl Fn(&str) -> Option<T>,
) -> Result<Option<T>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).unwrap_or_default();
    // PostgreSQL takes no text with a NUL in it.
    let place = String::from_utf8(bytes).ok().filter(|place| !place.contains('\0')).unwrap_or_default();
    let place = place.strip_prefix(list).and_then(|rest| rest.strip_prefix(':')).and_then(read);
    let refused = || Problem::field("cursor", "not a cursor of this list; take `next` of an answer as it is");
    place.map(Some).ok_or_else(refused)
}

/// A part of a list.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Page<T> {
    pub(super) items: Vec<T>,
    /// The `cursor` of the next page; absent on the last one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) next: Option<String>,
}

impl<T> Page<T> {
    /// Of items of which one more was asked for than fit. `place` is where the list goes on after
    /// an item.
    pub(super) fn of(list: &str, mut items: Vec<T>, limit: u32, place: impl Fn(&T) -> String) -> Self {
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let last = items.last().filter(|_| more);
        let next = last.map(|item| URL_SAFE_NO_PAD.encode(format!("{list}:{}", place(item))));
        Self { items, next }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test stops where it is wrong")]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_leads_on_in_its_own_list_only() {
        let page = Page::of("runs", vec![9, 8, 7], 2, ToString::to_string);
        assert_eq!(page.items, [9, 8]);
        let cursor = page.next.unwrap();
        let number = |text: &str| text.parse::<i64>().ok();
        assert_eq!(after("runs", Some(&cursor), number).unwrap(), Some(8));
        assert_eq!(after("runs", None, number).unwrap(), None);
        assert!(after("holds", Some(&cursor), number).is_err());
        for bad in ["", "8", "!!", "cnVuczp4"] {
            assert!(after("runs", Some(bad), number).is_err(), "{bad}");
        }
        assert_eq!(Page::of("runs", vec![9, 8], 2, ToString::to_string).next, None);
        for (asked, allowed) in [(Some(0), false), (Some(1), true), (Some(200), true), (Some(201), false), (None, true)]
        {
            assert_eq!(limit(asked).is_ok(), allowed);
        }
    }
}
