//! The values of controls and of messages in between, each read as every one of them.

use crate::measure::within;
use crate::message::put_optional;
use rosterd::providers::ldap::wire::ber::{
    BOOLEAN, BerError, ENUMERATED, INTEGER, OCTET_STRING, SEQUENCE, SET, put, put_number, put_with,
};
use rosterd::providers::ldap::wire::{
    State, SyncDone, SyncInfo, SyncState, Uuid, paged_cookie, sync_done, sync_info, sync_state,
};

pub(crate) fn target(bytes: &[u8]) {
    let (cookie, state, done, info) =
        within(0, || (paged_cookie(bytes), sync_state(bytes), sync_done(bytes), sync_info(bytes)));
    if let Ok(cookie) = cookie {
        cut(bytes, |bytes| paged_cookie(bytes).is_ok());
        assert_eq!(paged_cookie(&paged(cookie)), Ok(cookie));
    }
    if let Ok(state) = state {
        cut(bytes, |bytes| sync_state(bytes).is_ok());
        let written = written_state(&state);
        let again = sync_state(&written).expect("a state");
        assert_eq!((again.state, again.uuid, again.cookie), (state.state, state.uuid, state.cookie));
    }
    if let Ok(done) = done {
        cut(bytes, |bytes| sync_done(bytes).is_ok());
        let written = written_done(&done);
        let again = sync_done(&written).expect("an end");
        assert_eq!((again.cookie, again.deletes), (done.cookie, done.deletes));
    }
    if let Ok(info) = info {
        cut(bytes, |bytes| sync_info(bytes).is_ok());
        let ids = within(0, || count(&info));
        // Each has a tag and a length besides.
        assert!(ids.map_or(0, |ids| ids * 18) <= bytes.len());
        let written = written_info(&info);
        let again = sync_info(&written).expect("an information");
        assert_eq!(told(&again), told(&info));
    }
}

/// What was read is all of it: a byte less is refused, and so is a byte more.
#[track_caller]
fn cut(bytes: &[u8], read: impl Fn(&[u8]) -> bool) {
    assert!(!read(&bytes[..bytes.len() - 1]), "cut short, and read all the same");
    assert!(!read(&[bytes, &[0]].concat()), "with more behind, and read all the same");
}

/// How many ids there are; `None` where one of them is none.
fn count(info: &SyncInfo<'_>) -> Option<usize> {
    let SyncInfo::Ids { ids, .. } = *info else { return Some(0) };
    let (mut count, mut bad) = (0, false);
    for id in ids {
        assert!(!bad, "an id behind an error");
        count += 1;
        bad = id.is_err();
    }
    (!bad).then_some(count)
}

type Told<'a> = (u8, Option<&'a [u8]>, bool, bool, Vec<Result<Uuid, BerError>>);

fn told<'a>(info: &SyncInfo<'a>) -> Told<'a> {
    match *info {
        SyncInfo::Cookie(cookie) => (0, Some(cookie), false, false, Vec::new()),
        SyncInfo::Refresh { cookie, deletes, done } => (1, cookie, deletes, done, Vec::new()),
        // What stands behind an error is not said, so only what stands before can be written again.
        SyncInfo::Ids { cookie, deletes, ids } => (2, cookie, deletes, false, ids.filter(Result::is_ok).collect()),
    }
}

fn paged(cookie: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, SEQUENCE, |out| {
        put_number(out, INTEGER, 0);
        put(out, OCTET_STRING, cookie);
    });
    out
}

fn written_state(state: &SyncState<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, SEQUENCE, |out| {
        let number = match state.state {
            State::Present => 0,
            State::Add => 1,
            State::Modify => 2,
            State::Delete => 3,
        };
        put_number(out, ENUMERATED, number);
        put(out, OCTET_STRING, &state.uuid);
        put_optional(out, OCTET_STRING, state.cookie);
    });
    out
}

fn written_done(done: &SyncDone<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    put_with(&mut out, SEQUENCE, |out| {
        put_optional(out, OCTET_STRING, done.cookie);
        put(out, BOOLEAN, &[u8::from(done.deletes) * 0xff]);
    });
    out
}

fn written_info(info: &SyncInfo<'_>) -> Vec<u8> {
    let mut out = Vec::new();
    let flag = |out: &mut Vec<u8>, flag| put(out, BOOLEAN, &[u8::from(flag) * 0xff]);
    match *info {
        SyncInfo::Cookie(cookie) => put(&mut out, 0x80, cookie),
        SyncInfo::Refresh { cookie, deletes, done } => put_with(&mut out, if deletes { 0xa1 } else { 0xa2 }, |out| {
            put_optional(out, OCTET_STRING, cookie);
            flag(out, done);
        }),
        SyncInfo::Ids { cookie, deletes, ids } => put_with(&mut out, 0xa3, |out| {
            put_optional(out, OCTET_STRING, cookie);
            flag(out, deletes);
            put_with(out, SET, |out| ids.flatten().for_each(|id| put(out, OCTET_STRING, &id)));
        }),
    }
    out
}
