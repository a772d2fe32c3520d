//! `rosterd run`: files count when they change, and an organization that a login brings has its template.

use super::{CONFIGURATION, declare, may, people, site};
use crate::world::database::Backend;
use crate::world::invariants;
use crate::world::wait_until;

crate::world::on_both!(files_are_followed_until_it_is_told_to_stop);

const ROLE: &str = "[[roles]]\nname = \"a\"\npermissions = [{ action = \"x:read\", scope = \"*\" }]\n\
    [[templates]]\norgs = \"client-*\"\nassignments = [{ role = \"a\", everybody = true }]\n";

fn files_are_followed_until_it_is_told_to_stop(backend: Backend) {
    let site = site(backend, "");
    let clients = "[[rules]]\nid = \"clients\"\nmatch.group = \"client\"\norg = \"client-a\"\nrole = \"Viewer\"\n";
    let config = std::fs::read_to_string(site.dir().join("rosterd.toml")).unwrap();
    site.write("rosterd.toml", &(config.replace("create_missing", "every = \"200ms\"\ncreate_missing") + clients));
    let held = "[[assignments]]\nrole = \"a\"\norg = \"Main\"\npeople = [\"wei\"]\n";
    declare(&site, &format!("{ROLE}{held}"));
    site.run(&["db", "migrate"]).expect(0);
    let running = site.start(&["run"], &[]);
    // It waited for the organization and the person.
    assert!(wait_until(60, || may(&site, "wei").len() == 1), "{}", running.stderr_so_far());

    let mut roster = people(&["ana", "boss", "wei", "zoe"]);
    roster.groups.insert("client".to_owned());
    roster.people.get_mut("zoe").unwrap().insert("client".to_owned());
    roster.write(&site);
    assert!(wait_until(60, || may(&site, "zoe") == ["client-a x:read * {} {}"]), "{}", running.stderr_so_far());

    // A file that is wrong is said so, and changes nothing.
    declare(&site, &format!("{ROLE}[[assignment]]\n"));
    running.signal("HUP");
    let said = || running.stderr_so_far().contains("unknown key `assignment`");
    assert!(wait_until(60, said), "{}", running.stderr_so_far());
    assert_eq!(may(&site, "wei").len(), 1);

    declare(&site, ROLE);
    assert!(wait_until(60, || may(&site, "wei").is_empty()), "{}", running.stderr_so_far());
    running.signal("TERM");
    running.wait().expect(0);
    invariants::check(&site).expect(0);
    site.write("roles/b.toml", "x = 1\n");
    invariants::check(&site).expect(CONFIGURATION);
}
