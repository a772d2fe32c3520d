//! Whatever happens, in whatever order, the tables are what the directory says; and a full reading finds nothing
//! that was missed.

use super::{By, Followed, WAYS, backends, whole};
use crate::world::company::{Company, Dice};
use crate::world::database::Backend;
use crate::world::expected::tables;
use crate::world::ldap_edit::Edited;
use crate::world::wait_until;

/// Nothing of this is about limits.
pub const NO_LIMITS: &str = "[limits]\nremovals_percent = 100\nemptied_at_least = 100000\nprivileged_gains = 100000\n";

/// So many changes, and so many of them between two looks at the tables.
#[derive(Debug, Clone, Copy)]
struct Length {
    changes: usize,
    at_once: usize,
}

fn company() -> Company {
    if whole() { Company::new(2000, 200, 11) } else { Company::new(60, 30, 7) }
}

/// Samba answers slowly: each search walks over everything.
fn domain() -> Company {
    if whole() { Company::new(200, 60, 11) } else { company() }
}

fn length() -> Length {
    if whole() { Length { changes: 200, at_once: 7 } } else { Length { changes: 12, at_once: 4 } }
}

crate::world::on_both!(slapd_is_followed_through_anything, slapd_is_followed_by_times_through_anything);

fn slapd_is_followed_through_anything(backend: Backend) {
    for way in WAYS {
        walk(Followed::slapd(backend, company(), way, By::Feed), 1);
    }
}

fn slapd_is_followed_by_times_through_anything(backend: Backend) {
    walk(Followed::by_time(backend, company(), NO_LIMITS, By::Feed), 7);
}

#[test]
fn ds389_is_followed_through_anything() {
    for backend in backends() {
        let provider = |url: &str| super::by_time(url, "nsUniqueId") + NO_LIMITS;
        if whole()
            && let Some(followed) = Followed::ds389_as(backend, company(), provider, By::Feed)
        {
            walk(followed, 8);
        }
        if let Some(followed) = Followed::ds389_of(backend, company(), NO_LIMITS, By::Feed) {
            walk(followed, 2);
        }
    }
}

#[test]
fn active_directory_is_followed_through_anything() {
    for backend in backends() {
        for way in super::active_directory::WAYS {
            if let Some(followed) =
                Followed::domain(backend, domain(), (way, NO_LIMITS), By::Feed, |samba| samba.allow_feeds())
            {
                walk(followed, 3);
            }
        }
    }
}

#[test]
fn every_directory_is_read_through_anything() {
    for backend in backends() {
        walk(Followed::slapd(backend, company(), WAYS[0], By::FullRead), 4);
        if let Some(followed) = Followed::ds389_of(backend, company(), NO_LIMITS, By::FullRead) {
            walk(followed, 5);
        }
        if !whole() {
            continue;
        }
        let way = super::active_directory::WAYS[0];
        if let Some(followed) = Followed::domain(backend, domain(), (way, NO_LIMITS), By::FullRead, |_| {}) {
            walk(followed, 6);
        }
    }
}

fn walk<S: Edited>(mut followed: Followed<S>, seed: u64) {
    let Length { changes, at_once } = length();
    let mut dice = Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
    let mut done = Vec::new();
    for n in 0..=changes {
        let last = n == changes;
        done.push(if last { joiner(&mut followed) } else { step(&mut followed, &mut dice, n) });
        if last || (n + 1) % at_once == 0 {
            if followed.running.is_none() {
                followed.site.run(&["sync"]).expect(0);
            }
            let right = || differences(&followed).is_empty();
            assert!(
                wait_until(60, right),
                "seed {seed}, after {done:#?}:\n{}\n{}",
                differences(&followed),
                followed.said()
            );
        }
    }
    followed.stop();
    followed.site.run(&["sync"]).expect(0).says("changes=0");
}

/// One change that the tables show. Others may not: a group that nobody is in leaves another. Whatever the daemon has
/// seen of the directory by the time that the joiner is there, it has seen of all that was before.
fn joiner<S: Edited>(followed: &mut Followed<S>) -> String {
    let directory = &mut followed.directory;
    let team = directory.company.groups.iter().map(|group| &group.name).find(|name| name.starts_with("team-"));
    let team = team.unwrap().clone();
    format!("{} came into {team}", directory.hire(&[&team]))
}

/// One change, at random. What it was.
fn step<S: Edited>(followed: &mut Followed<S>, dice: &mut Dice, n: usize) -> String {
    let directory = &mut followed.directory;
    let company = &directory.company;
    let groups: Vec<String> = company.groups.iter().map(|group| group.name.clone()).collect();
    let some = |kind: &str, dice: &mut Dice| {
        let these: Vec<&String> = groups.iter().filter(|name| name.starts_with(kind)).collect();
        these[dice.roll(these.len())].clone()
    };
    // Admins are let alone: the last one is another matter.
    let safe: Vec<String> = company.people.iter().skip(4).filter(|p| !p.gone).map(|p| p.login.clone()).collect();
    let login = safe[dice.roll(safe.len())].clone();
    let team = some("team-", dice);
    let is_in = company.group_of(&team).people.contains(&company.place(&login));
    match dice.roll(10) {
        0 | 1 => format!("{} came into {team}", directory.hire(&[&team])),
        2 => {
            directory.dismiss(&login);
            format!("{login} left")
        }
        3..=5 if is_in => {
            directory.leave(&team, &login);
            format!("{login} left {team}")
        }
        3..=5 => {
            directory.join(&team, &login);
            format!("{login} joined {team}")
        }
        6 => {
            let new = format!("new{n:05}");
            directory.rename_person(&login, &new);
            format!("{login} is called {new}")
        }
        7 => {
            let new = format!("team-{}", 1000 + n);
            directory.rename_group(&team, &new);
            format!("{team} is called {new}")
        }
        _ => {
            let outer = some("dept-", dice);
            if company.group_of(&outer).groups.contains(&company.find(&team)) {
                directory.unnest(&outer, &team);
                format!("{team} is no longer in {outer}")
            } else {
                directory.nest(&outer, &team);
                format!("{team} is in {outer}")
            }
        }
    }
}

/// What is not as it should be. Teams and organizations that nobody is in any more stay; whoever administers all
/// organizations also does those.
fn differences<S: Edited>(followed: &Followed<S>) -> String {
    let (mut is, mut should) = (followed.site.tables(), tables(&followed.directory.company));
    // Who came and left between two looks was never seen.
    should.users.retain(|login, user| user.state == "active" || is.users.contains_key(login));
    is.teams = is.team_members.keys().map(|(org, team, _)| (org.clone(), team.clone())).collect();
    is.orgs.retain(|org| should.orgs.contains(org));
    is.org_members.retain(|(org, _), role| should.orgs.contains(org) || role != "Admin");
    let (missing, beyond) = (should.beyond(&is), is.beyond(&should));
    if missing.is_empty() && beyond.is_empty() {
        String::new()
    } else {
        format!("missing {missing:?}, too much {beyond:?}")
    }
}
