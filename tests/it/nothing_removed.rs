//! Unknown is not empty (N1): whatever goes wrong while a directory is read, nobody loses anything.
//!
//! What slapd itself can be made to do; answers that are changed on their way are in
//! `nothing_removed_tampered`.

use crate::world::ca::Ca;
use crate::world::company::{Company, group_dn, person_dn};
use crate::world::database::Backend;
use crate::world::directory::Directory;
use crate::world::expected::{RULES, tables};
use crate::world::invariants;
use crate::world::ldap_edit::Edited as _;
use crate::world::proxy::{Fault, Proxy};
use crate::world::rosterd::Outcome;
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::{READ_ALL, SUFFIX, Slapd};

/// Nothing could be read, so nothing was done.
const FAILED: i32 = 1;
/// Held.
const STOPPED: i32 = 4;
/// Read in part, or one of several providers.
const PARTIAL: i32 = 5;

fn config(url: &str) -> String {
    slapd_provider("corp", url, "") + RULES
}

/// A site whose directory was read once, from `url`.
fn synced(directory: &Directory, url: &str) -> Site {
    let site = Site::new(Backend::Sqlite, &config(url));
    site.sync(0);
    site.tables().assert_is(&tables(&directory.company));
    site
}

/// Under the fault that is in place now, every run ends with `code` and the tables stay as they are.
#[track_caller]
fn stays(site: &Site, code: i32) -> Outcome {
    let before = site.tables();
    site.run(&["sync"]).expect(code);
    site.tables().assert_is(&before);
    let last = invariants::check(site).expect(code);
    site.tables().assert_is(&before);
    last
}

/// The fault is over: the next run is like any other.
#[track_caller]
fn heals(site: &Site, directory: &Directory) {
    site.sync(0);
    site.tables().assert_is(&tables(&directory.company));
    invariants::check(site).expect(0);
}

#[test]
fn r01_server_down() {
    let mut directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    directory.slapd.stop();
    stays(&site, FAILED).says("127.0.0.1");
    directory.slapd.restart();
    heals(&site, &directory);
}

#[test]
fn r01_next_server_is_asked_when_the_first_is_down() {
    let directory = Directory::small();
    let dead = crate::world::free_port();
    let urls = format!("ldap://127.0.0.1:{dead}\", \"{}", directory.slapd.url());
    let site = synced(&directory, &urls);
    invariants::check(&site).expect(0);
}

#[test]
fn l14_silence_and_broken_connections_at_any_byte() {
    let directory = Directory::small();
    let proxy = Proxy::start(directory.slapd.port());
    let url = format!("ldap://127.0.0.1:{}", proxy.port());
    let quick = |url: &str| config(url).replace("timeout = \"5s\"", "timeout = \"500ms\"");
    let site = Site::new(Backend::Sqlite, &quick(&url));
    site.sync(0);
    let before = site.tables();
    before.assert_is(&tables(&directory.company));
    // Before the bind's answer (14 bytes), after it, among people, among groups.
    for bytes in [0, 7, 14, 30, 900, 2_000, 4_000] {
        for fault in [Fault::CutAfter(bytes), Fault::FreezeAfter(bytes)] {
            proxy.set(fault);
            let outcome = site.run(&["sync"]);
            assert!(matches!(outcome.status.code(), Some(FAILED | PARTIAL)), "{bytes}: {outcome:#?}");
            site.tables().assert_is(&before);
        }
    }
    proxy.set(Fault::None);
    heals(&site, &directory);
}

#[test]
fn l06_tls_of_any_wrong_kind() {
    let ca = Ca::new();
    let company = Company::new(60, 30, 7);
    let slapd = Slapd::start_with(&company.ldif(), Some((&ca, ca.server())));
    let mut directory = Directory { slapd, company };
    let tls = |authority: &Ca| {
        let more = format!("[providers.corp.ldap.tls]\nca_file = {:?}\n", authority.file());
        slapd_provider("corp", &directory.slapd.tls_url(), &more) + RULES
    };
    let right = tls(&ca);
    let site = Site::new(Backend::Sqlite, &right);
    site.sync(0);
    site.tables().assert_is(&tables(&directory.company));

    site.configure(&tls(&Ca::new()));
    stays(&site, FAILED);
    site.configure(&right);
    directory.slapd.set_certificate(ca.expired());
    stays(&site, FAILED).says("expired");
    directory.slapd.set_certificate(ca.other_name());
    stays(&site, FAILED).says("elsewhere.example");
    directory.slapd.set_certificate(ca.server());
    heals(&site, &directory);
}

