//! Why somebody may not do something: what stands in the way is said, and nothing that is not so.

use crate::world::database::Backend;
use crate::world::roster::{PROVIDER, Roster, STAFF_VIEWS};
use crate::world::site::Site;

crate::world::on_both!(
    what_stands_in_the_way_is_said_and_nothing_else,
    what_has_ended_is_named_with_its_place,
    who_let_somebody_stand_in_is_said_beside_who_gave_the_right,
);

/// What is said where nothing stands in the way but that nobody gave it.
const NOT_GIVEN: &str = "no role that they hold allows it; these would: writer";

/// Five people in Main and its team; `q000`, who is in another organization alone; and a role that nobody holds.
fn site(backend: Backend) -> Site {
    let others = "[[rules]]\nid = \"others\"\nmatch.group = \"others\"\norg = \"Other\"\nrole = \"Viewer\"\n";
    let site = Site::new(backend, &format!("{PROVIDER}{STAFF_VIEWS}team = \"all\"\n{others}"));
    let mut people = Roster::of(5, "p", "staff");
    people.add(1, "q", "others");
    people.write(&site);
    site.sync(0);
    site.run(&["role", "create", "writer", "--allow", "pages:write@folders:*"]).expect(0);
    site
}

fn give(site: &Site, what: &[&str]) {
    site.run(&[&["grant", "give"], what].concat()).expect(0);
}

fn explain(site: &Site, who: &str, more: &[&str]) -> String {
    let args = [&["explain", "permission", who, "pages:write", "folders:emea", "--org", "Main"], more].concat();
    site.run(&args).expect(0).stdout
}

/// It says this, and not that.
#[track_caller]
fn says(text: &str, this: &[&str], not: &[&str]) {
    assert!(this.iter().all(|this| text.contains(this)) && !not.iter().any(|not| text.contains(not)), "{text}");
}

fn what_stands_in_the_way_is_said_and_nothing_else(backend: Backend) {
    let site = site(backend);
    says(&explain(&site, "p003", &[]), &[NOT_GIVEN], &[]);
    says(&explain(&site, "q000", &[]), &["q000 is no member of that organization"], &["no role that they"]);
    give(&site, &["--role", "writer", "--org", "Main", "--user", "p000"]);
    says(&explain(&site, "p000", &[]), &["p000 (#", " may pages:write", "given by hand"], &["may not"]);
    let acting = ["--acting-for", "p000"];
    says(&explain(&site, "p001", &acting), &["p001 may not act for p000 there"], &["no role that they", "suspended"]);
    let nobody = explain(&site, "p001", &["--acting-for", "nobody"]);
    says(
        &nobody,
        &["acting for nobody, may not", "nobody has the login or number in whose name"],
        &["no role that they"],
    );
    let none = site.run(&["explain", "permission", "p000", "pages:write", "--org", "#999"]).expect(0).stdout;
    says(&none, &["may not", "there is no such organization"], &["no role that they", "no member"]);

    // By whoever is named and may act, what counts is what is theirs.
    give(&site, &["--act-for", "p003", "--user", "p001"]);
    says(&explain(&site, "p001", &["--acting-for", "p003"]), &[NOT_GIVEN], &["may not act"]);
    // Near, and not it.
    give(&site, &["--act-for", "p000", "--user", "p002", "--scope", "folders:apac"]);
    give(&site, &["--act-for", "p000", "--user", "p002", "--org", "Other"]);
    let near = ["p002 may not act for p000 there", "in every organization to folders:apac only", "for p000 in Other"];
    says(&explain(&site, "p002", &acting), &near, &["no role that they"]);

    give(&site, &["--act-for", "p000", "--user", "p001"]);
    says(&explain(&site, "p001", &acting), &["p001 (#", "acting for p000, may pages:write"], &["may not"]);
    site.run(&["user", "block", "p000"]).expect(0);
    let (not_given, acts) = ("no role that they", "may not act for");
    says(&explain(&site, "p000", &[]), &["p000 is suspended: such an account may do nothing"], &[not_given]);
    let other = "p000 is suspended: nobody acts for such an account";
    says(&explain(&site, "p001", &acting), &[other], &[not_given, acts]);
    site.run(&["user", "unblock", "p000"]).expect(0);
    site.run(&["user", "suspend", "p001"]).expect(0);
    says(&explain(&site, "p001", &acting), &["p001 is suspended: such an account"], &[not_given, acts]);
}

