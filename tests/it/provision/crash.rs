//! The process dies in the middle of an apply of files, at every step: the tables are the old or the new ones.

use super::{declare, may, site};
use crate::world::database::Backend;
use crate::world::invariants;

crate::world::on_both!(r15_killed_at_every_step_of_an_apply_of_files);

/// Each differs from the one before in all that files can say.
fn state(n: u32) -> String {
    let (one, other) = if n.is_multiple_of(2) { ("ana", "wei") } else { ("wei", "ana") };
    format!(
        r#"
[[orgs]]
name = "Client {n}"
[[teams]]
org = "Main"
name = "team-{n}"
members = ["{one}"]
[[members]]
org = "Main"
role = "Editor"
people = ["{other}"]
[[service_accounts]]
org = "Main"
name = "ci-{one}"
[[roles]]
name = "a"
permissions = [{{ action = "x:{n}", scope = "*" }}]
[[roles]]
name = "only-{n}"
permissions = [{{ action = "x:{n}", scope = "*" }}]
[[assignments]]
role = "only-{n}"
org = "Main"
people = ["{one}"]
teams = ["team-{n}"]
everybody = true
[[limits]]
people = ["{one}"]
limits = {{ reports = {n} }}
"#
    )
}

fn r15_killed_at_every_step_of_an_apply_of_files(backend: Backend) {
    let site = site(backend, "removals_at_least = 1000\n");
    declare(&site, &state(0));
    site.sync(0);
    for (n, step) in (1..).zip(rosterd::fault::PROVISION_POINTS) {
        let before = (site.tables(), may(&site, "ana"), may(&site, "zoe"));
        declare(&site, &state(n));
        site.start(&["sync"], &[("ROSTERD_FAULT", step)]).wait().expect_killed();
        let now = (site.tables(), may(&site, "ana"), may(&site, "zoe"));
        invariants::audit(&site);
        let done = *step == "provision.committed";
        assert_eq!(now == before, !done, "{step}: half of an apply is in the tables");
        site.sync(0);
        assert_eq!(may(&site, "zoe"), [format!("Main x:{n} * {{}} {{}}")], "{step}");
        invariants::check(&site).expect(0);
    }
}
