//! Until when changes were read, and of whom.

use super::super::super::entry::Kind;
use super::super::super::time::written;
use super::Key;
use super::stamp::{Stamp, older};
use rosterd_core::ids::Timestamp;
use rosterd_core::text::{hex, unhex};
use std::collections::{BTreeMap, BTreeSet};

/// So much before the newest time an entry may still come to light, in milliseconds: it was written late, or came from
/// another server, or that one's clock is behind.
pub(super) const MARGIN: i64 = 60_000;
/// A second is over everywhere once there is a time so much later, in milliseconds.
pub(super) const OVER: i64 = 5000;
/// No more entries than this are remembered as told. Where there were more at once, the margin is shorter.
const REMEMBERED: usize = 2000;
/// So many of the newest entries are asked for each time.
pub(super) const WITNESSES: usize = 16;

/// See the module's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stand {
    /// The newest time that was seen, in milliseconds.
    pub(super) newest: i64,
    /// From when on changes may still come to light.
    pub(super) from: i64,
    /// Which changes since then were told, as [`Stamp::digest`] has them.
    pub(super) told: BTreeSet<u64>,
    pub(super) witnesses: Vec<Witness>,
}

/// An entry that was there, with its [`Stamp::mark`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Witness {
    pub(super) key: Key,
    mark: String,
}

/// What has changed since some time, and the witnesses.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) entries: BTreeMap<Key, Stamp>,
    pub(super) newest: Option<i64>,
    /// There are more.
    pub(super) beyond: bool,
}

impl Stand {
    pub(super) fn parse(cookies: &[String]) -> Option<Self> {
        let [newest, from, told, witnesses @ ..] = cookies else { return None };
        let told = unhex(told)?;
        let told = told.chunks(8).map(|chunk| chunk.try_into().ok().map(u64::from_be_bytes)).collect::<Option<_>>()?;
        let witnesses = witnesses.iter().map(|text| Witness::parse(text)).collect::<Option<_>>()?;
        let time = |text: &str| text.parse().ok().filter(|at| written(Timestamp(*at)).is_some());
        Some(Self { newest: time(newest)?, from: time(from)?, told, witnesses })
    }

    pub(super) fn cookies(&self) -> Vec<String> {
        let told: Vec<u8> = self.told.iter().flat_map(|digest| digest.to_be_bytes()).collect();
        let witness = |Witness { key: (kind, id), mark }: &Witness| format!("{kind} {mark} {id}");
        let before = [self.newest.to_string(), self.from.to_string(), hex(&told)];
        before.into_iter().chain(self.witnesses.iter().map(witness)).collect()
    }

    /// The second behind the newest.
    pub(super) fn beyond(&self) -> i64 {
        behind(self.newest)
    }

