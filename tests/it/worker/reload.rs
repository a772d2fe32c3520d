//! The configuration is read again while the program runs: all of it is taken up, or nothing.

use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::rosterd::Running;
use crate::world::site::Site;
use crate::world::wait_until;
use std::os::unix::fs::symlink;

/// The hour never comes: what runs is asked for.
fn hourly(rules: &str, more: &str) -> String {
    PROVIDER.replace("create_missing", "every = \"1h\"\ncreate_missing") + rules + more
}

const UNWATCHED: &str = "[daemon]\nwatch = false\n";

fn editors(site: &Site) -> usize {
    site.tables().org_members.values().filter(|role| *role == "Editor").count()
}

fn edits(rules: &str) -> String {
    rules.replace("Viewer", "Editor")
}

/// A site of twenty people, running, whose first run is done.
fn running(config: &str) -> (Site, Running) {
    let site = Site::new(Backend::Sqlite, config);
    Roster::of(20, "p", "staff").write(&site);
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || site.tables().org_members.len() == 20), "{}", running.stderr_so_far());
    (site, running)
}

fn end(site: &Site, running: Running) -> String {
    running.signal("TERM");
    let stderr = running.wait().expect(0).stderr;
    invariants::check(site).expect(0);
    stderr
}

fn says(running: &Running, text: &str) -> bool {
    wait_until(60, || running.stderr_so_far().contains(text))
}

#[test]
fn sighup_takes_up_other_rules_and_runs_them() {
    let (site, running) = running(&hourly(STAFF_VIEWS, UNWATCHED));
    site.configure(&hourly(&edits(STAFF_VIEWS), UNWATCHED));
    running.signal("HUP");
    assert!(wait_until(60, || editors(&site) == 20), "{}", running.stderr_so_far());
    end(&site, running);
}

/// R13.
#[test]
fn r13_a_broken_file_changes_nothing_and_all_its_errors_are_said() {
    let (site, running) = running(&hourly(STAFF_VIEWS, UNWATCHED));
    let broken = hourly(&edits(STAFF_VIEWS), UNWATCHED).replace("match.group", "match.grup") + "nonsense = 1\n";
    site.configure(&broken);
    running.signal("HUP");
    assert!(says(&running, "the configuration that was in force stays"), "{}", running.stderr_so_far());
    let stderr = running.stderr_so_far();
    assert!(stderr.contains("grup") && stderr.contains("nonsense") && stderr.contains("rosterd.toml:"), "{stderr}");
    assert_eq!(editors(&site), 0);
    // The next good one is taken up.
    site.configure(&hourly(&edits(STAFF_VIEWS), UNWATCHED));
    running.signal("HUP");
    assert!(wait_until(60, || editors(&site) == 20), "{}", running.stderr_so_far());
    end(&site, running);
}

/// R14.
#[test]
fn r14_all_rules_gone_is_held() {
    let (site, running) = running(&hourly(STAFF_VIEWS, UNWATCHED));
    site.configure(&hourly("", UNWATCHED));
    running.signal("HUP");
    assert!(says(&running, "held by a limit"), "{}", running.stderr_so_far());
    assert_eq!(site.tables().org_members.len(), 20);
    running.signal("TERM");
    running.wait().expect(0);
}

#[test]
fn what_is_open_already_cannot_change_and_nothing_else_of_that_file_is_taken_up() {
    let (site, running) = running(&hourly(STAFF_VIEWS, UNWATCHED));
    let elsewhere =
        format!("version = 1\n[database]\nurl = \"sqlite:other.db\"\n{}", hourly(&edits(STAFF_VIEWS), UNWATCHED));
    site.write("rosterd.toml", &elsewhere);
    running.signal("HUP");
    assert!(says(&running, "`database` cannot change while rosterd runs"), "{}", running.stderr_so_far());
    assert!(!site.dir().join("other.db").exists());
    site.configure(&hourly(STAFF_VIEWS, UNWATCHED));
    assert_eq!(editors(&site), 0);
    end(&site, running);
}