/// A server that has no TLS refuses StartTLS; the password must not go there in the clear.
#[test]
fn l06_refused_starttls_is_no_reason_to_go_on_without() {
    let directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    site.configure(&config(&directory.slapd.url()).replace("timeout =", "start_tls = true\ntimeout ="));
    stays(&site, FAILED);
}

#[test]
fn r07_wrong_password() {
    let directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    site.secret("reader.pw", "wrong-pw");
    let last = stays(&site, FAILED);
    assert!(!last.stdout.contains("wrong-pw") && !last.stderr.contains("wrong-pw"), "{last:#?}");
    site.secret("reader.pw", "");
    stays(&site, FAILED);
    site.secret("reader.pw", "reader-pw");
    heals(&site, &directory);
}

/// Everything above the people and groups can be read, so the searches succeed with no entries.
#[test]
fn l16_r02_reader_lost_its_rights() {
    let mut directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    directory.slapd.set_access(&format!(
        "access to attrs=userPassword by anonymous auth by * none
access to dn.subtree=ou=people,{SUFFIX} by * none
access to dn.children=ou=groups,{SUFFIX} by * none
access to * by users read"
    ));
    stays(&site, STOPPED);
    directory.slapd.set_access(READ_ALL);
    heals(&site, &directory);
}

/// The same for groups alone: everybody would lose every right that a group gives.
#[test]
fn l16_r05_groups_cannot_be_read() {
    let mut directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    directory.slapd.set_access(&format!("access to dn.children=ou=groups,{SUFFIX} by * none\n{READ_ALL}"));
    stays(&site, STOPPED);
    directory.slapd.set_access(READ_ALL);
    heals(&site, &directory);
}

/// Members may not be read: the groups are there, and look empty.
#[test]
fn l16_r05_members_cannot_be_read() {
    let mut directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    directory.slapd.set_access(&format!("access to attrs=member by * none\n{READ_ALL}"));
    stays(&site, STOPPED);
    directory.slapd.set_access(READ_ALL);
    heals(&site, &directory);
}

#[test]
fn r03_half_the_entries_gone() {
    let directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    let dns: Vec<String> = (10..40).map(|n| person_dn(&format!("u{n:05}"))).collect();
    directory.slapd.delete(dns.iter().map(String::as_str));
    stays(&site, STOPPED);
}

/// slapd gives a reader 500 entries and result 4 when it does not ask page by page.
#[test]
fn l08_4_size_limit_exceeded() {
    let directory = Directory::start(Company::new(600, 30, 7));
    let site = synced(&directory, &directory.slapd.url());
    site.configure(&config(&directory.slapd.url()).replace("page_size = 400", "page_size = 0"));
    stays(&site, PARTIAL);
    site.configure(&config(&directory.slapd.url()));
    heals(&site, &directory);
}

/// The base itself is gone, or is out of sight: result 32 with no entries.
#[test]
fn l08_32_no_such_base() {
    let directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    site.configure(&config(&directory.slapd.url()).replace("\"ou=groups,", "\"ou=no-groups,"));
    let outcome = site.run(&["sync"]);
    assert!(matches!(outcome.status.code(), Some(FAILED | PARTIAL)), "{outcome:#?}");
    stays(&site, outcome.status.code().unwrap());
}

/// Part of the directory is said to be elsewhere.
#[test]
fn l07_continuation_reference() {
    let mut directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    let referral = format!("ou=elsewhere,{SUFFIX}");
    directory.slapd.add(&format!(
        "dn: {referral}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:1/{SUFFIX}\n"
    ));
    // Somebody is gone as well, whom a complete read would suspend.
    directory.slapd.delete([person_dn("u00030").as_str()]);
    stays(&site, PARTIAL).says("referral");
    assert_eq!(site.tables().state("u00030"), Some("active"));

    // What was read may still be given: that cannot take anything away.
    let joiner = directory.hire(&["team-003"]);
    site.run(&["sync"]).expect(PARTIAL);
    assert_eq!(site.tables().team_role("Team 003", &joiner), Some("member"));
}