    /// Why it does not go on from here.
    pub(super) fn lost(&self, answer: &Answer) -> Option<&'static str> {
        let now = |witness: &Witness| answer.entries.get(&witness.key);
        if self.witnesses.iter().any(|witness| now(witness).is_some_and(|now| older(now.mark(), &witness.mark))) {
            return Some("stands before where it was read");
        }
        let nobody = !self.witnesses.is_empty() && self.witnesses.iter().all(|witness| now(witness).is_none());
        nobody.then_some("has none of the entries that were changed last")
    }

    /// Witnesses that are no longer there.
    pub(super) fn gone(&self, answer: &Answer) -> BTreeSet<String> {
        let gone = self.witnesses.iter().filter(|witness| !answer.entries.contains_key(&witness.key));
        gone.map(|witness| witness.key.1.clone()).collect()
    }

    /// What was not told yet. `over`: whether the newest second was over before this was asked.
    pub(super) fn fresh(&self, answer: &Answer, over: bool) -> BTreeSet<Key> {
        let known = |(key, stamp): &(&Key, &Stamp)| {
            let as_before = |witness: &Witness| witness.key == **key && witness.mark == stamp.mark();
            self.told.contains(&self.digest(key, stamp, answer, over))
                || stamp.at < self.from && self.witnesses.iter().any(as_before)
        };
        answer.entries.iter().filter(|entry| !known(entry)).map(|(key, _)| key.clone()).collect()
    }

    /// Where it stands behind an answer to what was asked from `from` on.
    pub(super) fn next(&self, answer: &Answer, from: i64, over: bool) -> Self {
        let newest = answer.newest.map_or(self.newest, |newest| newest.max(self.newest));
        let mut entries: Vec<(&Key, &Stamp)> = answer.entries.iter().collect();
        entries.sort_by_key(|(key, stamp)| (std::cmp::Reverse(stamp.at), *key));
        let mut from = from.max(newest - MARGIN);
        if answer.beyond {
            from = behind(newest);
        } else if let Some((_, one_too_many)) = entries.get(REMEMBERED) {
            from = from.max(behind(one_too_many.at));
        }
        let told = entries.iter().filter(|(_, stamp)| stamp.at >= from);
        let told = told.map(|(key, stamp)| self.digest(key, stamp, answer, over)).collect();
        let witnesses = entries.iter().take(WITNESSES).map(|(key, stamp)| Witness::of(key, stamp)).collect();
        Self { newest, from, told, witnesses }
    }

    /// The same, with all witnesses of before that are there: they say whether it stands before them.
    pub(super) fn next_beside(&self, answer: &Answer, from: i64) -> Self {
        let mut next = self.next(answer, from, false);
        for Witness { key, .. } in &self.witnesses {
            if let Some(stamp) = answer.entries.get(key).filter(|_| next.witnesses.iter().all(|one| one.key != *key)) {
                next.witnesses.push(Witness::of(key, stamp));
            }
        }
        next
    }

    fn digest(&self, key: &Key, stamp: &Stamp, answer: &Answer, over: bool) -> u64 {
        let passed = stamp.digest(key, true);
        let is_over = over && stamp.at <= self.newest || answer.newest.is_some_and(|now| now - stamp.at >= OVER);
        if is_over || self.told.contains(&passed) { passed } else { stamp.digest(key, false) }
    }
}

impl Witness {
    pub(super) fn of(key: &Key, stamp: &Stamp) -> Self {
        Self { key: key.clone(), mark: stamp.mark().to_owned() }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ' ');
        let (kind, mark, id) = (parts.next()?, parts.next()?, parts.next()?);
        let kind = [Kind::People, Kind::Groups].into_iter().find(|of| of.name() == kind)?;
        Some(Self { key: (kind.name(), id.to_owned()), mark: mark.to_owned() })
    }
}

fn behind(at: i64) -> i64 {
    (at.div_euclid(1000) + 1) * 1000
}

/// Whether an entry is older there than it was.
pub(in super::super) fn is_behind(now: &[String], then: &[String]) -> bool {
    let (Some(now), Some(then)) = (Stand::parse(now), Stand::parse(then)) else { return false };
    let now: BTreeMap<&Key, &String> = now.witnesses.iter().map(|witness| (&witness.key, &witness.mark)).collect();
    then.witnesses.iter().any(|witness| now.get(&witness.key).is_some_and(|mark| older(mark, &witness.mark)))
}

#[cfg(test)]
mod tests {
    use super::super::stamp::tests::stamp;
    use super::*;

    fn key(id: &str) -> Key {
        ("people", id.to_owned())
    }

    fn answer(entries: &[(&str, u32, &str)]) -> Answer {
        let entries: BTreeMap<Key, Stamp> =
            entries.iter().map(|(id, second, csn)| (key(id), stamp(*second, csn))).collect();
        let newest = entries.values().map(|stamp| stamp.at).max();
        Answer { entries, newest, beyond: false }
    }

    fn start() -> Stand {
        Stand { newest: 0, from: 0, told: BTreeSet::new(), witnesses: Vec::new() }
    }

    /// Who is fresh in each of these answers, one after the other.
    fn told(answers: &[(&Answer, bool)]) -> Vec<Vec<String>> {
        let mut stand = start();
        let mut one = |(answer, over): &(&Answer, bool)| {
            let fresh = stand.fresh(answer, *over).into_iter().map(|(_, id)| id).collect();
            stand = stand.next(answer, stand.from, *over);
            fresh
        };
        answers.iter().map(&mut one).collect()
    }

