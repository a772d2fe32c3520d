//! Of several replicas one carries files out, the one that leads; while they have different files nothing comes and goes.

use super::{FILES, may, people};
use crate::world::database::{Backend, Database};
use crate::world::roster::{PROVIDER, STAFF_VIEWS};
use crate::world::site::Site;
use crate::world::wait_until;
use tempfile::TempDir;

fn held_by(login: &str) -> String {
    format!(
        "[[roles]]\nname = \"a\"\npermissions = [{{ action = \"x:read\", scope = \"*\" }}]\n\
         [[assignments]]\nrole = \"a\"\norg = \"Main\"\npeople = [\"{login}\"]\n"
    )
}

#[test]
fn n7_one_replica_carries_files_out() {
    if !Backend::Postgres.is_there() {
        return;
    }
    // Nothing but a start, a reload and what others write makes anybody look.
    let provider = PROVIDER.replace("create_missing", "every = \"1h\"\ncreate_missing");
    let config = format!("[daemon]\nlease = \"3s\"\n{FILES}{provider}{STAFF_VIEWS}");
    let with_files = |site: Site, login: &str| {
        std::fs::create_dir(site.dir().join("roles")).unwrap();
        site.write("roles/a.toml", &held_by(login));
        people(&["ana", "wei", "zoe"]).write(&site);
        site
    };
    let old = with_files(Site::new(Backend::Postgres, &config), "wei");
    let new = with_files(Site::on(Database::Postgres(old.database.url()), TempDir::new().unwrap(), &config), "zoe");
    old.run(&["db", "migrate"]).expect(0);
    let leads = old.start(&["run"], &[]);
    assert!(wait_until(60, || may(&old, "wei").len() == 1), "{}", leads.stderr_so_far());
    let follows = new.start(&["run"], &[]);
    let applied = "SELECT count(*) FROM audit WHERE body LIKE '%\"provisioning\"%'";
    let before = old.database.value(applied);
    std::thread::sleep(std::time::Duration::from_secs(4));
    assert_eq!((may(&old, "wei").len(), may(&old, "zoe").len()), (1, 0), "{}", follows.stderr_so_far());
    assert_eq!(old.database.value(applied), before, "nothing came and went");
    old.write("roles/a.toml", &held_by("ann"));
    leads.signal("HUP");
    assert!(wait_until(60, || may(&old, "wei").is_empty()), "{}", leads.stderr_so_far());
    // Somebody comes for whom its files wait, by what another process writes.
    let other =
        Site::on(Database::Postgres(old.database.url()), TempDir::new().unwrap(), &format!("{provider}{STAFF_VIEWS}"));
    people(&["ana", "ann", "wei", "zoe"]).write(&other);
    let command = other.run(&["look", "ann"]).expect(0);
    assert!(wait_until(60, || may(&old, "ann").len() == 1), "{command:#?}\n{}", leads.stderr_so_far());
    // It stops, and the other one's files count.
    leads.signal("TERM");
    leads.wait().expect(0);
    assert!(
        wait_until(60, || may(&old, "zoe").len() == 1 && may(&old, "ann").is_empty()),
        "{}",
        follows.stderr_so_far()
    );
    follows.signal("TERM");
    follows.wait().expect(0);
}
