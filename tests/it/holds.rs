//! What was held goes on only when somebody names exactly that plan, in time.

use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::rosterd::Outcome;
use crate::world::site::Site;

const HELD: i32 = 4;
const FAILED: i32 = 1;

/// 100 members, of whom the file then has lost 30.
fn held(limits: &str) -> (Roster, Site) {
    let mut staff = Roster::of(100, "p", "staff");
    let site = staff.synced(&format!("{limits}{STAFF_VIEWS}"));
    staff.take(30, "staff");
    staff.write(&site);
    site.sync(HELD);
    (staff, site)
}

/// (id, plan hash) of the newest hold in that state.
fn hold(site: &Site, state: &str) -> (String, String) {
    let list = site.run(&["holds", "list", "--output", "json"]).expect(0).json();
    let hold = list["holds"].as_array().unwrap().iter().find(|hold| hold["state"] == state);
    let hold = hold.unwrap_or_else(|| panic!("no {state} hold in {list:#}"));
    (hold["id"].to_string(), hold["plan_hash"].as_str().unwrap().to_owned())
}

fn decide(site: &Site, word: &str, id: &str, hash: &str) -> Outcome {
    if word == "approve" { site.run(&["holds", "approve", id, "--plan", hash]) } else { site.run(&["holds", word, id]) }
}

fn members(site: &Site) -> usize {
    site.tables().org_members.len()
}

#[test]
fn approved_plan_is_applied_once() {
    let (mut staff, site) = held("");
    let (id, hash) = hold(&site, "pending");
    site.run(&["holds", "show", &id]).expect(0).says(&hash[..12]);
    decide(&site, "approve", &id, &hash).expect(0);
    assert_eq!(members(&site), 100, "an approval alone changes nothing");
    site.sync(0);
    assert_eq!(members(&site), 70);
    assert_eq!(hold(&site, "applied"), (id.clone(), hash.clone()));
    decide(&site, "approve", &id, &hash).expect(FAILED);

    // What was approved does not count against the next removals, and does not allow them either.
    staff.take(14, "staff");
    staff.write(&site);
    site.sync(0);
    assert_eq!(members(&site), 56);
    staff.take(14, "staff");
    staff.write(&site);
    site.sync(HELD);
    assert_eq!(members(&site), 56);
    invariants::check(&site).expect(HELD);
}

#[test]
fn wrong_hash_is_refused() {
    let (_, site) = held("");
    let (id, hash) = hold(&site, "pending");
    let other = format!("{}{}", if hash.starts_with('0') { '1' } else { '0' }, &hash[1..]);
    let before = site.database.fingerprint();
    decide(&site, "approve", &id, &other).expect(FAILED);
    decide(&site, "approve", "4711", &hash).expect(FAILED);
    assert_eq!(site.database.fingerprint(), before);
    site.sync(HELD);
    assert_eq!(members(&site), 100);
    invariants::check(&site).expect(HELD);
}

#[test]
fn rejected_plan_stays_rejected() {
    let (mut staff, site) = held("");
    let (id, hash) = hold(&site, "pending");
    decide(&site, "reject", &id, &hash).expect(0);
    site.sync(HELD);
    assert_eq!(hold(&site, "rejected"), (id.clone(), hash.clone()));
    decide(&site, "approve", &id, &hash).expect(FAILED);
    assert_eq!(members(&site), 100);
    // The directory was put right: nothing is held any more.
    staff.add(100, "p", "staff");
    staff.write(&site);
    site.sync(0);
    assert_eq!(members(&site), 100);
    invariants::check(&site).expect(0);
}

#[test]
fn expired_hold_is_refused_and_held_anew() {
    let (_, site) = held("[limits]\nhold_expires = \"1s\"\n");
    let (id, hash) = hold(&site, "pending");
    std::thread::sleep(std::time::Duration::from_millis(1100));
    decide(&site, "approve", &id, &hash).expect(FAILED).says("expired");
    assert_eq!(members(&site), 100);

    site.configure(&format!("{PROVIDER}{STAFF_VIEWS}"));
    site.sync(HELD);
    let (again, hash) = hold(&site, "pending");
    assert_ne!(again, id);
    decide(&site, "approve", &again, &hash).expect(0);
    site.sync(0);
    assert_eq!(members(&site), 70);
    invariants::check(&site).expect(0);
}

#[test]
fn approval_is_for_that_plan_only() {
    let (mut staff, site) = held("");
    let (id, hash) = hold(&site, "pending");
    decide(&site, "approve", &id, &hash).expect(0);
    staff.take(1, "staff");
    staff.write(&site);
    site.sync(HELD);
    assert_eq!(members(&site), 100, "31 were not approved");
    let (other, other_hash) = hold(&site, "pending");
    assert_ne!((&other, &other_hash), (&id, &hash));
    decide(&site, "approve", &other, &other_hash).expect(0);
    site.sync(0);
    assert_eq!(members(&site), 69);
    invariants::check(&site).expect(0);
}

#[test]
fn changed_directory_supersedes_what_waits() {
    let (mut staff, site) = held("");
    let (id, hash) = hold(&site, "pending");
    staff.take(5, "staff");
    staff.write(&site);
    site.sync(HELD);
    assert_ne!(hold(&site, "pending").1, hash);
    decide(&site, "approve", &id, &hash).expect(FAILED);
    invariants::check(&site).expect(HELD);
}

#[test]
fn repeated_runs_keep_one_hold() {
    let (_, site) = held("");
    let before = site.database.fingerprint();
    for _ in 0..3 {
        site.sync(HELD);
    }
    assert_eq!(site.database.fingerprint(), before);
    assert_eq!(site.database.value("SELECT count(*) FROM holds"), "1");
    invariants::check(&site).expect(HELD);
}

/// Joiners do not make what waits another plan: it is the same harm that somebody looked at.
#[test]
fn joiner_does_not_renew_what_waits() {
    let (mut staff, site) = held("");
    let (id, hash) = hold(&site, "pending");
    staff.add(1, "joiner", "staff");
    staff.write(&site);
    site.sync(HELD);
    assert_eq!(hold(&site, "pending"), (id.clone(), hash.clone()));
    decide(&site, "approve", &id, &hash).expect(0);
    site.sync(0);
    assert_eq!(members(&site), 71);
    invariants::check(&site).expect(0);
}