    #[test]
    fn what_was_told_is_not_told_again_and_what_came_late_is() {
        let one = answer(&[("a", 5, "1"), ("b", 7, "1")]);
        let late = answer(&[("a", 5, "1"), ("b", 7, "1"), ("c", 6, "1")]);
        let twice = answer(&[("a", 5, "1"), ("b", 7, "2"), ("c", 6, "1")]);
        let all = [(&one, false), (&one, true), (&late, true), (&twice, true)];
        assert_eq!(told(&all), [vec!["a", "b"], vec![], vec!["c"], vec!["b"]]);
    }

    #[test]
    fn without_numbers_of_changes_whoever_was_changed_in_the_newest_second_is_told_once_more_when_it_is_over() {
        let one = answer(&[("a", 1, ""), ("b", 7, "")]);
        let all = [(&one, false), (&one, false), (&one, true), (&one, true), (&one, false)];
        assert_eq!(told(&all), [vec!["a", "b"], vec![], vec!["b"], vec![], vec![]]);
    }

    #[test]
    fn witnesses_say_that_it_stands_before_them_or_that_they_are_gone() {
        let stand = start().next(&answer(&[("a", 5, ""), ("b", 17, "")]), 0, true);
        let (then, older, without) =
            (answer(&[("a", 5, ""), ("b", 17, "")]), answer(&[("b", 7, "")]), answer(&[("a", 5, "")]));
        assert_eq!((stand.lost(&then), stand.gone(&then)), (None, BTreeSet::new()));
        assert!(stand.lost(&older).is_some_and(|why| why.contains("before")));
        assert_eq!((stand.lost(&without), stand.gone(&without)), (None, BTreeSet::from(["b".to_owned()])));
        assert!(stand.lost(&Answer::default()).is_some(), "nobody of them");
        let behind = |now: &Answer| is_behind(&stand.next_beside(now, 0).cookies(), &stand.cookies());
        assert_eq!([behind(&then), behind(&older), behind(&without)], [false, true, false]);
        assert!(!is_behind(&[], &stand.cookies()));
    }

    #[test]
    fn of_more_than_can_be_remembered_the_newest_are_and_the_margin_is_shorter() {
        let many: Vec<String> = (0..=REMEMBERED).map(|n| format!("p{n:05}")).collect();
        let entries: Vec<(&str, u32, &str)> =
            many.iter().enumerate().map(|(n, id)| (id.as_str(), if n == 0 { 9 } else { 10 }, "")).collect();
        let next = start().next(&answer(&entries), 0, true);
        assert_eq!((next.told.len(), next.from), (REMEMBERED, stamp(10, "").at));
        assert_eq!(next.witnesses.len(), WITNESSES);
        let at_once: Vec<(&str, u32, &str)> = many.iter().map(|id| (id.as_str(), 10, "")).collect();
        let next = start().next(&answer(&at_once), 0, true);
        assert_eq!((next.told.len(), next.from), (0, stamp(11, "").at));
        assert!(
            next.fresh(
                &Answer { entries: BTreeMap::from([(key("p00000"), stamp(10, ""))]), ..Answer::default() },
                true
            )
            .is_empty()
        );
    }

    #[test]
    fn it_is_written_down_and_read_back() {
        let stand =
            start().next(&answer(&[("a b", 5, ""), ("c", 17, "20261128120017.000000Z#000000#001#000000")]), 0, true);
        assert_eq!(Stand::parse(&stand.cookies()), Some(stand.clone()));
        for (at, bad) in
            [(0, "x"), (0, "9223372036854775807"), (1, ""), (2, "0"), (2, "00"), (3, "people"), (3, "dogs x y")]
        {
            let mut cookies = stand.cookies();
            cookies[at] = bad.to_owned();
            assert_eq!(Stand::parse(&cookies), None, "{at} {bad:?}");
        }
        assert_eq!(Stand::parse(&[]), None);
    }
}
