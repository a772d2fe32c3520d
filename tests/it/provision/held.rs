//! Over a limit nothing of what files say is done before somebody approves it; and the last Admin stays.

use super::{HELD, declare, hold, may, people, site};
use crate::world::database::Backend;
use crate::world::invariants;
use std::fmt::Write as _;

crate::world::on_both!(
    n10_over_the_limit_nothing_is_done_until_it_is_approved,
    n4_the_last_admin_that_files_declare_stays,
    files_that_say_nothing_any_more_are_held,
    what_reaches_many_people_at_once_is_held,
);

/// A role with so many permissions, held by `wei`.
fn role(permissions: usize) -> String {
    let mut text = "[[roles]]\nname = \"a\"\npermissions = [\n".to_owned();
    for n in 0..permissions {
        writeln!(text, "  {{ action = \"x:{n}\", scope = \"*\" }},").unwrap();
    }
    text + "]\n[[assignments]]\nrole = \"a\"\npeople = [\"wei\"]\n"
}

fn n10_over_the_limit_nothing_is_done_until_it_is_approved(backend: Backend) {
    let site = site(backend, "removals_at_least = 5\nremovals_percent = 20\n");
    declare(&site, &role(20));
    site.sync(0);
    // 4 of 21 are below both, 5 are not.
    declare(&site, &role(16));
    site.sync(0);
    declare(&site, &role(11));
    site.run(&["plan"])
        .expect(HELD)
        .says("over a limit: 5 memberships, roles that are held and permissions removed, of 17");
    site.sync(HELD).says("provisioning: HELD (pending)");
    assert_eq!(may(&site, "wei").len(), 16);
    let (id, hash) = hold(&site, "pending");
    site.run(&["holds", "show", &id]).expect(0).says(&hash[..12]);
    invariants::check(&site).expect(HELD);

    site.run(&["holds", "approve", &id, "--plan", &hash]).expect(0);
    assert_eq!(may(&site, "wei").len(), 16, "an approval alone changes nothing");
    // Another plan was not approved.
    declare(&site, &role(10));
    site.sync(HELD);
    assert_eq!(may(&site, "wei").len(), 16);
    declare(&site, &role(11));
    site.sync(0);
    assert_eq!(may(&site, "wei").len(), 11);
    hold(&site, "applied");
    invariants::check(&site).expect(0);
}

fn n4_the_last_admin_that_files_declare_stays(backend: Backend) {
    let site = site(backend, "");
    let admin = |people: &str| {
        format!("[[orgs]]\nname = \"A\"\n[[members]]\norg = \"A\"\nrole = \"Admin\"\npeople = [{people}]\n")
    };
    declare(&site, &admin("\"ana\", \"wei\""));
    site.sync(0);
    declare(&site, &admin("\"wei\""));
    site.sync(0);
    declare(&site, &format!("{}[[members]]\norg = \"A\"\nrole = \"Viewer\"\npeople = [\"zoe\"]\n", admin("")));
    site.run(&["sync"]).expect(0).says("withheld: org_role of wei, who is the last Admin of A");
    let tables = site.tables();
    assert_eq!(tables.org_members[&("A".to_owned(), "wei".to_owned())], "Admin");
    assert_eq!(tables.org_members[&("A".to_owned(), "zoe".to_owned())], "Viewer", "the rest goes on");
    invariants::check(&site).expect(0);
    // Everything is taken back: that is approved once, and what stays then is no reason for another hold.
    declare(&site, "");
    site.sync(HELD).says("the provisioning files declare nothing");
    let (id, hash) = hold(&site, "pending");
    site.run(&["holds", "approve", &id, "--plan", &hash]).expect(0);
    site.run(&["sync"]).expect(0).says("withheld: org_role of wei, who is the last Admin of A");
    assert!(!site.tables().org_members.contains_key(&("A".to_owned(), "zoe".to_owned())));
    invariants::check(&site).expect(0);
    // As soon as there is another one.
    declare(&site, &admin("\"zoe\""));
    site.sync(0);
    assert!(!site.tables().org_members.contains_key(&("A".to_owned(), "wei".to_owned())));
    invariants::check(&site).expect(0);
}

fn files_that_say_nothing_any_more_are_held(backend: Backend) {
    let site = site(backend, "");
    declare(&site, &role(1));
    site.sync(0);
    // A volume that is mounted and empty.
    std::fs::remove_file(site.dir().join("roles/a.toml")).unwrap();
    site.sync(HELD).says("the provisioning files declare nothing; 2 things were declared");
    assert_eq!(may(&site, "wei").len(), 1);
    let (id, hash) = hold(&site, "pending");
    site.run(&["holds", "approve", &id, "--plan", &hash]).expect(0);
    site.sync(0);
    assert_eq!(may(&site, "wei"), [""; 0]);
    invariants::check(&site).expect(0);
}

fn what_reaches_many_people_at_once_is_held(backend: Backend) {
    let site = site(backend, "removals_at_least = 10\n");
    let staff: Vec<String> = (0..10).map(|n| format!("p{n}")).collect();
    people(&staff.iter().map(String::as_str).collect::<Vec<_>>()).write(&site);
    let roles = "[[roles]]\nname = \"a\"\npermissions = [{ action = \"x:read\", scope = \"*\" }]\n";
    let basic = "[[roles]]\nname = \"basic:viewer\"\npermissions = [{ action = \"y:read\", scope = \"*\" }]\n";
    let everybody = |tenant: &str| {
        format!(
            "[[assignments]]\nrole = \"a\"\norg = \"Main\"\neverybody = true\nparameters = {{ tenant = \"{tenant}\" }}\n"
        )
    };
    let team = |role: &str| {
        let members = staff.iter().map(|login| format!("\"{login}\"")).collect::<Vec<_>>().join(", ");
        format!("[[teams]]\norg = \"Main\"\nname = \"t\"\nmembers = [{members}]\n{role}")
    };
    let of_team = "[[assignments]]\nrole = \"a\"\norg = \"Main\"\nteam = \"t\"\n";
    declare(&site, &format!("{roles}{basic}{}{}", everybody("a"), team(of_team)));
    site.sync(0);
    assert_eq!(may(&site, "p0").len(), 3);
    // One line of a file each.
    let everything = may(&site, "p0");
    for (less, said) in [
        (
            format!("{roles}{}{}", everybody("a"), team(of_team)),
            "`basic:viewer` is left with nothing: 10 people lose it",
        ),
        (format!("{roles}{basic}{}", team(of_team)), "is taken from everybody in Main: 10 people lose it"),
        (format!("{roles}{basic}{}{}", everybody("a"), team("")), "a is taken from Main › t: 10 people lose it"),
    ] {
        declare(&site, &less);
        site.sync(HELD).says(said);
        assert_eq!(may(&site, "p0"), everything, "{said}");
    }
    // Nobody loses the role by this.
    declare(&site, &format!("{roles}{basic}{}{}", everybody("b"), team(of_team)));
    site.sync(0);
    // Nine are below it.
    people(&staff.iter().map(String::as_str).take(9).collect::<Vec<_>>()).write(&site);
    site.sync(0);
    declare(&site, &format!("{roles}{}{}", everybody("b"), team(of_team)));
    site.sync(0);
    assert_eq!(may(&site, "p0").len(), 2);
    invariants::check(&site).expect(0);
}
