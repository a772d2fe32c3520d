//! R53: secrets change while the program runs, and it goes on.

use crate::world::company::Company;
use crate::world::database::Backend;
use crate::world::ldap_edit::Edited as _;
use crate::world::postgres;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::rosterd::Running;
use crate::world::site::{Site, slapd_provider};
use crate::world::slapd::{READER, Slapd};
use crate::world::wait_until;

fn password(slapd: &Slapd, what: &str) {
    slapd.modify(&format!("dn: {}\nchangetype: modify\n{what}\n", READER.0));
}

fn ends(running: &Running) -> usize {
    let said = running.stderr_so_far();
    said.matches("nothing to change").count() + said.matches("applied").count()
}

/// Two more runs end as they should.
fn goes_on(running: &Running) -> bool {
    let before = ends(running);
    wait_until(60, || ends(running) >= before + 2)
}

fn ldap() -> (Slapd, Site, Running) {
    let slapd = Slapd::start(&Company::new(60, 30, 1).ldif());
    let provider = slapd_provider("corp", &slapd.url(), "");
    let site = Site::new(Backend::Sqlite, &provider.replace("create_missing", "every = \"100ms\"\ncreate_missing"));
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || ends(&running) > 0), "{}", running.stderr_so_far());
    (slapd, site, running)
}

/// As it should be done: the directory takes both while the file changes.
#[test]
fn r53_the_directorys_password_changes_without_a_failed_run() {
    let (slapd, site, running) = ldap();
    password(&slapd, "add: userPassword\nuserPassword: second-pw");
    assert!(goes_on(&running));
    site.secret("reader.pw", "second-pw");
    assert!(goes_on(&running));
    password(&slapd, &format!("delete: userPassword\nuserPassword: {}", READER.1));
    assert!(goes_on(&running));
    running.signal("TERM");
    let outcome = running.wait().expect(0);
    assert!(!outcome.stderr.contains("ERROR"), "{}", outcome.stderr);
}

/// As it happens: refused once, then left alone until the file has the new one.
#[test]
fn r07_a_password_that_expires_is_not_tried_again_and_the_new_one_is_found() {
    let (slapd, site, running) = ldap();
    password(&slapd, "replace: userPassword\nuserPassword: second-pw");
    assert!(wait_until(60, || running.stderr_so_far().contains("ERROR")), "{}", running.stderr_so_far());
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(running.stderr_so_far().matches("ERROR").count(), 1, "{}", running.stderr_so_far());
    site.secret("reader.pw", "second-pw");
    assert!(goes_on(&running), "{}", running.stderr_so_far());
    running.signal("TERM");
    let outcome = running.wait().expect(0);
    assert_eq!(outcome.stderr.matches("ERROR").count(), 1, "{}", outcome.stderr);
}

#[test]
fn r53_the_databases_password_changes_without_a_failed_run() {
    if !Backend::Postgres.is_there() {
        return;
    }
    let provider = PROVIDER.replace("create_missing", "every = \"1s\"\ncreate_missing");
    let site = Site::new(Backend::Postgres, "");
    Roster::of(5, "p", "staff").write(&site);
    let admin = site.database.url();
    let name = admin.rsplit('/').next().unwrap();
    postgres::psql(&admin, "DO $$ BEGIN CREATE ROLE with_password; EXCEPTION WHEN duplicate_object THEN END $$");
    postgres::psql(&admin, &format!("CREATE ROLE for_{name} LOGIN PASSWORD 'first' IN ROLE with_password"));
    postgres::psql(&admin, &format!("ALTER DATABASE {name} OWNER TO for_{name}"));
    let url = admin.replace("//rosterd@", &format!("//for_{name}@"));
    let config =
        format!("version = 1\n[database]\nurl = {url:?}\npassword = {{ file = \"db.pw\" }}\n{provider}{STAFF_VIEWS}");
    site.write("rosterd.toml", &config);
    site.secret("db.pw", "wrong");
    site.run(&["status"]).expect(1).says("password authentication failed");
    site.secret("db.pw", "first");
    let running = site.start(&["run"], &[]);
    assert!(wait_until(60, || ends(&running) > 0), "{}", running.stderr_so_far());

    // From now on a new connection needs the new one.
    postgres::psql(&admin, &format!("ALTER ROLE for_{name} PASSWORD 'second'"));
    site.secret("db.pw", "second");
    let drop = format!(
        "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = 'for_{name}' AND state = 'idle'"
    );
    for _ in 0..3 {
        // Right after a run, so that none is under way.
        assert!(goes_on(&running), "{}", running.stderr_so_far());
        postgres::psql(&admin, &drop);
        assert!(goes_on(&running), "{}", running.stderr_so_far());
    }
    running.signal("TERM");
    let outcome = running.wait().expect(0);
    assert!(!outcome.stderr.contains("ERROR"), "{}", outcome.stderr);
    postgres::psql(&admin, &format!("ALTER DATABASE {name} OWNER TO rosterd"));
}