/// A group renamed and a person moved in a read that is not complete: both are seen, nothing is lost.
#[test]
fn l07_unknown_read_moves_nobody_out() {
    let directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    directory.slapd.add(&format!(
        "dn: ou=elsewhere,{SUFFIX}\nobjectClass: referral\nobjectClass: extensibleObject\nou: elsewhere\nref: ldap://127.0.0.1:1/{SUFFIX}\n"
    ));
    let login = directory.member("team-003", &["team-004"]);
    directory.slapd.leave(&group_dn("team-003"), &person_dn(&login));
    directory.slapd.join(&group_dn("team-004"), &person_dn(&login));
    site.run(&["sync"]).expect(PARTIAL);
    assert_eq!(site.tables().team_role("Team 003", &login), Some("member"), "perhaps there, where nobody looked");
    assert_eq!(site.tables().team_role("Team 004", &login), Some("member"));
    invariants::check(&site).expect(PARTIAL);
}

#[test]
fn r10_one_of_three_providers_down() {
    // Each has its own people: the same entries with other logins and ids.
    let mut directories: Vec<Directory> = (0..3).map(|n| Directory::start(named(n))).collect();
    let providers = |directories: &[Directory]| -> String {
        ["east", "north", "west"]
            .iter()
            .zip(directories)
            .map(|(name, d)| slapd_provider(name, &d.slapd.url(), ""))
            .collect()
    };
    let site = Site::new(Backend::Sqlite, &(providers(&directories) + RULES));
    site.sync(0);
    let full = site.tables();
    assert_eq!(full.users.len(), 180);
    directories[1].slapd.stop();
    stays(&site, PARTIAL);
    // The others are followed meanwhile.
    let mover = directories[2].member("team-003", &["team-004"]);
    directories[2].leave("team-003", &mover);
    site.run(&["sync"]).expect(PARTIAL);
    assert_eq!(site.tables().team_role("Team 003", &mover), None);
    directories[1].slapd.restart();
    directories[2].join("team-003", &mover);
    site.sync(0);
    site.tables().assert_is(&full);
    invariants::check(&site).expect(0);
}

/// A small company whose logins and ids begin with `n`.
fn named(n: usize) -> Company {
    let mut company = Company::new(60, 30, 7);
    for person in &mut company.people {
        person.login = format!("{n}{}", person.login);
        person.email = format!("{n}{}", person.email);
        person.uuid.replace_range(0..1, &n.to_string());
    }
    company
}

#[test]
fn r11_provider_taken_out_of_the_configuration() {
    let (first, second) = (Directory::start(named(1)), Directory::start(named(2)));
    let one = slapd_provider("corp", &first.slapd.url(), "");
    let two = slapd_provider("partners", &second.slapd.url(), "");
    let site = Site::new(Backend::Sqlite, &format!("{one}{two}{RULES}"));
    site.sync(0);
    assert_eq!(site.tables().users.len(), 120);
    site.configure(&format!("{one}{RULES}"));
    stays(&site, 0);
    site.configure(&format!("{one}{two}{RULES}"));
    stays(&site, 0);
}

#[test]
fn r13_broken_configuration_changes_nothing() {
    let directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    let before = site.database.fingerprint();
    site.configure(&(config(&directory.slapd.url()) + "\n[[rules]]\nid = \"x\"\nmatch.gruop = \"y\"\norg = \"z\"\n"));
    site.run(&["sync"]).expect(78).says("gruop");
    assert_eq!(site.database.fingerprint(), before);
}

#[test]
fn r14_all_rules_gone() {
    let directory = Directory::small();
    let site = synced(&directory, &directory.slapd.url());
    site.configure(&slapd_provider("corp", &directory.slapd.url(), ""));
    stays(&site, STOPPED);
}
