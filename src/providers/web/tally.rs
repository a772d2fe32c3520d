//! Whether the pages of a list were all of it, by what each says and by the ids that came. Nothing here asks.
//!
//! Each page begins with the last entry of the one before: where somebody was added or removed before that place while
//! the pages were read, it is another entry, and somebody else would be missed without a trace.

use std::collections::HashSet;

/// What one page says of itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    /// How many entries there are in all, where the service counts them. Else a page with nothing new is the last.
    pub(super) total: Option<usize>,
    /// The place of its first entry among all, from 0.
    pub(super) from: Option<usize>,
    /// How many entries it has.
    pub(super) count: Option<usize>,
}

/// Why a list is not believed: a stable code, and what was wrong.
pub(super) type Wrong = (&'static str, String);

#[derive(Debug, Default)]
pub(super) struct Tally {
    /// As the first page said.
    total: Option<Option<usize>>,
    seen: HashSet<Box<str>>,
    last: Option<Box<str>>,
    ended: bool,
}

impl Tally {
    /// The place of the first entry to ask for.
    pub(super) fn next(&self) -> usize {
        self.seen.len().saturating_sub(1)
    }

    /// Whether all have come.
    pub(super) fn done(&self) -> bool {
        match self.total {
            Some(Some(total)) => total == self.seen.len(),
            Some(None) => self.ended,
            None => false,
        }
    }

    /// How many came.
    pub(super) fn count(&self) -> usize {
        self.seen.len()
    }

    /// Takes in a page; says how many of its first entries were there before.
    pub(super) fn page(&mut self, said: Said, ids: &[&str]) -> Result<usize, Wrong> {
        let from = self.next();
        match self.total {
            Some(before) if before != said.total => {
                let number = |n: Option<usize>| n.map_or_else(|| "no number of".to_owned(), |n| n.to_string());
                let text = format!("there were {} entries, then {}", number(before), number(said.total));
                return Err(("total_changed", text));
            }
            _ => self.total = Some(said.total),
        }
        if let Some(other) = said.from.filter(|place| *place != from && !ids.is_empty()) {
            return Err(("wrong_page", format!("asked for entry {}, it began at {}", from + 1, other + 1)));
        }
        let last = said.total.is_some_and(|total| from + ids.len() >= total);
        match said.count {
            Some(count) if count < ids.len() || (count > ids.len() && !last) => {
                return Err(("page_count", format!("a page of {} entries says that it has {count}", ids.len())));
            }
            _ => {}
        }
        let known = match (&self.last, ids.first()) {
            (Some(last), Some(first)) if **last != **first => {
                return Err(("shifted", "a page does not begin where the one before ended".to_owned()));
            }
            (Some(_), Some(_)) => 1,
            _ => 0,
        };
        for id in ids.iter().skip(known) {
            if !self.seen.insert((*id).into()) {
                return Err(("repeated", "an entry came twice".to_owned()));
            }
        }
        let before = std::mem::replace(&mut self.last, ids.last().map(|id| (*id).into()));
        let Some(total) = said.total else {
            self.ended = ids.len() <= known;
            // What was the last is gone: everything behind it has moved.
            return match (before, known, ids) {
                (None, _, []) | (_, 1, _) | (_, 0, [_, ..]) => Ok(known),
                _ => Err(("shifted", "a list got shorter while it was read".to_owned())),
            };
        };
        if self.seen.len() > total {
            return Err(("too_many", format!("more than the {total} entries that there are came")));
        }
        if ids.len() <= known && !self.done() {
            return Err(("short", format!("{} of {total} entries came, and then no more", self.seen.len())));
        }
        Ok(known)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(total: usize) -> Said {
        Said { total: Some(total), from: None, count: None }
    }

    fn uncounted() -> Said {
        Said { total: None, from: None, count: None }
    }

    /// The code of the first page that is wrong, or whether all came.
    fn read(pages: &[(Said, &[&str])]) -> Result<bool, &'static str> {
        let mut tally = Tally::default();
        for (said, ids) in pages {
            tally.page(*said, ids).map_err(|(code, _)| code)?;
        }
        Ok(tally.done())
    }

    #[test]
    fn all_came_when_all_ids_came() {
        assert_eq!(read(&[(said(0), &[])]), Ok(true));
        assert_eq!(read(&[(said(3), &["a", "b"]), (said(3), &["b", "c"])]), Ok(true));
        assert_eq!(read(&[(said(3), &["a", "b"])]), Ok(false));
        // Fewer than were asked for is allowed (RFC 7644 §3.4.2.4), and so is a last page that names what was asked.
        assert_eq!(read(&[(Said { count: Some(20), from: Some(0), ..said(2) }, &["a", "b"])]), Ok(true));
    }

    #[test]
    fn what_cannot_be_all_is_seen() {
        let lies = Said { count: Some(20), ..said(9) };
        assert_eq!(read(&[(lies, &["a", "b"])]), Err("page_count"));
        assert_eq!(read(&[(Said { count: Some(1), ..said(2) }, &["a", "b"])]), Err("page_count"));
        assert_eq!(read(&[(said(3), &["a", "b"]), (said(4), &["b", "c"])]), Err("total_changed"));
        assert_eq!(read(&[(said(3), &["a", "b"]), (said(3), &[])]), Err("short"));
        assert_eq!(read(&[(said(3), &["a", "b"]), (said(3), &["b"])]), Err("short"));
        assert_eq!(read(&[(said(3), &[])]), Err("short"));
        assert_eq!(read(&[(said(4), &["a", "b"]), (said(4), &["a", "b"])]), Err("shifted"));
        assert_eq!(read(&[(said(4), &["a", "b"]), (said(4), &["b", "a"])]), Err("repeated"));
        assert_eq!(read(&[(said(4), &["a", "a"])]), Err("repeated"));
        assert_eq!(read(&[(said(1), &["a", "b"])]), Err("too_many"));
        let elsewhere = Said { from: Some(0), ..said(4) };
        assert_eq!(read(&[(said(4), &["a", "b"]), (elsewhere, &["b", "c"])]), Err("wrong_page"));
    }

    #[test]
    fn l09_a_list_that_nobody_counts_ends_with_a_page_of_nothing_new() {
        let page = uncounted();
        assert_eq!(read(&[(page, &[])]), Ok(true));
        assert_eq!(read(&[(page, &["a", "b"])]), Ok(false));
        assert_eq!(read(&[(page, &["a", "b"]), (page, &["b"])]), Ok(true));
        assert_eq!(read(&[(page, &["a", "b"]), (page, &["b", "c"])]), Ok(false));
        assert_eq!(read(&[(page, &["a", "b"]), (page, &["c", "d"])]), Err("shifted"));
        assert_eq!(read(&[(page, &["a", "b"]), (page, &[])]), Err("shifted"));
        assert_eq!(read(&[(page, &["a", "b"]), (said(3), &["b", "c"])]), Err("total_changed"));
    }

    /// One who is removed while another is added leaves the total as it was, and moves whoever comes next.
    #[test]
    fn who_slips_between_two_pages_is_missed_by_the_overlap() {
        assert_eq!(read(&[(said(5), &["a", "b", "c"]), (said(5), &["d", "e", "f"])]), Err("shifted"));
    }
}