#[test]
fn a_provider_comes_and_another_goes_and_nobody_loses_anything_by_it() {
    let (site, running) = running(&hourly(STAFF_VIEWS, UNWATCHED));
    let second = PROVIDER.replace("providers.corp", "providers.labs").replace("people.yaml", "labs.yaml");
    Roster::of(5, "l", "staff").write_as(&site, "labs.yaml");
    site.configure(&(second.clone() + STAFF_VIEWS + UNWATCHED));
    running.signal("HUP");
    // R11: whoever is taken out of the configuration keeps what was given.
    assert!(wait_until(60, || site.tables().org_members.len() == 25), "{}", running.stderr_so_far());
    site.configure(&(hourly("", "") + &second + STAFF_VIEWS + UNWATCHED));
    end(&site, running);
}

#[test]
fn a_file_that_is_written_over_or_replaced_is_noticed() {
    let (site, running) = running(&hourly(STAFF_VIEWS, ""));
    site.configure(&hourly(&edits(STAFF_VIEWS), ""));
    assert!(wait_until(60, || editors(&site) == 20), "{}", running.stderr_so_far());
    // As editors do it.
    let new = site.dir().join("rosterd.toml.new");
    let second = STAFF_VIEWS.replace("\"staff\"\nmatch", "\"second\"\nmatch").replace("Main", "Second");
    let text = std::fs::read_to_string(site.dir().join("rosterd.toml")).unwrap() + &second;
    std::fs::write(&new, text).unwrap();
    std::fs::rename(&new, site.dir().join("rosterd.toml")).unwrap();
    assert!(wait_until(60, || site.tables().org_members.len() == 40), "{}", running.stderr_so_far());
    end(&site, running);
}

/// As Kubernetes does it with a ConfigMap: the file is a link to `..data/rosterd.toml`, `..data` a
/// link to a folder, and only that second link is replaced.
#[test]
fn a_folder_that_is_swapped_behind_a_link_is_noticed() {
    let site = Site::new(Backend::Sqlite, &hourly(STAFF_VIEWS, ""));
    Roster::of(20, "p", "staff").write(&site);
    let (dir, file) = (site.dir(), "rosterd.toml");
    let before = std::fs::read_to_string(dir.join(file)).unwrap();
    for (folder, text) in [("..1", before.clone()), ("..2", before.replace("Viewer", "Editor"))] {
        std::fs::create_dir(dir.join(folder)).unwrap();
        std::fs::write(dir.join(folder).join(file), text).unwrap();
    }
    std::fs::remove_file(dir.join(file)).unwrap();
    symlink("..1", dir.join("..data")).unwrap();
    symlink("..data/rosterd.toml", dir.join(file)).unwrap();
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || site.tables().org_members.len() == 20), "{}", running.stderr_so_far());
    symlink("..2", dir.join("..data_tmp")).unwrap();
    std::fs::rename(dir.join("..data_tmp"), dir.join("..data")).unwrap();
    assert!(wait_until(60, || editors(&site) == 20), "{}", running.stderr_so_far());
    end(&site, running);
}

/// R35.
#[test]
fn r35_a_storm_of_sighups_is_a_few_reloads() {
    let (site, running) = running(&hourly(STAFF_VIEWS, UNWATCHED));
    site.configure(&hourly(&edits(STAFF_VIEWS), UNWATCHED));
    running.signals("HUP", 200);
    assert!(wait_until(60, || editors(&site) == 20), "{}", running.stderr_so_far());
    let stderr = end(&site, running);
    let reloads = stderr.matches("the configuration was read again").count();
    assert!((1..=100).contains(&reloads), "{reloads} reloads of 200 signals");
    assert_eq!(stderr.matches("is in force").count(), 1, "{stderr}");
    assert!(stderr.matches("applied").count() <= 2, "{stderr}");
}
