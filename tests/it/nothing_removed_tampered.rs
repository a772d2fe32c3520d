//! Unknown is not empty (N1), with answers that slapd cannot be made to give: a real directory,
//! its messages changed on their way.

use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::expected::{RULES, tables};
use crate::world::invariants;
use crate::world::ldap_tamper::{Tamper, element};
use crate::world::proxy::{Fault, Proxy};
use crate::world::site::{Site, slapd_provider};

/// Read in part.
const PARTIAL: i32 = 5;

/// The directory was read once, whole; then each of `faults`, one after the other, and in the end none.
fn survives(faults: impl IntoIterator<Item = (&'static str, Tamper)>) {
    let directory = Directory::start(Company::new(150, 30, 3));
    let proxy = Proxy::start(directory.slapd.port());
    let url = format!("ldap://127.0.0.1:{}", proxy.port());
    // Two pages, so that there is something to say between them; quick, where a fault is silence.
    let provider =
        slapd_provider("corp", &url, "").replace("page_size = 400", "page_size = 100").replace("\"5s\"", "\"1s\"");
    let site = Site::new(Backend::Sqlite, &(provider + RULES));
    site.sync(0);
    let whole = tables(&directory.company);
    site.tables().assert_is(&whole);
    for (what, fault) in faults {
        proxy.set(Fault::Ldap(fault));
        let outcome = site.run(&["sync"]);
        assert_eq!(outcome.status.code(), Some(PARTIAL), "{what}: {outcome:#?}");
        assert!(site.tables() == whole, "{what}: {:?}", whole.beyond(&site.tables()));
        invariants::check(&site).expect(PARTIAL);
        assert!(site.tables() == whole, "{what}: {:?}", whole.beyond(&site.tables()));
    }
    proxy.set(Fault::None);
    site.sync(0);
    site.tables().assert_is(&whole);
    invariants::check(&site).expect(0);
}

#[test]
fn l08_any_result_code_after_some_entries() {
    let codes = [1, 2, 3, 4, 10, 11, 32, 50, 51, 52, 53, 80, 118, 4711];
    survives(codes.map(|code| ("a result code", Tamper::ResultAfter { entries: 7, code })));
}

/// The first page is whole, the second is not.
#[test]
fn l08_result_code_on_the_second_page() {
    survives([("busy", Tamper::ResultAfter { entries: 120, code: 51 })]);
}

#[test]
fn l09_lost_paging_control() {
    survives([("no control", Tamper::NoControls)]);
}

#[test]
fn l09_same_cookie_for_ever() {
    survives([("same cookie", Tamper::SameCookie)]);
}

#[test]
fn l10_ranged_members() {
    survives([("ranged", Tamper::Ranged)]);
}

#[test]
fn l12_member_that_is_no_utf8() {
    survives([("not UTF-8", Tamper::MemberNotUtf8)]);
}

#[test]
fn l13_l14_hostile_messages_between_entries() {
    let deep = (0..8_000).fold(Vec::new(), |inner, _| element(0x30, &inner));
    let notice = b"1.3.6.1.4.1.1466.20036";
    let notice = [element(0x0a, &[52]), element(0x04, b""), element(0x04, b"bye"), element(0x8a, notice)].concat();
    let notice = element(0x30, &[element(0x02, &[0]), element(0x78, &notice)].concat());
    let stray = element(0x30, &[element(0x02, &[0x7a, 0x11]), element(0x65, &[0x0a, 1, 0, 4, 0, 4, 0])].concat());
    let hostile = [
        ("8,000 levels deep", deep),
        ("2 GB announced", vec![0x30, 0x84, 0x7f, 0xff, 0xff, 0xff]),
        ("indefinite length", vec![0x30, 0x80]),
        ("empty message", vec![0x30, 0x00]),
        ("an operation that there is not", element(0x30, &[element(0x02, &[1]), element(0x7f, &[])].concat())),
        ("success for a question that was not asked", stray),
        ("not LDAP", b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()),
        ("Notice of Disconnection", notice),
    ];
    survives(hostile.map(|(what, bytes)| (what, Tamper::BytesAfter { entries: 5, bytes })));
}