fn what_has_ended_is_named_with_its_place(backend: Backend) {
    let site = site(backend);
    let over = |table: &str| site.database.execute(&format!("UPDATE {table} SET manual_until = 1000"));
    let role = ["--role", "writer"];
    // In another organization: that says nothing about whom it would be given by here.
    give(&site, &[&role[..], &["--org", "Other", "--user", "p000"]].concat());
    over("user_entitlements");
    let at = "was held until 1970-01-01T00:00:01Z in";
    says(&explain(&site, "p000", &[]), &[&format!("the role writer {at} Other"), NOT_GIVEN], &[]);
    give(&site, &[&role[..], &["--org", "Main", "--user", "p000", "--scope", "folders:apac"]].concat());
    over("user_entitlements");
    says(&explain(&site, "p000", &[]), &[NOT_GIVEN], &[&format!("{at} Main")]);
    give(&site, &[&role[..], &["--org", "Main", "--user", "p000"]].concat());
    over("user_entitlements");
    says(&explain(&site, "p000", &[]), &[&format!("the role writer {at} Main\n")], &[NOT_GIVEN]);
    let said = site.run(&["explain", "user", "p000"]).expect(0).stdout;
    says(&said, &["\nhad\n", "Main: writer on folders:apac: by hand, until 1970"], &["held"]);

    // In a team, and as everybody.
    give(&site, &[&role[..], &["--org", "Main", "--team", "all"]].concat());
    over("team_entitlements");
    says(&explain(&site, "p001", &[]), &[&format!("{at} Main, through the team all")], &[NOT_GIVEN]);
    says(&explain(&site, "q000", &[]), &["no member"], &["was held"]);
    site.database.execute("DELETE FROM team_entitlements");
    give(&site, &[&role[..], &["--org", "Main", "--everybody"]].concat());
    over("org_entitlements");
    says(&explain(&site, "p001", &[]), &[&format!("{at} Main, as everybody there")], &[NOT_GIVEN]);
    site.database.execute("DELETE FROM org_entitlements");

    // By somebody's rights, and in somebody's name.
    give(&site, &[&role[..], &["--user", "p002"]].concat());
    give(&site, &["--act-for", "p002", "--user", "p003", "--scope", "folders:*"]);
    give(&site, &["--act-for", "p002", "--user", "p004"]);
    says(&explain(&site, "p003", &[]), &[" may pages:write"], &["may not"]);
    let ended = "UPDATE user_entitlements SET manual_until = 1000 WHERE entitlement_id IN
                 (SELECT id FROM entitlements WHERE for_user_id IS NOT NULL)";
    site.database.execute(ended);
    says(&explain(&site, "p003", &[]), &[&format!("{at} every organization, standing in for p002")], &[NOT_GIVEN]);
    let acting = explain(&site, "p004", &["--acting-for", "p002"]);
    says(&acting, &["p004 was let act for p002 in every organization until 1970"], &[NOT_GIVEN]);
    // Not a member: it counts for nothing.
    give(&site, &[&role[..], &["--org", "Main", "--user", "q000"]].concat());
    let said = site.run(&["explain", "user", "q000"]).expect(0).stdout;
    says(&said, &["counts for nothing: q000 is no member of Main"], &[]);
}

fn who_let_somebody_stand_in_is_said_beside_who_gave_the_right(backend: Backend) {
    let site = site(backend);
    give(&site, &["--role", "writer", "--org", "Main", "--user", "p000"]);
    give(&site, &["--act-for", "p000", "--user", "p001", "--scope", "folders:*", "--lasts", "8h"]);
    let own = explain(&site, "p001", &[]);
    says(&own, &["standing in for p000", "    given by hand\n", "    let stand in by hand until 20"], &["let act"]);
    give(&site, &["--act-for", "p000", "--user", "p002", "--lasts", "8h"]);
    let acting = explain(&site, "p002", &["--acting-for", "p000"]);
    says(&acting, &["  let act by hand until 20", "    given by hand\n"], &["standing in", "let stand in"]);
    // Whoever gave it until a moment that is over is not who gives it now.
    site.database.execute("UPDATE user_entitlements SET declared_until = 1000");
    says(&explain(&site, "p001", &[]), &["let stand in by hand until 20"], &["provisioning file"]);
}
